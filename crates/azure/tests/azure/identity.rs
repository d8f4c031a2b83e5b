//! Which identity is in force: every combination of environment, stored credentials and managed identity.

use std::sync::Arc;

use azure::{
    Client, ClientOptions, Credentials, Environment, Error, Identity, Location, Proof, ProofKind, Setting, Source,
    Stored,
};

use crate::support::environment;

fn identify(environment: Environment, stored: Credentials) -> Result<Identity, Error> {
    let options =
        ClientOptions { ca_pem: Some(String::new()), environment: Arc::new(environment), ..ClientOptions::default() };
    let client = Client::new(options).unwrap();
    let (tenant_id, client_id) = (stored.tenant_id.clone(), stored.client_id.clone());
    let is_full = |secret: Option<&str>| secret.is_some_and(|secret| !secret.is_empty());
    let without_secrets = Stored {
        tenant_id: tenant_id.as_deref(),
        client_id: client_id.as_deref(),
        client_secret: is_full(stored.client_secret.as_ref().map(|secret| secret.as_str())),
        certificate: is_full(stored.certificate.as_ref().map(|secret| secret.as_str())),
    };
    let told = client.identity(Location::named("acme"), &without_secrets);
    let used = client.vault("acme", stored).map(|vault| vault.identity().clone());
    assert_eq!(told.as_ref().ok(), used.as_ref().ok(), "no secret is needed to tell who asks");
    used
}

/// The variable, or the words, by which a sentence names a proof that is used.
fn name_of(proof: Proof) -> &'static str {
    match proof {
        Proof::EnvironmentSecret => "AZURE_CLIENT_SECRET is set in the server's environment",
        Proof::EnvironmentCertificate => "AZURE_CLIENT_CERTIFICATE_PATH is set in the server's environment",
        Proof::FederatedToken => "AZURE_FEDERATED_TOKEN_FILE is set in the server's environment",
        Proof::StoredSecret => "There is a stored client secret",
        Proof::StoredCertificate => "There is a stored certificate",
        Proof::ManagedIdentity => "There is a managed identity",
    }
}

#[test]
fn the_first_proof_that_is_given_is_used_whatever_else_is_given() {
    let given_proofs = &Proof::ALL[..5];
    for combination in 0_u32..32 {
        let is_given = |proof: Proof| {
            given_proofs.iter().position(|each| *each == proof).is_none_or(|bit| combination & (1 << bit) != 0)
        };
        let variables = [
            (Proof::EnvironmentSecret, ("AZURE_CLIENT_SECRET", "environment-canary")),
            (Proof::EnvironmentCertificate, ("AZURE_CLIENT_CERTIFICATE_PATH", "/nowhere/certificate.pem")),
            (Proof::FederatedToken, ("AZURE_FEDERATED_TOKEN_FILE", "/nowhere/token")),
        ];
        let variables = variables.into_iter().filter(|(proof, _)| is_given(*proof)).map(|(_, variable)| variable);
        let stored = Credentials {
            tenant_id: Some("contoso.example".to_owned()),
            client_id: Some("client".to_owned()),
            client_secret: is_given(Proof::StoredSecret).then(|| "stored-canary".to_owned().into()),
            certificate: is_given(Proof::StoredCertificate).then(|| "certificate-canary".to_owned().into()),
        };

        let identity = identify(environment(variables), stored).unwrap();

        let expected = Proof::ALL.into_iter().find(|proof| is_given(*proof)).unwrap();
        assert_eq!(identity.proof, expected, "{combination:05b}");
        let others: Vec<_> = Proof::ALL.into_iter().filter(|proof| *proof != expected).collect();
        assert_eq!(identity.unused.iter().map(|unused| unused.proof).collect::<Vec<_>>(), others);
        for unused in &identity.unused {
            let begins = unused.reason.starts_with(name_of(expected)) && unused.reason.ends_with("is not used");
            assert_eq!(begins, is_given(unused.proof), "{combination:05b} {}", unused.reason);
        }
        assert_eq!(identity.managed_endpoint.is_some(), expected == Proof::ManagedIdentity);
        assert_eq!(identity.warning.is_some(), expected.source() == Source::Environment, "{combination:05b}");
        assert!(!format!("{identity:?}").contains("canary"));
    }
}

#[test]
fn tenant_and_client_are_merged_one_by_one_and_the_environment_wins() {
    for (in_environment, stored) in [(true, true), (true, false), (false, true), (false, false)] {
        for (client_in_environment, client_stored) in [(true, true), (true, false), (false, true), (false, false)] {
            let given = |is_given: bool, value: &str| is_given.then(|| value.to_owned());
            let variables = [
                ("AZURE_TENANT_ID", in_environment, "env.example"),
                ("AZURE_CLIENT_ID", client_in_environment, "env-client"),
            ];
            let variables = variables.into_iter().filter(|(_, set, _)| *set).map(|(name, _, value)| (name, value));
            let credentials = Credentials {
                tenant_id: given(stored, "stored.example"),
                client_id: given(client_stored, "stored-client"),
                client_secret: Some("secret".to_owned().into()),
                certificate: None,
            };
            let result = identify(environment(variables), credentials);

            if !(in_environment || stored) {
                assert!(matches!(result, Err(Error::MissingTenant)), "{result:?}");
            } else if !(client_in_environment || client_stored) {
                assert!(matches!(result, Err(Error::MissingClient { proof: "stored client secret" })), "{result:?}");
            } else {
                let identity = result.unwrap();
                check(&identity.tenant_id, (in_environment, stored), ["env.example", "stored.example"], "tenant id");
                let client = identity.client_id.unwrap();
                check(&client, (client_in_environment, client_stored), ["env-client", "stored-client"], "client id");
                assert_eq!(identity.warning.is_some(), client_in_environment);
            }
        }
    }
}

fn check(setting: &Setting, (in_environment, stored): (bool, bool), values: [&str; 2], noun: &str) {
    let expected = if in_environment { (values[0], Source::Environment) } else { (values[1], Source::Stored) };
    assert_eq!((setting.value.as_str(), setting.source), expected);
    let variable = format!("AZURE_{}", noun.to_uppercase().replace(' ', "_"));
    let sentence = format!("{variable} is set in the server's environment, so the stored {noun} is not used");
    assert_eq!(setting.unused, (in_environment && stored).then_some(sentence));
}

#[test]
fn a_managed_identity_needs_a_tenant_and_no_client() {
    let tenant = || Credentials { tenant_id: Some("contoso.example".to_owned()), ..Credentials::default() };
    let identity = identify(Environment::default(), tenant()).unwrap();
    assert_eq!((identity.proof.kind(), identity.proof.source()), (ProofKind::ManagedIdentity, Source::Platform));
    assert_eq!((identity.client_id, identity.warning), (None, None));
    let endpoint = identity.managed_endpoint.unwrap();
    assert_eq!(endpoint, "http://169.254.169.254/metadata/identity/oauth2/token");

    let service = [("IDENTITY_ENDPOINT", "http://127.0.0.1:41741/msi/token"), ("IDENTITY_HEADER", "canary")];
    let identity = identify(environment(service), tenant()).unwrap();
    assert_eq!(identity.managed_endpoint.as_deref(), Some("http://127.0.0.1:41741/msi/token"));
    assert!(!format!("{identity:?}").contains("canary"));

    let result = identify(Environment::default(), Credentials::default());
    assert!(matches!(result, Err(Error::MissingTenant)));
}

#[test]
fn an_empty_variable_is_as_good_as_none() {
    let names = ["AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_FEDERATED_TOKEN_FILE"];
    let stored = Credentials {
        tenant_id: Some("contoso.example".to_owned()),
        client_id: Some("client".to_owned()),
        client_secret: Some("secret".to_owned().into()),
        certificate: None,
    };
    let identity = identify(environment(names.map(|name| (name, ""))), stored).unwrap();
    assert_eq!((identity.proof, identity.tenant_id.source), (Proof::StoredSecret, Source::Stored));
}
