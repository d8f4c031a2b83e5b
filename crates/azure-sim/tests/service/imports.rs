//! Bringing keys in: by BYOK, and as plain JSON web keys.

use std::sync::OnceLock;

use aws_lc_rs::{
    encoding::AsDer,
    key_wrap::{AES_256, AesKek, KeyWrapPadded},
    rsa::{
        KeyPair, KeySize, OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepAlgorithm, OaepPublicEncryptingKey,
        PublicEncryptingKey, PublicKeyComponents,
    },
    signature::KeyPair as _,
};
use azure_sim::{Call, Fault};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::support::{VAULT, Vault, World};

/// Target keys, made once: 2048, 3072 and 4096 bits.
fn target(bits: u32) -> &'static KeyPair {
    static TARGETS: [OnceLock<KeyPair>; 3] = [const { OnceLock::new() }; 3];
    let size = match bits {
        2048 => KeySize::Rsa2048,
        3072 => KeySize::Rsa3072,
        _ => KeySize::Rsa4096,
    };
    TARGETS[bits as usize / 1024 - 2].get_or_init(|| KeyPair::generate(size).unwrap())
}

fn modulus(key: &KeyPair) -> Vec<u8> {
    key.public_key().modulus().big_endian_without_leading_zero().to_vec()
}

/// A blob for an exchange key, as a vault describes it.
fn blob_with(oaep: &'static OaepAlgorithm, kek: &Value, plain: &[u8]) -> Value {
    let member = |name: &str| URL_SAFE_NO_PAD.decode(kek["key"][name].as_str().unwrap()).unwrap();
    let spki = PublicKeyComponents { n: member("n"), e: member("e") }.as_der().unwrap();
    let public = OaepPublicEncryptingKey::new(PublicEncryptingKey::from_der(spki.as_ref()).unwrap()).unwrap();
    let wrapping_key = [7; 32];
    let mut ciphertext = vec![0; public.ciphertext_size()];
    public.encrypt(oaep, &wrapping_key, &mut ciphertext, None).unwrap();
    let mut wrapped = vec![0; plain.len().div_ceil(8) * 8 + 8];
    let wrapped =
        AesKek::new(&AES_256, &wrapping_key).unwrap().wrap_with_padding(plain, &mut wrapped).unwrap().to_vec();
    ciphertext.extend(wrapped);
    json!({
        "schema_version": "1.0.0",
        "header": { "kid": kek["key"]["kid"], "alg": "dir", "enc": "CKM_RSA_AES_KEY_WRAP" },
        "ciphertext": URL_SAFE_NO_PAD.encode(ciphertext),
        "generator": "test",
    })
}

fn blob(kek: &Value, target: &KeyPair) -> Value {
    blob_with(&OAEP_SHA1_MGF1SHA1, kek, target.as_der().unwrap().as_ref())
}

fn body(blob: &Value) -> Value {
    json!({
        "key": {
            "kty": "RSA-HSM",
            "key_ops": ["encrypt", "decrypt"],
            "key_hsm": URL_SAFE_NO_PAD.encode(blob.to_string()),
        },
        "attributes": { "enabled": true },
    })
}

async fn kek(vault: &Vault<'_>, name: &str, bits: u32) -> Value {
    let body = json!({ "kty": "RSA-HSM", "key_size": bits, "key_ops": ["import"] });
    vault.post(&format!("/keys/{name}/create"), body).await.ok()
}

#[tokio::test]
async fn every_target_size_is_unwrapped_under_every_exchange_key_size() {
    let world = World::start().await;
    let vault = world.vault(VAULT).await;

    for kek_bits in [2048, 3072, 4096] {
        let kek = kek(&vault, "kek", kek_bits).await;
        for bits in [2048, 3072, 4096] {
            let name = format!("target-{kek_bits}-{bits}");
            let bundle = vault.put(&format!("/keys/{name}"), body(&blob(&kek, target(bits)))).await.ok();

            let key = world.azure.key(VAULT, &name).unwrap();
            let [stored] = key.versions.as_slice() else { panic!("one version is stored") };
            assert_eq!(stored.modulus, modulus(target(bits)));
            assert_eq!(bundle["key"]["n"], URL_SAFE_NO_PAD.encode(modulus(target(bits))));
            assert_eq!(bundle["key"]["e"], "AQAB");
            assert_eq!(bundle["key"]["key_ops"], json!(["encrypt", "decrypt"]));
            assert!(bundle["key"].get("key_hsm").is_none());
            assert_eq!((stored.kty.as_str(), stored.imported_by_byok, stored.enabled), ("RSA-HSM", true, true));
        }
    }
}

#[tokio::test]
async fn the_public_key_of_a_version_reads_back_as_the_key_sent() {
    let world = World::start().await;
    let vault = world.vault(VAULT).await;
    let kek = kek(&vault, "kek", 2048).await;
    vault.put("/keys/target", body(&blob(&kek, target(2048)))).await.ok();

    let pem = world.azure.key(VAULT, "target").unwrap().versions[0].public_key_pem();

    let text: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let der = base64::engine::general_purpose::STANDARD.decode(text).unwrap();
    assert_eq!(
        der,
        AsDer::<aws_lc_rs::encoding::PublicKeyX509Der<'_>>::as_der(target(2048).public_key()).unwrap().as_ref()
    );
}

#[tokio::test]
async fn an_import_under_an_existing_name_makes_a_new_version() {
    let world = World::start().await;
    let vault = world.vault(VAULT).await;
    let kek = kek(&vault, "kek", 2048).await;

    vault.put("/keys/target", body(&blob(&kek, target(2048)))).await.ok();
    let mut disabled = body(&blob(&kek, target(3072)));
    disabled["attributes"]["enabled"] = false.into();
    vault.put("/keys/TARGET", disabled).await.ok();

    let key = world.azure.key(VAULT, "Target").unwrap();
    let seen: Vec<_> = key.versions.iter().map(|version| (version.modulus.len() * 8, version.enabled)).collect();
    assert_eq!((key.name.as_str(), seen), ("target", vec![(2048, true), (3072, false)]));
}

#[tokio::test]
async fn a_blob_that_was_not_made_for_this_vault_and_key_is_refused() {
    // Exchange keys out of a pool might be the same.
    let world = World::with(azure_sim::Options::default()).await;
    let vault = world.vault(VAULT).await;
    let other_vault = world.vault("acme-payments").await;
    let right = kek(&vault, "kek", 2048).await;
    let neighbour = kek(&vault, "neighbour", 2048).await;
    let foreign = kek(&other_vault, "kek", 2048).await;
    let wrapping = json!({ "kty": "RSA-HSM", "key_ops": ["wrapKey", "unwrapKey"] });
    let wrapping = vault.post("/keys/wrapping/create", wrapping).await.ok();
    let pkcs8 = target(2048).as_der().unwrap();
    let named = |kid: &str| {
        let mut blob = blob(&right, target(2048));
        blob["header"]["kid"] = kid.into();
        blob
    };
    let kid = right["key"]["kid"].as_str().unwrap();
    let cases = [
        named(kid.rsplit_once('/').unwrap().0),
        named(neighbour["key"]["kid"].as_str().unwrap()),
        named(foreign["key"]["kid"].as_str().unwrap()),
        named(&format!("{}0", &kid[..kid.len() - 1])),
        named(&kid.replace("https:", "http:")),
        named(&kid.replace(VAULT, "acme-payments")),
        named("kek"),
        named(""),
        blob(&wrapping, target(2048)),
        blob(&foreign, target(2048)),
        blob_with(&OAEP_SHA256_MGF1SHA256, &right, pkcs8.as_ref()),
        blob_with(&OAEP_SHA1_MGF1SHA1, &right, &pkcs8.as_ref()[26..]),
        blob_with(&OAEP_SHA1_MGF1SHA1, &right, b"not a key at all"),
    ];

    for blob in cases {
        let reply = vault.put("/keys/target", body(&blob)).await;
        assert_eq!((reply.status, reply.refusal().1), (400, "BadParameter"), "{blob}");
    }
    assert!(world.azure.key(VAULT, "target").is_none());
}

#[tokio::test]
async fn an_exchange_key_opens_nothing_while_disabled_expired_or_not_yet_valid() {
    let world = World::start().await;
    let vault = world.vault(VAULT).await;
    let kek = kek(&vault, "kek", 2048).await;
    let sent = body(&blob(&kek, target(2048)));

    for attributes in [json!({ "enabled": false }), json!({ "enabled": true, "exp": 1_000 })] {
        vault.patch("/keys/kek", json!({ "attributes": attributes })).await.ok();
        let reply = vault.put("/keys/target", sent.clone()).await;
        assert_eq!((reply.status, reply.refusal().1), (400, "BadParameter"));
    }
    vault.patch("/keys/kek", json!({ "attributes": { "exp": 33_000_000_000_u64 } })).await.ok();
    vault.put("/keys/target", sent.clone()).await.ok();
    vault.patch("/keys/kek", json!({ "attributes": { "nbf": 32_000_000_000_u64 } })).await.ok();
    assert_eq!(vault.put("/keys/target", sent).await.status, 400);
}

#[tokio::test]
async fn a_rotated_exchange_key_still_opens_what_was_made_for_its_old_version() {
    let world = World::start().await;
    let vault = world.vault(VAULT).await;
    let old = kek(&vault, "kek", 2048).await;
    kek(&vault, "kek", 2048).await;

    let reply = vault.put("/keys/target", body(&blob(&old, target(2048)))).await;

    assert_eq!(reply.status, 200, "{}", reply.body);
}

#[tokio::test]
async fn a_body_that_is_no_import_is_refused() {
    let world = World::start().await;
    let vault = world.vault(VAULT).await;
    let kek = kek(&vault, "kek", 2048).await;
    let mut import_only = body(&blob(&kek, target(2048)));
    import_only["key"]["key_ops"] = json!(["import"]);
    let mut curve = body(&blob(&kek, target(2048)));
    curve["key"]["kty"] = "EC-HSM".into();
    let cases = [
        import_only,
        curve,
        json!({}),
        json!({ "key": {} }),
        json!({ "key": { "kty": "RSA-HSM" } }),
        json!({ "key": { "kty": "RSA-HSM", "key_hsm": "" } }),
        json!({ "key": { "kty": "RSA-HSM", "key_hsm": 7 } }),
        json!({ "key": { "kty": "RSA", "n": "AQAB", "e": "AQAB" } }),
        json!({ "key": { "kty": "RSA", "n": "AA", "e": "AA", "d": "AA", "p": "AA", "q": "AA", "dp": "AA", "dq": "AA", "qi": "AA" } }),
        json!({ "key": { "kty": "RSA", "n": "", "e": "", "d": "", "p": "", "q": "", "dp": "", "dq": "", "qi": "" } }),
    ];

    for body in cases {
        let reply = vault.put("/keys/target", body.clone()).await;
        assert_eq!((reply.status, reply.refusal().1), (400, "BadParameter"), "{body}");
    }
    assert!(world.azure.key(VAULT, "target").is_none());
}

/// The private members of the first vector's target, cut from its PKCS#1 structure.
fn plain_key() -> (Value, Vec<u8>) {
    let text: Value = serde_json::from_str(include_str!("../byok-vectors.json")).unwrap();
    let hex = text["vectors"][0]["target_pkcs8_der_hex"].as_str().unwrap();
    let der: Vec<u8> = (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
    // PrivateKeyInfo header of 26 octets, then SEQUENCE (4) and the version (3); then INTEGERs.
    let mut rest = &der[26 + 4 + 3..];
    let mut integers = Vec::new();
    while let [2, first, ..] = *rest {
        let (length, header) = match first {
            0x81 => (usize::from(rest[2]), 3),
            0x82 => (usize::from(rest[2]) * 256 + usize::from(rest[3]), 4),
            short => (usize::from(short), 2),
        };
        let integer = &rest[header..header + length];
        integers.push(if integer[0] == 0 { &integer[1..] } else { integer }.to_vec());
        rest = &rest[header + length..];
    }
    let members = ["n", "e", "d", "p", "q", "dp", "dq", "qi"].into_iter().zip(&integers);
    let mut key: serde_json::Map<_, _> =
        members.map(|(name, integer)| (name.to_owned(), URL_SAFE_NO_PAD.encode(integer).into())).collect();
    key.insert("kty".to_owned(), "RSA".into());
    (key.into(), integers.swap_remove(0))
}

#[tokio::test]
async fn a_plain_key_with_all_its_members_is_imported_as_software() {
    let world = World::start().await;
    let (key, modulus) = plain_key();

    for name in [VAULT, "acme-standard"] {
        let vault = world.vault(name).await;
        let bundle = vault.put("/keys/plain", json!({ "key": key })).await.ok();

        let stored = &world.azure.key(name, "plain").unwrap().versions[0];
        assert_eq!((stored.kty.as_str(), stored.imported_by_byok), ("RSA", false));
        assert_eq!(stored.modulus, modulus);
        assert_eq!(bundle["attributes"]["hsmPlatform"], "0");
        assert!(bundle["key"].get("d").is_none());
    }
}

#[tokio::test]
async fn a_plain_key_asked_for_as_hardware_is_stored_as_hardware() {
    let world = World::start().await;
    let (key, _) = plain_key();

    let premium = world.vault(VAULT).await.put("/keys/plain", json!({ "key": key, "Hsm": true })).await;
    let standard = world.vault("acme-standard").await.put("/keys/plain", json!({ "key": key, "Hsm": true })).await;

    assert_eq!(premium.ok()["key"]["kty"], "RSA-HSM");
    assert_eq!(standard.refusal().3, "Hardware key operation not allowed on standard vault");
}

#[tokio::test]
async fn a_plain_key_whose_members_do_not_fit_together_is_refused() {
    let world = World::start().await;
    let vault = world.vault(VAULT).await;

    for member in ["n", "e", "d", "p", "q", "dp", "dq", "qi"] {
        let (mut key, _) = plain_key();
        key[member] = "AQAD".into();
        let reply = vault.put("/keys/plain", json!({ "key": key })).await;
        assert_eq!((reply.status, reply.refusal().1), (400, "BadParameter"), "{member}");
        key[member] = Value::Null;
        assert_eq!(vault.put("/keys/plain", json!({ "key": key })).await.status, 400, "{member}");
    }
}

#[tokio::test]
async fn the_vault_that_throttles_takes_the_third_attempt() {
    let world = World::start().await;
    let vault = world.vault("acme-throttles").await;
    let kek = kek(&vault, "kek", 2048).await;
    let sent = body(&blob(&kek, target(2048)));

    for attempt in 0..2 {
        let response = vault.request(reqwest::Method::PUT, "/keys/target").json(&sent).send().await.unwrap();
        assert_eq!(response.status(), 429, "attempt {attempt}");
        assert!(response.headers().get("retry-after").is_none());
    }
    vault.put("/keys/target", sent).await.ok();

    assert_eq!(world.azure.key("acme-throttles", "target").unwrap().versions.len(), 1);
}

#[tokio::test]
async fn a_vault_that_swaps_keys_answers_with_the_key_it_stored() {
    let world = World::start().await;
    let vault = world.vault(VAULT).await;
    let kek = kek(&vault, "kek", 2048).await;
    let sent = body(&blob(&kek, target(2048)));
    world.azure.fail_next(Call::ImportKey, Fault::SwapModulus);

    let swapped = vault.put("/keys/target", sent.clone()).await.ok();
    let right = vault.put("/keys/target", sent).await.ok();

    let key = world.azure.key(VAULT, "target").unwrap();
    assert_ne!(key.versions[0].modulus, modulus(target(2048)));
    assert_eq!(swapped["key"]["n"], URL_SAFE_NO_PAD.encode(&key.versions[0].modulus));
    assert_eq!(right["key"]["n"], URL_SAFE_NO_PAD.encode(modulus(target(2048))));
}
