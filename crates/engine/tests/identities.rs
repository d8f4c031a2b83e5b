//! Whom we act as: the environment before what is stored, and a managed identity where neither proves one.

use api::{Credentials, DistributionState, Proof, SecretInput, Source};
use engine::Error;

use crate::support::{World, bare_provider, new_provider};

const VAULT: &str = "keyvault-name";

/// Distributes a key, which proves that the vault accepts the identity.
async fn assert_works(world: &World) {
    world.create_key("payments").await;
    world.distribute("payments", VAULT).await;
    world.until("payments", VAULT, DistributionState::InSync).await;
    world.assert_held(VAULT, "payments").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_in_the_environment_comes_before_the_stored_one() {
    let world = World::on_sqlite().await;
    let right = world.azure.service_principal(VAULT);
    let world = world.restart_with(&[("AZURE_CLIENT_SECRET", &right.client_secret)]).await;
    let mut new = new_provider(VAULT, VAULT, &right);
    new.credentials.client_secret = Some(SecretInput::new("a stored secret that is wrong".to_owned()));

    let identity = world.connect_as(&new).await.unwrap().identity.unwrap();

    assert_eq!(identity.proof, Proof::EnvironmentSecret);
    assert_eq!((identity.tenant.source, identity.client.unwrap().source), (Source::Stored, Source::Stored));
    let stored = identity.unused.iter().find(|unused| unused.proof == Proof::StoredSecret).unwrap();
    assert!(stored.reason.contains("AZURE_CLIENT_SECRET"), "{}", stored.reason);
    assert!(identity.warning.is_some(), "client id and proof come from different places");
    assert_works(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stored_certificate_proves_who_we_are() {
    let world = World::on_sqlite().await;
    let mut new = new_provider(VAULT, VAULT, &world.azure.service_principal(VAULT));
    new.credentials.client_secret = None;
    new.credentials.certificate = Some(SecretInput::new(world.azure.certificate_pem(VAULT)));

    let identity = world.connect_as(&new).await.unwrap().identity.unwrap();

    assert_eq!(identity.proof, Proof::StoredCertificate);
    assert_works(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_file_and_a_federated_token_file_prove_it_too() {
    let files = tempfile::tempdir().unwrap();
    for (variable, proof) in [
        ("AZURE_CLIENT_CERTIFICATE_PATH", Proof::EnvironmentCertificate),
        ("AZURE_FEDERATED_TOKEN_FILE", Proof::FederatedToken),
    ] {
        let world = World::on_sqlite().await;
        let right = world.azure.service_principal(VAULT);
        let path = files.path().join(variable);
        let text = match proof {
            Proof::EnvironmentCertificate => world.azure.certificate_pem(VAULT),
            _ => world.azure.federated_token(VAULT),
        };
        std::fs::write(&path, text).unwrap();
        let variables = [
            ("AZURE_TENANT_ID", right.tenant_id.as_str()),
            ("AZURE_CLIENT_ID", &right.client_id),
            (variable, path.to_str().unwrap()),
        ];
        let world = world.restart_with(&variables).await;

        let identity = world.connect_as(&bare_provider(VAULT)).await.unwrap().identity.unwrap();

        assert_eq!((identity.proof, identity.tenant.source), (proof, Source::Environment));
        assert_works(&world).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_any_proof_the_managed_identity_is_asked() {
    let world = World::on_sqlite().await;
    let right = world.azure.service_principal(VAULT);
    world.azure.set_machine_identity(Some(VAULT));
    let metadata = format!("http://{}", world.azure.imds_address());
    let world = world.restart_with(&[("AZURE_POD_IDENTITY_AUTHORITY_HOST", &metadata)]).await;
    let mut new = bare_provider(VAULT);
    new.credentials = Credentials { tenant_id: Some(right.tenant_id.parse().unwrap()), ..Credentials::default() };

    let identity = world.connect_as(&new).await.unwrap().identity.unwrap();

    assert_eq!((identity.proof, identity.client), (Proof::ManagedIdentity, None));
    assert_works(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identity_that_is_not_complete_is_refused_with_the_field() {
    let world = World::on_sqlite().await;
    let nothing = world.connect_as(&bare_provider(VAULT)).await;
    assert!(matches!(nothing, Err(Error::Invalid(error)) if error.field == "credentials.tenant_id"));

    let mut no_certificate = new_provider(VAULT, VAULT, &world.azure.service_principal(VAULT));
    no_certificate.credentials.certificate = Some(SecretInput::new("not PEM".to_owned()));
    let refused = world.connect_as(&no_certificate).await;
    assert!(matches!(refused, Err(Error::Invalid(error)) if error.field == "credentials.certificate"));
}
