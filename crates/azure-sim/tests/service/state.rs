//! Starting, stopping, and what lasts over a restart.

use std::os::unix::fs::PermissionsExt;

use azure_sim::{Error, Options, Simulator};
use serde_json::json;

use crate::support::{VAULT, World};

#[tokio::test]
async fn a_restarted_simulator_finds_its_keys_credentials_and_certificates() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("azure.json");
    let options = Options { state_file: Some(file.clone()), reuse_keks: true, ..Options::default() };
    let before = World::with(options.clone()).await;
    let body = json!({ "kty": "RSA-HSM", "key_ops": ["import"], "tags": { "made": "here" } });
    before.vault(VAULT).await.post("/keys/kek/create", body).await.ok();
    let (keys, ca) = (before.azure.keys(VAULT), before.azure.ca_pem().to_owned());
    let secret = before.azure.service_principal(VAULT).client_secret;
    before.azure.stop().await;

    let after = World::with(options).await;

    assert_eq!(after.azure.keys(VAULT), keys);
    assert_eq!(after.azure.ca_pem(), ca);
    assert_eq!(after.azure.service_principal(VAULT).client_secret, secret);
    assert_eq!(after.vault(VAULT).await.get("/keys/kek").await.status, 200);
    assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn a_damaged_state_file_stops_the_start_and_stays_as_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("azure.json");
    std::fs::write(&file, "{ \"vaults\": ").unwrap();

    let started = Simulator::start(Options { state_file: Some(file.clone()), ..Options::default() }).await;

    assert!(matches!(started, Err(Error::StateFile(_))));
    assert_eq!(std::fs::read_to_string(file).unwrap(), "{ \"vaults\": ");
}

#[tokio::test]
async fn a_stopped_simulator_frees_its_port() {
    let world = World::start().await;
    let address = world.azure.address();
    world.vault(VAULT).await.get("/keys").await.ok();

    world.azure.stop().await;

    let again = Simulator::start(Options { listen: address, ..Options::default() }).await.unwrap();
    assert_eq!(again.address(), address);
}

#[tokio::test]
async fn a_state_file_of_fewer_vaults_gets_those_it_lacks() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("azure.json");
    let options = Options { state_file: Some(file.clone()), ..Options::default() };
    let before = World::with(options.clone()).await;
    let (payments, tenant) = (before.azure.service_principal("acme-payments"), before.tenant());
    before.azure.stop().await;
    let mut state: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    state["vaults"].as_object_mut().unwrap().remove("acme-standard");
    std::fs::write(&file, state.to_string()).unwrap();

    let after = World::with(options).await;

    assert_eq!(after.azure.service_principal("acme-payments").client_secret, payments.client_secret);
    assert_eq!(after.azure.service_principal("acme-standard").tenant_id, tenant);
    after.vault("acme-standard").await.get("/keys").await.ok();
}

#[tokio::test]
async fn the_start_vaults_teach_and_each_has_an_identity_of_its_own() {
    let world = World::start().await;

    let vaults = world.azure.vaults();

    let names: Vec<&str> = vaults.iter().map(|vault| vault.name.as_str()).collect();
    let lessons = ["acme-standard", "acme-forbids", "acme-throttles", "acme-gov", "acme-hsm"];
    assert_eq!(names, [&["keyvault-name", "acme-payments"][..], &lessons].concat());
    let clients: std::collections::BTreeSet<_> = vaults.iter().map(|vault| &vault.principal.client_id).collect();
    assert_eq!(clients.len(), names.len());
    let connect_to = world.azure.connect_to();
    let logins = ["login.microsoftonline.com", "login.microsoftonline.us", "login.partner.microsoftonline.cn"];
    for host in vaults.iter().map(|vault| vault.host.as_str()).chain(logins) {
        assert!(connect_to.split(',').any(|entry| entry == format!("{host}={}", world.azure.address())), "{host}");
    }
}
