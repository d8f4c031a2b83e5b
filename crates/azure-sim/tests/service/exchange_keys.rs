//! Key exchange keys and other keys that the vault makes itself.

use serde_json::{Value, json};

use crate::support::{VAULT, World};

fn kek(bits: u32) -> Value {
    json!({ "kty": "RSA-HSM", "key_size": bits, "key_ops": ["import"], "attributes": { "enabled": true } })
}

#[tokio::test]
async fn a_key_exchange_key_has_the_size_asked_for_and_imports_only() {
    let world = World::start().await;
    let vault = world.vault(VAULT).await;

    for bits in [2048, 3072, 4096] {
        let name = format!("kek-{bits}");
        let created = vault.post(&format!("/keys/{name}/create"), kek(bits)).await.ok();

        let stored = &world.azure.key(VAULT, &name).unwrap().versions[0];
        assert_eq!(stored.modulus.len() * 8, bits as usize);
        assert_eq!(created["key"]["kty"], "RSA-HSM");
        assert_eq!(created["key"]["key_ops"], json!(["import"]));
        assert_eq!(created["key"]["e"], "AQAB");
        assert_eq!(created["key"]["kid"], format!("https://{VAULT}.vault.azure.net/keys/{name}/{}", stored.version));
        assert_eq!(created["attributes"]["enabled"], true);
        assert_eq!(created["attributes"]["recoveryLevel"], "Recoverable+Purgeable");
        assert_eq!(created["attributes"]["recoverableDays"], 90);
        assert_eq!(created["attributes"]["hsmPlatform"], "2");
        assert!(created.get("tags").is_none());
    }
}

#[tokio::test]
async fn without_a_pool_a_vault_makes_keys_of_its_own() {
    let world = World::with(azure_sim::Options::default()).await;
    let vault = world.vault(VAULT).await;

    let one = vault.post("/keys/one/create", kek(2048)).await.ok();
    let two = vault.post("/keys/two/create", kek(2048)).await.ok();

    assert_ne!(one["key"]["n"], two["key"]["n"]);
}

#[tokio::test]
async fn a_request_that_makes_no_sense_is_refused_and_makes_nothing() {
    let world = World::start().await;
    let vault = world.vault(VAULT).await;
    let many: Value = (0..16).map(|number| (number.to_string(), json!("x"))).collect::<serde_json::Map<_, _>>().into();
    let cases = [
        json!({ "kty": "RSA-HSM", "key_ops": ["import", "wrapKey"] }),
        json!({ "kty": "RSA", "key_ops": ["import"] }),
        json!({ "kty": "RSA-HSM", "key_ops": ["fly"] }),
        json!({ "kty": "RSA-HSM", "key_size": 1024 }),
        json!({ "kty": "RSA-HSM", "key_size": 2049 }),
        json!({ "kty": "RSA-HSM", "key_size": -1 }),
        json!({ "kty": "EC-HSM" }),
        json!({ "kty": 5 }),
        json!({}),
        json!([]),
        json!("RSA"),
        json!({ "kty": "RSA-HSM", "tags": many }),
        json!({ "kty": "RSA-HSM", "tags": { "long": "x".repeat(257) } }),
        json!({ "kty": "RSA-HSM", "attributes": { "nbf": 20, "exp": 10 } }),
        json!({ "kty": "RSA-HSM", "attributes": { "exp": -1 } }),
        json!({ "kty": "RSA-HSM", "attributes": { "exportable": true } }),
    ];

    for body in cases {
        let reply = vault.post("/keys/kek/create", body.clone()).await;
        assert_eq!((reply.status, reply.refusal().1), (400, "BadParameter"), "{body}");
    }
    for name in ["under_score", "do.t", &"x".repeat(128), "%20", "ä"] {
        let reply = vault.post(&format!("/keys/{name}/create"), kek(2048)).await;
        assert_eq!((reply.status, reply.refusal().1), (400, "BadParameter"), "{name}");
    }
    assert!(world.azure.keys(VAULT).is_empty());
}

#[tokio::test]
async fn a_standard_vault_refuses_hardware_keys_in_azures_words() {
    let world = World::start().await;
    let vault = world.vault("acme-standard").await;

    let refused = vault.post("/keys/kek/create", kek(2048)).await;
    let software = vault.post("/keys/soft/create", json!({ "kty": "RSA" })).await;

    assert_eq!(refused.refusal(), (400, "BadParameter", "", "Hardware key operation not allowed on standard vault"));
    assert_eq!(software.ok()["attributes"]["hsmPlatform"], "0");
}

#[tokio::test]
async fn the_vault_that_forbids_lets_its_identity_read_and_names_the_missing_action() {
    let world = World::start().await;
    let vault = world.vault("acme-forbids").await;
    world.azure.put_foreign_key("acme-forbids", "theirs");

    assert_eq!(vault.get("/keys/theirs").await.status, 200);
    let cases = [
        (vault.post("/keys/kek/create", kek(2048)).await, "keys/create/action"),
        (vault.put("/keys/mine", json!({})).await, "keys/import/action"),
        (vault.patch("/keys/theirs", json!({})).await, "keys/update/action"),
        (vault.delete("/keys/theirs").await, "keys/delete"),
        (vault.post("/keys/theirs/0/sign", json!({})).await, "keys/sign/action"),
    ];
    for (reply, action) in cases {
        let (status, code, inner, message) = reply.refusal();
        assert_eq!((status, code, inner), (403, "Forbidden", "ForbiddenByRbac"));
        assert!(message.contains(&format!("Action: 'Microsoft.KeyVault/vaults/{action}'")), "{message}");
    }
}

#[tokio::test]
async fn rights_can_be_taken_and_given() {
    let world = World::start().await;
    let vault = world.vault(VAULT).await;

    world.azure.set_permissions(VAULT, &[]);
    assert_eq!(vault.post("/keys/kek/create", kek(2048)).await.status, 403);
    world.azure.set_permissions(VAULT, &[azure_sim::Permission::Create]);
    assert_eq!(vault.post("/keys/kek/create", kek(2048)).await.status, 200);
}
