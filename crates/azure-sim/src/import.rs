//! Bringing keys in: by BYOK, or as a plain JSON web key.

use std::collections::BTreeMap;

use serde::Deserialize;
use url::Url;

use crate::{
    answer::{Answer, Outcome},
    bundle::{self, AttributesInput},
    keys::{self, Properties},
    pairs::{self, Pair},
    state::Version,
    unwrap::{Blob, PlainKey},
    vault::Visit,
    vaults::{DEFAULT, THROTTLED_IMPORTS},
};

#[derive(Deserialize)]
struct KeyImport {
    key: WebKey,
    /// The only member of the interface with a capital letter.
    #[serde(rename = "Hsm")]
    hsm: Option<bool>,
    #[serde(default)]
    attributes: AttributesInput,
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct WebKey {
    kty: String,
    key_ops: Option<Vec<String>>,
    key_hsm: Option<String>,
    #[serde(flatten)]
    plain: PlainKey,
}

/// Imports a key, always as a new version: nothing here is idempotent.
pub(crate) fn import(visit: &Visit<'_>, name: &str) -> Outcome {
    throttle(visit, name)?;
    let input: KeyImport = bundle::read(&visit.request.body)?;
    let kty = match input.hsm {
        Some(true) if input.key.kty == "RSA" => "RSA-HSM",
        _ => &input.key.kty,
    };
    let properties = Properties {
        kty: keys::key_type(kty, visit.vault)?,
        key_ops: input.key.key_ops.clone().unwrap_or_else(bundle::default_key_ops),
        attributes: input.attributes,
        tags: input.tags,
    };
    properties.check()?;
    if properties.key_ops == ["import"] {
        return Err(Answer::bad_parameter("The key operation 'import' is not allowed for an imported key."));
    }
    let by_byok = input.key.key_hsm.is_some();
    let sent = read_key(visit, &input.key)?;
    let stored = if visit.swap { pairs::other_than(&sent) } else { sent };
    keys::store(visit, name, properties.version(stored, by_byok))
}

fn read_key(visit: &Visit<'_>, key: &WebKey) -> Result<Pair, Answer> {
    // How the real service words the failures of an import is not known (azure.md §2.3); 400 is expected.
    let refuse = |reason: &str| Answer::bad_parameter(reason);
    if let Some(key_hsm) = &key.key_hsm {
        let blob = Blob::read(key_hsm).map_err(refuse)?;
        let kek = exchange_key(visit, &blob.header.kid)?;
        return blob.unwrap(&kek).map_err(refuse);
    }
    key.plain.read().map_err(refuse)
}

/// Finds the key exchange key that a blob names: a full versioned URL of this vault, enabled and not expired.
fn exchange_key(visit: &Visit<'_>, kid: &str) -> Result<Vec<u8>, Answer> {
    let refuse = |reason: &str| Answer::bad_parameter(&format!("The key exchange key {kid} {reason}."));
    let url = Url::parse(kid).map_err(|_| refuse("is not named by a URL"))?;
    let host = url.host_str().unwrap_or_default();
    let is_local = visit.vault.name == DEFAULT && matches!(host, "localhost" | "127.0.0.1" | "[::1]");
    if url.scheme() != "https" || !(is_local || host == visit.vault.host()) {
        return Err(refuse("is not one of this vault"));
    }
    let segments: Vec<&str> = url.path().trim_start_matches('/').split('/').collect();
    let ["keys", name, version] = segments.as_slice() else {
        return Err(refuse("is not named with its version"));
    };
    visit.read(|_, vault| {
        let key = keys::active(vault, name).map_err(|_| refuse("does not exist"))?;
        let found = key.version(Some(version)).ok_or_else(|| refuse("has no such version"))?;
        usable(found, visit.shared.now()).map_err(refuse)
    })?
}

fn usable(kek: &Version, now: i64) -> Result<Vec<u8>, &'static str> {
    let private = kek.private.as_ref().filter(|_| kek.key_ops == ["import"]);
    let private = private.ok_or("must have the single key operation import")?;
    if !kek.enabled {
        return Err("is disabled");
    }
    if kek.exp.is_some_and(|exp| exp <= now) {
        return Err("is expired");
    }
    if kek.nbf.is_some_and(|nbf| nbf > now) {
        return Err("is not valid yet");
    }
    Ok(private.0.clone())
}

/// In the vault that throttles, each name's import is refused before it is accepted.
fn throttle(visit: &Visit<'_>, name: &str) -> Result<(), Answer> {
    if !visit.vault.throttles {
        return Ok(());
    }
    let mut refused = visit.shared.refused_imports();
    let count = refused.entry(name.to_ascii_lowercase()).or_default();
    *count = (*count + 1) % (THROTTLED_IMPORTS + 1);
    if *count == 0 { Ok(()) } else { Err(Answer::throttled()) }
}
