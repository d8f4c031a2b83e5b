//! How a distribution stands: computed from what is stored, never from what was done last.

use api::{Cure, DistributionState, Timestamp};

use crate::differences;
use crate::store::deliveries::DeliveryRow;
use crate::store::distributions::DistributionRow;

/// How long a delivery counts as verified: a day.
const VERIFICATION_PERIOD_MILLIS: i64 = 24 * 60 * 60 * 1000;

/// What follows from a distribution, its deliveries and its key.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Standing {
    pub(crate) state: DistributionState,
    /// When the reconciler has something to do for it.
    pub(crate) due_at: Option<Timestamp>,
    /// How much its differences matter.
    pub(crate) drift_rank: u32,
}

/// The one thing the reconciler does next for a distribution.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Task {
    /// Delete it at the provider and wait until that is seen.
    Withdraw,
    /// Import this version, or look whether it is there if it is withheld and an import of it was sent.
    Deliver(u32),
    /// Switch this version on or off.
    Switch(u32),
    /// Make what differs about this version as it should be.
    Amend(u32),
    /// Read this version and compare.
    Verify(u32),
    /// Look at what is there beside our versions.
    Inspect,
    /// Bring the deleted key back at the provider.
    Recover,
    /// Destroy the deleted key at the provider for good.
    Purge,
    /// Nothing.
    Rest,
}

/// What to do next, whenever that is.
pub(crate) fn task(row: &DistributionRow, deliveries: &[DeliveryRow]) -> Task {
    if row.removed_at.is_some() {
        return match (row.purge_requested_at, row.recovery_requested_at) {
            (Some(_), _) => Task::Purge,
            (None, Some(_)) => Task::Recover,
            (None, None) => Task::Rest,
        };
    }
    if row.withdrawn_at.is_some() {
        return Task::Withdraw;
    }
    // Nothing goes before switching off what nobody may use any more.
    let forbidden = |d: &&DeliveryRow| d.delivered_at.is_some() && d.enabled != Some(false) && row.withholds(d.number);
    if let Some(delivery) = deliveries.iter().find(forbidden) {
        return Task::Switch(delivery.number);
    }
    let to_amend = |d: &&DeliveryRow| d.delivered_at.is_some() && d.reconcile_requested_at.is_some();
    if let Some(delivery) = deliveries.iter().find(to_amend) {
        return Task::Amend(delivery.number);
    }
    if !deliveries.iter().any(DeliveryRow::is_foreign) {
        let is_lacking = |version: &u32| match deliveries.iter().find(|d| d.number == *version) {
            Some(delivery) if row.withholds(*version) => delivery.delivered_at.is_none() && delivery.may_be_there(),
            Some(delivery) => delivery.delivered_at.is_none(),
            None => !row.withholds(*version),
        };
        if let Some(version) = (1..=row.latest_version).find(is_lacking) {
            return Task::Deliver(version);
        }
        let differs = |d: &&DeliveryRow| d.delivered_at.is_some() && d.enabled != Some(row.enables(d.number));
        if let Some(delivery) = deliveries.iter().find(differs) {
            return Task::Switch(delivery.number);
        }
    }
    let oldest = deliveries.iter().filter(|d| d.delivered_at.is_some()).min_by_key(|d| (d.checked_at, d.number));
    match oldest {
        None => Task::Rest,
        Some(delivery) if delivery.checked_at > Some(inspected_at(row)) => Task::Inspect,
        Some(delivery) => Task::Verify(delivery.number),
    }
}

/// How a distribution stands.
pub(crate) fn of(row: &DistributionRow, deliveries: &[DeliveryRow]) -> Standing {
    use DistributionState as State;
    let at_once = row.next_attempt_at.unwrap_or(row.created_at);
    let refused = row.last_error.as_ref().is_some_and(|error| error.cure != Cure::Time);
    let drift_rank = if row.withdrawn_at.is_some() || row.removed_at.is_some() {
        0
    } else {
        differences::rank(row.drift.iter().chain(deliveries.iter().flat_map(|delivery| &delivery.drift)))
    };
    let state = match (drift_rank > 1, refused) {
        (true, _) => State::Drifted,
        (false, true) => State::Refused,
        (false, false) => State::InSync,
    };
    let (state, due_at) = match task(row, deliveries) {
        Task::Rest => (State::InSync, None),
        Task::Withdraw | Task::Recover | Task::Purge => (State::Withdrawing, Some(at_once)),
        Task::Deliver(_) | Task::Switch(_) | Task::Amend(_) => {
            (if refused { State::Refused } else { State::Pending }, Some(at_once))
        }
        Task::Verify(version) => {
            let checked_at = deliveries.iter().find(|d| d.number == version).and_then(|d| d.checked_at);
            // Nothing is known about what was last done there: it is read again at once.
            (state, Some(checked_at.map_or(at_once, |checked_at| verification_due(row, checked_at))))
        }
        Task::Inspect => (state, Some(verification_due(row, inspected_at(row)))),
    };
    Standing { state, due_at, drift_rank }
}

/// When it was last looked at what is there beside our versions; a new key has nothing beside them for a day.
fn inspected_at(row: &DistributionRow) -> Timestamp {
    row.inspected_at.unwrap_or(row.created_at)
}

/// A day after the last check, or when a person asked, but not before the next attempt.
fn verification_due(row: &DistributionRow, checked_at: Timestamp) -> Timestamp {
    let due = match row.verification_requested_at {
        Some(requested_at) if requested_at >= checked_at => requested_at,
        _ => checked_at.plus_millis(VERIFICATION_PERIOD_MILLIS),
    };
    row.next_attempt_at.map_or(due, |next| next.max(due))
}
