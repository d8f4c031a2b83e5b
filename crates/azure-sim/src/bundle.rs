//! The JSON forms of keys: what requests may hold, and what answers hold.

use std::collections::BTreeMap;

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

use crate::{
    answer::Answer,
    base64url::encode,
    state::{Key, KeyType, Version},
};

/// Days a deleted key can be recovered; the default of new vaults.
const RECOVERABLE_DAYS: u64 = 90;

/// Operations a key may be made for; `import` stands apart.
const OPERATIONS: [&str; 6] = ["encrypt", "decrypt", "sign", "verify", "wrapKey", "unwrapKey"];

#[derive(Default, Deserialize)]
pub(crate) struct AttributesInput {
    pub(crate) enabled: Option<bool>,
    pub(crate) nbf: Option<i64>,
    pub(crate) exp: Option<i64>,
    pub(crate) exportable: Option<bool>,
}

impl AttributesInput {
    /// Checks what the input says about itself; the rest is kept as it was.
    pub(crate) fn check(&self) -> Result<(), Answer> {
        if self.exportable == Some(true) {
            return Err(Answer::bad_parameter("An exportable key must have a release policy."));
        }
        if [self.nbf, self.exp].into_iter().flatten().any(i64::is_negative) {
            return Err(Answer::bad_parameter("The attributes nbf and exp must be Unix seconds."));
        }
        if self.nbf.zip(self.exp).is_some_and(|(nbf, exp)| exp <= nbf) {
            return Err(Answer::bad_parameter("The attribute exp must be later than nbf."));
        }
        Ok(())
    }
}

/// Reads a JSON body.
pub(crate) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Answer> {
    serde_json::from_slice(body).map_err(|error| {
        Answer::bad_parameter(&format!("The request body is not a valid JSON document for this call: {error}"))
    })
}

/// At most 15 tags with names and values of at most 256 characters (azure.md §1.3).
pub(crate) fn check_tags(tags: &BTreeMap<String, String>) -> Result<(), Answer> {
    if tags.len() > 15 {
        return Err(Answer::bad_parameter("The number of tags must not be more than 15."));
    }
    if tags.iter().flat_map(|(name, value)| [name, value]).any(|text| text.chars().count() > 256) {
        return Err(Answer::bad_parameter("The name and value of a tag must not be longer than 256 characters."));
    }
    Ok(())
}

/// Checks key operations. A key exchange key has `import` and nothing else (azure.md §2.1), and lives in an HSM.
pub(crate) fn check_key_ops(key_ops: &[String], kty: KeyType) -> Result<(), Answer> {
    let imports = key_ops.iter().any(|operation| operation == "import");
    if imports && (key_ops.len() > 1 || kty != KeyType::RsaHsm) {
        let message = "The key operation 'import' is mutually exclusive with all other key operations and needs a key \
                       of type RSA-HSM.";
        return Err(Answer::bad_parameter(message));
    }
    let unknown: Vec<&str> = key_ops
        .iter()
        .map(String::as_str)
        .filter(|operation| *operation != "import" && !OPERATIONS.contains(operation))
        .collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let message =
        format!("Unsupported key operation(s): {}. Supported values are {}", unknown.join(", "), OPERATIONS.join(", "));
    Err(Answer::bad_parameter(&message))
}

/// What a key may do if the request does not say.
pub(crate) fn default_key_ops() -> Vec<String> {
    OPERATIONS.map(str::to_owned).to_vec()
}

/// What the forms of a vault's keys have in common.
pub(crate) struct Frame {
    /// The URL that identifiers start with.
    pub(crate) base: String,
    pub(crate) recovery_level: &'static str,
    /// A managed HSM names no platform (azure.md §1.3).
    pub(crate) is_hsm: bool,
}

/// A key of one version, as create, import, get and update answer it.
pub(crate) fn key_bundle(frame: &Frame, name: &str, version: &Version) -> Value {
    let mut bundle = json!({ "key": web_key(frame, name, version), "attributes": attributes(frame, version) });
    name_platform(frame, version, &mut bundle);
    with_tags(bundle, version)
}

/// Adds `2`, FIPS 140-3 level 3, or `0`, software (azure.md §1.3).
pub(crate) fn name_platform(frame: &Frame, version: &Version, bundle: &mut Value) {
    if !frame.is_hsm {
        bundle["attributes"]["hsmPlatform"] = if version.kty == KeyType::RsaHsm { "2" } else { "0" }.into();
    }
}

/// A deleted key. Only the answer to the deletion itself names the platform.
pub(crate) fn deleted_bundle(frame: &Frame, key: &Key, version: &Version, deleted_millis: u64) -> Value {
    let mut bundle = json!({ "key": web_key(frame, &key.name, version), "attributes": attributes(frame, version) });
    let deleted = deleted_millis / 1000;
    bundle["recoveryId"] = format!("{}/deletedkeys/{}", frame.base, key.name).into();
    bundle["deletedDate"] = deleted.into();
    bundle["scheduledPurgeDate"] = (deleted + RECOVERABLE_DAYS * 24 * 60 * 60).into();
    with_tags(bundle, version)
}

/// An entry of a list.
pub(crate) fn list_entry(frame: &Frame, kid: &str, version: &Version) -> Value {
    with_tags(json!({ "kid": kid, "attributes": attributes(frame, version) }), version)
}

/// An entry of the list of deleted keys.
pub(crate) fn deleted_entry(frame: &Frame, key: &Key, version: &Version, deleted_millis: u64) -> Value {
    let mut entry = deleted_bundle(frame, key, version, deleted_millis);
    if let Some(members) = entry.as_object_mut() {
        members.remove("key");
    }
    entry["kid"] = format!("{}/keys/{}", frame.base, key.name).into();
    entry
}

fn web_key(frame: &Frame, name: &str, version: &Version) -> Value {
    json!({
        "kid": format!("{}/keys/{name}/{}", frame.base, version.version),
        "kty": version.kty.name(),
        "key_ops": version.key_ops,
        "n": encode(&version.modulus.0),
        "e": encode(&version.exponent.0),
    })
}

fn attributes(frame: &Frame, version: &Version) -> Value {
    let mut attributes = Map::new();
    attributes.insert("enabled".to_owned(), version.enabled.into());
    for (name, moment) in [("nbf", version.nbf), ("exp", version.exp)] {
        if let Some(moment) = moment {
            attributes.insert(name.to_owned(), moment.into());
        }
    }
    attributes.insert("created".to_owned(), version.created.into());
    attributes.insert("updated".to_owned(), version.updated.into());
    attributes.insert("recoveryLevel".to_owned(), frame.recovery_level.into());
    attributes.insert("recoverableDays".to_owned(), RECOVERABLE_DAYS.into());
    attributes.insert("exportable".to_owned(), false.into());
    Value::Object(attributes)
}

fn with_tags(mut value: Value, version: &Version) -> Value {
    if !version.tags.is_empty() {
        value["tags"] = json!(version.tags);
    }
    value
}
