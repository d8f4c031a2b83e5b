//! Taking a key back from a vault, bringing it back, and destroying it.

use api::Timestamp;
use azure::{KeyBundle, Permission};
use byok::PublicKey;

use super::decide::settled;
use super::outcome::{Done, Stop};
use super::step::{Step, foreign, found_out, gone};
use crate::differences::is_same;
use crate::{Error, clock};

impl Step<'_> {
    /// Deletes the key at the vault, if it is still ours, and waits until Azure shows it deleted.
    pub(super) async fn withdraw(&self) -> Result<Done, Stop> {
        let name = self.row.name_in_kms.as_str();
        let started = self.deliveries.iter().filter_map(|d| d.import_started_at).max();
        if started.is_none() && self.deliveries.iter().all(|d| d.delivered_at.is_none()) {
            return Ok(Done::Removed { purge_at: None });
        }
        if let Some(bundle) = self.read(None).await? {
            if !self.is_ours(&bundle).await? {
                return Err(found_out(foreign(&self.row)));
            }
            self.site.needs_lease()?;
            return match self.site.vault()?.delete_key(name).await {
                Err(error) if !error.is_not_found() => Err(self.site.failed(&error)),
                _ => {
                    self.site.learn(Permission::Delete, true);
                    Ok(Done::DeletionStarted)
                }
            };
        }
        if let Some(deleted) = self.site.vault()?.deleted_key(name).await.map_err(|error| self.site.failed(&error))? {
            let purge_at = deleted.scheduled_purge_at.map(|seconds| Timestamp::from_millis(seconds * 1000));
            return Ok(Done::Removed { purge_at });
        }
        // Neither there nor shown as deleted: Azure is still deleting, a lost import may still arrive, or it is gone.
        let since = self.row.deletion_started_at.max(started).unwrap_or(self.row.created_at);
        let certain = settled(since, self.site.engine.settling_time());
        if clock::now() < certain {
            let again = clock::now()
                .plus_millis(i64::try_from(self.site.engine.deletion_poll().as_millis()).unwrap_or(i64::MAX));
            return Err(Stop::WaitUntil(again.min(certain)));
        }
        Ok(Done::Removed { purge_at: None })
    }

    /// Brings the deleted key back, if it is still ours.
    pub(super) async fn recover(&self) -> Result<Done, Stop> {
        if self.read(None).await?.is_none() {
            self.site.needs_lease()?;
            let recovered = self.site.vault()?.recover_key(self.row.name_in_kms.as_str()).await;
            recovered.map_err(|error| self.site.failed(&error))?;
        }
        match self.read(None).await? {
            Some(bundle) if self.is_ours(&bundle).await? => Ok(Done::Recovered),
            Some(_) => Err(found_out(foreign(&self.row))),
            None => Err(found_out(gone(&self.row))),
        }
    }

    /// Destroys the deleted key for good.
    pub(super) async fn purge(&self) -> Result<Done, Stop> {
        self.site.needs_lease()?;
        match self.site.vault()?.purge_key(self.row.name_in_kms.as_str()).await {
            Err(error) if !error.is_not_found() => Err(self.site.failed(&error)),
            _ => Ok(Done::Purged),
        }
    }

    /// Whether the vault's current version is one that we delivered, or one whose import got no reply.
    async fn is_ours(&self, bundle: &KeyBundle) -> Result<bool, Stop> {
        for delivery in &self.deliveries {
            if delivery.remote_version.as_ref() == Some(&bundle.version) {
                return Ok(true);
            }
            let stored = self.stored_version(delivery.number).await?;
            let ours = PublicKey::from_pem(&stored.public_key).map_err(Error::from)?;
            if is_same(bundle, &ours) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
