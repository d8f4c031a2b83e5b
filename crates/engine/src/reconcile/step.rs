//! One step for one distribution: what it needs next, computed from what is stored.

use api::{Cure, Difference, Explanation, Purpose, Timestamp};
use azure::{KeyBundle, KeyChange, KeyImport, Vault};
use byok::{KeyExchangeKey, PublicKey, TargetKey, TransferBlob};

use super::Lease;
use super::decide::{Decision, Found, decide, settled};
use super::outcome::{Done, Failure, Stop};
use crate::keys::SEALED_PRIVATE_KEY;
use crate::seal::Place;
use crate::standing::{Task, task};
use crate::store::deliveries::{self, DeliveryRow, MODULUS};
use crate::store::distributions::{self, DistributionRow};
use crate::store::keys::{self, NewVersion};
use crate::store::leases;
use crate::store::providers::{self, ProviderRow};
use crate::{Engine, Error, clock, explain};

/// A step under way.
pub(super) struct Step<'a> {
    pub(super) engine: &'a Engine,
    pub(super) lease: &'a Lease,
    pub(super) row: DistributionRow,
    pub(super) deliveries: Vec<DeliveryRow>,
    pub(super) provider: ProviderRow,
    pub(super) vault: Vault,
}

impl Engine {
    /// Takes the next step of a leased distribution and stores what became of it.
    pub(super) async fn take_step(&self, id: &str, lease: &Lease) {
        let taken = async {
            let step = Step::load(self, id, lease).await?;
            let result = step.advance().await;
            step.store(result).await
        };
        if let Err(error) = taken.await {
            // Nothing is lost: the lease runs out, and the next step reads what became of this one.
            tracing::error!(error = &error as &dyn std::error::Error, distribution = id, "a step could not be stored");
        }
    }
}

impl<'a> Step<'a> {
    async fn load(engine: &'a Engine, id: &str, lease: &'a Lease) -> Result<Self, Error> {
        let mut connection = engine.store().pool.acquire().await?;
        let (row, deliveries) = distributions::by_id(&mut connection, id).await?;
        let provider = providers::by_id(&mut connection, &row.provider_id).await?;
        let vault = engine.vault(&provider)?;
        Ok(Self { engine, lease, row, deliveries, provider, vault })
    }

    async fn advance(&self) -> Result<Done, Stop> {
        match task(&self.row, &self.deliveries) {
            Task::Withdraw => self.withdraw().await,
            Task::Deliver(version) => self.deliver(version).await,
            Task::Switch(version) => self.switch(version).await,
            Task::Verify(version) => self.verify(version).await,
            Task::Rest => Err(Stop::LeaseLost),
        }
    }

    /// Imports a version, unless it is there already.
    async fn deliver(&self, version: u32) -> Result<Done, Stop> {
        let stored = self.stored_version(version).await?;
        let ours = PublicKey::from_pem(&stored.public_key).map_err(Error::from)?;
        let latest = self.read(None).await?;
        let previous = self.deliveries.iter().rev().find(|d| d.delivered_at.is_some());
        let found = match &latest {
            None => Found::Nothing,
            Some(bundle) if is_same(bundle, &ours) => Found::Ours,
            Some(bundle) if previous.and_then(|d| d.remote_version.as_ref()) == Some(&bundle.version) => {
                Found::Previous
            }
            Some(_) => Found::Other,
        };
        let started = self.deliveries.iter().find(|d| d.number == version).and_then(|d| d.import_started_at);
        let settling = self.engine.settling_time();
        match (decide(found, previous.is_none(), started, settling, clock::now()), latest) {
            (Decision::Adopt, Some(bundle)) => Ok(self.delivered(version, &bundle, &ours).await),
            (Decision::Import | Decision::Adopt, _) => self.import(version, &stored, &ours).await,
            (Decision::WaitUntil(moment), _) => Err(Stop::WaitUntil(moment)),
            (Decision::Gone, _) => Err(found_out(gone(&self.row))),
            (Decision::Foreign, _) => Err(found_out(foreign(&self.row))),
        }
    }

    async fn import(&self, version: u32, stored: &NewVersion, ours: &PublicKey) -> Result<Done, Stop> {
        let kek = self.kek().await?;
        let import = KeyImport {
            key_hsm: self.wrap(stored, &kek)?,
            key_ops: self.row.purposes.iter().map(|purpose| key_op(*purpose).to_owned()).collect(),
            enabled: self.row.enables(version),
            expires_at: None,
            tags: std::iter::once(("keyferry".to_owned(), format!("{}/{}", self.row.workspace, self.row.key)))
                .collect(),
        };
        self.start_import(version).await?;
        self.needs_lease()?;
        match self.vault.import_key(self.row.name_in_kms.as_str(), &import).await {
            Ok(bundle) => Ok(self.delivered(version, &bundle, ours).await),
            Err(error) => Err(match self.failed(&error) {
                Stop::Failed { failure, .. } if !error.is_outcome_unknown() => {
                    Stop::Failed { failure, forget: Some(version) }
                }
                stop => stop,
            }),
        }
    }

    /// Wraps a version's private key under the vault's KEK. The key is in clear only in here.
    fn wrap(&self, stored: &NewVersion, kek: &azure::Kek) -> Result<String, Error> {
        let place = Place { column: SEALED_PRIVATE_KEY, row: &stored.id };
        let target = TargetKey::from_pkcs8(&self.engine.sealing_key().open(place, &stored.sealed_private_key)?)?;
        let kek = KeyExchangeKey::new(&kek.kid, PublicKey::new(&kek.modulus, &kek.exponent)?)?;
        Ok(TransferBlob::wrap(&target, &kek)?.to_key_hsm())
    }

    /// Stores that an import is about to be sent, unless the lease is lost.
    async fn start_import(&self, version: u32) -> Result<(), Stop> {
        let mut change = self.engine.store().change().await?;
        if !leases::is_held(&mut change.transaction, &self.row.id, self.engine.node()).await? {
            return Err(Stop::LeaseLost);
        }
        deliveries::start_import(&mut change.transaction, &self.row.id, version, clock::now()).await?;
        Ok(change.commit().await?)
    }

    /// A version is there: compared with ours, and disabled at once if it is not ours.
    async fn delivered(&self, version: u32, bundle: &KeyBundle, ours: &PublicKey) -> Done {
        let enabled = self.disable_if_foreign(bundle, ours).await;
        let differences = self.differences(bundle, ours, bundle.enabled);
        Done::Delivered { version, remote_version: bundle.version.clone(), enabled, differences }
    }

    /// Disables a version whose public key is not ours; returns whether it is enabled now.
    async fn disable_if_foreign(&self, bundle: &KeyBundle, ours: &PublicKey) -> bool {
        if is_same(bundle, ours) || !bundle.enabled {
            return bundle.enabled;
        }
        tracing::error!(kid = bundle.kid, "ALARM: the vault holds another key than the one that was sent");
        let change = KeyChange { enabled: Some(false), ..KeyChange::default() };
        match self.vault.update_key(self.row.name_in_kms.as_str(), &bundle.version, &change).await {
            Ok(bundle) => bundle.enabled,
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, kid = bundle.kid, "it could not be disabled");
                true
            }
        }
    }

    async fn switch(&self, version: u32) -> Result<Done, Stop> {
        let enabled = self.row.enables(version);
        let change = KeyChange { enabled: Some(enabled), ..KeyChange::default() };
        self.needs_lease()?;
        let updated =
            self.vault.update_key(self.row.name_in_kms.as_str(), self.remote_version(version)?, &change).await;
        let bundle = updated.map_err(|error| self.failed(&error))?;
        Ok(Done::Switched { version, enabled: bundle.enabled })
    }

    async fn verify(&self, version: u32) -> Result<Done, Stop> {
        let stored = self.stored_version(version).await?;
        let ours = PublicKey::from_pem(&stored.public_key).map_err(Error::from)?;
        let differences = match self.read(Some(self.remote_version(version)?)).await? {
            Some(bundle) => {
                self.disable_if_foreign(&bundle, &ours).await;
                self.differences(&bundle, &ours, self.row.enables(version))
            }
            None => vec![difference("presence", "there", "not there")],
        };
        Ok(Done::Verified { version, differences })
    }

    /// Deletes the key at the vault, if it is still ours, and waits until Azure shows it deleted.
    async fn withdraw(&self) -> Result<Done, Stop> {
        let name = self.row.name_in_kms.as_str();
        let started = self.deliveries.iter().filter_map(|d| d.import_started_at).max();
        if started.is_none() && self.deliveries.iter().all(|d| d.delivered_at.is_none()) {
            return Ok(Done::Removed { purge_at: None });
        }
        if let Some(bundle) = self.read(None).await? {
            if !self.is_ours(&bundle).await? {
                return Err(found_out(foreign(&self.row)));
            }
            self.needs_lease()?;
            return match self.vault.delete_key(name).await {
                Err(error) if !error.is_not_found() => Err(self.failed(&error)),
                _ => Ok(Done::DeletionStarted),
            };
        }
        if let Some(deleted) = self.vault.deleted_key(name).await.map_err(|error| self.failed(&error))? {
            let purge_at = deleted.scheduled_purge_at.map(|seconds| Timestamp::from_millis(seconds * 1000));
            return Ok(Done::Removed { purge_at });
        }
        // Neither there nor shown as deleted: Azure is still deleting, a lost import may still arrive, or it is gone.
        let since = self.row.deletion_started_at.max(started).unwrap_or(self.row.created_at);
        let certain = settled(since, self.engine.settling_time());
        if clock::now() < certain {
            let again =
                clock::now().plus_millis(i64::try_from(self.engine.deletion_poll().as_millis()).unwrap_or(i64::MAX));
            return Err(Stop::WaitUntil(again.min(certain)));
        }
        Ok(Done::Removed { purge_at: None })
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

    /// A version at the vault, the current one if none is named; `None` if there is none.
    async fn read(&self, remote_version: Option<&str>) -> Result<Option<KeyBundle>, Stop> {
        match self.vault.get_key(self.row.name_in_kms.as_str(), remote_version).await {
            Ok(bundle) => Ok(Some(bundle)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(self.failed(&error)),
        }
    }

    async fn stored_version(&self, version: u32) -> Result<NewVersion, Error> {
        let mut connection = self.engine.store().pool.acquire().await?;
        keys::sealed_version(&mut connection, &self.row.key_id, version).await
    }

    fn remote_version(&self, version: u32) -> Result<&str, Error> {
        let delivery = self.deliveries.iter().find(|d| d.number == version);
        delivery.and_then(|d| d.remote_version.as_deref()).ok_or(Error::Internal("a delivery has no remote version"))
    }

    /// Nothing is sent to Azure on a lease that may end before the answer comes.
    pub(super) fn needs_lease(&self) -> Result<(), Stop> {
        if self.lease.suffices() { Ok(()) } else { Err(Stop::LeaseLost) }
    }

    fn differences(&self, bundle: &KeyBundle, ours: &PublicKey, wanted_enabled: bool) -> Vec<Difference> {
        let mut differences = Vec::new();
        if !is_same(bundle, ours) {
            let found = PublicKey::new(&bundle.modulus, &bundle.exponent).map(|key| key.thumbprint());
            let found = found.unwrap_or_else(|_| "no RSA key".to_owned());
            differences.push(difference(MODULUS, &ours.thumbprint(), &found));
        }
        if bundle.enabled != wanted_enabled {
            let word = |enabled| if enabled { "yes" } else { "no" };
            differences.push(difference("enabled", word(wanted_enabled), word(bundle.enabled)));
        }
        let mut wanted: Vec<&str> = self.row.purposes.iter().map(|purpose| key_op(*purpose)).collect();
        let mut found: Vec<&str> = bundle.key_ops.iter().map(String::as_str).collect();
        wanted.sort_unstable();
        found.sort_unstable();
        if wanted != found {
            differences.push(difference("purposes", &wanted.join(", "), &found.join(", ")));
        }
        differences
    }
}

fn is_same(bundle: &KeyBundle, ours: &PublicKey) -> bool {
    bundle.modulus == ours.modulus() && bundle.exponent == ours.exponent()
}

fn difference(field: &str, wanted: &str, found: &str) -> Difference {
    Difference { field: field.to_owned(), wanted: wanted.to_owned(), found: found.to_owned() }
}

/// Azure's name of a purpose (`azure.md` §1.3).
fn key_op(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Encrypt => "encrypt",
        Purpose::Decrypt => "decrypt",
        Purpose::Sign => "sign",
        Purpose::Verify => "verify",
        Purpose::Wrap => "wrapKey",
        Purpose::Unwrap => "unwrapKey",
    }
}

fn found_out(explanation: Explanation) -> Stop {
    Stop::Failed { failure: Box::new(Failure::found(explanation)), forget: None }
}

fn foreign(row: &DistributionRow) -> Explanation {
    let title = format!("{} holds a key named {} that did not come from here", row.host, row.name_in_kms);
    let advice = "It is left alone. Withdraw here and distribute under another name, or remove that key in Azure.";
    explain::finding("foreign_key", Cure::Person, title, advice)
}

fn gone(row: &DistributionRow) -> Explanation {
    let title = format!("The key {} is no longer in {}", row.name_in_kms, row.host);
    let advice = "Somebody deleted it in Azure. Withdraw it here and distribute it again.";
    explain::finding("key_missing", Cure::Person, title, advice)
}
