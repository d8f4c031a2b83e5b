//! Reading and changing keys.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{VAULT, World, read};

#[tokio::test]
async fn a_key_is_read_by_name_and_by_version() {
    let world = World::start().await;
    let vault = world.vault(VAULT).await;
    let first = vault.post("/keys/rsa/create", json!({ "kty": "RSA-HSM" })).await.ok();
    let second = vault.post("/keys/rsa/create", json!({ "kty": "RSA-HSM" })).await.ok();
    let version = &world.azure.key(VAULT, "rsa").unwrap().versions[0].version;

    assert_eq!(vault.get("/keys/rsa").await.ok(), second);
    assert_eq!(vault.get("/keys/rsa/").await.ok(), second);
    assert_eq!(vault.get("/keys/RSA").await.ok(), second);
    assert_eq!(vault.get(&format!("/keys/rsa/{version}")).await.ok(), first);
    assert_eq!(vault.get(&format!("/keys/rsa/{}", version.to_uppercase())).await.ok(), first);
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let world = World::start().await;
    let vault = world.vault(VAULT).await;
    world.azure.put_foreign_key(VAULT, "theirs");

    for (method, path) in [
        (Method::GET, "/keys/none"),
        (Method::GET, "/keys/theirs/00000000000000000000000000000000"),
        (Method::DELETE, "/keys/none"),
        (Method::PATCH, "/keys/none"),
        (Method::PATCH, "/keys/theirs/0"),
    ] {
        let reply = vault.call(method.clone(), path, json!({})).await;
        let (status, code, _, message) = reply.refusal();
        assert_eq!((status, code), (404, "KeyNotFound"), "{method} {path}");
        assert!(message.starts_with("A key with (name/id) "), "{message}");
    }
}

#[tokio::test]
async fn a_change_leaves_alone_what_it_does_not_name() {
    let world = World::start().await;
    let vault = world.vault(VAULT).await;
    let body = json!({ "kty": "RSA-HSM", "attributes": { "exp": 33_000_000_000_u64 }, "tags": { "a": "1", "b": "2" } });
    let created = vault.post("/keys/rsa/create", body).await.ok();

    let disabled = vault.patch("/keys/rsa/", json!({ "attributes": { "enabled": false } })).await.ok();
    assert_eq!(disabled["attributes"]["enabled"], false);
    assert_eq!(disabled["attributes"]["exp"], 33_000_000_000_u64);
    assert_eq!((&disabled["key"], &disabled["tags"]), (&created["key"], &created["tags"]));

    let changed = vault.patch("/keys/rsa", json!({ "key_ops": ["sign"], "tags": { "c": "3" } })).await.ok();
    assert_eq!(changed["attributes"]["enabled"], false);
    assert_eq!((&changed["key"]["key_ops"], &changed["tags"]), (&json!(["sign"]), &json!({ "c": "3" })));
    assert_eq!(vault.get("/keys/rsa").await.ok(), changed);
}

#[tokio::test]
async fn an_old_version_is_switched_off_alone() {
    let world = World::start().await;
    let vault = world.vault(VAULT).await;
    world.azure.put_foreign_key(VAULT, "rsa");
    world.azure.put_foreign_key(VAULT, "rsa");
    let version = world.azure.key(VAULT, "rsa").unwrap().versions[0].version.clone();

    vault.patch(&format!("/keys/rsa/{version}"), json!({ "attributes": { "enabled": false } })).await.ok();

    let enabled: Vec<bool> = world.azure.key(VAULT, "rsa").unwrap().versions.iter().map(|v| v.enabled).collect();
    assert_eq!(enabled, [false, true]);
    assert_eq!(vault.get(&format!("/keys/rsa/{version}")).await.ok()["attributes"]["enabled"], false);
}

#[tokio::test]
async fn a_change_that_makes_no_sense_changes_nothing() {
    let world = World::start().await;
    let vault = world.vault(VAULT).await;
    world.azure.put_foreign_key(VAULT, "rsa");
    let kek = json!({ "kty": "RSA-HSM", "key_ops": ["import"], "attributes": { "nbf": 1_000 } });
    vault.post("/keys/kek/create", kek).await.ok();
    let before = world.azure.keys(VAULT);

    for (name, body) in [
        ("rsa", json!({ "key_ops": ["import"] })),
        ("rsa", json!({ "key_ops": ["sign", "import"] })),
        ("rsa", json!({ "key_ops": ["fly"] })),
        ("rsa", json!({ "tags": { "long": "x".repeat(257) } })),
        ("rsa", json!({ "tags": "none" })),
        ("rsa", json!(null)),
        ("kek", json!({ "key_ops": ["wrapKey"] })),
        ("kek", json!({ "attributes": { "exp": 999 } })),
    ] {
        let reply = vault.patch(&format!("/keys/{name}"), body.clone()).await;
        assert_eq!((reply.status, reply.refusal().1), (400, "BadParameter"), "{body}");
    }
    assert_eq!(world.azure.keys(VAULT), before);
}

#[tokio::test]
async fn answers_carry_the_headers_that_support_asks_for() {
    let world = World::start().await;
    let vault = world.vault(VAULT).await;

    let request = vault.request(Method::GET, "/keys/none").header("x-ms-client-request-id", "mine");
    let response = request.send().await.unwrap();

    let headers = response.headers();
    assert_eq!(headers["x-ms-client-request-id"], "mine");
    assert_eq!(headers["x-ms-request-id"].len(), 36);
    for name in ["x-ms-keyvault-service-version", "x-ms-keyvault-region", "x-ms-keyvault-network-info"] {
        assert!(headers.contains_key(name), "{name}");
    }
    assert_eq!(headers["content-type"], "application/json; charset=utf-8");
}

#[tokio::test]
async fn what_the_simulator_does_not_do_is_answered_with_a_refusal() {
    let world = World::start().await;
    let vault = world.vault(VAULT).await;
    world.azure.put_foreign_key(VAULT, "rsa");

    for (method, path, status) in [
        (Method::POST, "/keys/rsa/0/release", 403),
        (Method::POST, "/keys/rsa/0/sing", 404),
        (Method::POST, "/keys/rsa/backup", 403),
        (Method::POST, "/keys/rsa/rotate", 403),
        (Method::POST, "/keys/restore", 403),
        (Method::PUT, "/keys/rsa/rotationpolicy", 403),
        (Method::GET, "/secrets/any", 404),
        (Method::PUT, "/keys", 404),
        (Method::GET, "/", 404),
        (Method::GET, "//keys//", 400),
        (Method::OPTIONS, "/keys", 404),
        (Method::from_bytes(b"BREW").unwrap(), "/keys/rsa", 404),
    ] {
        let reply = vault.call(method.clone(), path, Value::Null).await;
        assert_eq!(reply.status, status, "{method} {path}: {}", reply.body);
    }
}

#[tokio::test]
async fn a_body_beyond_all_measure_is_refused_and_the_next_request_is_served() {
    let world = World::start().await;
    let vault = world.vault(VAULT).await;

    let request = vault.request(Method::PUT, "/keys/rsa").body("x".repeat(300 * 1024));

    // The refusal may overtake the body; then the caller sees a broken connection instead.
    if let Ok(response) = request.send().await {
        assert_eq!(read(response).await.status, 413);
    }
    assert_eq!(vault.get("/keys").await.status, 200);
}

#[tokio::test]
async fn deeply_nested_and_broken_documents_are_refused() {
    let world = World::start().await;
    let vault = world.vault(VAULT).await;

    for body in ["", "{", "[".repeat(100_000).as_str(), "\u{0}", "{\"kty\":\"RSA\",\"kty\":\"RSA\"}"] {
        let request = vault.request(Method::POST, "/keys/rsa/create").body(body.to_owned());
        let reply = read(request.send().await.unwrap()).await;
        assert_eq!((reply.status, reply.refusal().1), (400, "BadParameter"));
    }
}

#[tokio::test]
async fn a_key_that_the_vault_would_rotate_says_so() {
    let world = World::start().await;
    let vault = world.vault(VAULT).await;
    world.azure.put_foreign_key(VAULT, "rsa");
    let actions = |policy: &Value| {
        let actions = policy["lifetimeActions"].as_array().unwrap().iter();
        actions.map(|action| action["action"]["type"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };

    let before = vault.get("/keys/rsa/rotationpolicy").await.ok();
    world.azure.set_rotation_policy(VAULT, "rsa", "P90D");
    let after = vault.get("/keys/rsa/rotationpolicy").await.ok();

    assert_eq!(before["id"], format!("https://{VAULT}.vault.azure.net/keys/rsa/rotationpolicy"));
    assert_eq!(
        (actions(&before), actions(&after)),
        (vec!["Notify".to_owned()], vec!["Notify".into(), "Rotate".into()])
    );
    assert_eq!(after["lifetimeActions"][1]["trigger"], json!({ "timeAfterCreate": "P90D" }));
    assert_eq!(vault.get("/keys/none/rotationpolicy").await.status, 404);
}
