//! Key pairs that are made once, and an unwrap that shares no code with the wrap.

use std::sync::OnceLock;

use aws_lc_rs::key_wrap::{AES_256, AesKek, KeyWrapPadded};
use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OaepPrivateDecryptingKey, PrivateDecryptingKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use byok::{KeyExchangeKey, KeySize, TargetKey, TransferBlob};
use serde_json::Value;

pub(crate) const SIZES: [KeySize; 3] = [KeySize::Rsa2048, KeySize::Rsa3072, KeySize::Rsa4096];

/// A key pair of this size; the same in the whole process.
pub(crate) fn target(size: KeySize) -> &'static TargetKey {
    static PAIRS: [OnceLock<TargetKey>; 3] = [const { OnceLock::new() }; 3];
    pair(&PAIRS, size)
}

/// A key pair that plays the KEK; the same in the whole process.
pub(crate) fn kek(size: KeySize) -> &'static TargetKey {
    static PAIRS: [OnceLock<TargetKey>; 3] = [const { OnceLock::new() }; 3];
    pair(&PAIRS, size)
}

fn pair(pairs: &'static [OnceLock<TargetKey>; 3], size: KeySize) -> &'static TargetKey {
    let index = SIZES.iter().position(|other| *other == size).unwrap();
    pairs[index].get_or_init(|| TargetKey::generate(size).unwrap())
}

pub(crate) const KID: &str = "https://acme.vault.azure.net/keys/keyferry-kek/0123456789abcdef0123456789abcdef";

pub(crate) fn wrap(target: &TargetKey, kek: &TargetKey) -> TransferBlob {
    let kek = KeyExchangeKey::new(KID, kek.public_key().clone()).unwrap();
    TransferBlob::wrap(target, &kek).unwrap()
}

pub(crate) fn ciphertext(blob: &str) -> Vec<u8> {
    let blob: Value = serde_json::from_str(blob).unwrap();
    URL_SAFE_NO_PAD.decode(blob["ciphertext"].as_str().unwrap()).unwrap()
}

/// Opens a ciphertext as Azure does; every step is done by aws-lc-rs.
pub(crate) fn unwrap(ciphertext: &[u8], kek_pkcs8: &[u8]) -> Vec<u8> {
    let kek = OaepPrivateDecryptingKey::new(PrivateDecryptingKey::from_pkcs8(kek_pkcs8).unwrap()).unwrap();
    let (wrapped_aes, wrapped_target) = ciphertext.split_at(kek.key_size_bytes());
    let mut buffer = vec![0; kek.min_output_size()];
    let aes = kek.decrypt(&OAEP_SHA1_MGF1SHA1, wrapped_aes, &mut buffer, None).unwrap();
    let mut output = vec![0; wrapped_target.len()];
    AesKek::new(&AES_256, aes).unwrap().unwrap_with_padding(wrapped_target, &mut output).unwrap().to_vec()
}
