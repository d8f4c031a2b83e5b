//! hvac and node-vault, as recorded.

use serde_json::json;
use support::{Dialect, World};

use super::{keys, log_in};

#[tokio::test(flavor = "multi_thread")]
async fn hvac_works_unchanged() {
    the_life_of_a_key(Dialect::Hvac).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn node_vault_works_unchanged() {
    the_life_of_a_key(Dialect::NodeVault).await;
}

async fn the_life_of_a_key(dialect: Dialect) {
    let world = World::start().await;
    let vault = log_in(&world, dialect).await;
    let me = vault.read("auth/token/lookup-self").await.data();
    assert!(me["id"].is_string(), "{me}");

    vault.list("keymgmt/key").await.expect_nil();
    vault.write("keymgmt/key/example-key", r#"{"type": "rsa-2048"}"#).await.expect_success();
    vault.write("keymgmt/key/example-key/rotate", "{}").await.expect_success();
    let key = vault.read("keymgmt/key/example-key").await.data();
    assert_eq!((&key["latest_version"], &key["min_enabled_version"]), (&json!(2), &json!(1)));
    assert_eq!(keys(&vault.list("keymgmt/key").await.data()), ["example-key"]);

    let principal = world.azure.service_principal("keyvault-name");
    let provider = json!({
        "provider": "azurekeyvault", "key_collection": "keyvault-name",
        "credentials": {
            "tenant_id": principal.tenant_id,
            "client_id": principal.client_id,
            "client_secret": principal.client_secret,
        },
    });
    vault.write("keymgmt/kms/azure", &provider.to_string()).await.expect_success();
    let wanted = r#"{"purpose": ["sign", "verify"], "protection": "hsm"}"#;
    vault.write("keymgmt/kms/azure/key/example-key", wanted).await.expect_success();
    let held = vault.read("keymgmt/kms/azure/key/example-key").await.data();
    assert_eq!(held["purpose"], "sign,verify");
    let name = held["name"].as_str().expect("a name");
    assert_eq!(
        world.azure.key("keyvault-name", name).map(|key| key.versions.len()),
        Some(2),
        "Azure has both when the answer comes"
    );

    vault.delete("keymgmt/kms/azure/key/example-key").await.expect_success();
    vault.read("keymgmt/kms/azure/key/example-key").await.expect_nil();
    vault.delete("keymgmt/key/example-key").await.expect_error(400, "");
    vault.write("keymgmt/key/example-key", r#"{"deletion_allowed": true}"#).await.expect_success();
    vault.delete("keymgmt/key/example-key").await.expect_success();
    vault.read("keymgmt/key/example-key").await.expect_nil();

    let status = vault.read("sys/seal-status").await.bare();
    assert_eq!(status["sealed"], false);
    let health = vault.read("sys/health").await.bare();
    assert_eq!((&health["initialized"], &health["sealed"]), (&json!(true), &json!(false)));
}
