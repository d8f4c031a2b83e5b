//! Import: a key transfer blob becomes a version of a key.

use std::collections::BTreeMap;

use reqwest::Method;
use serde::Serialize;

use crate::keys::key_path;
use crate::vault::Request;
use crate::wire::Attributes;
use crate::{Error, KeyBundle, Vault};

/// A key to be imported as an HSM key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeyImport {
    /// The key transfer blob, as unpadded base64url.
    pub key_hsm: String,
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
    /// Imports a key. **Each import that is carried out makes a version**, so the request is sent once, and once more only
    /// after a 401, which says that it was not carried out. After an error with [`Error::is_outcome_unknown`], look at the
    /// key before importing again.
    ///
    /// The answer holds what the vault has, which the caller must compare with what was sent.
    ///
    /// # Errors
    /// [`Error::Answered`] when the vault refuses, for example with `ObjectIsDeletedButRecoverable`.
    pub async fn import_key(&self, name: &str, import: &KeyImport) -> Result<KeyBundle, Error> {
        let attributes = Attributes { enabled: Some(import.enabled), exp: import.expires_at, ..Attributes::default() };
        let key = ImportedKey { kty: "RSA-HSM", key_ops: &import.key_ops, key_hsm: &import.key_hsm };
        let body = Import { key, attributes, tags: &import.tags };
        let request = Request::new(Method::PUT, key_path(name)?).body(&body).timeout(self.import_timeout());
        KeyBundle::read(self.ask(request).await?, self, name)
    }
}

/// `KeyImportParameters` of the REST API.
#[derive(Serialize)]
struct Import<'a> {
    key: ImportedKey<'a>,
    attributes: Attributes,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    tags: &'a BTreeMap<String, String>,
}

#[derive(Serialize)]
struct ImportedKey<'a> {
    kty: &'static str,
    key_ops: &'a [String],
    key_hsm: &'a str,
}
