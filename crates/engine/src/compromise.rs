//! Compromised: versions that somebody else may have. They are switched off everywhere, which nobody can take back.

use api::{Compromise, Compromised, KeyPath, KeyVersion};
use serde_json::json;

use crate::keys::{event, read};
use crate::store::{distributions, keys, withheld};
use crate::{Actor, Engine, Error, clock};

impl Engine {
    /// Marks versions as compromised and wakes the reconciler, which switches them off wherever they are held.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Invalid`] for a version that is none, [`Error::Conflict`] when all are marked already.
    pub async fn compromise_key(
        &self,
        path: &KeyPath,
        wanted: &Compromise,
        actor: &Actor,
    ) -> Result<Compromised, Error> {
        let mut change = self.store().change().await?;
        let row = keys::find(&mut change.transaction, path).await?;
        let known = keys::versions(&mut change.transaction, &row).await?;
        let chosen = chosen(&known, wanted.versions.as_deref())?;
        let unmarked = chosen.iter().filter(|version| version.compromised_at.is_none());
        let versions: Vec<u32> = unmarked.map(|version| version.number).collect();
        if versions.is_empty() {
            return Err(Error::conflict("already_compromised", "these versions are marked as compromised already"));
        }
        let now = clock::now();
        for number in &versions {
            withheld::compromise(&mut change.transaction, &row.id, *number, &wanted.reason, now).await?;
        }
        let holdings = withheld::holdings(&mut change.transaction, &row.id, &versions).await?;
        distributions::restate_key(&mut change.transaction, &row.id).await?;
        let detail = json!({"versions": versions, "reason": wanted.reason, "holdings": holdings});
        change.record(actor, event("key.compromise", path, detail)).await?;
        let key = read(&mut change.transaction, path).await?;
        change.commit().await?;
        self.wake().notify_one();
        Ok(Compromised { versions, holdings, key })
    }
}

/// The versions that were named, or all, by number.
pub(crate) fn chosen<'a>(known: &'a [KeyVersion], named: Option<&[u32]>) -> Result<Vec<&'a KeyVersion>, Error> {
    let Some(named) = named else { return Ok(known.iter().rev().collect()) };
    if named.is_empty() {
        return Err(Error::invalid("versions", "name at least one version, or leave it out for all"));
    }
    if let Some(unknown) = named.iter().find(|number| !known.iter().any(|version| version.number == **number)) {
        return Err(Error::invalid("versions", format!("there is no version {unknown}")));
    }
    Ok(known.iter().rev().filter(|version| named.contains(&version.number)).collect())
}
