//! Microsoft's own client drives the simulator: what it accepts here, it accepts from Azure.
//!
//! The client is used as it is published. It reaches the simulator by Azure's host names, checks its certificate and
//! its challenges, and trusts nothing but the simulator's authority.

use std::{collections::HashMap, net::SocketAddr, sync::Arc, time::Duration};

use aws_lc_rs::{
    digest::{SHA256, digest},
    encoding::{AsDer, PublicKeyX509Der},
    key_wrap::{AES_256, AesKek, KeyWrapPadded},
    rsa::{
        KeyPair, KeySize, OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepAlgorithm, OaepPublicEncryptingKey,
        PublicEncryptingKey, PublicKeyComponents,
    },
    signature::{KeyPair as _, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey},
};
use azure_core::{
    cloud::CloudConfiguration,
    credentials::Secret,
    error::ErrorKind,
    http::{ClientOptions, RetryOptions, StatusCode, Transport},
};
use azure_identity::{ClientSecretCredential, ClientSecretCredentialOptions};
use azure_security_keyvault_keys::{
    KeyClient, KeyClientOptions, ResourceExt,
    models::{
        CreateKeyParameters, EncryptionAlgorithm, ImportKeyParameters, JsonWebKey, Key, KeyAttributes,
        KeyClientGetKeyOptions, KeyClientSignOptions, KeyClientUpdateKeyPropertiesOptions, KeyOperation,
        KeyOperationParameters, KeyType, SignParameters, SignatureAlgorithm, UpdateKeyPropertiesParameters,
        VerifyParameters,
    },
};
use azure_sim::{Options, Simulator, VaultSummary};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use futures::TryStreamExt;
use reqwest::{
    Certificate,
    dns::{Addrs, Name, Resolve, Resolving},
};
use serde_json::json;

/// Resolves every name to the simulator.
struct Everywhere(SocketAddr);

impl Resolve for Everywhere {
    fn resolve(&self, _: Name) -> Resolving {
        let addresses: Addrs = Box::new(std::iter::once(self.0));
        Box::pin(async move { Ok(addresses) })
    }
}

async fn simulator() -> Simulator {
    let azure = Simulator::start(Options { reuse_keks: true, ..Options::default() }).await.unwrap();
    azure.set_deletion_delay(Duration::ZERO);
    azure
}

fn vault(azure: &Simulator, name: &str) -> VaultSummary {
    azure.vaults().into_iter().find(|vault| vault.name == name).unwrap()
}

/// Signs in as the vault's own identity.
fn client(azure: &Simulator, vault: &VaultSummary) -> KeyClient {
    let cloud = match vault.cloud {
        "AzureUSGovernmentCloud" => CloudConfiguration::AzureGovernment,
        _ => CloudConfiguration::AzurePublic,
    };
    let transport = reqwest::Client::builder()
        .tls_certs_only([Certificate::from_pem(azure.ca_pem().as_bytes()).unwrap()])
        .dns_resolver(Arc::new(Everywhere(azure.address())))
        .build()
        .unwrap();
    let client_options = ClientOptions {
        transport: Some(Transport::new(Arc::new(transport))),
        cloud: Some(Arc::new(cloud)),
        retry: RetryOptions::none(),
        ..ClientOptions::default()
    };
    let principal = &vault.principal;
    let credential = ClientSecretCredential::new(
        &principal.tenant_id,
        principal.client_id.clone(),
        Secret::new(principal.client_secret.clone()),
        Some(ClientSecretCredentialOptions { client_options: client_options.clone() }),
    );
    let options = KeyClientOptions { client_options, ..KeyClientOptions::default() };
    KeyClient::new(&format!("https://{}", vault.host), credential.unwrap(), Some(options)).unwrap()
}

async fn create_kek(client: &KeyClient) -> Key {
    let parameters = CreateKeyParameters {
        kty: Some(KeyType::RsaHsm),
        key_size: Some(3072),
        key_ops: Some(vec![KeyOperation::Import]),
        ..CreateKeyParameters::default()
    };
    client.create_key("kek", parameters.try_into().unwrap(), None).await.unwrap().into_model().unwrap()
}

fn encrypt(public_der: &[u8], oaep: &'static OaepAlgorithm, plain: &[u8]) -> Vec<u8> {
    let key = OaepPublicEncryptingKey::new(PublicEncryptingKey::from_der(public_der).unwrap()).unwrap();
    let mut output = vec![0; key.ciphertext_size()];
    key.encrypt(oaep, plain, &mut output, None).unwrap().to_vec()
}

/// A key transfer blob for an exchange key, as the client describes it.
fn blob(kek: &Key, target: &KeyPair) -> Vec<u8> {
    let web_key = kek.key.as_ref().unwrap();
    let public = PublicKeyComponents { n: web_key.n.clone().unwrap(), e: web_key.e.clone().unwrap() };
    let wrapping_key = [7; 32];
    let mut ciphertext = encrypt(public.as_der().unwrap().as_ref(), &OAEP_SHA1_MGF1SHA1, &wrapping_key);
    let plain = target.as_der().unwrap();
    let mut wrapped = vec![0; plain.as_ref().len().div_ceil(8) * 8 + 8];
    let aes = AesKek::new(&AES_256, &wrapping_key).unwrap();
    ciphertext.extend_from_slice(aes.wrap_with_padding(plain.as_ref(), &mut wrapped).unwrap());
    let header = json!({ "kid": web_key.kid, "alg": "dir", "enc": "CKM_RSA_AES_KEY_WRAP" });
    let ciphertext = URL_SAFE_NO_PAD.encode(ciphertext);
    json!({ "schema_version": "1.0.0", "header": header, "ciphertext": ciphertext, "generator": "test" })
        .to_string()
        .into_bytes()
}

/// Brings a key in by BYOK, as a new version.
async fn import(client: &KeyClient, kek: &Key, target: &KeyPair) -> Key {
    let web_key = JsonWebKey {
        kty: Some(KeyType::RsaHsm),
        key_ops: Some(["sign", "verify", "encrypt", "decrypt", "wrapKey", "unwrapKey"].map(str::to_owned).to_vec()),
        t: Some(blob(kek, target)),
        ..JsonWebKey::default()
    };
    let parameters = ImportKeyParameters { key: Some(web_key), hsm: Some(true), ..ImportKeyParameters::default() };
    client.import_key("payments", parameters.try_into().unwrap(), None).await.unwrap().into_model().unwrap()
}

fn target() -> KeyPair {
    KeyPair::generate(KeySize::Rsa2048).unwrap()
}

fn modulus(key: &KeyPair) -> Vec<u8> {
    key.public_key().modulus().big_endian_without_leading_zero().to_vec()
}

fn status<T>(outcome: azure_core::Result<T>) -> Option<StatusCode> {
    match outcome.err()?.kind() {
        ErrorKind::HttpResponse { status, .. } => Some(*status),
        _ => None,
    }
}

/// The three kinds of destination: a vault, a vault of another cloud, a managed HSM.
const PLACES: [&str; 3] = ["keyvault-name", "acme-gov", "acme-hsm"];

#[tokio::test]
async fn a_key_that_was_brought_in_signs_and_decrypts_wherever_it_went() {
    let azure = simulator().await;
    let target = target();
    for place in PLACES {
        let client = client(&azure, &vault(&azure, place));
        let kek = create_kek(&client).await;
        let imported = import(&client, &kek, &target).await;
        let version = imported.resource_id().unwrap().version.unwrap();
        assert_eq!(imported.key.as_ref().unwrap().n, Some(modulus(&target)), "{place}");
        assert_eq!(azure.key(place, "payments").unwrap().versions[0].modulus, modulus(&target));

        let text = b"what is signed";
        let hash = digest(&SHA256, text).as_ref().to_vec();
        let alg = Some(SignatureAlgorithm::Ps256);
        let parameters = SignParameters { algorithm: alg.clone(), value: Some(hash.clone()) };
        let options = KeyClientSignOptions { key_version: Some(version.clone()), ..KeyClientSignOptions::default() };
        let signed = client.sign("payments", parameters.try_into().unwrap(), Some(options)).await.unwrap();
        let signature = signed.into_model().unwrap().result.unwrap();
        let public = UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, target.public_key());
        assert!(public.verify(text, &signature).is_ok(), "{place}");
        let parameters = VerifyParameters { algorithm: alg, digest: Some(hash), signature: Some(signature) };
        let verified = client.verify("payments", &version, parameters.try_into().unwrap(), None).await.unwrap();
        assert_eq!(verified.into_model().unwrap().value, Some(true));

        let der = AsDer::<PublicKeyX509Der<'_>>::as_der(target.public_key()).unwrap();
        let parameters = KeyOperationParameters {
            algorithm: Some(EncryptionAlgorithm::RsaOaep256),
            value: Some(encrypt(der.as_ref(), &OAEP_SHA256_MGF1SHA256, text)),
            ..KeyOperationParameters::default()
        };
        let opened = client.decrypt("payments", &version, parameters.clone().try_into().unwrap(), None).await.unwrap();
        assert_eq!(opened.into_model().unwrap().result, Some(text.to_vec()));
        let opened = client.unwrap_key("payments", &version, parameters.try_into().unwrap(), None).await.unwrap();
        assert_eq!(opened.into_model().unwrap().result, Some(text.to_vec()));
    }
}

#[tokio::test]
async fn keys_and_versions_are_read_listed_and_changed() {
    let azure = simulator().await;
    for place in PLACES {
        let client = client(&azure, &vault(&azure, place));
        let kek = create_kek(&client).await;
        let (old, new) = (target(), target());
        let first = import(&client, &kek, &old).await.resource_id().unwrap().version.unwrap();
        import(&client, &kek, &new).await;

        let parameters = UpdateKeyPropertiesParameters {
            key_attributes: Some(KeyAttributes { enabled: Some(false), ..KeyAttributes::default() }),
            tags: Some(HashMap::from([("state".to_owned(), "old".to_owned())])),
            ..UpdateKeyPropertiesParameters::default()
        };
        let options = KeyClientUpdateKeyPropertiesOptions {
            key_version: Some(first.clone()),
            ..KeyClientUpdateKeyPropertiesOptions::default()
        };
        client.update_key_properties("payments", parameters.try_into().unwrap(), Some(options)).await.unwrap();

        let options = KeyClientGetKeyOptions { key_version: Some(first), ..KeyClientGetKeyOptions::default() };
        let read = client.get_key("payments", Some(options)).await.unwrap().into_model().unwrap();
        assert_eq!((read.attributes.unwrap().enabled, read.key.unwrap().n), (Some(false), Some(modulus(&old))));
        assert_eq!(read.tags.unwrap()["state"], "old");
        let latest = client.get_key("payments", None).await.unwrap().into_model().unwrap();
        assert_eq!((latest.attributes.unwrap().enabled, latest.key.unwrap().n), (Some(true), Some(modulus(&new))));

        let keys: Vec<_> = client.list_key_properties(None).unwrap().into_stream().try_collect().await.unwrap();
        let names: Vec<String> = keys.iter().map(|key| key.resource_id().unwrap().name).collect();
        assert_eq!(names, ["kek", "payments"]);
        let versions = client.list_key_properties_versions("payments", None).unwrap().into_stream();
        let versions: Vec<_> = versions.try_collect().await.unwrap();
        let enabled: usize =
            versions.iter().filter(|key| key.attributes.as_ref().unwrap().enabled == Some(true)).count();
        assert_eq!((versions.len(), enabled), (2, 1));
    }
}

#[tokio::test]
async fn a_long_list_is_followed_over_its_pages() {
    let azure = simulator().await;
    for place in PLACES {
        for number in 0..53 {
            azure.put_foreign_key(place, &format!("key-{number}"));
        }
        let client = client(&azure, &vault(&azure, place));

        let keys: Vec<_> = client.list_key_properties(None).unwrap().into_stream().try_collect().await.unwrap();

        assert_eq!(keys.len(), 53, "{place}");
    }
}

#[tokio::test]
async fn a_deleted_key_is_recovered_deleted_again_and_purged() {
    let azure = simulator().await;
    for place in PLACES {
        let client = client(&azure, &vault(&azure, place));
        let kek = create_kek(&client).await;
        let target = target();
        import(&client, &kek, &target).await;

        let deleted = client.delete_key("payments", None).await.unwrap().into_model().unwrap();
        assert!(deleted.scheduled_purge_date > deleted.deleted_date);
        assert_eq!(status(client.get_key("payments", None).await), Some(StatusCode::NotFound));
        let shown = client.get_deleted_key("payments", None).await.unwrap().into_model().unwrap();
        assert_eq!(shown.key.unwrap().n, Some(modulus(&target)));
        let all: Vec<_> = client.list_deleted_key_properties(None).unwrap().into_stream().try_collect().await.unwrap();
        assert_eq!(all.len(), 1);

        client.recover_deleted_key("payments", None).await.unwrap();
        let back = client.get_key("payments", None).await.unwrap().into_model().unwrap();
        assert_eq!(back.key.unwrap().n, Some(modulus(&target)));

        client.delete_key("payments", None).await.unwrap();
        client.purge_deleted_key("payments", None).await.unwrap();
        assert_eq!(status(client.get_deleted_key("payments", None).await), Some(StatusCode::NotFound));
    }
}

#[tokio::test]
async fn refusals_reach_the_client_as_what_they_are() {
    let azure = simulator().await;
    let forbids = client(&azure, &vault(&azure, "acme-forbids"));
    let create = || CreateKeyParameters { kty: Some(KeyType::RsaHsm), ..CreateKeyParameters::default() };
    let refused = forbids.create_key("rsa", create().try_into().unwrap(), None).await;
    assert!(format!("{refused:?}").contains("Microsoft.KeyVault/vaults/keys/create/action"), "{refused:?}");
    assert_eq!(status(refused), Some(StatusCode::Forbidden));

    let missing = forbids.get_key("rsa", None).await.err().unwrap();
    let ErrorKind::HttpResponse { status, error_code, .. } = missing.kind() else { panic!("{missing}") };
    assert_eq!((*status, error_code.as_deref()), (StatusCode::NotFound, Some("KeyNotFound")));

    let mut stranger = vault(&azure, "keyvault-name");
    stranger.principal.client_secret.push('x');
    let refused = client(&azure, &stranger).get_key("rsa", None).await.err().unwrap();
    assert!(format!("{refused:?}").contains("AADSTS7000215"), "{refused:?}");
}
