//! The documented commands, as `vault` sends them.

use serde_json::{Value, json};
use support::{Dialect, Wire, World};

use super::{keys, log_in};

/// `vault secrets enable keymgmt`.
const ENABLE: &str = r#"{"type":"keymgmt","description":"","config":{"options":null,"default_lease_ttl":"0s","max_lease_ttl":"0s","force_no_cache":false},"local":false,"seal_wrap":false,"external_entropy_access":false,"options":null}"#;

/// `vault write keymgmt/kms/example-kms provider="azurekeyvault" key_collection="keyvault-name" credentials=…` (three
/// times).
async fn write_example_kms(vault: &Wire, world: &World) {
    let principal = world.azure.service_principal("keyvault-name");
    let body = format!(
        r#"{{"credentials":["client_id={}","client_secret={}","tenant_id={}"],"key_collection":"keyvault-name","provider":"azurekeyvault"}}"#,
        principal.client_id, principal.client_secret, principal.tenant_id
    );
    vault.write("keymgmt/kms/example-kms", &body).await.expect_success();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documented_commands_run_verbatim() {
    let world = World::start().await;
    let vault = log_in(&world, Dialect::Go).await;

    // vault secrets enable -path=example keymgmt
    vault.send("POST", "sys/mounts/example", Some(ENABLE)).await.expect_success();
    vault
        .send("POST", "sys/mounts/keymgmt", Some(ENABLE))
        .await
        .expect_error(400, "path is already in use at keymgmt/");

    vault.list("keymgmt/key").await.expect_nil();
    vault.write("keymgmt/key/example-key", r#"{"type":"rsa-2048"}"#).await.expect_success();
    write_example_kms(&vault, &world).await;
    vault
        .write("keymgmt/kms/example-kms/key/example-key", r#"{"protection":"hsm","purpose":"encrypt,decrypt"}"#)
        .await
        .expect_success();
    assert_eq!(keys(&vault.list("keymgmt/key").await.data()), ["example-key"]);
    assert_eq!(keys(&vault.list("keymgmt/kms").await.data()), ["example-kms"]);
    assert_eq!(keys(&vault.list("keymgmt/kms/example-kms/key").await.data()), ["example-key"]);
    assert_eq!(keys(&vault.list("keymgmt/key/example-key/kms").await.data()), ["example-kms"]);
    assert_eq!(
        vault.read("keymgmt/kms/example-kms").await.data(),
        json!({"key_collection": "keyvault-name", "provider": "azurekeyvault"})
    );

    rotate_and_disable(&vault).await;
    take_back_and_delete(&vault).await;
    vault.send("DELETE", "sys/mounts/example", None).await.expect_success();
}

async fn rotate_and_disable(vault: &Wire) {
    let held = vault.read("keymgmt/kms/example-kms/key/example-key").await.data();
    let name = held["name"].as_str().expect("a name");
    assert!(name.strip_prefix("example-key-").is_some_and(|time| time.parse::<u64>().is_ok()), "{name}");
    assert_eq!((&held["protection"], &held["purpose"]), (&json!("hsm"), &json!("decrypt,encrypt")));
    assert_eq!(held["versions"]["1"].as_str().map(str::len), Some(32), "{held}");
    assert!(held["distribution_time"].as_str().is_some_and(|time| time.contains('T')), "{held}");

    vault.write("keymgmt/key/example-key/rotate", "null").await.expect_success();
    let held = vault.read("keymgmt/kms/example-kms/key/example-key").await.data();
    assert_eq!(held["versions"].as_object().map(serde_json::Map::len), Some(2), "{held}");
    vault
        .write("keymgmt/key/example-key", r#"{"deletion_allowed":"true","min_enabled_version":"2"}"#)
        .await
        .expect_success();
    let key = vault.read("keymgmt/key/example-key").await.data();
    expect_key(&key, &json!({"deletion_allowed": true, "latest_version": 2, "min_enabled_version": 2}), &["2"]);
}

async fn take_back_and_delete(vault: &Wire) {
    vault.delete("keymgmt/key/example-key").await.expect_error(400, "");
    vault.delete("keymgmt/kms/example-kms").await.expect_error(400, "");
    vault.delete("keymgmt/kms/example-kms/key/example-key").await.expect_success();
    vault.read("keymgmt/kms/example-kms/key/example-key").await.expect_nil();
    vault.list("keymgmt/kms/example-kms/key").await.expect_nil();
    vault.list("keymgmt/key/example-key/kms").await.expect_nil();
    vault.delete("keymgmt/key/example-key").await.expect_success();
    vault.delete("keymgmt/kms/example-kms").await.expect_success();
    vault.read("keymgmt/key/example-key").await.expect_nil();
}

/// A key as the CLI prints it: these facts, these versions, each with its time and its public key in PEM.
fn expect_key(key: &Value, facts: &Value, versions: &[&str]) {
    for (name, value) in facts.as_object().expect("facts") {
        assert_eq!(&key[name], value, "{name} of {key}");
    }
    assert_eq!((&key["name"], &key["type"]), (&json!("example-key"), &json!("rsa-2048")));
    let shown = key["versions"].as_object().expect("a map");
    assert_eq!(shown.keys().collect::<Vec<_>>(), versions);
    for version in shown.values() {
        let pem = version["public_key"].as_str().expect("PEM");
        assert!(
            pem.starts_with("-----BEGIN PUBLIC KEY-----\n") && pem.ends_with("-----END PUBLIC KEY-----\n"),
            "{pem}"
        );
        assert!(pem.lines().all(|line| line.len() <= 64), "{pem}");
        assert!(version["creation_time"].as_str().is_some_and(|time| time.len() >= 20), "{version}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cli_finds_out_where_it_is_and_who_it_is() {
    let world = World::start().await;
    let vault = log_in(&world, Dialect::Go).await;

    let status = Wire::new(Dialect::Go, &world.url()).read("sys/seal-status").await.bare();
    assert_eq!((&status["sealed"], &status["initialized"]), (&json!(false), &json!(true)));
    assert_eq!((&status["t"], &status["n"]), (&json!(1), &json!(1)));
    assert_eq!(status["version"], "2.1.0+ent");
    let leader = vault.read("sys/leader").await.bare();
    assert!(leader["ha_enabled"].is_boolean() && leader["is_self"].is_boolean(), "{leader}");
    let health = vault.read("sys/health?drsecondarycode=299&standbycode=299&sealedcode=299").await.bare();
    assert_eq!((&health["sealed"], &health["standby"]), (&json!(false), &json!(false)));

    let me = vault.read("auth/token/lookup-self").await.data();
    for name in ["id", "accessor", "policies", "ttl", "renewable", "meta", "path", "display_name", "num_uses", "orphan"]
    {
        assert!(me.get(name).is_some(), "{name} is missing in {me}");
    }
    assert!(me["ttl"].as_u64().is_some_and(|ttl| ttl > 0), "{me}");

    let mounts = vault.read("sys/mounts").await.data();
    assert_eq!(mounts["keymgmt/"]["type"], "keymgmt");
    let config = &mounts["keymgmt/"]["config"];
    assert!(config["default_lease_ttl"].is_u64() && config["max_lease_ttl"].is_u64(), "{config}");
    let preflight = vault.read("sys/internal/ui/mounts/keymgmt/key/x").await.data();
    assert_eq!((&preflight["type"], &preflight["path"]), (&json!("keymgmt"), &json!("keymgmt/")));

    let renewed = vault.write("auth/token/renew-self", r#"{"increment":0}"#).await.auth();
    assert!(renewed["client_token"].is_string(), "{renewed}");
    vault.send("PUT", "auth/token/revoke-self", Some("")).await.expect_success();
    vault.read("auth/token/lookup-self").await.expect_error(403, "permission denied");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_namespace_is_made_used_and_removed() {
    let world = World::start().await;
    let vault = log_in(&world, Dialect::Go).await;

    let made = vault.write("sys/namespaces/ns1", "null").await.data();
    assert_eq!(made["path"], "ns1/");
    assert!(made["id"].is_string());
    let inside = vault.in_namespace("ns1/");
    inside.send("POST", "sys/mounts/keymgmt", Some(ENABLE)).await.expect_success();
    inside.write("keymgmt/key/inside", r#"{"type":"ecdsa-p256"}"#).await.expect_success();
    assert_eq!(keys(&inside.list("keymgmt/key").await.data()), ["inside"]);
    assert_eq!(keys(&vault.list("ns1/keymgmt/key").await.data()), ["inside"]);
    vault.list("keymgmt/key").await.expect_nil();

    inside.write("keymgmt/key/inside", r#"{"deletion_allowed":"true"}"#).await.expect_success();
    inside.delete("keymgmt/key/inside").await.expect_success();
    inside.send("DELETE", "sys/mounts/keymgmt", None).await.expect_success();
    vault.delete("sys/namespaces/ns1").await.expect_success();
    vault.read("sys/namespaces/ns1").await.expect_nil();
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_read_as_the_tools_match_them() {
    let world = World::start().await;
    let vault = log_in(&world, Dialect::Go).await;

    vault.write("keymgmt/key/x", r#"{"type":"rsa-1024"}"#).await.expect_error(400, "unsupported key type");
    vault.write("keymgmt/key/gone/rotate", "null").await.expect_error(400, r#"key "gone" not found"#);
    vault.write("nowhere/key/x", r#"{"type":"rsa-2048"}"#).await.expect_error(404, "no handler for route");
    vault.read("keymgmt/nothing/here").await.expect_error(404, "unsupported path");
    vault.send("PATCH", "keymgmt/key/x", Some("{}")).await.expect_error(405, "unsupported operation");
    vault.read("sys/mounts/nowhere").await.expect_error(400, "No secret engine mount at nowhere/");
    let stranger = Wire::new(Dialect::Go, &world.url());
    stranger.read("keymgmt/key/x").await.expect_error(403, "permission denied");
    stranger.with_token("kf_wrong").read("keymgmt/key/x").await.expect_error(403, "permission denied");

    write_example_kms(&vault, &world).await;
    vault.write("keymgmt/key/curve", r#"{"type":"ecdsa-p256"}"#).await.expect_success();
    vault
        .write("keymgmt/kms/example-kms/key/curve", r#"{"protection":"hsm","purpose":"sign"}"#)
        .await
        .expect_error(400, "");
    vault.read("keymgmt/kms/example-kms/key/curve").await.expect_nil();
    vault
        .write("keymgmt/kms/example-kms/key/curve/replicate", "null")
        .await
        .expect_error(400, "key \"curve\" does not have replica_regions");
}
