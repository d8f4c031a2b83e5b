//! Keys: making, rotating, changing and deleting them.

use api::{Key, KeyChange, KeyPath, KeyQuery, KeySummary, NewKey, Outcome, Page, Slug};
use serde_json::json;
use sqlx::AnyConnection;

use crate::store::audit::Event;
use crate::store::keys::NewVersion;
use crate::store::{Change, distributions, keys, schedule};
use crate::{Actor, Engine, Error, clock, deleted_keys};

impl Engine {
    /// Makes a key with its first version.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the name is taken, [`Error::NotFound`] for an unknown workspace.
    pub async fn create_key(&self, workspace: &Slug, new: &NewKey, actor: &Actor) -> Result<Key, Error> {
        let path = KeyPath { workspace: workspace.clone(), key: new.name.clone() };
        let version = self.generate(new.key_type, actor).await?;
        let now = clock::now();
        let mut change = self.store().change().await?;
        keys::insert(&mut change.transaction, &path, new, now).await?;
        let row = keys::find(&mut change.transaction, &path).await?;
        keys::add_version(&mut change.transaction, &row.id, &version, now).await?;
        let detail = json!({"type": new.key_type, "thumbprint": version.thumbprint});
        change.record(actor, event("key.create", &path, detail)).await?;
        let key = read(&mut change.transaction, &path).await?;
        change.commit().await?;
        Ok(key)
    }

    /// A page of keys.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown workspace, [`Error::Invalid`] for a limit or cursor out of range.
    pub async fn keys(&self, workspace: &Slug, query: &KeyQuery) -> Result<Page<KeySummary>, Error> {
        self.store().keys(workspace, query).await
    }

    /// A key with its versions and where it is held.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn key(&self, path: &KeyPath) -> Result<Key, Error> {
        read(&mut *self.store().pool.acquire().await?, path).await
    }

    /// Adds a version to a key and wakes the reconciler, which delivers it.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn rotate_key(&self, path: &KeyPath, actor: &Actor) -> Result<Key, Error> {
        let key_type = keys::find(&mut *self.store().pool.acquire().await?, path).await?.key_type;
        let version = self.generate(key_type, actor).await?;
        let mut change = self.store().change().await?;
        rotate(&mut change, path, &version, actor).await?;
        self.finish_key(change, path).await
    }

    /// Changes the minimum enabled version or whether the key may be deleted.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Invalid`] for a minimum that is no version of the key.
    pub async fn change_key(&self, path: &KeyPath, wanted: &KeyChange, actor: &Actor) -> Result<Key, Error> {
        let mut change = self.store().change().await?;
        update(&mut change, path, wanted, actor).await?;
        self.finish_key(change, path).await
    }

    /// Deletes a key and all its versions for good.
    ///
    /// # Errors
    /// [`Error::Conflict`] while deletion is not allowed or a provider still holds the key.
    pub async fn delete_key(&self, path: &KeyPath, actor: &Actor) -> Result<(), Error> {
        let mut change = self.store().change().await?;
        delete(&mut change, path, actor).await?;
        change.commit().await
    }

    /// Makes a change of a key durable and wakes the reconciler.
    pub(crate) async fn finish_key(&self, mut change: Change, path: &KeyPath) -> Result<Key, Error> {
        let key = read(&mut change.transaction, path).await?;
        change.commit().await?;
        self.wake().notify_one();
        Ok(key)
    }
}

/// Adds a version to a key, within a change.
pub(crate) async fn rotate(
    change: &mut Change,
    path: &KeyPath,
    version: &NewVersion,
    actor: &Actor,
) -> Result<(), Error> {
    let row = keys::find(&mut change.transaction, path).await?;
    let number = keys::add_version(&mut change.transaction, &row.id, version, clock::now()).await?;
    distributions::restate_key(&mut change.transaction, &row.id).await?;
    let detail = json!({"version": number, "thumbprint": version.thumbprint});
    change.record(actor, event("key.rotate", path, detail)).await
}

/// Changes the minimum enabled version or whether a key may be deleted, within a change.
pub(crate) async fn update(
    change: &mut Change,
    path: &KeyPath,
    wanted: &KeyChange,
    actor: &Actor,
) -> Result<(), Error> {
    let mut row = keys::find(&mut change.transaction, path).await?;
    let minimum = wanted.min_enabled_version.unwrap_or(row.min_enabled_version);
    if minimum > row.latest_version {
        let sentence = format!("choose a version up to {}, the latest", row.latest_version);
        return Err(Error::invalid("min_enabled_version", sentence));
    }
    let deletion_allowed = wanted.deletion_allowed.unwrap_or(row.deletion_allowed);
    if (minimum, deletion_allowed) == (row.min_enabled_version, row.deletion_allowed) {
        return Ok(());
    }
    (row.min_enabled_version, row.deletion_allowed) = (minimum, deletion_allowed);
    keys::update(&mut change.transaction, &row, clock::now()).await?;
    distributions::restate_key(&mut change.transaction, &row.id).await?;
    change.record(actor, event("key.update", path, json!(wanted))).await
}

/// Deletes a key, within a change.
pub(crate) async fn delete(change: &mut Change, path: &KeyPath, actor: &Actor) -> Result<(), Error> {
    let row = keys::find(&mut change.transaction, path).await?;
    let held = distributions::of_key(&mut change.transaction, &row.id).await?;
    if let [first, ..] = held.as_slice() {
        return Err(Error::conflict(
            "still_distributed",
            match held.len() {
                1 => format!("the provider {} holds this key: withdraw it first", first.provider),
                all => format!("{all} providers hold this key, {} among them: withdraw it first", first.provider),
            },
        ));
    }
    if !row.deletion_allowed {
        let sentence = "deletion is not allowed for this key: allow it first";
        return Err(Error::conflict("deletion_not_allowed", sentence));
    }
    keys::delete(&mut change.transaction, &row.id).await?;
    change.record(actor, event("key.delete", path, json!({"versions": row.latest_version}))).await
}

pub(crate) async fn read(connection: &mut AnyConnection, path: &KeyPath) -> Result<Key, Error> {
    let row = keys::find(connection, path).await?;
    Ok(Key {
        versions: keys::versions(connection, &row).await?,
        rotation: schedule::of_key(connection, &row.id).await?,
        distributions: distributions::of_key(connection, &row.id).await?,
        deleted: deleted_keys::of_key(connection, &row.id).await?,
        name: row.name,
        key_type: row.key_type,
        latest_version: row.latest_version,
        min_enabled_version: row.min_enabled_version,
        deletion_allowed: row.deletion_allowed,
        replica_regions: row.replica_regions,
        created_at: row.created_at,
        destroyed_at: row.destroyed_at,
    })
}

pub(crate) fn event<'a>(action: &'static str, path: &'a KeyPath, detail: serde_json::Value) -> Event<'a> {
    let (workspace, subject) = (Some(path.workspace.as_str()), path.key.to_string());
    Event { action, workspace, subject, outcome: Outcome::Done, detail }
}
