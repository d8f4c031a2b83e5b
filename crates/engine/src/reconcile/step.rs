//! One step for one distribution: what it needs next, computed from what is stored.

use api::{Cure, DriftField, Explanation, Purpose, Timestamp};
use azure::{KeyBundle, KeyChange, Permission};
use byok::PublicKey;

use super::Lease;
use super::decide::{Decision, Found, decide};
use super::outcome::{Done, Failure, Outcome, Stop};
use super::site::Site;
use super::writer::{Write, Writer};
use crate::differences::{Wanted, difference, is_same};
use crate::standing::{Task, task};
use crate::store::deliveries::DeliveryRow;
use crate::store::distributions::{self, DistributionRow};
use crate::store::keys::{self, NewVersion};
use crate::store::providers;
use crate::{Engine, Error, clock, explain};

/// A step under way.
pub(super) struct Step<'a> {
    pub(super) site: Site<'a>,
    pub(super) writer: &'a Writer,
    pub(super) row: DistributionRow,
    pub(super) deliveries: Vec<DeliveryRow>,
}

impl Engine {
    /// Takes the next step of a leased distribution and stores what became of it.
    pub(super) async fn take_step(&self, id: &str, lease: &Lease, writer: &Writer) {
        let taken = async {
            let step = Step::load(self, id, lease, writer).await?;
            let result = step.advance().await;
            step.store(result).await
        };
        if let Err(error) = taken.await {
            // Nothing is lost: the lease runs out, and the next step reads what became of this one.
            tracing::error!(error = &error as &dyn std::error::Error, distribution = id, "a step could not be stored");
        }
        self.outcomes().notify_waiters();
    }
}

impl<'a> Step<'a> {
    async fn load(engine: &'a Engine, id: &str, lease: &'a Lease, writer: &'a Writer) -> Result<Self, Error> {
        let mut connection = engine.store().pool.acquire().await?;
        let (row, deliveries) = distributions::by_id(&mut connection, id).await?;
        let provider = providers::by_id(&mut connection, &row.provider_id).await?;
        let site = Site::new(engine, lease, row.workspace.clone(), provider)?;
        Ok(Self { site, writer, row, deliveries })
    }

    async fn store(self, result: Result<Done, Stop>) -> Result<(), Error> {
        if let Err(Stop::Broken(error)) = &result {
            tracing::error!(error = error as &dyn std::error::Error, distribution = self.row.id, "a step failed");
        }
        let outcome = Outcome { permissions: self.site.learned(), row: self.row, result };
        self.writer.store(Write::Ended(Box::new(outcome))).await.map(drop)
    }

    async fn advance(&self) -> Result<Done, Stop> {
        match task(&self.row, &self.deliveries) {
            Task::Withdraw => self.withdraw().await,
            Task::Deliver(version) => self.deliver(version).await,
            Task::Switch(version) => self.switch(version).await,
            Task::Amend(version) => self.amend(version).await,
            Task::Verify(version) => self.verify(version).await,
            Task::Inspect => self.inspect().await,
            Task::Recover => self.recover().await,
            Task::Purge => self.purge().await,
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
            Some(bundle) if previous.is_some() && self.may_precede(&bundle.version) => Found::Previous,
            Some(_) => Found::Other,
        };
        let begun = self.deliveries.iter().find(|d| d.number == version);
        let started = begun.and_then(|d| d.import_started_at);
        let settling = self.site.engine.settling_time();
        match (decide(found, previous.is_none(), started, settling, clock::now()), latest) {
            (Decision::Adopt, Some(bundle)) => {
                // What was never sent from here expires when it does.
                let found = || bundle.expires_at.filter(|_| self.row.expires_after.is_some());
                let found = || found().map(|seconds| Timestamp::from_millis(seconds.saturating_mul(1000)));
                let expires_at = begun.map_or_else(found, |begun| begun.expires_at);
                Ok(self.delivered(version, &bundle, &ours, expires_at).await)
            }
            (Decision::Import | Decision::Adopt, _) if self.row.withholds(version) => Ok(Done::Withheld { version }),
            (Decision::Import | Decision::Adopt, _) => self.import(version, &stored, &ours).await,
            (Decision::WaitUntil(moment), _) => Err(Stop::WaitUntil(moment)),
            (Decision::Gone, _) => Err(found_out(gone(&self.row))),
            (Decision::Foreign, _) => Err(found_out(foreign(&self.row))),
        }
    }

    /// A version is there: compared with ours, and disabled at once if it is not ours.
    pub(super) async fn delivered(
        &self,
        version: u32,
        bundle: &KeyBundle,
        ours: &PublicKey,
        expires_at: Option<Timestamp>,
    ) -> Done {
        let enabled = self.disable_if_foreign(bundle, ours).await;
        let differences = self.wanted(ours, bundle.enabled, expires_at).differences(bundle);
        Done::Delivered { version, remote_version: bundle.version.clone(), enabled, expires_at, differences }
    }

    /// Disables a version whose public key is not ours; returns whether it is enabled now.
    pub(super) async fn disable_if_foreign(&self, bundle: &KeyBundle, ours: &PublicKey) -> bool {
        if is_same(bundle, ours) || !bundle.enabled {
            return bundle.enabled;
        }
        tracing::error!(kid = bundle.kid, "ALARM: the vault holds another key than the one that was sent");
        let change = KeyChange { enabled: Some(false), ..KeyChange::default() };
        let updated = match self.site.vault.as_ref() {
            Ok(vault) => vault.update_key(self.row.name_in_kms.as_str(), &bundle.version, &change).await,
            Err(error) => Err(error.clone()),
        };
        match updated {
            Ok(bundle) => bundle.enabled,
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, kid = bundle.kid, "it could not be disabled");
                true
            }
        }
    }

    async fn switch(&self, version: u32) -> Result<Done, Stop> {
        let stored = self.stored_version(version).await?;
        let ours = PublicKey::from_pem(&stored.public_key).map_err(Error::from)?;
        let wanted = self.wanted(&ours, self.row.enables(version), self.delivery(version)?.expires_at);
        let change = KeyChange { enabled: Some(wanted.enabled), ..KeyChange::default() };
        let bundle = self.update(version, &change).await?;
        Ok(self.changed("version.switch", version, &bundle, &wanted).await)
    }

    async fn verify(&self, version: u32) -> Result<Done, Stop> {
        let stored = self.stored_version(version).await?;
        let ours = PublicKey::from_pem(&stored.public_key).map_err(Error::from)?;
        let Some(bundle) = self.read(Some(self.remote_version(version)?)).await? else {
            let differences = vec![difference(DriftField::Presence, "there", "not there")];
            return Ok(Done::Verified { version, differences, disabled: false });
        };
        let is_enabled = self.disable_if_foreign(&bundle, &ours).await;
        let wanted = self.wanted(&ours, self.row.enables(version), self.delivery(version)?.expires_at);
        let disabled = !is_same(&bundle, &ours) && !is_enabled;
        Ok(Done::Verified { version, differences: wanted.differences(&bundle), disabled })
    }

    /// A version at the vault, the current one if none is named; `None` if there is none.
    pub(super) async fn read(&self, remote_version: Option<&str>) -> Result<Option<KeyBundle>, Stop> {
        let found = match self.site.vault()?.get_key(self.row.name_in_kms.as_str(), remote_version).await {
            Ok(bundle) => Some(bundle),
            Err(error) if error.is_not_found() => None,
            Err(error) => return Err(self.site.failed(&error)),
        };
        self.site.learn(Permission::Get, true);
        Ok(found)
    }

    pub(super) async fn stored_version(&self, version: u32) -> Result<NewVersion, Error> {
        let mut connection = self.site.engine.store().pool.acquire().await?;
        keys::sealed_version(&mut connection, &self.row.key_id, version).await
    }

    pub(super) fn delivery(&self, version: u32) -> Result<&DeliveryRow, Error> {
        let delivery = self.deliveries.iter().find(|d| d.number == version);
        delivery.ok_or(Error::Internal("a version that was delivered has no delivery"))
    }

    pub(super) fn remote_version(&self, version: u32) -> Result<&str, Error> {
        let remote_version = self.delivery(version)?.remote_version.as_deref();
        remote_version.ok_or(Error::Internal("a delivery has no remote version"))
    }

    /// A version of ours as it should be at the vault.
    pub(super) fn wanted<'k>(&self, key: &'k PublicKey, enabled: bool, expires_at: Option<Timestamp>) -> Wanted<'k> {
        let key_ops = self.row.purposes.iter().map(|purpose| key_op(*purpose).to_owned()).collect();
        let tags = self.row.tags.with_origin(format!("{}/{}", self.row.workspace, self.row.key));
        Wanted { key, enabled, key_ops, expires_at, tags }
    }
}

/// Azure's name of a purpose (`azure.md` §1.3).
pub(super) fn key_op(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Encrypt => "encrypt",
        Purpose::Decrypt => "decrypt",
        Purpose::Sign => "sign",
        Purpose::Verify => "verify",
        Purpose::Wrap => "wrapKey",
        Purpose::Unwrap => "unwrapKey",
    }
}

pub(super) fn found_out(explanation: Explanation) -> Stop {
    Stop::Failed { failure: Box::new(Failure::found(explanation)), forget: None }
}

pub(super) fn foreign(row: &DistributionRow) -> Explanation {
    let title = format!("{} holds a key named {} that did not come from here", row.host, row.name_in_kms);
    let advice = "It is left alone. Withdraw here and distribute under another name, or remove that key in Azure.";
    explain::finding("foreign_key", Cure::Person, title, advice)
}

pub(super) fn gone(row: &DistributionRow) -> Explanation {
    let title = format!("The key {} is no longer in {}", row.name_in_kms, row.host);
    let advice = "Somebody deleted it in Azure. Withdraw it here and distribute it again.";
    explain::finding("key_missing", Cure::Person, title, advice)
}
