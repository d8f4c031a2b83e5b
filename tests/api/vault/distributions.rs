//! Distributing as Vault's clients do: success means that Azure has it.

use serde_json::{Value, json};
use support::World;

use super::VAULT;

const DISTRIBUTION: &str = "keymgmt/kms/acme/key/payments";

/// How many keys are in the vault, beside the key exchange key.
fn held(world: &World) -> usize {
    world.azure.keys(VAULT).iter().filter(|key| key.name.starts_with("payments")).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_goes_to_azure_and_comes_back() {
    let world = World::start().await;
    let vault = world.vault().await;
    vault.put("keymgmt/key/payments", json!({ "type": "rsa-2048" })).await;
    vault.put("keymgmt/key/payments/rotate", json!({})).await;
    vault.connect(VAULT, &world.azure.service_principal(VAULT)).await;
    vault.read(DISTRIBUTION).await.expect_errors(404, "");
    vault.put(DISTRIBUTION, json!({ "purpose": "encrypt,decrypt", "protection": "hsm" })).await;

    let data = vault.data(DISTRIBUTION).await;
    let name = data["name"].as_str().unwrap().to_owned();
    let held = world.azure.key(VAULT, &name).expect("success means that Azure has it");
    let ids: Vec<&str> = held.versions.iter().map(|version| version.version.as_str()).collect();
    let facts = json!({ "name": name, "protection": "hsm", "purpose": "decrypt,encrypt",
        "distribution_time": data["distribution_time"], "versions": { "1": ids[0], "2": ids[1] } });
    assert_eq!(data, facts);
    assert!(name.strip_prefix("payments-").unwrap().parse::<u64>().is_ok(), "{name}");
    let listed = async |path: &str| vault.list(path).await.expect::<Value>(200)["data"]["keys"].take();
    assert_eq!(listed("keymgmt/kms/acme/key").await, json!(["payments"]));
    assert_eq!(listed("keymgmt/key/payments/kms").await, json!(["acme"]));

    vault.put("keymgmt/key/payments/rotate", json!(null)).await;
    assert_eq!(world.azure.key(VAULT, &name).unwrap().versions.len(), 3);
    vault.put("keymgmt/key/payments", json!({ "min_enabled_version": "3" })).await;
    let held = world.azure.key(VAULT, &name).unwrap();
    assert_eq!(held.versions.iter().map(|version| version.enabled).collect::<Vec<_>>(), [false, false, true]);
    let after = vault.data(DISTRIBUTION).await;
    assert_eq!(after["versions"].as_object().unwrap().len(), 3, "disabled versions stay in this map");
    assert_eq!(after["distribution_time"], data["distribution_time"]);

    // As Terraform's destroy: the distribution, then at once the key and the provider.
    vault.put("keymgmt/key/payments", json!({ "deletion_allowed": true })).await;
    vault.delete("keymgmt/key/payments").await.expect_errors(400, "withdraw");
    vault.delete(DISTRIBUTION).await.expect_nothing(204);
    assert!(world.azure.key(VAULT, &name).is_none());
    vault.delete("keymgmt/key/payments").await.expect_nothing(204);
    vault.delete("keymgmt/kms/acme").await.expect_nothing(204);
    vault.delete(DISTRIBUTION).await.expect_nothing(204);
    vault.list("keymgmt/key").await.expect_errors(404, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_azure_cannot_take_is_refused_and_says_why() {
    let world = World::start().await;
    let vault = world.vault().await;
    vault.connect(VAULT, &world.azure.service_principal(VAULT)).await;
    for key_type in ["aes256-gcm96", "ecdsa-p256", "ecdsa-p384", "ecdsa-p521"] {
        vault.put(&format!("keymgmt/key/{key_type}"), json!({ "type": key_type })).await;
        let reply = vault.write(&format!("keymgmt/kms/acme/key/{key_type}"), json!({ "purpose": "sign" })).await;
        reply.expect_errors(400, "Azure Key Vault takes RSA keys from outside");
    }
    vault.put("keymgmt/key/payments", json!({})).await;
    for (body, text) in [
        (json!({}), "purpose"),
        (json!({ "purpose": "" }), "purpose"),
        (json!({ "purpose": "sing" }), "unsupported purpose"),
        (json!({ "purpose": "sign", "protection": "steel" }), "protection"),
    ] {
        vault.write(DISTRIBUTION, body).await.expect_errors(400, text);
    }
    let purpose = json!({ "purpose": ["sign"] });
    vault.write("keymgmt/kms/acme/key/none", purpose.clone()).await.expect_errors(400, "key \"none\" not found");
    vault.write("keymgmt/kms/none/key/payments", purpose).await.expect_errors(400, "none");
    let replicate = async |key: &str| vault.write(&format!("keymgmt/kms/acme/key/{key}/replicate"), json!({})).await;
    replicate("payments").await.expect_errors(400, "does not have replica_regions");
    replicate("none").await.expect_errors(400, "key \"none\" not found");
    assert!(world.azure.keys(VAULT).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_joins_in_and_another_one_is_refused() {
    let world = World::start().await;
    let vault = world.vault().await;
    vault.put("keymgmt/key/payments", json!({})).await;
    vault.connect(VAULT, &world.azure.service_principal(VAULT)).await;
    let body = json!({ "purpose": ["sign", "verify"], "protection": "hsm" });
    let (first, second) =
        tokio::join!(vault.write(DISTRIBUTION, body.clone()), vault.write(DISTRIBUTION, body.clone()));
    first.expect_nothing(204);
    second.expect_nothing(204);
    let name = vault.data(DISTRIBUTION).await["name"].clone();
    vault.put(DISTRIBUTION, json!({ "purpose": "verify, sign" })).await;
    assert_eq!(vault.data(DISTRIBUTION).await["name"], name);
    for other in [json!({ "purpose": "sign" }), json!({ "purpose": "sign,verify", "protection": "software" })] {
        vault.write(DISTRIBUTION, other).await.expect_errors(400, "cannot be changed");
    }
    assert_eq!(held(&world), 1);
    let (first, second) = tokio::join!(vault.delete(DISTRIBUTION), vault.delete(DISTRIBUTION));
    first.expect_nothing(204);
    second.expect_nothing(204);
    vault.put(DISTRIBUTION, body).await;
    assert_eq!(held(&world), 1);
}
