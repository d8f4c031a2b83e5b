//! Bad input: the right status, the field, a sentence, and nothing half made.

use reqwest::Method;
use serde_json::{Value, json};
use support::{Client, World};

const KEYS: &str = "/workspaces/keymgmt/keys";

async fn raw(client: &Client, path: &str, body: impl Into<reqwest::Body>) -> support::Reply {
    let request = client.request(Method::POST, &format!("/api/v1{path}")).header("sec-fetch-site", "same-origin");
    client.answer(request.header("content-type", "application/json").body(body)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_not_what_is_asked_for_name_the_field() {
    let world = World::start().await;
    let admin = world.admin().await;
    raw(&admin, KEYS, "{\"name\": \"payments\", ").await.expect_problem(400, "invalid", None);
    raw(&admin, KEYS, "").await.expect_problem(400, "invalid", None);
    raw(&admin, KEYS, vec![0xff, 0xfe]).await.expect_problem(400, "invalid", None);
    raw(&admin, KEYS, "{\"name\":\"a\",\"type\":\"rsa-2048\"} more").await.expect_problem(400, "invalid", None);
    raw(&admin, KEYS, "[".repeat(200_000)).await.expect_problem(400, "invalid", Some("body"));
    for (body, field) in [
        (json!({ "type": "rsa-2048" }), "name"),
        (json!({ "name": "payments" }), "type"),
        (json!({ "name": 5, "type": "rsa-2048" }), "name"),
        (json!({ "name": "pay ments", "type": "rsa-2048" }), "name"),
        (json!({ "name": "", "type": "rsa-2048" }), "name"),
        (json!({ "name": "k".repeat(128), "type": "rsa-2048" }), "name"),
        (json!({ "name": "payments", "type": "rsa-1024" }), "type"),
        (json!({ "name": "payments", "type": "rsa-2048", "exportable": true }), "exportable"),
        (json!([]), "body"),
        (Value::Null, "body"),
    ] {
        admin.post(KEYS, body).await.expect_problem(400, "invalid", Some(field));
    }
    let provider = json!({
        "name": "acme", "key_collection": "keyvault-name", "vault_kind": "key_vault",
        "credentials": { "tenant_id": "acme.example", "client_secret": "s",
            "client_id": "11111111-2222-3333-4444-555555555555" },
    });
    let path = "/workspaces/keymgmt/providers";
    admin.post(path, provider).await.expect_problem(400, "invalid", Some("credentials.tenant_id"));
    let provider = json!({ "name": "acme", "key_collection": "https://keyvault-name.vault.azure.net" });
    admin.post(path, provider).await.expect_problem(400, "invalid", Some("key_collection"));

    let big = format!("{{\"name\":\"{}\",\"type\":\"rsa-2048\"}}", "k".repeat(2_000_000));
    raw(&admin, KEYS, big).await.expect_problem(413, "too_large", None);
    let workspace: api::Workspace = admin.get("/workspaces/keymgmt").await.expect(200);
    assert_eq!((workspace.counts.keys, workspace.counts.providers), (0, 0), "nothing was made");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_of_the_wrong_type_is_not_repeated() {
    let world = World::start().await;
    let reply = world.anonymous().post("/session", json!({ "username": "admin", "password": 123_456_789 })).await;
    reply.expect_problem(400, "invalid", Some("password"));
    assert!(!reply.text.contains("123456789"), "{}", reply.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn paths_and_queries_that_cannot_be_are_named() {
    let world = World::start().await;
    let admin = world.admin().await;
    admin.get("/workspaces/keymgmt/keys/-bad-").await.expect_problem(400, "invalid", Some("key"));
    admin.get("/workspaces/Key%20Mgmt/keys").await.expect_problem(404, "not_found", None);
    admin.get("/workspaces/keymgmt/keys/%ff").await.expect_problem(404, "not_found", None);
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=many", "limit"),
        ("limit=-1", "limit"),
        ("state=broken", "state"),
        ("type=rsa-1", "type"),
        ("sort=colour", "sort"),
        ("colour=red", "colour"),
    ] {
        admin.get(&format!("{KEYS}?{query}")).await.expect_problem(400, "invalid", Some(field));
    }
    admin.get("/audit-events?after=yesterday").await.expect_problem(400, "invalid", Some("after"));
    admin.get("/nothing").await.expect_problem(404, "not_found", None);
    admin.send(Method::PUT, "/session", None).await.expect_problem(405, "method", None);
    admin.answer(admin.request(Method::POST, "/health")).await.expect_problem(403, "cross_site", None);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_keep_their_rules() {
    let world = World::start().await;
    let admin = world.admin().await;
    admin.create_key("payments").await;
    let path = format!("{KEYS}/payments");
    let again = json!({ "name": "payments", "type": "rsa-3072" });
    admin.post(KEYS, again).await.expect_problem(409, "name_taken", Some("name"));
    for beyond in [2, u32::MAX] {
        let change = json!({ "min_enabled_version": beyond });
        admin.patch(&path, change).await.expect_problem(400, "invalid", Some("min_enabled_version"));
    }
    admin.patch(&path, json!({ "min_enabled_version": -1 })).await.expect_problem(
        400,
        "invalid",
        Some("min_enabled_version"),
    );
    admin.delete(&path).await.expect_problem(409, "deletion_not_allowed", None);
    admin.get(&format!("{KEYS}/absent")).await.expect_problem(404, "not_found", None);
    admin.act(&format!("{KEYS}/absent/rotate")).await.expect_problem(404, "not_found", None);
    let key = admin.key("payments").await;
    assert_eq!((key.latest_version, key.min_enabled_version, key.deletion_allowed), (1, 1, false));
}
