//! Providers as Vault's clients write, read and delete them: nothing is checked until a key is distributed.

use api::Provider;
use azure_sim::Call;
use serde_json::{Value, json};
use support::World;

use super::VAULT;

const TENANT: &str = "cd4bf224-d114-4f96-9bbc-b8f45751c43f";
const CLIENT: &str = "a0454cd1-e28e-405e-bc50-7477fa8a00b7";

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_is_written_without_asking_azure() {
    let world = World::start().await;
    let vault = world.vault().await;
    // HashiCorp's own example: nothing of it exists.
    let credentials =
        [format!("client_id={CLIENT}"), "client_secret=eR%HizuCVEpAKgeaUEx=".to_owned(), format!("tenant_id={TENANT}")];
    let shapes: [(&str, Value); 5] = [
        ("list", json!(credentials)),
        ("one", json!(format!("tenant_id={TENANT}"))),
        ("object", json!({ "tenant_id": TENANT, "client_id": CLIENT, "client_secret": "x=y" })),
        ("file", json!(json!({ "tenant_id": TENANT, "client_id": CLIENT, "client_secret": "x" }).to_string())),
        ("none", Value::Null),
    ];
    for (name, credentials) in shapes {
        let body = json!({ "provider": "azurekeyvault", "key_collection": "nobody-has-this", "credentials": credentials,
            "name": "old", "backend": "keymgmt" });
        vault.put(&format!("keymgmt/kms/{name}"), body).await;
        let data = vault.data(&format!("keymgmt/kms/{name}")).await;
        assert_eq!(data, json!({ "provider": "azurekeyvault", "key_collection": "nobody-has-this" }));
    }
    let listed: Value = vault.list("keymgmt/kms").await.expect(200);
    assert_eq!(listed["data"]["keys"], json!(["file", "list", "none", "object", "one"]));
    assert!(world.azure.received().is_empty(), "nothing was sent to Azure");
    let stored: Provider = world.admin().await.get("/workspaces/keymgmt/providers/list").await.expect(200);
    assert_eq!(stored.stored_credentials.client_id.unwrap().as_str(), CLIENT);
    assert!(stored.stored_credentials.client_secret && stored.last_check.is_none());
    let one: Provider = world.admin().await.get("/workspaces/keymgmt/providers/one").await.expect(200);
    assert!(!one.stored_credentials.client_secret);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_replaces_the_credentials_and_nothing_else() {
    let world = World::start().await;
    let vault = world.vault().await;
    let principal = world.azure.service_principal(VAULT);
    vault.put("keymgmt/key/payments", json!({})).await;
    let wrong = json!({ "tenant_id": principal.tenant_id, "client_id": principal.client_id, "client_secret": "wrong" });
    vault
        .put("keymgmt/kms/acme", json!({ "provider": "azurekeyvault", "key_collection": VAULT, "credentials": wrong }))
        .await;
    let distribute = async || vault.write("keymgmt/kms/acme/key/payments", json!({ "purpose": "sign" })).await;
    distribute().await.expect_errors(400, "client secret");
    vault.put("keymgmt/kms/acme", json!({ "provider": "azurekeyvault" })).await;
    let right = json!({ "tenant_id": principal.tenant_id, "client_id": principal.client_id,
        "client_secret": principal.client_secret });
    vault.put("keymgmt/kms/acme", json!({ "provider": "azurekeyvault", "credentials": right })).await;
    distribute().await.expect_nothing(204);
    vault.put("keymgmt/kms/acme", json!({ "key_collection": VAULT.to_uppercase() })).await;
    let moved = json!({ "provider": "azurekeyvault", "key_collection": "another-vault" });
    vault.write("keymgmt/kms/acme", moved).await.expect_errors(400, "key_collection");
    let moved = json!({ "credentials": { "environment": "AzureChinaCloud" } });
    vault.write("keymgmt/kms/acme", moved).await.expect_errors(400, "key_collection");
    vault.delete("keymgmt/kms/acme").await.expect_errors(400, "withdraw");
    assert!(world.azure.received().iter().all(|received| received.call != Some(Call::DeleteKey)));
    vault.delete("keymgmt/kms/acme/key/payments").await.expect_nothing(204);
    vault.delete("keymgmt/kms/acme").await.expect_nothing(204);
    vault.delete("keymgmt/kms/acme").await.expect_nothing(204);
    vault.read("keymgmt/kms/acme").await.expect_errors(404, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cloud_and_a_managed_hsm_are_named_in_the_credentials() {
    let world = World::start().await;
    let vault = world.vault().await;
    let write = async |name: &str, credentials: Value| {
        let body = json!({ "provider": "azurekeyvault", "key_collection": "acme-hsm", "credentials": credentials });
        vault.write(&format!("keymgmt/kms/{name}"), body).await
    };
    let url = async |name: &str| {
        let path = format!("/workspaces/keymgmt/providers/{name}");
        world.admin().await.get(&path).await.expect::<Provider>(200).url
    };
    write("public", json!({ "environment": "azurecloud" })).await.expect_nothing(204);
    assert_eq!(url("public").await, "https://acme-hsm.vault.azure.net/");
    write("china", json!({ "environment": "AzureChinaCloud" })).await.expect_nothing(204);
    assert_eq!(url("china").await, "https://acme-hsm.vault.azure.cn/");
    write("hsm", json!({ "resource": "managedhsm.azure.net" })).await.expect_nothing(204);
    assert_eq!(url("hsm").await, "https://acme-hsm.managedhsm.azure.net/");
    write("bad", json!({ "environment": "AzureMoonCloud" })).await.expect_errors(400, "AzureMoonCloud");
    write("bad", json!({ "resource": "https://example.com" })).await.expect_errors(400, "resource");
    write("bad", json!({ "client_id": "123" })).await.expect_errors(400, "credentials.client_id");
    vault.read("keymgmt/kms/bad").await.expect_errors(404, "");
    let warned: Value = write("typo", json!({ "client_sceret": "x" })).await.expect(200);
    assert!(warned["warnings"][0].as_str().unwrap().contains("the rest is ignored"), "{warned}");
}

#[tokio::test(flavor = "multi_thread")]
async fn other_kinds_of_providers_are_told_where_keys_go() {
    let world = World::start().await;
    let vault = world.vault().await;
    let write = async |body: Value| vault.write("keymgmt/kms/other", body).await;
    for provider in ["awskms", "gcpckms"] {
        write(json!({ "provider": provider, "key_collection": "us-west-1" }))
            .await
            .expect_errors(400, "Azure Key Vault");
    }
    write(json!({ "provider": "mykms", "key_collection": "abc" })).await.expect_errors(400, "unsupported provider");
    write(json!({ "key_collection": VAULT })).await.expect_errors(400, "provider");
    write(json!({ "provider": "azurekeyvault" })).await.expect_errors(400, "key_collection");
    let url = json!({ "provider": "azurekeyvault", "key_collection": "https://x.vault.azure.net" });
    write(url).await.expect_errors(400, "key_collection: write the vault's name");
    let pair = json!({ "provider": "azurekeyvault", "key_collection": VAULT, "credentials": "client_id" });
    write(pair).await.expect_errors(400, "invalid key pair");
    vault.read("keymgmt/kms/other").await.expect_errors(404, "");
}
