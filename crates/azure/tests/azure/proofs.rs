//! Every proof against the simulator, which verifies it with its own code and lets its identity into its vault.

use std::fs;

use azure::{Credentials, Environment, Error, Proof, ProofKind, Vault};

use crate::blob::{import_of_target, target_modulus};
use crate::support::{VAULT, World, environment};

fn stored(world: &World, vault: &str) -> Credentials {
    let principal = world.azure.service_principal(vault);
    Credentials { tenant_id: Some(principal.tenant_id), client_id: Some(principal.client_id), ..Credentials::default() }
}

/// Imports the target by BYOK, which takes a token and rights.
async fn import(vault: &Vault, name: &str) {
    let kek = vault.create_kek("keyferry-kek").await.unwrap();
    let bundle = vault.import_key(name, &import_of_target(&kek)).await.unwrap();
    assert_eq!(bundle.modulus, target_modulus());
}

#[tokio::test]
async fn a_certificate_is_accepted_from_a_file_and_from_what_is_stored() {
    let world = World::start().await;
    let pem = world.azure.certificate_pem(VAULT);
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("certificate.pem");
    fs::write(&path, &pem).unwrap();

    let variables = [("AZURE_CLIENT_CERTIFICATE_PATH", path.to_str().unwrap())];
    let vault = world.seen_through(environment(variables), stored(&world, VAULT), VAULT);
    assert_eq!(vault.identity().proof, Proof::EnvironmentCertificate);
    import(&vault, "from-file").await;

    for chain in ["", "1"] {
        let credentials = Credentials { certificate: Some(pem.clone().into()), ..stored(&world, VAULT) };
        let variables = [("AZURE_CLIENT_SEND_CERTIFICATE_CHAIN", chain)];
        let vault = world.seen_through(environment(variables), credentials, VAULT);
        assert_eq!(vault.identity().proof, Proof::StoredCertificate);
        vault.get_key("from-file", None).await.unwrap();
    }
}

#[tokio::test]
async fn a_certificate_that_is_not_registered_is_refused() {
    let world = World::start().await;
    let _registered = world.azure.certificate_pem(VAULT);
    let certificate = Some(world.azure.certificate_pem("acme-payments").into());
    let vault = world.seen_through(Environment::default(), Credentials { certificate, ..stored(&world, VAULT) }, VAULT);
    let error = vault.token().await.unwrap_err();
    assert!(matches!(&error, Error::Entra(answer) if answer.aadsts == Some(700_027)), "{error:?}");
    assert!(error.is_lasting());
}

#[tokio::test]
async fn a_federated_token_is_accepted() {
    let world = World::start().await;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("token");
    fs::write(&path, world.azure.federated_token(VAULT)).unwrap();
    let principal = world.azure.service_principal(VAULT);
    let variables = [
        ("AZURE_TENANT_ID", principal.tenant_id.as_str()),
        ("AZURE_CLIENT_ID", principal.client_id.as_str()),
        ("AZURE_FEDERATED_TOKEN_FILE", path.to_str().unwrap()),
    ];
    let vault = world.seen_through(environment(variables), Credentials::default(), VAULT);
    assert_eq!((vault.identity().proof, &vault.identity().warning), (Proof::FederatedToken, &None));
    import(&vault, "orders").await;
}

#[tokio::test]
async fn a_managed_identity_is_the_machines_own_or_a_named_one() {
    let world = World::start().await;
    let address = format!("http://{}", world.azure.imds_address());
    let machine = || environment([("AZURE_POD_IDENTITY_AUTHORITY_HOST", address.as_str())]);
    world.azure.set_machine_identity(Some(VAULT));

    let system = Credentials { client_id: None, ..stored(&world, VAULT) };
    let vault = world.seen_through(machine(), system, VAULT);
    assert_eq!(vault.identity().proof.kind(), ProofKind::ManagedIdentity);
    import(&vault, "orders").await;

    let other = "acme-payments";
    let vault = world.seen_through(machine(), stored(&world, other), other);
    import(&vault, "orders").await;

    world.azure.set_machine_identity(None);
    let system = Credentials { client_id: None, ..stored(&world, other) };
    let error = world.seen_through(machine(), system, other).token().await.unwrap_err();
    assert!(matches!(&error, Error::Managed(answer) if answer.status == 400), "{error:?}");
    assert!(error.is_lasting());
}

#[tokio::test]
async fn app_service_gives_a_token_too() {
    let world = World::start().await;
    world.azure.set_machine_identity(Some(VAULT));
    let endpoint = world.azure.identity_endpoint();
    let variables = [("IDENTITY_ENDPOINT", endpoint.as_str()), ("IDENTITY_HEADER", world.azure.identity_header())];
    let system = Credentials { client_id: None, ..stored(&world, VAULT) };
    let vault = world.seen_through(environment(variables), system, VAULT);
    assert_eq!(vault.identity().managed_endpoint.as_deref(), Some(endpoint.as_str()));
    import(&vault, "orders").await;

    let wrong = [("IDENTITY_ENDPOINT", endpoint.as_str()), ("IDENTITY_HEADER", "canary-header")];
    let error = world.seen_through(environment(wrong), stored(&world, VAULT), VAULT).token().await.unwrap_err();
    assert!(matches!(&error, Error::Managed(answer) if answer.status < 500), "{error:?}");
    assert!(!format!("{error} {error:?}").contains("canary-header"));
}

#[tokio::test]
async fn an_environment_that_is_set_is_used_whatever_is_stored() {
    let world = World::start().await;
    let principal = world.azure.service_principal(VAULT);
    let variables = [
        ("AZURE_TENANT_ID", principal.tenant_id.as_str()),
        ("AZURE_CLIENT_ID", principal.client_id.as_str()),
        ("AZURE_CLIENT_SECRET", principal.client_secret.as_str()),
    ];
    let wrong = Credentials {
        tenant_id: Some("wrong.example".to_owned()),
        client_id: Some("wrong".to_owned()),
        client_secret: Some("wrong".to_owned().into()),
        certificate: None,
    };
    let vault = world.seen_through(environment(variables), wrong, VAULT);
    vault.token().await.unwrap();
    assert_eq!(vault.identity().client_id.as_ref().unwrap().value, principal.client_id);
}

#[tokio::test]
async fn every_cloud_and_every_kind_of_vault_takes_a_key() {
    let world = World::start().await;
    for name in [VAULT, "acme-gov", "acme-hsm"] {
        let secret = world.azure.service_principal(name).client_secret;
        let credentials = Credentials { client_secret: Some(secret.into()), ..stored(&world, name) };
        let vault = world.seen_through(Environment::default(), credentials, name);
        let greeting = vault.connect().await.unwrap();
        assert!(vault.host().ends_with(greeting.resource.trim_start_matches("https://")), "{greeting:?}");
        assert!(greeting.clock_ahead.unwrap().abs() < 60, "{greeting:?}");
        import(&vault, "orders").await;
        vault.delete_and_wait("orders").await.unwrap();
        vault.recover_key("orders").await.unwrap();
        assert!(vault.get_key("absent", None).await.unwrap_err().is_not_found());
    }
}
