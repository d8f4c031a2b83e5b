//! Keys as the simulator shows them to a test that asks it directly.

use std::collections::BTreeMap;

use aws_lc_rs::{encoding::AsDer, rsa::PublicKeyComponents};

use crate::{
    credentials::pem,
    state::{Key, Version},
};

/// A key of a vault.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoredKey {
    /// Name, as it was first written.
    pub name: String,
    /// Versions, oldest first.
    pub versions: Vec<StoredVersion>,
}

/// A version of a key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoredVersion {
    /// 32 hexadecimal digits.
    pub version: String,
    /// `RSA` or `RSA-HSM`.
    pub kty: String,
    /// What the key may be used for.
    pub key_ops: Vec<String>,
    /// Whether it is switched on.
    pub enabled: bool,
    /// When it expires, in Unix seconds.
    pub exp: Option<i64>,
    /// Names and values.
    pub tags: BTreeMap<String, String>,
    /// RSA modulus, big-endian, without leading zero bytes.
    pub modulus: Vec<u8>,
    /// RSA public exponent, big-endian, without leading zero bytes.
    pub exponent: Vec<u8>,
    /// Whether it arrived in a key transfer blob.
    pub imported_by_byok: bool,
}

impl StoredVersion {
    /// The public key as `SubjectPublicKeyInfo` in PEM, 64 characters a line.
    ///
    /// # Panics
    /// When the modulus or the exponent has been replaced by something that is no RSA public key.
    #[must_use]
    pub fn public_key_pem(&self) -> String {
        let components = PublicKeyComponents { n: &self.modulus, e: &self.exponent };
        let der = components.as_der().expect("a stored version has been checked as an RSA key");
        pem("PUBLIC KEY", der.as_ref())
    }
}

impl From<&Key> for StoredKey {
    fn from(key: &Key) -> Self {
        Self { name: key.name.clone(), versions: key.versions.iter().map(StoredVersion::from).collect() }
    }
}

impl From<&Version> for StoredVersion {
    fn from(version: &Version) -> Self {
        Self {
            version: version.version.clone(),
            kty: version.kty.name().to_owned(),
            key_ops: version.key_ops.clone(),
            enabled: version.enabled,
            exp: version.exp,
            tags: version.tags.clone(),
            modulus: version.modulus.0.clone(),
            exponent: version.exponent.0.clone(),
            imported_by_byok: version.imported_by_byok,
        }
    }
}
