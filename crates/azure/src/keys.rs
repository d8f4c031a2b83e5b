//! Keys in a vault: read one, change one.

use std::collections::BTreeMap;

use reqwest::Method;
use serde::Serialize;

use crate::vault::Request;
use crate::wire::{Attributes, Bundle};
use crate::{Error, Garble, Vault, name};

/// One version of a key, as the vault shows it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeyBundle {
    /// The version's full URL.
    pub kid: String,
    /// The key's name, as the vault spells it.
    pub name: String,
    /// The version: 32 letters and digits.
    pub version: String,
    /// The key's type: `RSA-HSM`, `RSA`, or one that Keyferry does not make.
    pub kty: String,
    /// What the key may be used for.
    pub key_ops: Vec<String>,
    /// The modulus, big-endian, without leading zeros; empty for keys that are not RSA.
    pub modulus: Vec<u8>,
    /// The public exponent, big-endian, without leading zeros; empty for keys that are not RSA.
    pub exponent: Vec<u8>,
    /// Whether it may be used.
    pub enabled: bool,
    /// When it expires, in Unix seconds.
    pub expires_at: Option<i64>,
    /// When it was made, in Unix seconds.
    pub created: Option<i64>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// What becomes of it after deletion, such as `Recoverable+Purgeable`.
    pub recovery_level: Option<String>,
    /// Whether it belongs to a certificate, and must not be touched.
    pub managed: bool,
}

/// What to change of a version; what is `None` stays.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct KeyChange {
    /// Whether it may be used.
    pub enabled: Option<bool>,
    /// When it expires, in Unix seconds.
    pub expires_at: Option<i64>,
    /// What the key may be used for.
    pub key_ops: Option<Vec<String>>,
    /// The tags; they replace all others.
    pub tags: Option<BTreeMap<String, String>>,
}

impl KeyBundle {
    /// Takes a bundle that this vault answered for a key of this name.
    pub(crate) fn read(bundle: Bundle, vault: &Vault, asked: &str) -> Result<Self, Error> {
        let (name, version) =
            identifier(&bundle.key.kid, vault, asked).ok_or_else(|| vault.garbled(Garble::ForeignId))?;
        let enabled = bundle.attributes.enabled.ok_or_else(|| vault.garbled(Garble::NotTheDocument))?;
        Ok(Self {
            name,
            version,
            kid: bundle.key.kid,
            kty: bundle.key.kty,
            key_ops: bundle.key.key_ops,
            modulus: bundle.key.n,
            exponent: bundle.key.e,
            enabled,
            expires_at: bundle.attributes.exp,
            created: bundle.attributes.created,
            tags: bundle.tags,
            recovery_level: bundle.attributes.recovery_level,
            managed: bundle.managed,
        })
    }
}

/// Name and version in `https://<host>/keys/<name>/<version>`, if it is of this vault and of the key asked for.
/// Identifiers compare without regard to case (Microsoft, "About keys, secrets and certificates").
pub(crate) fn identifier(kid: &str, vault: &Vault, asked: &str) -> Option<(String, String)> {
    let [host, "keys", name, version] = kid.strip_prefix("https://")?.split('/').collect::<Vec<_>>()[..] else {
        return None;
    };
    let ours = host.eq_ignore_ascii_case(vault.host()) && name.eq_ignore_ascii_case(asked) && name::is_version(version);
    ours.then(|| (name.to_owned(), version.to_owned()))
}

impl Vault {
    /// Reads a version of a key, or its latest. A disabled version can be read.
    ///
    /// # Errors
    /// [`Error::is_not_found`] when there is none.
    pub async fn get_key(&self, name: &str, version: Option<&str>) -> Result<KeyBundle, Error> {
        let path = version.map_or_else(|| key_path(name), |version| version_path(name, version))?;
        let bundle = self.ask(Request::new(Method::GET, path)).await?;
        self.version_asked_for(KeyBundle::read(bundle, self, name)?, version)
    }

    /// Changes a version of a key. Sending the same change twice does no harm.
    ///
    /// # Errors
    /// [`Error::is_not_found`] when there is no such version.
    pub async fn update_key(&self, name: &str, version: &str, change: &KeyChange) -> Result<KeyBundle, Error> {
        let attributes = Attributes { enabled: change.enabled, exp: change.expires_at, ..Attributes::default() };
        let body = Update { attributes, key_ops: change.key_ops.as_deref(), tags: change.tags.as_ref() };
        let bundle = self.ask(Request::new(Method::PATCH, version_path(name, version)?).body(&body)).await?;
        self.version_asked_for(KeyBundle::read(bundle, self, name)?, Some(version))
    }

    fn version_asked_for(&self, bundle: KeyBundle, version: Option<&str>) -> Result<KeyBundle, Error> {
        match version {
            Some(version) if !bundle.version.eq_ignore_ascii_case(version) => Err(self.garbled(Garble::ForeignId)),
            _ => Ok(bundle),
        }
    }
}

/// `KeyUpdateParameters` of the REST API.
#[derive(Serialize)]
struct Update<'a> {
    attributes: Attributes,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_ops: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<&'a BTreeMap<String, String>>,
}

pub(crate) fn key_path(name: &str) -> Result<String, Error> {
    name::check_key(name)?;
    Ok(format!("/keys/{name}"))
}

fn version_path(name: &str, version: &str) -> Result<String, Error> {
    if name::is_version(version) { Ok(format!("{}/{version}", key_path(name)?)) } else { Err(Error::InvalidVersion) }
}
