//! The key transfer blob, opened with code that did not make it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use byok::{KeySize, TargetKey};
use rsa::pkcs8::{DecodePrivateKey, EncodePrivateKey};
use serde_json::{Value, json};

use crate::support::{KID, SIZES, ciphertext, kek, target, unwrap, wrap};

#[test]
fn every_target_arrives_under_every_kek() {
    for kek_size in SIZES {
        for target_size in SIZES {
            let blob = wrap(target(target_size), kek(kek_size));
            let ciphertext = ciphertext(&blob.to_json());
            assert_eq!(ciphertext.len() % 8, 0);
            assert_eq!(unwrap(&ciphertext, kek(kek_size).pkcs8()), target(target_size).pkcs8());
        }
    }
}

#[test]
fn the_document_says_what_azure_expects() {
    let blob = wrap(target(KeySize::Rsa2048), kek(KeySize::Rsa4096));
    let document: Value = serde_json::from_str(&blob.to_json()).unwrap();
    let expected = json!({
        "schema_version": "1.0.0",
        "header": { "kid": KID, "alg": "dir", "enc": "CKM_RSA_AES_KEY_WRAP" },
        "ciphertext": document["ciphertext"],
        "generator": "keyferry 0.1.0",
    });
    assert_eq!(document, expected);
    assert_eq!(URL_SAFE_NO_PAD.decode(blob.to_key_hsm()).unwrap(), blob.to_json().into_bytes());
}

#[test]
fn no_two_blobs_of_one_key_are_alike() {
    let first = wrap(target(KeySize::Rsa2048), kek(KeySize::Rsa2048));
    let second = wrap(target(KeySize::Rsa2048), kek(KeySize::Rsa2048));
    let (first, second) = (ciphertext(&first.to_json()), ciphertext(&second.to_json()));
    assert_ne!(first[..256], second[..256]);
    assert_ne!(first[256..], second[256..]);
}

#[test]
fn the_recorded_blobs_open_to_the_recorded_keys() {
    let document: Value = serde_json::from_str(include_str!("../vectors/byok-vectors.json")).unwrap();
    for vector in document["vectors"].as_array().unwrap() {
        let text = |name: &str| vector[name].as_str().unwrap();
        let kek = rsa::PrivateKey::from_pkcs8_pem(text("kek_private_pkcs8_pem")).unwrap().to_pkcs8_der().unwrap();
        let recorded = hex::decode(text("target_pkcs8_der_hex")).unwrap();

        assert_eq!(unwrap(&ciphertext(text("byok_json")), kek.as_bytes()), recorded);

        let opened = TargetKey::from_pkcs8(&recorded).unwrap();
        assert_eq!(opened.public_key().bits() as u64, vector["target_bits"].as_u64().unwrap());
    }
}
