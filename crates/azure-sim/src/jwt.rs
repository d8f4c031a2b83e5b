//! JSON web tokens in their compact form (RFC 7515 §7.1).

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::KeyPair,
    signature::{RSA_PKCS1_SHA256, RsaParameters, UnparsedPublicKey},
};
use serde_json::Value;

use crate::base64url::{decode, encode};

/// A token that has been read, but not checked.
pub(crate) struct Jwt<'a> {
    pub(crate) header: Value,
    pub(crate) claims: Value,
    signed: &'a str,
    signature: Vec<u8>,
}

impl<'a> Jwt<'a> {
    pub(crate) fn read(token: &'a str) -> Option<Self> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        Some(Self {
            header: serde_json::from_slice(&decode(header)?).ok()?,
            claims: serde_json::from_slice(&decode(claims)?).ok()?,
            signed,
            signature: decode(signature)?,
        })
    }

    /// A claim that is text; empty if it is not there.
    pub(crate) fn text(&self, claim: &str) -> &str {
        self.claims[claim].as_str().unwrap_or_default()
    }

    /// A claim that is a moment, in whole Unix seconds; it may be written with a fraction (RFC 7519 §2).
    pub(crate) fn moment(&self, claim: &str) -> Option<i64> {
        self.claims[claim].to_string().split('.').next()?.parse().ok()
    }

    pub(crate) fn is_signed_by(&self, key: impl AsRef<[u8]>, algorithm: &'static RsaParameters) -> bool {
        UnparsedPublicKey::new(algorithm, key).verify(self.signed.as_bytes(), &self.signature).is_ok()
    }
}

/// Signs claims with RS256.
pub(crate) fn sign(header: &Value, claims: &Value, key: &KeyPair) -> Option<String> {
    let text = format!("{}.{}", encode(header.to_string().as_bytes()), encode(claims.to_string().as_bytes()));
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature).ok()?;
    Some(format!("{text}.{}", encode(&signature)))
}
