//! Storing what became of a step: with its audit event, and only while the lease is ours.

use std::time::Duration;

use api::Outcome as Recorded;
use api::{Cure, Difference, DriftField, Explanation, Timestamp};
use aws_lc_rs::rand;
use serde_json::{Value, json};

use crate::differences::carried;
use crate::store::audit::Event;
use crate::store::deliveries::{self, Seen};
use crate::store::distributions::{self, DistributionRow};
use crate::store::{Change, drift, leases, pace, providers};
use crate::{Actor, Engine, Error, clock};

/// What a step achieved.
pub(super) enum Done {
    /// A version is at the vault: imported now, or found there.
    Delivered {
        version: u32,
        remote_version: String,
        enabled: bool,
        expires_at: Option<Timestamp>,
        differences: Vec<Difference>,
    },
    /// A version that shall not be delivered any more has not arrived, and never will.
    Withheld { version: u32 },
    /// A version was changed, so that it is switched on or off as wanted, and compared.
    Changed { action: &'static str, version: u32, enabled: bool, differences: Vec<Difference> },
    /// A version was compared, and perhaps disabled because it is not ours.
    Verified { version: u32, differences: Vec<Difference>, disabled: bool },
    /// The key as a whole was looked at.
    Inspected { differences: Vec<Difference>, unreadable: Vec<DriftField> },
    /// Azure accepted the deletion; it is looked at again shortly.
    DeletionStarted,
    /// The key is gone from the vault.
    Removed { purge_at: Option<Timestamp> },
    /// The deleted key is there again.
    Recovered,
    /// The deleted key is destroyed.
    Purged,
}

/// Why a step ended without achieving anything.
pub(super) enum Stop {
    /// There is nothing to do before that moment.
    WaitUntil(Timestamp),
    /// It failed; `forget` is the version whose import was certainly not carried out.
    Failed { failure: Box<Failure>, forget: Option<u32> },
    /// The import of this version was certainly not carried out, and the next attempt has better prospects: at once.
    NotImported(u32),
    /// Our own database or key material failed.
    Broken(Error),
    /// The lease is no longer ours, or too short: whatever is to be done, another step does it.
    LeaseLost,
}

/// A failure in words, and how it changes the pace.
pub(super) struct Failure {
    pub(super) explanation: Explanation,
    /// The vault itself asks for fewer requests: nobody sends it anything before the delay is over.
    pub(super) throttled: bool,
    retry_after: Option<Duration>,
}

impl Failure {
    pub(super) fn of(error: &azure::Error, explanation: Explanation) -> Self {
        Self { explanation, throttled: error.is_throttled(), retry_after: error.retry_after() }
    }

    pub(super) fn found(explanation: Explanation) -> Self {
        Self { explanation, throttled: false, retry_after: None }
    }

    /// Doubles from the first delay up to 300 times it; what a person has to change is tried again every 600 times it.
    /// A fifth more or less, so that many failures do not come back at once.
    pub(super) fn delay(&self, first: Duration, attempts: u32) -> Duration {
        let delay = match self.explanation.cure {
            Cure::Time => first.saturating_mul(1 << attempts.saturating_sub(1).min(9)).min(first.saturating_mul(300)),
            Cure::Person | Cure::Us => first.saturating_mul(600),
        };
        let mut byte = [128];
        if rand::fill(&mut byte).is_err() {
            tracing::warn!("the system gives no randomness for a delay");
        }
        let spread = delay.mul_f64(0.8 + 0.4 * f64::from(byte[0]) / 255.0);
        self.retry_after.map_or(spread, |asked| spread.max(asked))
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Broken(error)
    }
}

/// What became of a step, with all that is needed to store it.
pub(super) struct Outcome {
    /// The distribution, as it was when the step began.
    pub(super) row: DistributionRow,
    pub(super) result: Result<Done, Stop>,
    /// What is known about our permissions now, if that is news.
    pub(super) permissions: Option<Vec<api::Permission>>,
}

impl Outcome {
    /// Stores what became of the step and gives the lease back. Returns whether it was still ours.
    pub(super) async fn store(&self, engine: &Engine, change: &mut Change) -> Result<bool, Error> {
        let id = self.row.id.as_str();
        if !leases::release(&mut change.transaction, id, engine.node()).await? {
            leases::distrust(change, id).await?;
            return Ok(false);
        }
        match &self.result {
            Ok(done) => self.store_done(engine, change, done).await?,
            Err(Stop::WaitUntil(moment)) => self.store_wait(change, *moment).await?,
            Err(Stop::NotImported(version)) => {
                deliveries::forget_import(&mut change.transaction, id, *version).await?;
                self.store_wait(change, clock::now()).await?;
            }
            Err(Stop::Failed { failure, forget }) => {
                if let Some(version) = forget {
                    deliveries::forget_import(&mut change.transaction, id, *version).await?;
                }
                self.store_failure(engine, change, failure).await?;
            }
            Err(Stop::Broken(_)) => self.store_wait(change, clock::now().plus_millis(60_000)).await?,
            Err(Stop::LeaseLost) => {}
        }
        if let Some(permissions) = &self.permissions {
            providers::store_permissions(&mut change.transaction, &self.row.provider_id, permissions).await?;
        }
        distributions::restate(&mut change.transaction, id).await?;
        Ok(true)
    }

    async fn store_done(&self, engine: &Engine, change: &mut Change, done: &Done) -> Result<(), Error> {
        let (id, now) = (self.row.id.as_str(), clock::now());
        let event = match done {
            Done::Delivered { version, remote_version, enabled, expires_at, differences } => {
                let drift = &self.with_past(change, Some(*version), differences, now).await?;
                let seen = Seen { remote_version, enabled: *enabled, expires_at: *expires_at, drift, now };
                deliveries::delivered(&mut change.transaction, id, *version, &seen).await?;
                let detail = json!({"version": version, "remote_version": remote_version, "enabled": enabled});
                compared("version.deliver", detail, differences)
            }
            Done::Withheld { version } => {
                deliveries::forget_import(&mut change.transaction, id, *version).await?;
                ("version.withhold", Recorded::Done, json!({"version": version}))
            }
            Done::Changed { action, version, enabled, differences } => {
                let differences = self.with_past(change, Some(*version), differences, now).await?;
                deliveries::verified(&mut change.transaction, id, *version, &differences, now).await?;
                deliveries::switched(&mut change.transaction, id, *version, *enabled, now).await?;
                deliveries::reconciled(&mut change.transaction, id, *version).await?;
                compared(action, json!({"version": version, "enabled": enabled}), &differences)
            }
            Done::Verified { version, differences, disabled } => {
                let differences = self.with_past(change, Some(*version), differences, now).await?;
                deliveries::verified(&mut change.transaction, id, *version, &differences, now).await?;
                let is_switched = differences.iter().any(|difference| difference.field == DriftField::Enabled);
                if *disabled {
                    deliveries::switched(&mut change.transaction, id, *version, false, now).await?;
                } else if is_switched && self.row.withholds(*version) {
                    // Somebody switched on there what nobody may use: the next step switches it off again.
                    deliveries::switched(&mut change.transaction, id, *version, true, now).await?;
                }
                compared("version.verify", json!({"version": version}), &differences)
            }
            Done::Inspected { differences, unreadable } => {
                let differences = self.with_past(change, None, differences, now).await?;
                drift::inspected(&mut change.transaction, id, &differences, unreadable, now).await?;
                compared("distribution.inspect", json!({"unreadable": unreadable}), &differences)
            }
            Done::DeletionStarted => {
                leases::deletion_started(&mut change.transaction, id, now).await?;
                let again = now.plus_millis(millis(engine.deletion_poll()));
                leases::failed(&mut change.transaction, id, 0, None, again).await?;
                let event = ("distribution.delete", Recorded::Done, json!({"name_in_kms": self.row.name_in_kms}));
                return self.record(change, event).await;
            }
            Done::Removed { purge_at } => {
                leases::removed(&mut change.transaction, id, now, *purge_at).await?;
                ("distribution.remove", Recorded::Done, json!({"purge_at": purge_at}))
            }
            Done::Recovered => {
                leases::recovered(&mut change.transaction, id, now).await?;
                ("deleted_key.recover", Recorded::Done, json!({"name_in_kms": self.row.name_in_kms}))
            }
            Done::Purged => {
                leases::purged(&mut change.transaction, id, now).await?;
                ("deleted_key.purge", Recorded::Done, json!({"name_in_kms": self.row.name_in_kms}))
            }
        };
        leases::succeeded(&mut change.transaction, id).await?;
        self.record(change, event).await
    }

    /// What differs, with what is known of it since before: also what a person accepted while the step was under way.
    /// Each new alarm is an event of its own.
    async fn with_past(
        &self,
        change: &mut Change,
        version: Option<u32>,
        found: &[Difference],
        now: Timestamp,
    ) -> Result<Vec<Difference>, Error> {
        if found.is_empty() {
            return Ok(Vec::new());
        }
        let (row, deliveries) = distributions::by_id(&mut change.transaction, &self.row.id).await?;
        let before = drift::of(&row, &deliveries, version);
        let is_new = |new: &Difference| before.iter().all(|old| (old.field, &old.found) != (new.field, &new.found));
        for alarm in found.iter().filter(|difference| difference.field.is_alarm() && is_new(difference)) {
            let mut detail = json!({"field": alarm.field, "wanted": alarm.wanted, "found": alarm.found});
            if let Some(version) = version {
                detail["version"] = json!(version);
            }
            self.record(change, ("distribution.alarm", Recorded::Failed, detail)).await?;
        }
        Ok(carried(before, found.to_vec(), now))
    }

    async fn store_wait(&self, change: &mut Change, moment: Timestamp) -> Result<(), Error> {
        leases::failed(&mut change.transaction, &self.row.id, self.row.attempts, None, moment).await
    }

    async fn store_failure(&self, engine: &Engine, change: &mut Change, failure: &Failure) -> Result<(), Error> {
        let attempts = self.row.attempts + 1;
        let delay = failure.delay(engine.first_delay(), attempts);
        let next = clock::now().plus_millis(millis(delay));
        if failure.throttled {
            pace::pause(&mut change.transaction, &self.row.host, next).await?;
        }
        leases::failed(&mut change.transaction, &self.row.id, attempts, Some(&failure.explanation), next).await?;
        let Explanation { code, cure, kms, .. } = &failure.explanation;
        let outcome = if *cure == Cure::Person { Recorded::Refused } else { Recorded::Failed };
        let request_id = kms.as_ref().and_then(|kms| kms.request_id.as_deref());
        let detail = json!({"code": code, "attempt": attempts, "request_id": request_id});
        self.record(change, ("distribution.attempt", outcome, detail)).await
    }

    async fn record(
        &self,
        change: &mut Change,
        (action, outcome, detail): (&'static str, Recorded, Value),
    ) -> Result<(), Error> {
        let event = Event {
            action,
            workspace: Some(self.row.workspace.as_str()),
            subject: format!("{}/{}", self.row.key, self.row.provider),
            outcome,
            detail,
        };
        change.record(&Actor::keyferry(), event).await
    }
}

/// An event about a comparison: differences that are not accepted make it a failure.
fn compared(action: &'static str, mut detail: Value, differences: &[Difference]) -> (&'static str, Recorded, Value) {
    if differences.is_empty() {
        return (action, Recorded::Done, detail);
    }
    detail["differences"] = json!(differences);
    let is_open = differences.iter().any(Difference::is_open);
    (action, if is_open { Recorded::Failed } else { Recorded::Done }, detail)
}

pub(super) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
