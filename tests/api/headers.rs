//! The headers of every kind of reply.

use reqwest::Method;
use support::World;

const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self'; \
     img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

#[tokio::test(flavor = "multi_thread")]
async fn every_reply_carries_the_policy() {
    let world = World::start().await;
    let (admin, nobody) = (world.admin().await, world.anonymous());
    let get = |path: &str| nobody.request(Method::GET, path);
    let replies = [
        ("page", nobody.answer(get("/w/keymgmt/keys")).await),
        ("health", nobody.answer(get("/health")).await),
        ("ready", nobody.answer(get("/ready")).await),
        ("missing file", nobody.answer(get("/assets/missing.js")).await),
        ("missing route", nobody.answer(get("/api/v2/keys")).await),
        ("no session", nobody.get("/session").await),
        ("done", admin.get("/session").await),
        ("not found", admin.get("/workspaces/nowhere").await),
        ("method", admin.put("/session", serde_json::Value::Null).await),
        ("cross-site", admin.answer(admin.request(Method::DELETE, "/api/v1/session")).await),
        ("refused", admin.post("/workspaces/keymgmt/keys", serde_json::Value::Null).await),
    ];
    for (kind, reply) in &replies {
        let header = |name: &str| reply.headers.get(name).map(|value| value.to_str().unwrap());
        assert_eq!(header("content-security-policy"), Some(POLICY), "{kind}");
        assert_eq!(header("x-content-type-options"), Some("nosniff"), "{kind}");
        assert_eq!(header("referrer-policy"), Some("no-referrer"), "{kind}");
        assert_eq!(header("cross-origin-opener-policy"), Some("same-origin"), "{kind}");
        assert_eq!(header("cross-origin-resource-policy"), Some("same-origin"), "{kind}");
        assert_eq!(header("strict-transport-security"), None, "{kind}: plain HTTP must not promise TLS");
        assert_eq!(header("x-request-id").map(str::len), Some(32), "{kind}");
        let caching = header("cache-control").unwrap();
        assert!(caching == "no-store" || (*kind == "page" && caching == "no-cache"), "{kind}: {caching}");
        assert_eq!(header("server"), None, "{kind}");
    }
    let statuses: Vec<u16> = replies.iter().skip(1).map(|(_, reply)| reply.status).collect();
    assert_eq!(statuses, [200, 200, 404, 404, 401, 200, 404, 405, 403, 400]);
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tls_the_cookie_is_bound_to_the_host_and_browsers_stay_on_tls() {
    let files = tempfile::tempdir().unwrap();
    let (cert, key) = (files.path().join("cert.pem"), files.path().join("key.pem"));
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    std::fs::write(&cert, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let world = World::with_tls(&cert, &key).await;
    assert!(world.url().starts_with("https://"));
    let authority = reqwest::Certificate::from_pem(made.cert.pem().as_bytes()).unwrap();
    let client = reqwest::Client::builder().tls_certs_only([authority]).build().unwrap();
    let form = serde_json::json!({ "username": "admin", "password": World::PASSWORD });
    let reply = client.post(format!("{}/api/v1/session", world.url())).json(&form).send().await.unwrap();
    assert_eq!(reply.status().as_u16(), 200);
    let cookie = reply.headers()["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("__Host-keyferry=") && cookie.contains("Secure"), "{cookie}");
    assert_eq!(reply.headers()["strict-transport-security"], "max-age=63072000; includeSubDomains");

    let (session, _) = cookie.split_once(';').unwrap();
    let reply = client
        .delete(format!("{}/api/v1/session", world.url()))
        .header("cookie", session)
        .header("origin", world.url())
        .send()
        .await
        .unwrap();
    assert_eq!(reply.status().as_u16(), 204);
    let gone = reply.headers()["set-cookie"].to_str().unwrap();
    let is_taken = ["__Host-keyferry=;", "Max-Age=0", "Path=/", "Secure"].iter().all(|part| gone.contains(part));
    assert!(is_taken, "a browser takes this cookie away: {gone}");
}
