//! What a step costs of a vault's limits (`azure.md` §4).
//!
//! A key vault allows 300 imports in any 10 s, 10 keys made in the HSM, and 4000 other transactions, fewer with larger
//! keys and with keys in the HSM: a transaction is weighed by how many of the cheapest ones it displaces. A managed HSM
//! makes or imports one key a second, deletes or purges 10 and reads 1100; there the size of a key matters for signing
//! and decrypting only, which we never do.

use std::ops::{AddAssign, Mul};
use std::time::Duration;

use api::{KeyType, Pace, Protection, Timestamp};

use crate::standing::Task;
use crate::store::distributions::DistributionRow;

/// A key vault's window, in microseconds.
const TEN_SECONDS: i64 = 10_000_000;

/// A managed HSM's window and a tenth of it, in microseconds: with one call in a window, what was claimed in time must
/// not arrive too early.
const GOOD_SECOND: i64 = 1_100_000;

/// What is left for reading the KEK at a key vault, an RSA-4096 key in the HSM: each node does so once in 10 s, for each
/// provider.
const KEK_READS: i64 = 10 * 16;

/// What a deletion or a purge costs at a managed HSM: it allows 10 of them a second, and 1100 reads.
const HSM_DELETION: u64 = 110;

/// A vault lists that many versions at once.
const VERSIONS_PER_PAGE: u32 = 25;

/// What steps cost.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Cost {
    pub(crate) imports: u64,
    /// All other transactions, by weight.
    pub(crate) transactions: u64,
}

impl AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        self.imports += other.imports;
        self.transactions += other.transactions;
    }
}

impl Mul<u64> for Cost {
    type Output = Self;

    fn mul(self, times: u64) -> Self {
        Self { imports: self.imports * times, transactions: self.transactions * times }
    }
}

/// One unit every so many microseconds, and that many at once after a rest.
#[derive(Clone, Copy)]
pub(crate) struct Rate {
    pub(crate) interval: i64,
    pub(crate) burst: i64,
}

impl Rate {
    /// The highest rate with this burst that never exceeds a limit in any window of so many microseconds.
    const fn within(limit: i64, window: i64, burst: i64) -> Self {
        Self { interval: (window + limit - burst) / (limit - burst + 1), burst }
    }
}

/// The rates of a vault by class.
pub(crate) struct Limits {
    pub(crate) imports: Rate,
    /// A managed HSM counts the making of a key as an import.
    pub(crate) creations: Option<Rate>,
    pub(crate) transactions: Rate,
}

impl Limits {
    /// The limits of the vault with this host name.
    pub(crate) fn of(host: &str) -> Self {
        if is_managed_hsm(host) {
            Self {
                imports: Rate::within(1, GOOD_SECOND, 1),
                creations: None,
                transactions: Rate::within(1_100, GOOD_SECOND, 200),
            }
        } else {
            Self {
                imports: Rate::within(300, TEN_SECONDS, 10),
                creations: Some(Rate::within(10, TEN_SECONDS, 2)),
                transactions: Rate::within(4_000 - KEK_READS, TEN_SECONDS, 400),
            }
        }
    }
}

/// Whether a host is a managed HSM, by its suffix.
pub(crate) fn is_managed_hsm(host: &str) -> bool {
    host.contains(".managedhsm.")
}

/// A vault's pace as it is shown.
pub(crate) fn pace(host: &str, paused_until: Option<Timestamp>) -> Pace {
    let (imports_per_10_s, others_per_10_s) = if is_managed_hsm(host) { (10, 11_000) } else { (300, 4_000) };
    Pace { paused_until, imports_per_10_s, others_per_10_s }
}

/// How long a vault takes what costs so much, if nothing else is sent to it.
pub(crate) fn duration(host: &str, cost: Cost) -> Duration {
    let Limits { imports, transactions, .. } = Limits::of(host);
    let takes = |rate: Rate, cost: u64| Duration::from_micros(cost.saturating_mul(rate.interval.unsigned_abs()));
    takes(imports, cost.imports).max(takes(transactions, cost.transactions))
}

/// What a task of a distribution costs: the calls that it makes when all goes well.
pub(crate) fn cost(task: &Task, row: &DistributionRow) -> Cost {
    of(task, &row.host, row.protection, row.key_type, row.latest_version)
}

/// What a task costs at a vault, for such a key with so many versions.
pub(crate) fn of(task: &Task, host: &str, protection: Protection, key_type: KeyType, versions: u32) -> Cost {
    let managed_hsm = is_managed_hsm(host);
    let one = if managed_hsm { 1 } else { weight(protection, key_type) };
    let deletion = if managed_hsm { HSM_DELETION } else { one };
    let transactions = match task {
        Task::Deliver(_) | Task::Switch(_) | Task::Verify(_) => one,
        Task::Amend(_) => 2 * one,
        // The pages of its versions, whatever their size, and the rotation policy.
        Task::Inspect => u64::from(versions / VERSIONS_PER_PAGE + 2),
        Task::Withdraw => one + deletion,
        Task::Recover => 3 * one,
        Task::Purge => deletion,
        Task::Rest => 0,
    };
    Cost { imports: u64::from(matches!(task, Task::Deliver(_))), transactions }
}

/// 4000 divided by how many transactions a key vault allows in 10 s with such a key.
fn weight(protection: Protection, key_type: KeyType) -> u64 {
    let size = match key_type {
        KeyType::Rsa3072 => 4,
        KeyType::Rsa4096 => 8,
        _ => 1,
    };
    match protection {
        Protection::Software => size,
        Protection::Hsm => 2 * size,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VAULT: &str = "payments.vault.azure.net";
    const HSM: &str = "payments.managedhsm.azure.net";

    const TASKS: [Task; 8] = [
        Task::Withdraw,
        Task::Deliver(1),
        Task::Switch(1),
        Task::Amend(1),
        Task::Verify(1),
        Task::Inspect,
        Task::Recover,
        Task::Purge,
    ];

    #[test]
    fn only_a_delivery_costs_an_import() {
        for task in &TASKS {
            let cost = of(task, VAULT, Protection::Hsm, KeyType::Rsa2048, 1);
            assert_eq!(cost.imports, u64::from(*task == Task::Deliver(1)), "{task:?}");
        }
    }

    #[test]
    fn every_step_fits_into_what_a_rested_vault_allows() {
        for (host, task) in [VAULT, HSM].into_iter().flat_map(|host| TASKS.iter().map(move |task| (host, task))) {
            let cost = of(task, host, Protection::Hsm, KeyType::Rsa4096, 1_000);
            assert!(cost.transactions <= Limits::of(host).transactions.burst.unsigned_abs(), "{task:?} at {host}");
        }
    }

    #[test]
    fn weights_follow_the_published_table() {
        let in_ten_seconds = |protection, key_type| 4_000 / weight(protection, key_type);
        assert_eq!(in_ten_seconds(Protection::Hsm, KeyType::Rsa2048), 2_000);
        assert_eq!(in_ten_seconds(Protection::Hsm, KeyType::Rsa3072), 500);
        assert_eq!(in_ten_seconds(Protection::Hsm, KeyType::Rsa4096), 250);
        assert_eq!(in_ten_seconds(Protection::Software, KeyType::Rsa2048), 4_000);
        assert_eq!(in_ten_seconds(Protection::Software, KeyType::Rsa3072), 1_000);
        assert_eq!(in_ten_seconds(Protection::Software, KeyType::Rsa4096), 500);
    }
}
