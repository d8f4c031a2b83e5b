//! Sending a version: wrapped under the vault's KEK, or in clear where software protection was asked for.

use api::{Protection, Timestamp};
use azure::{KeyImport, Permission, SoftwareImport, SoftwareKey};
use byok::{KeyExchangeKey, PublicKey, TargetKey, TransferBlob};

use super::outcome::{Done, Stop};
use super::step::Step;
use super::writer::Write;
use crate::differences::{Wanted, seconds};
use crate::generate::SEALED_PRIVATE_KEY;
use crate::seal::Place;
use crate::store::keys::NewVersion;
use crate::{Error, clock};

/// A day.
const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;

impl Step<'_> {
    /// Imports a version. The intent is stored first, so that an import without a known outcome is never just repeated.
    pub(super) async fn import(&self, version: u32, stored: &NewVersion, ours: &PublicKey) -> Result<Done, Stop> {
        let expires_at =
            self.row.expires_after.map(|after| clock::now().plus_millis(i64::from(after.days()) * DAY_MILLIS));
        let wanted = self.wanted(ours, self.row.enables(version), expires_at);
        let prepared = self.prepare(stored, ours.bits(), wanted).await?;
        self.start_import(version, expires_at).await?;
        self.site.needs_lease()?;
        let (vault, name) = (self.site.vault()?, self.row.name_in_kms.as_str());
        let imported = match &prepared {
            Prepared::Hsm(import, _) => vault.import_key(name, import).await,
            Prepared::Software(import) => vault.import_software_key(name, import).await,
        };
        match imported {
            Ok(bundle) => {
                self.site.learn(Permission::Import, true);
                Ok(self.delivered(version, &bundle, ours, expires_at).await)
            }
            Err(error) if error.is_outcome_unknown() => Err(self.site.failed(&error)),
            Err(error) => Err(self.not_imported(version, &error, &prepared, ours.bits()).await),
        }
    }

    /// An import was certainly not carried out. Where the vault has another KEK by now, that was the reason.
    async fn not_imported(&self, version: u32, error: &azure::Error, prepared: &Prepared, bits: usize) -> Stop {
        let still_has = match prepared {
            Prepared::Hsm(_, kek) if !error.is_throttled() => self.site.still_has(kek, bits).await,
            _ => Ok(true),
        };
        match (still_has, self.site.failed(error)) {
            (Ok(true), Stop::Failed { failure, .. }) | (Err(Stop::Failed { failure, .. }), _) => {
                Stop::Failed { failure, forget: Some(version) }
            }
            (Ok(false), _) => Stop::NotImported(version),
            (Ok(true), stop) | (Err(stop), _) => stop,
        }
    }

    /// Opens a version's private key and makes the import of it: wrapped under the vault's KEK, or in clear where
    /// software protection was asked for. The key is in clear only in here.
    async fn prepare(&self, stored: &NewVersion, bits: usize, wanted: Wanted<'_>) -> Result<Prepared, Stop> {
        let kek = match self.row.protection {
            Protection::Hsm => Some(self.site.kek(bits).await?),
            Protection::Software => None,
        };
        let place = Place { column: SEALED_PRIVATE_KEY, row: &stored.id };
        let opened = self.site.engine.sealing_keys().open(place, &stored.sealed_private_key)?;
        let target = TargetKey::from_pkcs8(&opened).map_err(Error::from)?;
        let Wanted { enabled, key_ops, tags, .. } = wanted;
        let expires_at = wanted.expires_at.map(seconds);
        if let Some(kek) = kek {
            let key_hsm = wrap(&target, &kek).map_err(Error::from)?;
            return Ok(Prepared::Hsm(KeyImport { key_hsm, key_ops, enabled, expires_at, tags }, kek));
        }
        let key = software_key(&target);
        Ok(Prepared::Software(SoftwareImport { key, key_ops, enabled, expires_at, tags }))
    }

    /// Stores that an import is about to be sent, unless the lease is lost or the version is compromised by now.
    async fn start_import(&self, version: u32, expires_at: Option<Timestamp>) -> Result<(), Stop> {
        let write = Write::ImportStarted { distribution: self.row.id.clone(), version, expires_at };
        if self.writer.store(write).await? { Ok(()) } else { Err(Stop::LeaseLost) }
    }
}

/// An import, ready to be sent.
enum Prepared {
    Hsm(KeyImport, azure::Kek),
    Software(SoftwareImport),
}

fn wrap(target: &TargetKey, kek: &azure::Kek) -> Result<String, byok::Error> {
    let kek = KeyExchangeKey::new(&kek.kid, PublicKey::new(&kek.modulus, &kek.exponent)?)?;
    Ok(TransferBlob::wrap(target, &kek)?.to_key_hsm())
}

fn software_key(target: &TargetKey) -> SoftwareKey {
    let byok::PrivateNumbers { modulus, exponent, private_exponent, p, q, dp, dq, qi } = target.numbers();
    SoftwareKey { modulus, exponent, private_exponent, p, q, dp, dq, qi }
}
