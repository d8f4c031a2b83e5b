//! Whatever is sent to whatever route: it is answered, and it is never the server's fault.

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::Value;
use support::World;

/// Texts in the place of a name.
const NAMES: [&str; 9] = ["a", "..", "%00", "%ff", "%F0%9F%94%91", "a%2Fb", "-", "'%20OR%201=1--", "LONG"];

/// Bodies that are JSON or nearly so.
const BODIES: [&str; 11] = [
    "",
    "null",
    "[]",
    "{}",
    "\"\"",
    "{\"name\":\"\\u0000\",\"title\":\"\\u0000\",\"slug\":\"a\",\"type\":\"rsa-2048\"}",
    "{\"name\":{\"name\":{}},\"type\":[[]]}",
    "{\"username\":\"\\ud800\"}",
    "{\"role\":\"admin\",\"role\":\"auditor\"}",
    "{\"min_enabled_version\":1e99,\"disabled\":\"yes\",\"expires_in_days\":-0.0}",
    "{\"name\":\"a\"",
];

const QUERIES: [&str; 6] = [
    "limit=0",
    "after=%00",
    "search=%00",
    "after=%25%27&limit=200",
    "subject=%00&workspace=keymgmt",
    "state&state=&=&&",
];

#[tokio::test(flavor = "multi_thread")]
async fn no_request_is_answered_with_a_server_error() {
    let world = World::start().await;
    let admin = world.admin().await;
    let document: Value = admin.get("/openapi.json").await.expect(200);
    let mut sent = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let method: Method = method.to_uppercase().parse().unwrap();
            // These would end the session that asks.
            if ["sign_in", "sign_out"].contains(&operation["operationId"].as_str().unwrap()) {
                continue;
            }
            for path in variants(path) {
                for body in if method == Method::GET { &BODIES[..1] } else { &BODIES[..] } {
                    let request = admin.request(method.clone(), &format!("/api/v1{path}"));
                    let request = request.header("sec-fetch-site", "same-origin");
                    let reply = admin.answer(request.header(CONTENT_TYPE, "application/json").body(*body)).await;
                    assert!(reply.status < 500, "{method} {path} {body}: {}", reply.text);
                    assert!(reply.status < 400 || !reply.code().is_empty(), "{method} {path}: {}", reply.text);
                    sent += 1;
                }
            }
        }
    }
    assert!(sent > 1000, "only {sent} requests were sent");
    assert_eq!(admin.get("/session").await.status, 200);
}

/// A path with each of the strange names, with the right workspace and without, and with each of the queries.
fn variants(path: &str) -> Vec<String> {
    let long = "k".repeat(5000);
    let mut variants = Vec::new();
    for name in NAMES {
        let name = if name == "LONG" { &long } else { name };
        let filled: Vec<String> = path.split('/').map(|part| fill(part, name)).collect();
        variants.push(filled.join("/").replace("WORKSPACE", "keymgmt"));
        if name == "a" || name == "%00" {
            variants.push(filled.join("/").replace("WORKSPACE", name));
        }
    }
    let plain = variants[0].clone();
    variants.extend(QUERIES.iter().map(|query| format!("{plain}?{query}")));
    variants.dedup();
    variants
}

fn fill(part: &str, name: &str) -> String {
    match part {
        "{workspace}" => "WORKSPACE".to_owned(),
        part if part.starts_with('{') => name.to_owned(),
        part => part.to_owned(),
    }
}
