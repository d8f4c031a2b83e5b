//! The way to a vault, step by step: its name, its certificate, its challenge.

use std::net::TcpListener;

use azure::{Client, ClientOptions, Error, Garble};
use azure_sim::Call;

use crate::support::{VAULT, World, credentials};

#[tokio::test]
async fn a_vault_tells_its_tenant_to_whoever_knocks() {
    let world = World::start().await;
    let vault = world.vault(VAULT);
    vault.resolve().await.unwrap();
    let challenge = vault.connect().await.unwrap();
    assert_eq!(challenge.tenant, world.azure.service_principal(VAULT).tenant_id);
    assert_eq!(challenge.resource, "https://vault.azure.net");
    assert_eq!(world.count(Call::Token), 0);
}

#[tokio::test]
async fn an_unknown_vault_does_not_resolve() {
    let world = World::start().await;
    let vault = world.client.vault("nobody-here", credentials(world.azure.service_principal(VAULT))).unwrap();
    for error in [
        vault.resolve().await.unwrap_err(),
        vault.connect().await.unwrap_err(),
        vault.get_key("orders", None).await.unwrap_err(),
    ] {
        assert!(matches!(&error, Error::UnknownVault { host } if host == "nobody-here.vault.azure.net"), "{error:?}");
        assert!(error.is_lasting() && !error.is_outcome_unknown());
    }
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_stops_everything_before_the_token() {
    let world = World::start().await;
    let another = World::start().await;
    let options = ClientOptions {
        connect_to: world.azure.connect_to().split(',').map(|entry| entry.parse().unwrap()).collect(),
        ca_pem: Some(another.azure.ca_pem().to_owned()),
        ..ClientOptions::default()
    };
    let client = Client::new(options).unwrap();
    let vault = client.vault(VAULT, credentials(world.azure.service_principal(VAULT))).unwrap();
    for error in [vault.connect().await.unwrap_err(), vault.get_key("orders", None).await.unwrap_err()] {
        assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");
        assert!(!error.is_outcome_unknown());
    }
    assert_eq!(world.azure.received().len(), 0);
}

#[tokio::test]
async fn a_port_where_nobody_listens_is_out_of_reach() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let world = World::start().await;
    let options = ClientOptions {
        connect_to: vec![format!("*.vault.azure.net={address}").parse().unwrap()],
        ..ClientOptions::default()
    };
    let client = Client::new(options).unwrap();
    let vault = client.vault(VAULT, credentials(world.azure.service_principal(VAULT))).unwrap();
    let error = vault.connect().await.unwrap_err();
    assert!(matches!(&error, Error::Unreachable { host, .. } if host == vault.host()), "{error:?}");
    assert!(!error.is_lasting());
}

#[tokio::test]
async fn what_is_no_vault_name_never_becomes_a_host() {
    let world = World::start().await;
    for name in ["", "ab", "evil.example", "127.0.0.1", "acme--x", "acme/../x", "acme:8443", "acme@evil"] {
        let result = world.client.vault(name, credentials(world.azure.service_principal(VAULT)));
        assert!(matches!(result.err(), Some(Error::InvalidVaultName { .. })), "{name}");
    }
    let mut wrong = credentials(world.azure.service_principal(VAULT));
    wrong.tenant_id = Some("../common".to_owned());
    assert!(matches!(world.client.vault(VAULT, wrong).err(), Some(Error::InvalidTenant)));
}

#[tokio::test]
async fn a_garbled_challenge_is_not_a_vaults() {
    let world = World::start().await;
    world.azure.fail_next(Call::ListKeys, azure_sim::Fault::status(401, "Unauthorized", None, ""));
    let error = world.vault(VAULT).connect().await.unwrap_err();
    assert!(matches!(error, Error::Garbled { reason: Garble::ForeignChallenge, .. }), "{error:?}");
}
