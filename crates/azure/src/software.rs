//! Software protection: a private key goes to the vault as it is, over TLS.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use serde::{Serialize, Serializer};
use zeroize::Zeroizing;

use crate::keys::key_path;
use crate::vault::Request;
use crate::wire::Attributes;
use crate::{Error, KeyBundle, Vault, VaultKind};

/// An RSA private key: the numbers of RFC 8017 §3.2, big-endian. It cannot be printed or copied, and is wiped when
/// dropped.
pub struct SoftwareKey {
    /// The modulus, `n`.
    pub modulus: Vec<u8>,
    /// The public exponent, `e`.
    pub exponent: Vec<u8>,
    /// The private exponent, `d`.
    pub private_exponent: Zeroizing<Vec<u8>>,
    /// The first prime, `p`.
    pub p: Zeroizing<Vec<u8>>,
    /// The second prime, `q`.
    pub q: Zeroizing<Vec<u8>>,
    /// `d mod (p − 1)`.
    pub dp: Zeroizing<Vec<u8>>,
    /// `d mod (q − 1)`.
    pub dq: Zeroizing<Vec<u8>>,
    /// The inverse of `q` modulo `p`.
    pub qi: Zeroizing<Vec<u8>>,
}

/// A key to be imported as a software key. It cannot be printed, for it holds the private key.
pub struct SoftwareImport {
    /// The key itself.
    pub key: SoftwareKey,
    /// What the key may be used for.
    pub key_ops: Vec<String>,
    /// Whether it may be used at once.
    pub enabled: bool,
    /// When it expires, in Unix seconds.
    pub expires_at: Option<i64>,
    /// Its tags: at most 15, name and value at most 256 characters each.
    pub tags: BTreeMap<String, String>,
}

impl Vault {
    /// Imports a key with software protection: Azure sees it in clear. What [`Vault::import_key`] says about repeating
    /// holds here too.
    ///
    /// # Errors
    /// [`Error::NoSoftwareKeys`] for a managed HSM, [`Error::Answered`] when the vault refuses.
    pub async fn import_software_key(&self, name: &str, import: &SoftwareImport) -> Result<KeyBundle, Error> {
        if self.kind() == VaultKind::ManagedHsm {
            return Err(Error::NoSoftwareKeys);
        }
        let attributes = Attributes { enabled: Some(import.enabled), exp: import.expires_at, ..Attributes::default() };
        let key = &import.key;
        let key = PlainKey {
            kty: "RSA",
            key_ops: &import.key_ops,
            n: Number(&key.modulus),
            e: Number(&key.exponent),
            d: Number(&key.private_exponent),
            p: Number(&key.p),
            q: Number(&key.q),
            dp: Number(&key.dp),
            dq: Number(&key.dq),
            qi: Number(&key.qi),
        };
        let body = Import { key, attributes, tags: &import.tags };
        let request = Request::new(Method::PUT, key_path(name)?).body(&body).timeout(self.import_timeout());
        KeyBundle::read(self.ask(request).await?, self, name)
    }
}

/// `KeyImportParameters` of the REST API.
#[derive(Serialize)]
struct Import<'a> {
    key: PlainKey<'a>,
    attributes: Attributes,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    tags: &'a BTreeMap<String, String>,
}

/// An RSA private key as JSON Web Key (RFC 7518 §6.3.2); Key Vault wants all members.
#[derive(Serialize)]
struct PlainKey<'a> {
    kty: &'static str,
    key_ops: &'a [String],
    n: Number<'a>,
    e: Number<'a>,
    d: Number<'a>,
    p: Number<'a>,
    q: Number<'a>,
    dp: Number<'a>,
    dq: Number<'a>,
    qi: Number<'a>,
}

/// An unsigned number in base64url without leading zeros (RFC 7518 §2, `Base64urlUInt`).
struct Number<'a>(&'a [u8]);

impl Serialize for Number<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let zeros = self.0.iter().take_while(|byte| **byte == 0).count();
        let text = Zeroizing::new(URL_SAFE_NO_PAD.encode(&self.0[zeros..]));
        serializer.serialize_str(&text)
    }
}
