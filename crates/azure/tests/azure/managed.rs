//! Managed identities: what the platform is asked, and how its answers are taken.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use azure::{Client, ClientOptions, Credentials, Environment, Error, Vault};

use crate::host::{Host, json_answer};
use crate::support::environment;

/// A vault seen with a managed identity. No host but those of this machine can be reached.
fn vault(environment: Environment, client_id: Option<&str>) -> Vault {
    let client = Client::new(ClientOptions {
        connect_to: vec!["acme.vault.azure.net=127.0.0.1:1".parse().unwrap()],
        metadata_wait: Duration::from_millis(1),
        environment: Arc::new(environment),
        ..ClientOptions::default()
    });
    let credentials = Credentials {
        tenant_id: Some("contoso.example".to_owned()),
        client_id: client_id.map(str::to_owned),
        ..Credentials::default()
    };
    client.unwrap().vault("acme", credentials).unwrap()
}

fn on_machine(host: &Host) -> Environment {
    environment([("AZURE_POD_IDENTITY_AUTHORITY_HOST", format!("http://{}/", host.address).as_str())])
}

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().try_into().unwrap()
}

#[tokio::test]
async fn the_metadata_service_is_asked_as_microsoft_says() {
    let body = r#"{"access_token":"canary","client_id":"c","expires_in":"86399","expires_on":"1","ext_expires_in":"86399",
        "not_before":"1","resource":"https://vault.azure.net","token_type":"Bearer"}"#;
    for client_id in [None, Some("user-assigned")] {
        let host = Host::plain(|_| json_answer(200, body)).await;
        let facts = vault(on_machine(&host), client_id).token().await.unwrap();
        assert!((86_390..=86_399).contains(&(facts.expires_at - now())));

        let request = &host.received()[0];
        assert!(request.head.starts_with("GET /metadata/identity/oauth2/token?"), "{}", request.head);
        assert!(request.head.contains("\r\nmetadata: true\r\n"), "{}", request.head);
        assert_eq!(request.parameter("api-version").as_deref(), Some("2018-02-01"));
        assert_eq!(request.parameter("resource").as_deref(), Some("https://vault.azure.net"));
        assert_eq!(request.parameter("client_id").as_deref(), client_id);
    }
}

#[tokio::test]
async fn app_service_is_asked_with_its_header_and_names_the_end_only() {
    let end = now() + 7200;
    let body = format!(r#"{{"access_token":"canary","expires_on":"{end}","resource":"x","token_type":"Bearer"}}"#);
    let host = Host::plain(move |_| json_answer(200, &body)).await;
    let endpoint = format!("http://{}/msi/token", host.address);
    let environment = environment([("IDENTITY_ENDPOINT", endpoint.as_str()), ("IDENTITY_HEADER", "header-secret")]);
    let facts = vault(environment, Some("user-assigned")).token().await.unwrap();
    assert!((end - 2..=end + 2).contains(&facts.expires_at));

    let request = &host.received()[0];
    assert!(request.head.starts_with("GET /msi/token?"), "{}", request.head);
    assert!(request.head.contains("\r\nx-identity-header: header-secret\r\n") && !request.head.contains("metadata:"));
    assert_eq!(request.parameter("api-version").as_deref(), Some("2019-08-01"));
    assert_eq!(request.parameter("resource").as_deref(), Some("https://vault.azure.net"));
    assert_eq!(request.parameter("client_id").as_deref(), Some("user-assigned"));
}

#[tokio::test]
async fn an_identity_that_is_not_there_is_told_at_once() {
    for (body, error, message) in [
        (
            r#"{"error":"invalid_request","error_description":"Identity not found"}"#,
            "invalid_request",
            "Identity not found",
        ),
        (r#"{"statusCode":400,"message":"No managed identity"}"#, "", "No managed identity"),
        ("no", "", "no"),
    ] {
        let host = Host::plain(move |_| json_answer(400, body)).await;
        let failure = vault(on_machine(&host), None).token().await.unwrap_err();
        let Error::Managed(answer) = &failure else { panic!("{failure:?}") };
        assert_eq!((answer.status, answer.error.as_str(), answer.message.as_str()), (400, error, message));
        assert!(failure.is_lasting() && !failure.is_outcome_unknown() && !failure.is_throttled());
        assert_eq!(host.received().len(), 1);
    }
}

#[tokio::test]
async fn a_service_that_is_being_updated_or_busy_is_asked_again() {
    for status in [410, 429, 500, 503] {
        let host = Host::plain(move |_| json_answer(status, "")).await;
        let error = vault(on_machine(&host), None).token().await.unwrap_err();
        assert!(matches!(&error, Error::Managed(answer) if answer.status == status), "{error:?}");
        assert!(!error.is_lasting() && !error.is_outcome_unknown());
        assert_eq!(host.received().len(), 7, "{status}");
    }
}

#[tokio::test]
async fn an_address_that_gives_no_tokens_is_told_at_once_and_may_give_them_later() {
    let host = Host::plain(|_| json_answer(404, "")).await;
    let error = vault(on_machine(&host), None).token().await.unwrap_err();
    assert!(matches!(&error, Error::Managed(answer) if answer.status == 404), "{error:?}");
    assert!(!error.is_lasting() && !error.is_outcome_unknown());
    assert_eq!(host.received().len(), 1);
}

#[tokio::test]
async fn an_answer_that_is_no_token_is_not_believed() {
    for body in [
        "",
        "{}",
        r#"{"access_token":"","token_type":"Bearer","expires_in":"10"}"#,
        r#"{"access_token":"x","token_type":"Basic","expires_in":"10"}"#,
        r#"{"access_token":"x","token_type":"Bearer"}"#,
        r#"{"access_token":"x","token_type":"Bearer","expires_in":"soon"}"#,
    ] {
        let host = Host::plain(move |_| json_answer(200, body)).await;
        let error = vault(on_machine(&host), None).token().await.unwrap_err();
        assert!(matches!(&error, Error::Unreachable { host, .. } if host == "127.0.0.1"), "{body} {error:?}");
    }
}

#[tokio::test]
async fn a_client_that_was_pointed_at_a_simulator_never_asks_the_real_metadata_service() {
    let error = vault(Environment::default(), None).token().await.unwrap_err();
    assert!(matches!(&error, Error::Unreachable { host, .. } if host == "169.254.169.254"), "{error:?}");
}
