//! Making a version match what is wanted, because a person asked for it.

use api::DriftField;
use azure::{KeyBundle, KeyChange, Permission};
use byok::PublicKey;

use super::outcome::{Done, Stop};
use super::step::{Step, found_out, gone};
use crate::differences::{Wanted, carried, is_same};
use crate::{Error, clock};

impl Step<'_> {
    /// Makes what differs about a version as it should be, but for what was accepted. A key that somebody deleted is
    /// brought back; a version that is not ours is left as it is.
    pub(super) async fn amend(&self, version: u32) -> Result<Done, Stop> {
        let stored = self.stored_version(version).await?;
        let ours = PublicKey::from_pem(&stored.public_key).map_err(Error::from)?;
        let bundle = self.read_or_recover(version).await?;
        let delivery = self.delivery(version)?;
        let wanted = self.wanted(&ours, self.row.enables(version), delivery.expires_at);
        let found = carried(&delivery.drift, wanted.differences(&bundle), clock::now());
        let fields: Vec<DriftField> =
            found.iter().filter(|difference| difference.is_reconcilable()).map(|difference| difference.field).collect();
        let change = wanted.change(&bundle, &fields);
        let bundle = if !is_same(&bundle, &ours) || change == KeyChange::default() {
            bundle
        } else {
            self.update(version, &change).await?
        };
        Ok(self.changed("version.reconcile", version, &bundle, &wanted).await)
    }

    /// A version was changed: compared, and disabled at once if it is not ours.
    pub(super) async fn changed(
        &self,
        action: &'static str,
        version: u32,
        bundle: &KeyBundle,
        wanted: &Wanted<'_>,
    ) -> Done {
        let is_enabled = self.disable_if_foreign(bundle, wanted.key).await;
        let enabled = if is_same(bundle, wanted.key) { wanted.enabled } else { is_enabled };
        Done::Changed { action, version, enabled, differences: wanted.differences(bundle) }
    }

    async fn read_or_recover(&self, version: u32) -> Result<KeyBundle, Stop> {
        let remote_version = self.remote_version(version)?;
        if let Some(bundle) = self.read(Some(remote_version)).await? {
            return Ok(bundle);
        }
        self.site.needs_lease()?;
        let recovered = self.site.vault()?.recover_key(self.row.name_in_kms.as_str()).await;
        match recovered {
            Err(error) if !error.is_not_found() => return Err(self.site.failed(&error)),
            _ => {}
        }
        self.read(Some(remote_version)).await?.ok_or_else(|| found_out(gone(&self.row)))
    }

    /// Changes a version at the vault.
    pub(super) async fn update(&self, version: u32, change: &KeyChange) -> Result<KeyBundle, Stop> {
        self.site.needs_lease()?;
        let (name, remote_version) = (self.row.name_in_kms.as_str(), self.remote_version(version)?);
        let updated = self.site.vault()?.update_key(name, remote_version, change).await;
        let bundle = updated.map_err(|error| self.site.failed(&error))?;
        self.site.learn(Permission::Update, true);
        Ok(bundle)
    }
}
