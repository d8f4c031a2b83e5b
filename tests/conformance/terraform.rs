//! Terraform's provider from start-up to destroy, as it sends it.

use serde_json::{Value, json};
use support::{Dialect, Wire, World};

use super::log_in;

/// What the provider does before its first resource.
async fn configure(world: &World) -> Wire {
    let vault = log_in(world, Dialect::Go).await;
    let me = vault.read("auth/token/lookup-self").await.data();
    assert!(me["policies"].is_array() && me["ttl"].is_u64(), "{me}");
    let child = r#"{"ttl":"1200s","explicit_max_ttl":"1200s","display_name":"terraform","num_uses":0,"renewable":false,"type":"","entity_alias":""}"#;
    let auth = vault.send("POST", "auth/token/create", Some(child)).await.auth();
    assert_eq!((&auth["lease_duration"], &auth["renewable"]), (&json!(1200), &json!(false)), "{auth}");
    let vault = vault.with_token(auth["client_token"].as_str().expect("without it the provider crashes"));
    let status = vault.read("sys/seal-status").await.bare();
    assert_eq!(status["version"].as_str().map(|version| version.split('.').count()), Some(3), "{status}");
    vault
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_configuration_is_applied_changed_and_destroyed() {
    let world = World::start().await;
    let vault = configure(&world).await;

    mount(&vault).await;
    let credentials = create(&vault, &world).await;
    change(&vault, &world, &credentials).await;
    destroy(&vault).await;
}

/// `vault_mount`.
async fn mount(vault: &Wire) {
    let mount = r#"{"type":"keymgmt","description":"Team keys","config":{"options":null,"default_lease_ttl":"","max_lease_ttl":"","force_no_cache":false},"local":false,"seal_wrap":false,"external_entropy_access":false,"options":{}}"#;
    vault.send("POST", "sys/mounts/nested/mount", Some(mount)).await.expect_success();
    let read = vault.read("sys/mounts/nested/mount").await.data();
    assert_eq!((&read["type"], &read["description"]), (&json!("keymgmt"), &json!("Team keys")));
    assert!(read["accessor"].is_string() && read["local"].is_boolean() && read["seal_wrap"].is_boolean(), "{read}");
    assert!(read["config"]["default_lease_ttl"].is_u64() && read["config"]["max_lease_ttl"].is_u64(), "{read}");
    assert!(read["external_entropy_access"].is_boolean(), "{read}");
}

/// `vault_keymgmt_key`, `vault_keymgmt_azure_kms`, `vault_keymgmt_distribute_key`.
async fn create(vault: &Wire, world: &World) -> Value {
    vault.write("nested/mount/key/tf", r#"{"type":"rsa-2048"}"#).await.expect_success();
    vault.write("nested/mount/key/tf", r#"{"deletion_allowed":true}"#).await.expect_success();
    let key = vault.read("nested/mount/key/tf").await.data();
    assert_eq!((&key["deletion_allowed"], &key["type"]), (&json!(true), &json!("rsa-2048")));
    let principal = world.azure.service_principal("keyvault-name");
    let credentials = json!({
        "client_id": principal.client_id, "client_secret": principal.client_secret, "tenant_id": principal.tenant_id,
    });
    let kms = json!({"credentials": credentials, "key_collection": "keyvault-name", "provider": "azurekeyvault"});
    vault.write("nested/mount/kms/az", &kms.to_string()).await.expect_success();
    assert_eq!(vault.read("nested/mount/kms/az").await.data()["key_collection"], "keyvault-name");
    let wanted = r#"{"protection":"hsm","purpose":["encrypt","decrypt"]}"#;
    vault.write("nested/mount/kms/az/key/tf", wanted).await.expect_success();
    let held = vault.read("nested/mount/kms/az/key/tf").await.data();
    let versions = held["versions"].as_object().expect("a map of text to text");
    assert!(versions.values().all(Value::is_string), "{held}");
    credentials
}

/// `vault_keymgmt_key_rotate`, then changes.
async fn change(vault: &Wire, world: &World, credentials: &Value) {
    let held = vault.read("nested/mount/kms/az/key/tf").await.data();
    vault.write("nested/mount/key/tf/rotate", "{}").await.expect_success();
    assert_eq!(vault.read("nested/mount/key/tf").await.data()["latest_version"], 2);
    vault.write("nested/mount/key/tf", r#"{"min_enabled_version":2}"#).await.expect_success();
    let name = held["name"].as_str().expect("a name");
    let enabled: Vec<bool> = world
        .azure
        .key("keyvault-name", name)
        .expect("it is there")
        .versions
        .iter()
        .map(|version| version.enabled)
        .collect();
    assert_eq!(enabled, [false, true], "Azure has it when the answer comes");
    let renewed = json!({"credentials": credentials, "provider": "azurekeyvault"});
    vault.write("nested/mount/kms/az", &renewed.to_string()).await.expect_success();
    vault
        .send("POST", "sys/mounts/nested/mount/tune", Some(r#"{"options":null,"default_lease_ttl":"","description":"Ours","max_lease_ttl":"","force_no_cache":false}"#))
        .await
        .expect_success();
    assert_eq!(vault.read("sys/mounts/nested/mount").await.data()["description"], "Ours");
}

/// The key is deleted at once after its distribution.
async fn destroy(vault: &Wire) {
    vault.delete("nested/mount/kms/az/key/tf").await.expect_success();
    vault.delete("nested/mount/key/tf").await.expect_success();
    vault.delete("nested/mount/kms/az").await.expect_success();
    vault.read("nested/mount/key/tf").await.expect_nil();
    vault.read("nested/mount/kms/az").await.expect_nil();
    vault.delete("sys/mounts/nested/mount").await.expect_success();
    vault.read("sys/mounts/nested/mount").await.expect_error(400, "No secret engine mount at nested/mount/");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_gone_makes_terraform_plan_it_again() {
    let world = World::start().await;
    let vault = configure(&world).await;
    vault.read("keymgmt/key/gone").await.expect_nil();
    vault.read("keymgmt/kms/gone").await.expect_nil();
    vault.read("keymgmt/kms/gone/key/gone").await.expect_nil();
    vault.read("sys/namespaces/gone").await.expect_nil();
}
