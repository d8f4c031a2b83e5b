//! What a managed HSM does otherwise than a vault.

use reqwest::Method;
use serde_json::json;

use crate::support::{VAULT, World};

const HSM: &str = "acme-hsm";

#[tokio::test]
async fn a_managed_hsm_has_a_host_an_audience_and_identifiers_of_its_own() {
    let world = World::start().await;
    let hsm = world.vault(HSM).await;

    let created = hsm.post("/keys/rsa/create", json!({ "kty": "RSA-HSM" })).await.ok();

    let kid = created["key"]["kid"].as_str().unwrap();
    assert!(kid.starts_with("https://acme-hsm.managedhsm.azure.net/keys/rsa/"), "{kid}");
    assert!(created["attributes"].get("hsmPlatform").is_none());
    let mut with_token_of_vaults = world.vault(HSM).await;
    with_token_of_vaults.token = world.vault(VAULT).await.token;
    assert_eq!(with_token_of_vaults.get("/keys").await.status, 401);
}

#[tokio::test]
async fn a_managed_hsm_challenges_with_two_bare_letters() {
    let world = World::start().await;
    let url = format!("https://{HSM}.managedhsm.azure.net/keys?api-version=7.4");

    let response = world.http.get(url).send().await.unwrap();

    let challenge = response.headers()["www-authenticate"].to_str().unwrap().to_owned();
    assert!(challenge.ends_with("resource=\"https://managedhsm.azure.net\""), "{challenge}");
    assert_eq!((response.status().as_u16(), response.text().await.unwrap().as_str()), (401, "OK"));
}

#[tokio::test]
async fn a_managed_hsm_ends_its_messages_with_an_activity_id() {
    let world = World::start().await;
    let hsm = world.vault(HSM).await;

    let response = hsm.request(Method::GET, "/keys/none").send().await.unwrap();

    assert!(response.headers().contains_key("x-ms-server-latency"));
    let reply = crate::support::read(response).await;
    let (status, code, _, message) = reply.refusal();
    assert_eq!((status, code), (404, "KeyNotFound"));
    let (_, activity) = message.rsplit_once(" (Activity ID: ").unwrap();
    assert_eq!(activity.len(), 37, "{message}");
    world.azure.fail_next(azure_sim::Call::GetKey, azure_sim::Fault::internal_error());
    assert!(hsm.get("/keys/none").await.refusal().3.contains("(Activity ID: "));
}

#[tokio::test]
async fn a_managed_hsm_holds_hardware_keys_only() {
    let world = World::start().await;
    let hsm = world.vault(HSM).await;

    let created = hsm.post("/keys/soft/create", json!({ "kty": "RSA" })).await;
    let imported = hsm.put("/keys/soft", json!({ "key": { "kty": "RSA" } })).await;

    for reply in [created, imported] {
        assert_eq!((reply.status, reply.refusal().1), (400, "BadParameter"), "{}", reply.body);
    }
    let kek = json!({ "kty": "RSA-HSM", "key_ops": ["import"] });
    assert_eq!(hsm.post("/keys/kek/create", kek).await.ok()["key"]["key_ops"], json!(["import"]));
}

#[tokio::test]
async fn a_managed_hsm_does_not_say_that_there_is_no_next_page() {
    let world = World::start().await;
    let hsm = world.vault(HSM).await;
    for number in 0..3 {
        world.azure.put_foreign_key(HSM, &format!("key-{number}"));
    }

    assert!(hsm.get("/keys?maxresults=2").await.ok()["nextLink"].is_string());
    assert!(hsm.get("/keys").await.ok().get("nextLink").is_none());
}

#[tokio::test]
async fn a_managed_hsm_takes_a_hundred_versions_of_a_key_and_no_more() {
    let world = World::start().await;
    let hsm = world.vault(HSM).await;
    for _ in 0..99 {
        world.azure.put_foreign_key(HSM, "rsa");
    }

    hsm.post("/keys/rsa/create", json!({ "kty": "RSA-HSM" })).await.ok();
    let refused = hsm.post("/keys/rsa/create", json!({ "kty": "RSA-HSM" })).await;

    assert_eq!((refused.status, refused.refusal().2), (403, "QuotaExceeded"));
    assert_eq!(world.azure.key(HSM, "rsa").unwrap().versions.len(), 100);
}

#[tokio::test]
async fn a_managed_hsm_names_the_action_that_its_own_roles_lack() {
    let world = World::start().await;
    let hsm = world.vault(HSM).await;
    world.azure.set_permissions(HSM, &[azure_sim::Permission::Get]);

    let reply = hsm.post("/keys/rsa/create", json!({ "kty": "RSA-HSM" })).await;

    let (status, code, _, message) = reply.refusal();
    assert_eq!((status, code), (403, "Forbidden"));
    assert!(message.contains("'Microsoft.KeyVault/managedHsm/keys/create'"), "{message}");
}
