//! Proving an identity by certificate, by another provider's word, and by a secret whose time is over.

use std::time::Duration;

use aws_lc_rs::{
    digest::{Algorithm, SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest},
    rand::SystemRandom,
    rsa::KeyPair,
    signature::{RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding},
};
use azure_sim::FederatedClaims;
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};

use crate::support::{LOGIN, LOGIN_US_GOVERNMENT, Reply, VAULT, World, access_token};

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A certificate and its key, as a client reads them from a file.
struct Certificate {
    der: Vec<u8>,
    key: KeyPair,
}

impl Certificate {
    fn of(world: &World, vault: &str) -> Self {
        let pem = world.azure.certificate_pem(vault);
        let (certificate, key) = pem.split_once("-----END CERTIFICATE-----").unwrap();
        let der = |text: &str| {
            STANDARD.decode(text.lines().filter(|line| !line.starts_with('-')).collect::<String>()).unwrap()
        };
        Self { der: der(certificate), key: KeyPair::from_pkcs8(&der(key)).unwrap() }
    }

    fn thumbprint(&self, algorithm: &'static Algorithm) -> String {
        URL_SAFE_NO_PAD.encode(digest(algorithm, &self.der))
    }

    fn sign(&self, header: &Value, claims: &Value, padding: &'static dyn RsaEncoding) -> String {
        let text = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string())).join(".");
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key.sign(padding, &SystemRandom::new(), text.as_bytes(), &mut signature).unwrap();
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn modern(&self, claims: &Value) -> String {
        let header = json!({ "alg": "PS256", "typ": "JWT", "x5t#S256": self.thumbprint(&SHA256) });
        self.sign(&header, claims, &RSA_PSS_SHA256)
    }
}

fn now() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
}

fn claims(world: &World) -> Value {
    let principal = world.azure.service_principal(VAULT);
    json!({
        "aud": format!("https://{LOGIN}/{}/oauth2/v2.0/token", principal.tenant_id),
        "iss": principal.client_id,
        "sub": principal.client_id,
        "jti": "0b1e",
        "nbf": now(),
        "exp": now() + 300,
    })
}

async fn ask(world: &World, login_host: &str, vault: &str, assertion: &str) -> Reply {
    let principal = world.azure.service_principal(vault);
    let scope = if vault == VAULT { "https://vault.azure.net" } else { "https://vault.usgovcloudapi.net" };
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", &*principal.client_id),
        ("client_assertion_type", JWT_BEARER),
        ("client_assertion", assertion),
        ("scope", &*format!("{scope}/.default")),
    ];
    world.post_form(login_host, &format!("{}/oauth2/v2.0/token", principal.tenant_id), &form).await
}

#[tokio::test]
async fn a_certificate_proves_its_application_in_the_new_form_and_in_the_old_one() {
    let world = World::start().await;
    let certificate = Certificate::of(&world, VAULT);
    let old = json!({ "alg": "RS256", "typ": "JWT", "x5t": certificate.thumbprint(&SHA1_FOR_LEGACY_USE_ONLY) });

    let mut padded = old.clone();
    padded["x5t"] = format!("{}=", old["x5t"].as_str().unwrap()).into();

    let mut fraction = claims(&world);
    fraction["exp"] = json!(1e9 * 9.0 + 0.25);

    for assertion in [
        certificate.modern(&claims(&world)),
        certificate.modern(&fraction),
        certificate.sign(&old, &claims(&world), &RSA_PKCS1_SHA256),
        certificate.sign(&padded, &claims(&world), &RSA_PKCS1_SHA256),
    ] {
        let mut vault = world.vault(VAULT).await;
        vault.token = access_token(&ask(&world, LOGIN, VAULT, &assertion).await);
        vault.get("/keys").await.ok();
    }
    assert_eq!(world.azure.certificate_pem(VAULT), world.azure.certificate_pem(VAULT));
}

#[tokio::test]
async fn entra_names_what_is_wrong_with_a_certificates_assertion() {
    let world = World::start().await;
    let right = Certificate::of(&world, VAULT);
    let other = Certificate::of(&world, "acme-payments");
    let with = |member: &str, value: Value| {
        let mut changed = claims(&world);
        changed[member] = value;
        right.modern(&changed)
    };
    let foreign_key = {
        let header = json!({ "alg": "PS256", "x5t#S256": right.thumbprint(&SHA256) });
        Certificate { der: Vec::new(), key: KeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap() }.sign(
            &header,
            &claims(&world),
            &RSA_PSS_SHA256,
        )
    };
    let unnamed = right.sign(&json!({ "alg": "PS256" }), &claims(&world), &RSA_PSS_SHA256);
    let algorithm = json!({ "alg": "none", "x5t#S256": right.thumbprint(&SHA256) });
    let cases = [
        (other.modern(&claims(&world)), 700_027),
        (foreign_key, 700_027),
        (unnamed, 700_027),
        (right.sign(&algorithm, &claims(&world), &RSA_PSS_SHA256), 5_002_738),
        (with("sub", json!("somebody")), 700_021),
        (with("iss", json!("somebody")), 700_021),
        (with("aud", json!("https://login.example/oauth2/v2.0/token")), 700_023),
        (with("exp", json!(now() - 1)), 700_024),
        (with("exp", Value::Null), 700_024),
        (with("nbf", json!(now() + 3_600)), 700_024),
        ("no.token".to_owned(), 50_027),
        ("e30.e30.".to_owned(), 700_211),
    ];

    for (assertion, code) in cases {
        let reply = ask(&world, LOGIN, VAULT, &assertion).await;
        let seen = (reply.status, &reply.body["error"], &reply.body["error_codes"]);
        assert_eq!(seen, (401, &json!("invalid_client"), &json!([code])), "{}", reply.body);
    }
}

#[tokio::test]
async fn another_providers_word_proves_the_application_it_was_given_for() {
    let world = World::start().await;

    for (login_host, name) in [(LOGIN, VAULT), (LOGIN_US_GOVERNMENT, "acme-gov")] {
        let mut vault = world.vault(name).await;
        let token = world.azure.federated_token(name);
        vault.token = access_token(&ask(&world, login_host, name, &token).await);
        vault.get("/keys").await.ok();
    }
}

#[tokio::test]
async fn entra_names_what_does_not_match_in_a_federated_assertion() {
    let world = World::start().await;
    let with = |change: fn(&mut FederatedClaims)| world.azure.federated_token_with(VAULT, change);
    let right = world.azure.federated_token(VAULT);
    let (text, signature) = right.rsplit_once('.').unwrap();
    let forged = format!("{text}.{}", signature.chars().rev().collect::<String>());
    let cases = [
        (with(|claims| claims.issuer = "https://elsewhere.example/".to_owned()), 700_211),
        (with(|claims| claims.audience = "api://other".to_owned()), 700_212),
        (with(|claims| claims.subject.push_str("-2")), 700_213),
        (world.azure.federated_token("acme-payments"), 700_211),
        (with(|claims| claims.expires_at = 1_000), 700_024),
        (forged, 50_013),
    ];

    for (assertion, code) in cases {
        let reply = ask(&world, LOGIN, VAULT, &assertion).await;
        assert_eq!((reply.status, &reply.body["error_codes"]), (401, &json!([code])), "{}", reply.body);
    }
    world.azure.advance_clock(Duration::from_hours(2));
    assert_eq!(ask(&world, LOGIN, VAULT, &right).await.body["error_codes"], json!([700_024]));
}

#[tokio::test]
async fn an_expired_secret_is_told_from_a_wrong_one_and_leaves_the_certificate_good() {
    let world = World::start().await;
    let certificate = Certificate::of(&world, VAULT);
    let mut principal = world.azure.service_principal(VAULT);
    world.azure.expire_secret(VAULT);

    let scope = "https://vault.azure.net/.default";
    assert_eq!(world.ask_token(&principal, scope).await.body["error_codes"], json!([7_000_222]));
    principal.client_secret.push('x');
    assert_eq!(world.ask_token(&principal, scope).await.body["error_codes"], json!([7_000_215]));
    access_token(&ask(&world, LOGIN, VAULT, &certificate.modern(&claims(&world))).await);
}
