//! Keys as Vault's clients make, read, change, rotate and delete them.

use serde_json::{Value, json};
use support::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_every_type_is_made_read_rotated_and_deleted() {
    let world = World::start().await;
    let vault = world.vault().await;
    let types = ["rsa-2048", "aes256-gcm96", "ecdsa-p256", "ecdsa-p384", "ecdsa-p521"];
    for key_type in types {
        let path = format!("keymgmt/key/{key_type}");
        vault.put(&path, json!({ "type": key_type })).await;
        let data = vault.data(&path).await;
        let facts = json!({ "name": key_type, "type": key_type, "latest_version": 1, "min_enabled_version": 1,
            "deletion_allowed": false, "versions": data["versions"] });
        assert_eq!(data, facts);
        vault.write(&format!("{path}/rotate"), json!({})).await.expect_nothing(204);
        let data = vault.data(&path).await;
        let versions = data["versions"].as_object().unwrap();
        assert_eq!(versions.keys().collect::<Vec<_>>(), ["1", "2"]);
        for version in versions.values() {
            assert!(version["creation_time"].as_str().unwrap().starts_with("20"), "{version}");
            let pem = version["public_key"].as_str();
            assert_eq!(pem.is_some(), key_type != "aes256-gcm96", "{version}");
            assert!(pem.is_none_or(|pem| pem.starts_with("-----BEGIN PUBLIC KEY-----\n") && pem.ends_with("-----\n")));
        }
        assert!(!data.to_string().contains("PRIVATE"), "{data}");

        vault.delete(&path).await.expect_errors(400, "deletion is not allowed for this key");
        vault.put(&path, json!({ "deletion_allowed": "true" })).await;
        vault.delete(&path).await.expect_nothing(204);
        vault.read(&path).await.expect_errors(404, "");
        vault.delete(&path).await.expect_nothing(204);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_minimum_hides_the_versions_below_it() {
    let world = World::start().await;
    let vault = world.vault().await;
    let path = "keymgmt/key/payments";
    let versions = async || {
        let data = vault.data(path).await;
        let numbers: Vec<String> = data["versions"].as_object().unwrap().keys().cloned().collect();
        (data["min_enabled_version"].clone(), numbers)
    };
    vault.put(path, json!({ "type": "ecdsa-p256", "min_enabled_version": 0 })).await;
    vault.put("keymgmt/key/payments/rotate", json!(null)).await;
    vault.put(path, json!({ "min_enabled_version": "2" })).await;
    assert_eq!(versions().await, (json!(2), vec!["2".to_owned()]));
    vault.put(path, json!({ "deletion_allowed": false })).await;
    assert_eq!(versions().await.0, 2, "what is absent stays");
    vault.put(path, json!({ "min_enabled_version": 0 })).await;
    assert_eq!(versions().await, (json!(0), vec!["1".to_owned(), "2".to_owned()]));
    for wrong in [json!(-1), json!(3), json!("3"), json!(4_294_967_296_i64), json!("x"), json!(1.5), json!([1])] {
        vault.write(path, json!({ "min_enabled_version": wrong })).await.expect_errors(400, "min_enabled_version");
    }
    assert_eq!(versions().await.0, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_is_refused_in_the_words_that_clients_look_for() {
    let world = World::start().await;
    let vault = world.vault().await;
    vault.write("keymgmt/key/a", json!({ "type": "rsa-1024" })).await.expect_errors(400, "unsupported key type");
    vault.write("keymgmt/key/a", json!({ "min_enabled_version": 2 })).await.expect_errors(400, "min_enabled_version");
    vault.read("keymgmt/key/a").await.expect_errors(404, "");
    vault.write("keymgmt/key/a/rotate", json!({})).await.expect_errors(400, "key \"a\" not found");

    vault.put("keymgmt/key/a", json!({ "type": "aes256-gcm96", "replica_regions": "us-east-1, eu-west-1" })).await;
    let data = vault.data("keymgmt/key/a").await;
    assert_eq!(data["replica_regions"], json!(["us-east-1", "eu-west-1"]));
    vault.put("keymgmt/key/a", json!({ "type": "aes256-gcm96" })).await;
    vault.write("keymgmt/key/a", json!({ "type": "rsa-2048" })).await.expect_errors(400, "type");
    vault.write("keymgmt/key/a", json!({ "replica_regions": ["x"] })).await.expect_errors(400, "replica_regions");
}

#[tokio::test(flavor = "multi_thread")]
async fn hundreds_of_keys_are_listed_at_once() {
    let world = World::start().await;
    let vault = world.vault().await;
    for number in 0..205 {
        vault.put(&format!("keymgmt/key/k{number:03}"), json!({ "type": "aes256-gcm96" })).await;
    }
    let listed: Value = vault.list("keymgmt/key").await.expect(200);
    let keys = listed["data"]["keys"].as_array().unwrap();
    assert_eq!((keys.len(), &keys[0], &keys[204]), (205, &json!("k000"), &json!("k204")));
}
