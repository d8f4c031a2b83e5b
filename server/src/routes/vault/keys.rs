//! `key/…`: making, reading, changing, rotating and deleting keys.

use api::{Key, KeyChange, KeyPath, KeyQuery, KeyType, NewKey, Slug};
use serde_json::{Map, Value, json};

use super::Call;
use super::answer::{Answer, Refusal};
use super::fields::invalid;
use super::keymgmt::{arrived, deleted, found, named};

/// `LIST key`.
pub(super) async fn list(call: &Call, workspace: &Slug) -> Result<Answer, Refusal> {
    let mut names = Vec::new();
    let mut query = KeyQuery { limit: Some(200), ..KeyQuery::default() };
    loop {
        let page = call.engine.keys(workspace, &query).await?;
        names.extend(page.items.into_iter().map(|key| key.name));
        if page.next.is_none() {
            return Answer::list(names);
        }
        query.after = page.next;
    }
}

/// `GET key/:name`: the versions that are not switched off.
pub(super) async fn read(call: &Call, workspace: &Slug, name: &str) -> Result<Answer, Refusal> {
    let key = found(call.engine.key(&path(workspace, name)?).await)?;
    let versions: Map<String, Value> = key
        .versions
        .iter()
        .filter(|version| version.enabled)
        .map(|version| {
            let mut entry = json!({ "creation_time": version.created_at });
            if let Some(public_key) = &version.public_key {
                entry["public_key"] = json!(public_key);
            }
            (version.number.to_string(), entry)
        })
        .collect();
    let mut data = json!({
        "name": key.name,
        "type": key.key_type,
        "latest_version": key.latest_version,
        "min_enabled_version": key.min_enabled_version,
        "deletion_allowed": key.deletion_allowed,
        "versions": versions,
    });
    if !key.replica_regions.is_empty() {
        data["replica_regions"] = json!(key.replica_regions);
    }
    Ok(Answer::data(data))
}

/// `PUT key/:name`: makes a key, or changes it.
pub(super) async fn write(call: &mut Call, workspace: &Slug, name: &str) -> Result<Answer, Refusal> {
    let path = path(workspace, name)?;
    let fields = &mut call.request.fields;
    let asked = Asked {
        key_type: fields.text("type")?.map(|text| key_type(&text)).transpose()?,
        deletion_allowed: fields.boolean("deletion_allowed")?,
        min_enabled_version: fields.integer("min_enabled_version")?.map(version).transpose()?,
        replica_regions: fields.list("replica_regions")?,
    };
    match call.engine.key(&path).await {
        Ok(key) => change(call, &path, &key, asked).await,
        Err(engine::Error::NotFound(_)) => create(call, path, asked).await,
        Err(error) => Err(error.into()),
    }
}

/// The fields of a key.
struct Asked {
    key_type: Option<KeyType>,
    deletion_allowed: Option<bool>,
    min_enabled_version: Option<u32>,
    replica_regions: Option<Vec<String>>,
}

async fn create(call: &Call, path: KeyPath, asked: Asked) -> Result<Answer, Refusal> {
    if asked.min_enabled_version.is_some_and(|minimum| minimum > 1) {
        return Err(Refusal::bad("min_enabled_version: a new key has one version: leave it out, or choose 0 or 1"));
    }
    let new = NewKey {
        deletion_allowed: asked.deletion_allowed.unwrap_or_default(),
        replica_regions: asked.replica_regions.unwrap_or_default(),
        ..NewKey::new(path.key, asked.key_type.unwrap_or(KeyType::Rsa2048))
    };
    call.engine.create_key(&path.workspace, &new, &call.actor).await?;
    Ok(Answer::nothing())
}

async fn change(call: &Call, path: &KeyPath, key: &Key, asked: Asked) -> Result<Answer, Refusal> {
    if asked.key_type.is_some_and(|key_type| key_type != key.key_type) {
        return Err(Refusal::bad(format!("type: this key is {}, which cannot be changed", key.key_type)));
    }
    if asked.replica_regions.is_some_and(|regions| regions != key.replica_regions) {
        return Err(Refusal::bad("replica_regions: they are set when a key is made and cannot be changed"));
    }
    let wanted = KeyChange { min_enabled_version: asked.min_enabled_version, deletion_allowed: asked.deletion_allowed };
    Ok(arrived(call.engine.change_key_and_wait(path, &wanted, &call.actor).await?))
}

/// `PUT key/:name/rotate`.
pub(super) async fn rotate(call: &Call, workspace: &Slug, name: &str) -> Result<Answer, Refusal> {
    let rotated = call.engine.rotate_key_and_wait(&path(workspace, name)?, &call.actor).await;
    Ok(arrived(named("key", name, rotated)?))
}

/// `DELETE key/:name`.
pub(super) async fn delete(call: &Call, workspace: &Slug, name: &str) -> Result<Answer, Refusal> {
    deleted(call.engine.delete_key(&path(workspace, name)?, &call.actor).await)
}

/// `LIST key/:name/kms`.
pub(super) async fn list_kms(call: &Call, workspace: &Slug, name: &str) -> Result<Answer, Refusal> {
    let key = found(call.engine.key(&path(workspace, name)?).await)?;
    Answer::list(key.distributions.into_iter().map(|distribution| distribution.provider))
}

/// Whether a key of this name is there.
pub(super) async fn exists(call: &Call, workspace: &Slug, name: &str) -> Result<bool, Refusal> {
    let Ok(path) = path(workspace, name) else { return Ok(false) };
    match call.engine.key(&path).await {
        Ok(_) => Ok(true),
        Err(engine::Error::NotFound(_)) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// What is no name is no path either.
pub(super) fn path(workspace: &Slug, name: &str) -> Result<KeyPath, Refusal> {
    let key = name.parse().map_err(|_| Refusal::unsupported_path())?;
    Ok(KeyPath { workspace: workspace.clone(), key })
}

fn key_type(text: &str) -> Result<KeyType, Refusal> {
    text.parse().map_err(|sentence| Refusal::bad(format!("unsupported key type \"{text:.64}\": {sentence}")))
}

fn version(number: i64) -> Result<u32, Refusal> {
    u32::try_from(number).map_err(|_| invalid("min_enabled_version", "choose 0 to the latest version"))
}
