//! Managed HSM: another suffix, another resource, another way to say no, and HSM keys only.

use azure::{Client, ClientOptions, Credentials, Error, Location, Vault, VaultKind};

use crate::host::{Host, Received, json_answer, token_answer};
use crate::software::software_import;

const HSM: &str = "acme.managedhsm.azure.net";
const LOGIN: &str = "login.microsoftonline.com";

async fn hsm(answer: String) -> (Host, Vault) {
    let respond = move |request: &_| if Received::is_for_token(request) { token_answer() } else { answer.clone() };
    let host = Host::tls(&[HSM, LOGIN], respond).await;
    let client = Client::new(ClientOptions {
        connect_to: [HSM, LOGIN].map(|name| format!("{name}={}", host.address).parse().unwrap()).into(),
        ca_pem: host.ca_pem.clone(),
        ..ClientOptions::default()
    });
    let credentials = Credentials {
        tenant_id: Some("contoso.example".to_owned()),
        client_id: Some("client".to_owned()),
        client_secret: Some("secret".to_owned().into()),
        certificate: None,
    };
    let location = Location { kind: Some(VaultKind::ManagedHsm), ..Location::named("acme") };
    (host, client.unwrap().vault_at(location, credentials).unwrap())
}

#[tokio::test]
async fn a_managed_hsm_is_another_host_with_a_token_of_its_own() {
    let version = "0123456789abcdef0123456789abcdef";
    let body = format!(
        r#"{{"attributes":{{"enabled":true}},"key":{{"e":"AQAB","key_ops":["sign"],"kid":"https://{HSM}/keys/orders/{version}",
            "kty":"RSA-HSM","n":"AQ"}}}}"#
    );
    let (host, vault) = hsm(json_answer(200, &body)).await;
    assert_eq!((vault.host(), vault.kind()), (HSM, VaultKind::ManagedHsm));
    assert_eq!(vault.get_key("orders", None).await.unwrap().version, version);
    let received = host.received();
    assert_eq!(received[0].field("scope").as_deref(), Some("https://managedhsm.azure.net/.default"));
    assert!(received[1].head.contains("\r\nhost: acme.managedhsm.azure.net\r\n"), "{}", received[1].head);
}

#[tokio::test]
async fn a_managed_hsm_says_ok_to_whoever_has_no_token() {
    let unauthorized = "HTTP/1.1 401 X\r\nwww-authenticate: Bearer authorization=\"https://login.microsoftonline.com/t-1\", \
        resource=\"https://managedhsm.azure.net\"\r\ncontent-length: 2\r\nconnection: close\r\n\r\nOK";
    let (_host, vault) = hsm(unauthorized.to_owned()).await;
    let greeting = vault.connect().await.unwrap();
    assert_eq!((greeting.tenant.as_str(), greeting.resource.as_str()), ("t-1", "https://managedhsm.azure.net"));

    let error = vault.get_key("orders", None).await.unwrap_err();
    let Error::Answered(answer) = &error else { panic!("{error:?}") };
    assert_eq!((answer.status, answer.code.as_str(), answer.message.as_str()), (401, "", "OK"));

    let (_host, vault) = hsm(unauthorized.replace("managedhsm", "vault")).await;
    assert!(matches!(vault.connect().await, Err(Error::Garbled { .. })));
}

#[tokio::test]
async fn the_request_id_of_a_managed_hsm_is_in_its_message() {
    let body = r#"{"error":{"code":"KeyNotFound","message":"Key not found: orders (Activity ID: 5a1f4d8e-aa)"}}"#;
    let (_host, vault) = hsm(json_answer(404, body)).await;
    let error = vault.get_key("orders", None).await.unwrap_err();
    assert!(error.is_not_found());
    assert!(matches!(&error, Error::Answered(answer) if answer.request_id.as_deref() == Some("5a1f4d8e-aa")));
}

#[tokio::test]
async fn a_private_key_is_never_sent_in_clear_to_a_managed_hsm() {
    let (host, vault) = hsm(String::new()).await;
    let error = vault.import_software_key("orders", &software_import()).await.unwrap_err();
    assert!(matches!(error, Error::NoSoftwareKeys) && error.is_lasting());
    assert!(host.received().is_empty());
}
