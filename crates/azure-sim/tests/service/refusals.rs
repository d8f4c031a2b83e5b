//! Vaults that refuse: by access policy, by network, by purge protection.

use std::net::IpAddr;

use azure_sim::{AccessModel, Network, Permission};
use serde_json::json;

use crate::support::{VAULT, World};

#[tokio::test]
async fn a_vault_with_access_policies_names_the_permission_that_is_missing() {
    let world = World::start().await;
    let vault = world.vault(VAULT).await;
    world.azure.set_access_model(VAULT, AccessModel::Policies);
    world.azure.set_permissions(VAULT, &[Permission::Create]);

    let refused = vault.put("/keys/rsa", json!({})).await;

    let (status, code, inner, message) = refused.refusal();
    assert_eq!((status, code, inner), (403, "Forbidden", "ForbiddenByPolicy"));
    let caller = format!("'appid={};oid=", world.azure.service_principal(VAULT).client_id);
    assert!(message.starts_with(&format!("The user, group or application {caller}")), "{message}");
    assert!(
        message.contains("does not have keys import permission on key vault 'keyvault-name;location="),
        "{message}"
    );
    vault.post("/keys/rsa/create", json!({ "kty": "RSA" })).await.ok();
    let backup = vault.post("/keys/rsa/backup", json!({})).await;
    assert!(backup.refusal().3.contains("does not have keys backup permission"), "{}", backup.body);
}

#[tokio::test]
async fn an_identity_that_no_policy_knows_is_denied() {
    let world = World::start().await;
    let mut vault = world.vault(VAULT).await;
    world.azure.set_access_model("acme-payments", AccessModel::Policies);
    vault.name = "acme-payments".to_owned();

    assert_eq!(vault.get("/keys/rsa").await.refusal().2, "AccessDenied");
}

#[tokio::test]
async fn a_firewall_names_the_address_that_it_keeps_out() {
    let world = World::start().await;
    let vault = world.vault(VAULT).await;
    let here: IpAddr = [127, 0, 0, 1].into();
    world.azure.set_network(VAULT, Network::Firewall(vec![[203, 0, 113, 7].into()]));

    let refused = vault.get("/keys").await;

    let (status, code, inner, message) = refused.refusal();
    assert_eq!((status, code, inner), (403, "Forbidden", "ForbiddenByFirewall"));
    assert!(message.contains("\r\nClient address: 127.0.0.1\r\nCaller: appid="), "{message}");
    world.azure.set_network(VAULT, Network::Firewall(vec![here]));
    vault.get("/keys").await.ok();
}

#[tokio::test]
async fn a_vault_behind_private_endpoints_is_not_reached_from_outside() {
    let world = World::start().await;
    let vault = world.vault(VAULT).await;
    world.azure.set_network(VAULT, Network::PrivateLink);

    let refused = vault.get("/keys").await;

    let (status, _, inner, message) = refused.refusal();
    assert_eq!((status, inner), (403, "ForbiddenByConnection"));
    assert!(message.starts_with("Public network access is disabled"), "{message}");
    world.azure.set_network(VAULT, Network::Open);
    vault.get("/keys").await.ok();
}

#[tokio::test]
async fn a_protected_vault_lets_nobody_purge_and_says_so_before() {
    let world = World::start().await;
    let vault = world.vault(VAULT).await;
    world.azure.protect_from_purge(VAULT);

    let created = vault.post("/keys/rsa/create", json!({ "kty": "RSA" })).await.ok();
    vault.delete("/keys/rsa").await.ok();
    let refused = vault.delete("/deletedkeys/rsa").await;

    assert_eq!(created["attributes"]["recoveryLevel"], "Recoverable");
    assert_eq!((refused.status, refused.refusal().1), (403, "Forbidden"));
    vault.post("/deletedkeys/rsa/recover", json!({})).await.ok();
}
