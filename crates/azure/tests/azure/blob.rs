//! A key transfer blob made here, so that these tests need no other package of ours.

use std::sync::OnceLock;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::key_wrap::{AES_256, AesKek, KeyWrapPadded};
use aws_lc_rs::rsa::{
    KeyPair, KeySize, OAEP_SHA1_MGF1SHA1, OaepPublicEncryptingKey, PublicEncryptingKey, PublicKeyComponents,
};
use aws_lc_rs::signature::KeyPair as _;
use azure::{Kek, KeyImport};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

/// The key that these tests import; one for the whole process.
pub(crate) fn target() -> &'static KeyPair {
    static TARGET: OnceLock<KeyPair> = OnceLock::new();
    TARGET.get_or_init(|| KeyPair::generate(KeySize::Rsa2048).unwrap())
}

pub(crate) fn target_modulus() -> Vec<u8> {
    target().public_key().modulus().big_endian_without_leading_zero().to_vec()
}

/// An import of the target, wrapped under a KEK.
pub(crate) fn import_of_target(kek: &Kek) -> KeyImport {
    let components = PublicKeyComponents { n: &kek.modulus, e: &kek.exponent };
    let public: PublicEncryptingKey = components.try_into().unwrap();
    let public = OaepPublicEncryptingKey::new(public).unwrap();
    let aes = [7; 32];
    let mut wrapped_aes = vec![0; public.ciphertext_size()];
    public.encrypt(&OAEP_SHA1_MGF1SHA1, &aes, &mut wrapped_aes, None).unwrap();

    let pkcs8 = target().as_der().unwrap();
    let mut output = vec![0; pkcs8.as_ref().len() + 16];
    let wrapped = AesKek::new(&AES_256, &aes).unwrap().wrap_with_padding(pkcs8.as_ref(), &mut output).unwrap().to_vec();

    let document = json!({
        "schema_version": "1.0.0",
        "header": { "kid": kek.kid, "alg": "dir", "enc": "CKM_RSA_AES_KEY_WRAP" },
        "ciphertext": URL_SAFE_NO_PAD.encode([wrapped_aes, wrapped].concat()),
        "generator": "test",
    });
    import(&URL_SAFE_NO_PAD.encode(document.to_string()))
}

pub(crate) fn import(key_hsm: &str) -> KeyImport {
    KeyImport {
        key_hsm: key_hsm.to_owned(),
        key_ops: vec!["encrypt".to_owned(), "decrypt".to_owned()],
        enabled: true,
        expires_at: None,
        tags: [("version".to_owned(), "1".to_owned())].into(),
    }
}
