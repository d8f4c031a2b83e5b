//! A host that holds a vault's certificate and means no good: nothing it says is followed or believed.

use std::time::Duration;

use azure::{Client, ClientOptions, Credentials, Error, Garble, Vault};

use crate::host::{End, Host, Received, Reply, json_answer, token_answer};

const OWN: &str = "https://acme.vault.azure.net/keys/orders/0123456789abcdef0123456789abcdef";

/// Answers token requests with a token, and everything else with one fixed answer.
struct Hostile {
    vault: Vault,
    host: Host,
}

impl Hostile {
    async fn start(answer: String) -> Self {
        Self::ending(answer.into_bytes(), End::Close).await
    }

    async fn ending(answer: Vec<u8>, end: End) -> Self {
        let respond = move |request: &Received| {
            if request.is_for_token() { token_answer().into() } else { Reply { bytes: answer.clone(), end } }
        };
        Self::with(ClientOptions::default(), respond).await
    }

    async fn with(options: ClientOptions, respond: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> Self {
        let hosts = ["*.vault.azure.net", "login.microsoftonline.com", "evil.example"];
        let host = Host::tls(&hosts, respond).await;
        let client = Client::new(ClientOptions {
            connect_to: hosts.map(|name| format!("{name}={}", host.address).parse().unwrap()).into(),
            ca_pem: host.ca_pem.clone(),
            ..options
        });
        let credentials = Credentials {
            tenant_id: Some("contoso.example".to_owned()),
            client_id: Some("client".to_owned()),
            client_secret: Some("secret".to_owned().into()),
            certificate: None,
        };
        Self { vault: client.unwrap().vault("acme", credentials).unwrap(), host }
    }

    /// The first line and the headers of every request received.
    fn heads(&self) -> Vec<String> {
        self.host.received().into_iter().map(|received| received.head).collect()
    }
}

fn bundle(kid: &str) -> String {
    format!(
        r#"{{"key":{{"kid":"{kid}","kty":"RSA-HSM","key_ops":["import"],"n":"AQ","e":"AQAB"}},"attributes":{{"enabled":true}}}}"#
    )
}

async fn read_from(answer: String) -> Error {
    Hostile::start(answer).await.vault.get_key("orders", None).await.unwrap_err()
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_the_token_goes_nowhere_else() {
    for status in [301, 302, 307, 308] {
        let answer = format!(
            "HTTP/1.1 {status} X\r\nlocation: https://evil.example/keys/orders\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        );
        let hostile = Hostile::start(answer).await;
        let error = hostile.vault.get_key("orders", None).await.unwrap_err();
        assert!(matches!(error, Error::Redirected { .. }), "{error:?}");
        assert!(error.is_lasting() && !error.is_outcome_unknown());

        let heads = hostile.heads();
        assert_eq!(heads.len(), 2);
        assert!(heads.iter().all(|head| !head.contains("evil.example")));
        let with_token: Vec<_> = heads.iter().filter(|head| head.contains("canary-token")).collect();
        assert!(with_token.len() == 1 && with_token[0].contains("host: acme.vault.azure.net\r\n"), "{with_token:?}");
    }
}

#[tokio::test]
async fn a_link_to_a_next_page_elsewhere_is_not_followed() {
    for link in [
        "https://evil.example/keys/orders/versions?$skiptoken=x",
        "https://acme.vault.azure.net.evil.example/keys/orders/versions?$skiptoken=x",
        "https://acme.vault.azure.net@evil.example/keys/orders/versions?$skiptoken=x",
        "https://acme.vault.azure.net/keys/invoices/versions?$skiptoken=x",
        "https://acme.vault.azure.net/keys/orders/versions",
        "//evil.example/keys/orders/versions?$skiptoken=x",
    ] {
        let page = format!(r#"{{"value":[{{"kid":"{OWN}","attributes":{{"enabled":true}}}}],"nextLink":"{link}"}}"#);
        let hostile = Hostile::start(json_answer(200, &page)).await;
        let error = hostile.vault.list_versions("orders").await.unwrap_err();
        assert!(matches!(error, Error::Garbled { reason: Garble::ForeignId, .. }), "{link} {error:?}");
        assert_eq!(hostile.heads().len(), 2, "a token and one page");
    }
}

#[tokio::test]
async fn a_list_without_an_end_is_not_read_for_ever() {
    let page = r#"{"value":[],"nextLink":"https://ACME.vault.azure.net/keys/orders/versions?$skiptoken=x"}"#;
    let hostile = Hostile::start(json_answer(200, page)).await;
    let error = hostile.vault.list_versions("orders").await.unwrap_err();
    assert!(matches!(error, Error::Garbled { reason: Garble::TooLong, .. }), "{error:?}");
}

#[tokio::test]
async fn an_identifier_of_another_vault_or_key_is_not_believed() {
    let version = "0123456789abcdef0123456789abcdef";
    for kid in [
        format!("https://evil.example/keys/orders/{version}"),
        format!("https://acme.vault.azure.net.evil.example/keys/orders/{version}"),
        format!("https://other.vault.azure.net/keys/orders/{version}"),
        format!("http://acme.vault.azure.net/keys/orders/{version}"),
        format!("https://acme.vault.azure.net/keys/invoices/{version}"),
        format!("https://acme.vault.azure.net/secrets/orders/{version}"),
        "https://acme.vault.azure.net/keys/orders".to_owned(),
        format!("https://acme.vault.azure.net/keys/orders/{version}/x"),
    ] {
        let error = read_from(json_answer(200, &bundle(&kid))).await;
        assert!(matches!(error, Error::Garbled { reason: Garble::ForeignId, .. }), "{kid} {error:?}");
    }
}

#[tokio::test]
async fn another_version_than_the_one_asked_for_is_not_believed() {
    let hostile = Hostile::start(json_answer(200, &bundle(OWN))).await;
    let error = hostile.vault.get_key("orders", Some(&"f".repeat(32))).await.unwrap_err();
    assert!(matches!(error, Error::Garbled { reason: Garble::ForeignId, .. }), "{error:?}");
    assert_eq!(hostile.vault.get_key("ORDERS", None).await.unwrap().kid, OWN);
}

#[tokio::test]
async fn a_deleted_key_of_another_vault_is_not_believed() {
    let body = r#"{"recoveryId":"https://evil.example/deletedkeys/orders","deletedDate":1,"scheduledPurgeDate":2}"#;
    let hostile = Hostile::start(json_answer(200, body)).await;
    let error = hostile.vault.delete_and_wait("orders").await.unwrap_err();
    assert!(matches!(error, Error::Garbled { reason: Garble::ForeignId, .. }), "{error:?}");
}

#[tokio::test]
async fn more_than_an_answer_may_hold_is_not_read() {
    let error = read_from(json_answer(200, &" ".repeat(3 * 1024 * 1024))).await;
    assert!(matches!(error, Error::Garbled { reason: Garble::TooLong, .. }), "{error:?}");

    let error = read_from(json_answer(403, &"x".repeat(3 * 1024 * 1024))).await;
    assert!(matches!(&error, Error::Answered(answer) if answer.status == 403 && answer.message.is_empty()));
}

#[tokio::test]
async fn an_answer_that_breaks_off_leaves_the_outcome_unknown() {
    let error = read_from("HTTP/1.1 200 X\r\ncontent-length: 900\r\n\r\n{\"key\"".to_owned()).await;
    assert!(matches!(error, Error::Lost { .. }), "{error:?}");
}

#[tokio::test]
async fn successes_that_are_no_answers_are_not_believed() {
    for body in ["", "null", "[]", "{}", r#"{"key":{}}"#, "OK", r#"{"error":{"code":"Forbidden","message":"no"}}"#] {
        let error = read_from(json_answer(200, body)).await;
        assert!(matches!(error, Error::Garbled { reason: Garble::NotTheDocument, .. }), "{body} {error:?}");
    }
    let without_enabled = bundle(OWN).replace(r#""enabled":true"#, "");
    let error = read_from(json_answer(200, &without_enabled)).await;
    assert!(matches!(error, Error::Garbled { reason: Garble::NotTheDocument, .. }), "{error:?}");
}

#[tokio::test]
async fn a_challenge_for_another_resource_is_not_a_vaults() {
    for resource in ["https://evil.example", "https://graph.microsoft.com", "https://evil.vault.azure.net.example"] {
        let answer = format!(
            "HTTP/1.1 401 X\r\nwww-authenticate: Bearer authorization=\"https://login.microsoftonline.com/t\", \
             resource=\"{resource}\"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        );
        let hostile = Hostile::start(answer).await;
        let error = hostile.vault.connect().await.unwrap_err();
        assert!(matches!(error, Error::Garbled { reason: Garble::ForeignChallenge, .. }), "{error:?}");
        assert!(hostile.heads().iter().all(|head| !head.contains("authorization:")));
    }
}

#[tokio::test]
async fn an_answer_that_never_ends_is_given_up() {
    let endless = b"HTTP/1.1 200 X\r\nconnection: close\r\n\r\n ".to_vec();
    let hostile = Hostile::ending(endless, End::Repeat).await;
    let error = hostile.vault.get_key("orders", None).await.unwrap_err();
    assert!(matches!(error, Error::Garbled { reason: Garble::TooLong, .. }), "{error:?}");

    let endless_head = b"HTTP/1.1 200 X\r\nx-filler: a".to_vec();
    let hostile = Hostile::ending(endless_head, End::Repeat).await;
    let error = hostile.vault.get_key("orders", None).await.unwrap_err();
    assert!(matches!(error, Error::Lost { .. }), "{error:?}");
}

#[tokio::test]
async fn an_answer_that_never_comes_is_waited_for_as_long_as_the_client_may() {
    for silent in ["", "HTTP/1.1 200 X\r\ncontent-length: 9", "HTTP/1.1 200 X\r\ncontent-length: 9\r\n\r\n{"] {
        let options = ClientOptions { timeout: Duration::from_millis(500), ..ClientOptions::default() };
        let hostile = Hostile::with(options, move |request: &Received| {
            let bytes = silent.as_bytes().to_vec();
            if request.is_for_token() { token_answer().into() } else { Reply { bytes, end: End::Silence } }
        });
        let vault = hostile.await.vault;
        // A busy machine may need more than half a second for the token.
        let mut error = vault.get_key("orders", None).await.unwrap_err();
        while matches!(error, Error::Unreachable { .. }) {
            error = vault.get_key("orders", None).await.unwrap_err();
        }
        assert!(matches!(error, Error::Lost { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn an_answer_that_is_not_text_is_read_as_far_as_it_goes() {
    for status in [200, 403] {
        let head =
            format!("HTTP/1.1 {status} X\r\ncontent-length: 4\r\nconnection: close\r\nx-ms-request-id: \u{e9}\r\n\r\n");
        let answer = [head.as_bytes(), &[0xff, 0xfe, b'n', b'o']].concat();
        let hostile = Hostile::ending(answer, End::Close).await;
        let error = hostile.vault.get_key("orders", None).await.unwrap_err();
        match &error {
            Error::Garbled { reason: Garble::NotTheDocument, .. } => assert_eq!(status, 200),
            Error::Answered(answer) => assert_eq!((status, answer.message.as_str()), (403, "\u{fffd}\u{fffd}no")),
            _ => panic!("{error:?}"),
        }
    }
}

#[tokio::test]
async fn a_login_host_that_redirects_gets_the_secret_no_further() {
    for status in [302, 307, 308] {
        let answer = format!("HTTP/1.1 {status} X\r\nlocation: https://evil.example/\r\ncontent-length: 0\r\n\r\n");
        let hostile = Hostile::with(ClientOptions::default(), move |_| answer.clone().into()).await;
        let error = hostile.vault.get_key("orders", None).await.unwrap_err();
        assert!(matches!(&error, Error::Redirected { host, .. } if host == "login.microsoftonline.com"), "{error:?}");
        assert!(error.is_lasting());
        let received = hostile.host.received();
        assert!(received.len() == 1 && received[0].is_for_token(), "{received:?}");
    }
}
