//! Certificates and federated tokens: what Entra receives is an assertion that holds.

use std::fs;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};
use azure::{CertificateFault, Client, ClientOptions, Credentials, Environment, Error, Vault, check_certificate};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rcgen::{CertificateParams, PKCS_RSA_SHA256};
use rustls::pki_types::PrivatePkcs8KeyDer;
use serde_json::Value;

use crate::host::{Host, Received, token_answer};
use crate::support::environment;

const LOGIN: &str = "login.microsoftonline.us";
const AUDIENCE: &str = "https://login.microsoftonline.us/contoso.example/oauth2/v2.0/token";

/// A key with its certificate; one for the whole process.
struct Pair {
    key: KeyPair,
    certificate: Vec<u8>,
}

impl Pair {
    fn shared() -> &'static Self {
        static PAIR: OnceLock<Pair> = OnceLock::new();
        PAIR.get_or_init(Self::generate)
    }

    fn generate() -> Self {
        let key = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let pkcs8 = PrivatePkcs8KeyDer::from(key.as_der().unwrap().as_ref().to_vec());
        let signer = rcgen::KeyPair::from_pkcs8_der_and_sign_algo(&pkcs8, &PKCS_RSA_SHA256).unwrap();
        let certificate = CertificateParams::new(vec!["keyferry.example".to_owned()]).unwrap().self_signed(&signer);
        Self { key, certificate: certificate.unwrap().der().to_vec() }
    }

    fn pkcs8(&self) -> String {
        block("PRIVATE KEY", self.key.as_der().unwrap().as_ref())
    }

    /// The same key as PKCS#1: what PKCS#8 has in its last member (RFC 5208 §5).
    fn pkcs1(&self) -> String {
        let pkcs8 = self.key.as_der().unwrap();
        let pkcs8: &[u8] = pkcs8.as_ref();
        // The headers of the document, of its version and algorithm, and of the octet string.
        block("RSA PRIVATE KEY", &pkcs8[4 + 3 + 15 + 4..])
    }

    fn certificate(&self) -> String {
        block("CERTIFICATE", &self.certificate)
    }
}

fn block(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<_> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// Entra of a sovereign cloud, and a vault seen through it.
async fn vault(variables: &[(&str, &str)], certificate: Option<String>) -> (Host, Vault) {
    let host = Host::tls(&[LOGIN], |_| token_answer()).await;
    let vault = vault_at(&host, environment(variables.iter().copied()), certificate);
    (host, vault)
}

fn vault_at(host: &Host, environment: Environment, certificate: Option<String>) -> Vault {
    let client = Client::new(ClientOptions {
        connect_to: vec![format!("{LOGIN}={}", host.address).parse().unwrap()],
        ca_pem: host.ca_pem.clone(),
        environment: Arc::new(environment),
        ..ClientOptions::default()
    });
    let credentials = Credentials {
        tenant_id: Some("contoso.example".to_owned()),
        client_id: Some("client".to_owned()),
        client_secret: None,
        certificate: certificate.map(Into::into),
    };
    let location = azure::Location { cloud: Some("AzureUSGovernment"), ..azure::Location::named("acme") };
    client.unwrap().vault_at(location, credentials).unwrap()
}

/// Header and claims of the assertion in a token request, whose signature holds.
fn verified(request: &Received, public_key: &[u8]) -> [Value; 2] {
    assert_eq!(request.field("grant_type").as_deref(), Some("client_credentials"));
    assert_eq!(request.field("scope").as_deref(), Some("https://vault.usgovcloudapi.net/.default"));
    assert_eq!(
        request.field("client_assertion_type").as_deref(),
        Some("urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
    );
    assert_eq!((request.field("client_id").as_deref(), request.field("client_secret")), (Some("client"), None));
    let assertion = request.field("client_assertion").unwrap();
    let (signed, signature) = assertion.rsplit_once('.').unwrap();
    let key = UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, public_key);
    key.verify(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
    let (header, claims) = signed.split_once('.').unwrap();
    [header, claims].map(|part| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap())
}

#[tokio::test]
async fn a_certificate_signs_an_assertion_that_its_public_key_verifies() {
    let pair = Pair::shared();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("certificate.pem");
    let path_text = path.to_str().unwrap();
    for key in [pair.pkcs8(), pair.pkcs1()] {
        for text in [format!("{}{key}", pair.certificate()), format!("comment\n{key}{}", pair.certificate())] {
            fs::write(&path, &text).unwrap();
            for (variables, stored) in
                [(vec![("AZURE_CLIENT_CERTIFICATE_PATH", path_text)], None), (vec![], Some(text.clone()))]
            {
                let (host, vault) = vault(&variables, stored).await;
                vault.token().await.unwrap();

                let [header, claims] = verified(&host.received()[0], pair.key.public_key().as_ref());
                assert_eq!((&header["alg"], &header["typ"]), (&"PS256".into(), &"JWT".into()));
                let thumbprint = URL_SAFE_NO_PAD.encode(digest(&SHA256, &pair.certificate));
                assert_eq!((&header["x5t#S256"], &header["x5c"]), (&thumbprint.into(), &Value::Null));
                assert_eq!((&claims["iss"], &claims["sub"]), (&"client".into(), &"client".into()));
                assert_eq!(claims["aud"], AUDIENCE);
                assert_eq!(claims["jti"].as_str().unwrap().len(), 36);
                let moment = |name: &str| claims[name].as_i64().unwrap();
                assert_eq!((moment("nbf"), moment("exp") - moment("iat")), (moment("iat"), 300));
            }
        }
    }
}

#[tokio::test]
async fn the_chain_is_sent_on_request_with_the_keys_own_certificate_first() {
    let (pair, other) = (Pair::shared(), Pair::generate());
    let text = [other.certificate(), pair.pkcs8(), pair.certificate()].concat();
    let (host, vault) = vault(&[("AZURE_CLIENT_SEND_CERTIFICATE_CHAIN", "true")], Some(text)).await;
    vault.token().await.unwrap();
    let [header, _] = verified(&host.received()[0], pair.key.public_key().as_ref());
    let chain = [&pair.certificate, &other.certificate].map(|der| STANDARD.encode(der));
    assert_eq!(header["x5c"], serde_json::json!(chain));
}

#[tokio::test]
async fn a_certificate_that_cannot_prove_anything_is_named_before_entra_is_asked() {
    let pair = Pair::shared();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("it's mine.pfx");
    let (host, vault) = vault(&[("AZURE_CLIENT_CERTIFICATE_PATH", path.to_str().unwrap())], None).await;

    let error = vault.token().await.unwrap_err();
    assert!(matches!(&error, Error::UnreadableFile { path: named, .. } if *named == path), "{error:?}");

    fs::write(&path, [0x30, 0x82, 9, 0x12, 2, 1, 3, 0x30, 0x82, 8, 0xff]).unwrap();
    let error = vault.token().await.unwrap_err();
    let Error::UnusableCertificate { fault: CertificateFault::Pkcs12 { command }, .. } = &error else {
        panic!("{error:?}")
    };
    let quoted = |path: &Path| format!("'{}'", path.display().to_string().replace('\'', r"'\''"));
    let pem = path.with_extension("pem");
    assert_eq!(*command, format!("openssl pkcs12 -in {} -out {} -nodes", quoted(&path), quoted(&pem)));
    assert!(error.is_lasting() && error.to_string().contains(command.as_str()));

    fs::write(&path, format!("{}{}", pair.certificate(), pair.pkcs8())).unwrap();
    vault.token().await.unwrap();
    assert_eq!(host.received().len(), 1);
}

#[test]
fn what_is_wrong_with_a_certificate_is_said() {
    let (pair, other) = (Pair::shared(), Pair::generate());
    let elliptic = rcgen::KeyPair::generate().unwrap().serialize_pem();
    let encrypted = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END RSA PRIVATE KEY-----\n";
    let pkcs12 = STANDARD.encode([0x30, 0x82, 9, 0x12, 2, 1, 3, 0x30, 0x82, 8, 0xff, 0, 0, 0, 0]);
    let command = "openssl pkcs12 -in certificate.pfx -out certificate.pem -nodes".to_owned();
    for (text, expected) in [
        (String::new(), CertificateFault::NotPem),
        (pkcs12, CertificateFault::Pkcs12 { command }),
        (pair.certificate(), CertificateFault::NoPrivateKey),
        (pair.pkcs8(), CertificateFault::NoCertificate),
        ([pair.certificate(), other.pkcs8()].concat(), CertificateFault::Mismatch),
        ([pair.certificate(), elliptic].concat(), CertificateFault::NotRsa),
        ([pair.certificate(), encrypted.to_owned()].concat(), CertificateFault::Encrypted),
        (block("ENCRYPTED PRIVATE KEY", b"x"), CertificateFault::Encrypted),
        (pair.certificate().replace("-----END", "----"), CertificateFault::Damaged),
        (pair.certificate().replacen('M', "!", 1), CertificateFault::Damaged),
    ] {
        assert_eq!(check_certificate(&text), Err(expected));
    }
    assert_eq!(check_certificate(&[pair.certificate(), pair.pkcs8()].concat()), Ok(()));
}

#[tokio::test]
async fn a_federated_token_is_read_again_each_time_a_token_is_fetched() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("token");
    // A token that is in its last seconds at once, so that each use fetches another.
    let host = Host::tls(&[LOGIN], |_| token_answer().replace("3599", "   9")).await;
    let vault = vault_at(&host, environment([("AZURE_FEDERATED_TOKEN_FILE", path.to_str().unwrap())]), None);

    let error = vault.token().await.unwrap_err();
    assert!(matches!(error, Error::UnreadableFile { variable: "AZURE_FEDERATED_TOKEN_FILE", .. }), "{error:?}");
    fs::write(&path, "\n").unwrap();
    let error = vault.token().await.unwrap_err();
    assert!(matches!(error, Error::InvalidEnvironment { .. }), "{error:?}");

    for text in ["first.assertion", "second.assertion"] {
        fs::write(&path, format!("{text}\n")).unwrap();
        vault.token().await.unwrap();
        assert_eq!(host.received().last().unwrap().field("client_assertion").as_deref(), Some(text));
    }
}
