//! Making, reading, changing and listing keys.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    answer::{Answer, Outcome},
    base64url::{Octets, decode, encode},
    bundle::{self, AttributesInput},
    hsm,
    pairs::{self, Pair},
    state::{Key, KeyType, Life, Vault, Version, now},
    vault::Visit,
    vaults::{Sku, StartVault, VaultKind},
};

/// Most entries of a list's page (azure.md §1.3).
const PAGE: usize = 25;

#[derive(Deserialize)]
struct KeyCreate {
    kty: String,
    key_size: Option<u32>,
    key_ops: Option<Vec<String>>,
    #[serde(default)]
    attributes: AttributesInput,
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct KeyUpdate {
    key_ops: Option<Vec<String>>,
    #[serde(default)]
    attributes: AttributesInput,
    tags: Option<BTreeMap<String, String>>,
}

/// What a new version is made of, beside its key.
pub(crate) struct Properties {
    pub(crate) kty: KeyType,
    pub(crate) key_ops: Vec<String>,
    pub(crate) attributes: AttributesInput,
    pub(crate) tags: BTreeMap<String, String>,
}

impl Properties {
    pub(crate) fn check(&self) -> Result<(), Answer> {
        self.attributes.check()?;
        bundle::check_tags(&self.tags)?;
        bundle::check_key_ops(&self.key_ops, self.kty)
    }

    pub(crate) fn version(self, pair: Pair, imported_by_byok: bool) -> Version {
        Version {
            version: uuid::Uuid::new_v4().simple().to_string(),
            kty: self.kty,
            key_ops: self.key_ops,
            enabled: self.attributes.enabled.unwrap_or(true),
            nbf: self.attributes.nbf,
            exp: self.attributes.exp,
            created: now(),
            updated: now(),
            tags: self.tags,
            modulus: Octets(pair.modulus),
            exponent: Octets(pair.exponent),
            imported_by_byok,
            private: Some(Octets(pair.pkcs8)),
        }
    }
}

/// Makes a key, or a new version of one.
pub(crate) fn create(visit: &Visit<'_>, name: &str) -> Outcome {
    let input: KeyCreate = bundle::read(&visit.request.body)?;
    let properties = Properties {
        kty: key_type(&input.kty, visit.vault)?,
        key_ops: input.key_ops.unwrap_or_else(bundle::default_key_ops),
        attributes: input.attributes,
        tags: input.tags,
    };
    properties.check()?;
    let bits = input.key_size.unwrap_or(2048);
    if !matches!(bits, 2048 | 3072 | 4096) {
        let message = format!("Key size {bits} is not supported. Supported values are 2048, 3072, 4096");
        return Err(Answer::bad_parameter(&message));
    }
    visit.read(|_, vault| check_free(vault, name))??;
    let pair = visit.shared.make_pair(bits).ok_or_else(Answer::throttled)?;
    store(visit, name, properties.version(pair, false))
}

/// A version that somebody else has made, for tests.
///
/// # Panics
/// When this machine cannot make an RSA key.
pub(crate) fn foreign_version() -> Version {
    let properties = Properties {
        kty: KeyType::RsaHsm,
        key_ops: bundle::default_key_ops(),
        attributes: AttributesInput::default(),
        tags: BTreeMap::from([("owner".to_owned(), "somebody else".to_owned())]),
    };
    properties.version(pairs::draw(2048).expect("a machine that runs tests makes RSA keys"), false)
}

/// Adds a version to the key of this name, and the key if there is none.
pub(crate) fn store(visit: &Visit<'_>, name: &str, version: Version) -> Outcome {
    visit.change(|vault| {
        check_free(vault, name)?;
        let frame = visit.frame(vault);
        if frame.is_hsm {
            hsm::check_limits(vault, name)?;
        }
        let key = Key::of(vault, name);
        let bundle = bundle::key_bundle(&frame, &key.name, &version);
        key.versions.push(version);
        Ok(Answer::ok(&bundle))
    })
}

/// Answers a key, disabled ones too.
pub(crate) fn get(visit: &Visit<'_>, name: &str, version: Option<&str>) -> Outcome {
    visit.read(|_, vault| {
        let key = active(vault, name)?;
        let found = key.version(version).ok_or_else(|| not_found(name, version))?;
        Ok(Answer::ok(&bundle::key_bundle(&visit.frame(vault), &key.name, found)))
    })?
}

/// Changes a version; what the body leaves out stays, tags are replaced as a whole.
pub(crate) fn update(visit: &Visit<'_>, name: &str, version: Option<&str>) -> Outcome {
    let input: KeyUpdate = bundle::read(&visit.request.body)?;
    bundle::check_tags(input.tags.as_ref().unwrap_or(&BTreeMap::new()))?;
    visit.change(|vault| {
        let frame = visit.frame(vault);
        let key = active_mut(vault, name)?;
        let stored = key.version_mut(version).ok_or_else(|| not_found(name, version))?;
        let mut changed = stored.clone();
        if let Some(key_ops) = input.key_ops {
            bundle::check_key_ops(&key_ops, changed.kty)?;
            let (was, is) = (changed.key_ops == ["import"], key_ops == ["import"]);
            if was != is {
                return Err(Answer::bad_parameter("The key operation 'import' can only be set when a key is created."));
            }
            changed.key_ops = key_ops;
        }
        let attributes = AttributesInput {
            nbf: input.attributes.nbf.or(changed.nbf),
            exp: input.attributes.exp.or(changed.exp),
            ..input.attributes
        };
        attributes.check()?;
        changed.enabled = attributes.enabled.unwrap_or(changed.enabled);
        changed.nbf = attributes.nbf;
        changed.exp = attributes.exp;
        changed.tags = input.tags.unwrap_or(changed.tags);
        changed.updated = now();
        *stored = changed.clone();
        Ok(Answer::ok(&bundle::key_bundle(&frame, &key.name, &changed)))
    })
}

/// Lists the keys with the attributes of their latest versions.
pub(crate) fn list(visit: &Visit<'_>) -> Outcome {
    let entries = visit.read(|_, vault| {
        let frame = visit.frame(vault);
        let keys = vault.keys.iter().filter(|(_, key)| key.is_active());
        let entry = |key: &Key| {
            let kid = format!("{}/keys/{}", frame.base, key.name);
            Some(bundle::list_entry(&frame, &kid, key.latest()?))
        };
        keys.filter_map(|(id, key)| Some((id.clone(), entry(key)?))).collect()
    })?;
    page(visit, "keys", entries)
}

/// Lists a key's versions, by version: their order says nothing about their age. An unknown name has none.
pub(crate) fn list_versions(visit: &Visit<'_>, name: &str) -> Outcome {
    let entries = visit.read(|_, vault| {
        let frame = visit.frame(vault);
        let Ok(key) = active(vault, name) else { return BTreeMap::new() };
        let entry = |version: &Version| {
            let kid = format!("{}/keys/{}/{}", frame.base, key.name, version.version);
            (version.version.clone(), bundle::list_entry(&frame, &kid, version))
        };
        key.versions.iter().map(entry).collect()
    })?;
    page(visit, &format!("keys/{name}/versions"), entries)
}

/// Cuts a page out of a list: after the entry that `$skiptoken` names, `maxresults` long.
pub(crate) fn page(visit: &Visit<'_>, path: &str, entries: BTreeMap<String, Value>) -> Outcome {
    let asked = visit.request.parameter("maxresults");
    let size = match asked.map(str::parse) {
        None => PAGE,
        Some(Ok(size @ 1..=PAGE)) => size,
        Some(_) => return Err(Answer::bad_parameter("maxresults must be a number from 1 to 25.")),
    };
    let after = match visit.request.parameter("$skiptoken") {
        None => String::new(),
        Some(token) => decode(token)
            .and_then(|text| String::from_utf8(text).ok())
            .ok_or_else(|| Answer::bad_parameter("The skip token is not valid."))?,
    };
    let mut rest = entries.into_iter().filter(|(id, _)| *id > after).peekable();
    let (mut value, mut last) = (Vec::new(), String::new());
    while value.len() < size
        && let Some((id, entry)) = rest.next()
    {
        value.push(entry);
        last = id;
    }
    let next = rest.peek().map(|_| {
        let version = visit.request.parameter("api-version").unwrap_or_default();
        let token = encode(last.as_bytes());
        format!("{}/{path}?api-version={version}&$skiptoken={token}&maxresults={size}", visit.base())
    });
    let mut found = json!({ "value": value });
    // Vaults say that there is no next page, managed HSMs say nothing (azure.md §1.3).
    if next.is_some() || visit.vault.kind == VaultKind::Vault {
        found["nextLink"] = next.into();
    }
    Ok(Answer::ok(&found))
}

/// Reads a key type; refuses hardware keys in a Standard vault, and all others in a managed HSM.
pub(crate) fn key_type(kty: &str, vault: &StartVault) -> Result<KeyType, Answer> {
    match (kty, vault.kind, vault.sku) {
        ("RSA", VaultKind::Vault, _) => Ok(KeyType::Rsa),
        ("RSA-HSM", _, Sku::Premium) => Ok(KeyType::RsaHsm),
        // The words are Azure's; whether their status is 400 or 403 is not known (azure.md §1.4). 400 is chosen,
        // because no right and no role would change the answer.
        ("RSA-HSM", _, Sku::Standard) => {
            Err(Answer::bad_parameter("Hardware key operation not allowed on standard vault"))
        }
        (other, kind, _) => {
            let supported = if kind == VaultKind::Vault { "RSA, RSA-HSM" } else { "RSA-HSM" };
            let message = format!("Key type {other} is not supported. Supported values are {supported}");
            Err(Answer::bad_parameter(&message))
        }
    }
}

/// Finds a key that is there for reading and changing.
pub(crate) fn active<'a>(vault: &'a Vault, name: &str) -> Result<&'a Key, Answer> {
    let key = vault.keys.get(&name.to_ascii_lowercase()).filter(|key| key.is_active());
    key.ok_or_else(|| not_found(name, None))
}

pub(crate) fn active_mut<'a>(vault: &'a mut Vault, name: &str) -> Result<&'a mut Key, Answer> {
    let key = vault.keys.get_mut(&name.to_ascii_lowercase()).filter(|key| key.is_active());
    key.ok_or_else(|| not_found(name, None))
}

/// Refuses a name that a deleted key, or one on its way there or back, still holds.
fn check_free(vault: &Vault, name: &str) -> Result<(), Answer> {
    let Some(key) = vault.keys.get(&name.to_ascii_lowercase()) else { return Ok(()) };
    match key.life {
        _ if key.is_active() => Ok(()),
        Life::Deleted { .. } if key.shown_deleted().is_some() => {
            let message = format!(
                "Key {name} is currently in a deleted but recoverable state, and its name cannot be reused; in this \
                 state, the key can only be recovered or purged."
            );
            Err(Answer::conflict("ObjectIsDeletedButRecoverable", &message))
        }
        Life::Deleted { .. } => {
            let message = format!("Key {name} is currently being deleted and cannot be re-created; retry later.");
            Err(Answer::conflict("ObjectIsBeingDeleted", &message))
        }
        Life::Active | Life::Recovered { .. } => {
            Err(Answer::conflict("ObjectIsBeingRecovered", "Key is currently being recovered."))
        }
    }
}

pub(crate) fn not_found(name: &str, version: Option<&str>) -> Answer {
    match version {
        None => Answer::key_not_found(name),
        Some(version) => Answer::key_not_found(&format!("{name}/{version}")),
    }
}
