//! The public half of an RSA key: what Azure answers after an import, and what everybody may see.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rsa::BoxedUint;
use rsa::pkcs8::{DecodePublicKey, EncodePublicKey, LineEnding};
use rsa::traits::PublicKeyParts;

use crate::Error;

/// An RSA public key; two are equal when modulus and exponent are.
#[derive(Clone, Eq, PartialEq)]
pub struct PublicKey {
    modulus: Box<[u8]>,
    exponent: Box<[u8]>,
    parsed: rsa::PublicKey,
}

impl PublicKey {
    /// Takes modulus and exponent, both unsigned and big-endian; leading zeros are dropped.
    ///
    /// # Errors
    /// [`Error::InvalidPublicKey`] when the two cannot be an RSA key of 1024 to 8192 bits.
    pub fn new(modulus: &[u8], exponent: &[u8]) -> Result<Self, Error> {
        let modulus = BoxedUint::from_be_slice_vartime(without_leading_zeros(modulus));
        let exponent = BoxedUint::from_be_slice_vartime(without_leading_zeros(exponent));
        let key = rsa::PublicKey::new(modulus, exponent).map_err(|_| Error::InvalidPublicKey)?;
        Ok(Self::from(key))
    }

    /// Reads a `PUBLIC KEY` PEM document (`SubjectPublicKeyInfo`, RFC 5280 §4.1.2.7).
    ///
    /// # Errors
    /// [`Error::InvalidPublicKey`] for everything else.
    pub fn from_pem(pem: &str) -> Result<Self, Error> {
        let key = rsa::PublicKey::from_public_key_pem(pem).map_err(|_| Error::InvalidPublicKey)?;
        Ok(Self::from(key))
    }

    /// The modulus, big-endian, without leading zeros.
    #[must_use]
    pub fn modulus(&self) -> &[u8] {
        &self.modulus
    }

    /// The public exponent, big-endian, without leading zeros.
    #[must_use]
    pub fn exponent(&self) -> &[u8] {
        &self.exponent
    }

    /// The length of the modulus in bits.
    #[must_use]
    pub fn bits(&self) -> usize {
        let leading = self.modulus.first().map_or(0, |byte| byte.leading_zeros() as usize);
        self.modulus.len() * 8 - leading
    }

    /// The key as a `PUBLIC KEY` PEM document (`SubjectPublicKeyInfo`, RFC 5280 §4.1.2.7).
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "numbers that were accepted as a public key can be encoded")]
    pub fn to_pem(&self) -> String {
        self.parsed.to_public_key_pem(LineEnding::LF).expect("a public key can be encoded")
    }

    /// The JWK thumbprint (RFC 7638 §3): SHA-256 of the required members, as unpadded base64url.
    #[must_use]
    pub fn thumbprint(&self) -> String {
        let exponent = URL_SAFE_NO_PAD.encode(&self.exponent);
        let modulus = URL_SAFE_NO_PAD.encode(&self.modulus);
        let members = format!(r#"{{"e":"{exponent}","kty":"RSA","n":"{modulus}"}}"#);
        URL_SAFE_NO_PAD.encode(digest(&SHA256, members.as_bytes()))
    }

    pub(crate) fn parsed(&self) -> &rsa::PublicKey {
        &self.parsed
    }
}

impl From<rsa::PublicKey> for PublicKey {
    fn from(parsed: rsa::PublicKey) -> Self {
        Self { modulus: parsed.n_bytes(), exponent: parsed.e_bytes(), parsed }
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PublicKey({} bits, {})", self.bits(), self.thumbprint())
    }
}

fn without_leading_zeros(bytes: &[u8]) -> &[u8] {
    let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
    &bytes[start..]
}
