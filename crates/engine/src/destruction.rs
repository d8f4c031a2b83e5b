//! Destroyed: the private key of a version is gone here for good; its record stays.

use api::{Destruction, Key, KeyPath, KeyVersion};
use serde_json::json;

use crate::compromise::chosen;
use crate::keys::event;
use crate::store::conditions::Conditions;
use crate::store::deliveries::DeliveryRow;
use crate::store::distributions::{self, DistributionRow};
use crate::store::{keys, withheld};
use crate::{Actor, Engine, Error, clock};

impl Engine {
    /// Destroys the private keys of versions: all or none. A key without any is destroyed itself.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Invalid`] for a version that is none, [`Error::Conflict`] while a provider may use one,
    /// or when all are destroyed already.
    pub async fn destroy_key(&self, path: &KeyPath, wanted: &Destruction, actor: &Actor) -> Result<Key, Error> {
        let mut change = self.store().change().await?;
        let row = keys::find(&mut change.transaction, path).await?;
        let known = keys::versions(&mut change.transaction, &row).await?;
        let mut versions = chosen(&known, wanted.versions.as_deref())?;
        versions.retain(|version| version.destroyed_at.is_none());
        if versions.is_empty() {
            return Err(Error::conflict("already_destroyed", "these versions are destroyed already"));
        }
        let held = Conditions::default().and("d.key_id = ? AND d.removed_at IS NULL", [row.id.as_str().into()]);
        let held = distributions::select(&mut change.transaction, held, "ORDER BY p.name").await?;
        for version in &versions {
            check(version, &held)?;
        }
        let now = clock::now();
        for version in &versions {
            withheld::destroy(&mut change.transaction, &row.id, version.number, now).await?;
        }
        let is_last = withheld::end_key(&mut change.transaction, &row.id, now).await?;
        distributions::restate_key(&mut change.transaction, &row.id).await?;
        let thumbprint = |version: &&KeyVersion| json!({"version": version.number, "thumbprint": version.thumbprint});
        let detail = json!({"versions": versions.iter().map(thumbprint).collect::<Vec<_>>(), "key_destroyed": is_last});
        change.record(actor, event("key.destroy", path, detail)).await?;
        let key = self.finish_key(change, path).await?;
        self.store().shred().await;
        Ok(key)
    }
}

/// A version that a provider uses, or would have to be given, is not destroyed.
fn check(version: &KeyVersion, held: &[(DistributionRow, Vec<DeliveryRow>)]) -> Result<(), Error> {
    let Some((first, _)) = held.first() else { return Ok(()) };
    let number = version.number;
    if version.enabled {
        let sentence = format!(
            "version {number} is in use, and {} holds this key: raise the minimum enabled version above it, mark it as \
             compromised, or withdraw the key first",
            first.provider
        );
        return Err(Error::conflict("version_in_use", sentence));
    }
    for (row, deliveries) in held {
        let is_usable = |d: &DeliveryRow| d.number == number && d.may_be_there() && d.enabled_as_seen() != Some(false);
        if deliveries.iter().any(is_usable) {
            let sentence = format!("version {number} is not switched off in {} yet: wait until it is", row.provider);
            return Err(Error::conflict("not_switched_off", sentence));
        }
    }
    Ok(())
}
