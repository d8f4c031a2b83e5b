//! Pace: how much a vault is sent, shared by all nodes through the database.
//!
//! One budget per vault and class of calls, each kept as the moment at which it is used up (the generic cell rate
//! algorithm): imports, making keys, and all other transactions. What the limits of `azure.md` §4 are, and what a step
//! costs of them, is in [`crate::cost`].

use std::time::Duration;

use api::Timestamp;
use sqlx::{AnyConnection, Row as _};

use super::Store;
use crate::cost::{Cost, Limits, Rate};
use crate::{Error, clock};

/// A vault's budget of one class at a moment.
struct Budget {
    rate: Rate,
    /// When the budget is used up, in microseconds.
    used_up_at: i64,
    now: i64,
}

impl Budget {
    fn new(rate: Rate, used_up_at: i64, now: i64) -> Self {
        Self { rate, used_up_at: used_up_at.max(now), now }
    }

    /// How much it allows now.
    fn free(&self) -> u64 {
        let free = self.now + self.rate.burst * self.rate.interval - self.used_up_at;
        u64::try_from(free / self.rate.interval).unwrap_or(0)
    }

    /// How long until it allows that much.
    fn until(&self, cost: u64) -> Duration {
        let allowed_at = self.used_up_at + (cost.cast_signed() - self.rate.burst) * self.rate.interval;
        Duration::from_micros(allowed_at.saturating_sub(self.now).max(0).unsigned_abs())
    }

    fn spend(&mut self, cost: u64) {
        self.used_up_at += cost.cast_signed() * self.rate.interval;
    }
}

/// A vault's budgets for steps at a moment, locked.
pub(crate) struct Budgets {
    imports: Budget,
    transactions: Budget,
}

impl Budgets {
    /// Whether they allow an import now.
    pub(crate) fn allow_imports(&self) -> bool {
        self.imports.free() > 0
    }

    /// How long until they allow a step of this cost.
    pub(crate) fn until(&self, cost: Cost) -> Duration {
        self.imports.until(cost.imports).max(self.transactions.until(cost.transactions))
    }

    /// Whether they allow a step of this cost now.
    pub(crate) fn allow(&self, cost: Cost) -> bool {
        cost.imports <= self.imports.free() && cost.transactions <= self.transactions.free()
    }

    /// Spends what a step costs.
    pub(crate) fn spend(&mut self, cost: Cost) {
        self.imports.spend(cost.imports);
        self.transactions.spend(cost.transactions);
    }
}

/// Takes a vault's budgets for this transaction.
pub(crate) async fn lock(connection: &mut AnyConnection, host: &str, now: Timestamp) -> Result<Budgets, Error> {
    let row = sqlx::query(
        "INSERT INTO pace (host, not_before, next_at) VALUES ($1, 0, 0)
         ON CONFLICT (host) DO UPDATE SET next_at = pace.next_at RETURNING next_at, transactions_at",
    )
    .bind(host)
    .fetch_one(connection)
    .await?;
    let (limits, now) = (Limits::of(host), now.millis() * 1000);
    Ok(Budgets {
        imports: Budget::new(limits.imports, row.try_get("next_at")?, now),
        transactions: Budget::new(limits.transactions, row.try_get("transactions_at")?, now),
    })
}

/// Stores what is left of budgets taken with [`lock`].
pub(crate) async fn store(connection: &mut AnyConnection, host: &str, budgets: &Budgets) -> Result<(), Error> {
    sqlx::query("UPDATE pace SET next_at = $1, transactions_at = $2 WHERE host = $3")
        .bind(budgets.imports.used_up_at)
        .bind(budgets.transactions.used_up_at)
        .bind(host)
        .execute(connection)
        .await?;
    Ok(())
}

/// Nothing is sent to this vault before that moment, by any node.
pub(crate) async fn pause(connection: &mut AnyConnection, host: &str, not_before: Timestamp) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO pace (host, not_before, next_at) VALUES ($1, $2, 0)
         ON CONFLICT (host) DO UPDATE SET not_before = excluded.not_before WHERE pace.not_before < excluded.not_before",
    )
    .bind(host)
    .bind(not_before.millis())
    .execute(connection)
    .await?;
    Ok(())
}

impl Store {
    /// Spends the making of one key at a key vault, or says how long until that is allowed.
    pub(crate) async fn spend_creation(&self, host: &str) -> Result<Option<Duration>, Error> {
        let Some(rate) = Limits::of(host).creations else { return Ok(None) };
        let mut transaction = self.writer().begin().await?;
        let used_up_at: i64 = sqlx::query_scalar(
            "INSERT INTO pace (host, not_before, next_at) VALUES ($1, 0, 0)
             ON CONFLICT (host) DO UPDATE SET next_at = pace.next_at RETURNING creations_at",
        )
        .bind(host)
        .fetch_one(&mut *transaction)
        .await?;
        let mut budget = Budget::new(rate, used_up_at, clock::now().millis() * 1000);
        if budget.free() == 0 {
            return Ok(Some(budget.until(1) + Duration::from_millis(1)));
        }
        budget.spend(1);
        sqlx::query("UPDATE pace SET creations_at = $1 WHERE host = $2")
            .bind(budget.used_up_at)
            .bind(host)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asks for as much as goes every 10 ms, in steps of this cost, from a long rest on; counts what the busiest window
    /// of so many microseconds sees.
    fn busiest(rate: Rate, cost: u64, window: i64) -> u64 {
        let (mut used_up_at, mut sent) = (0, Vec::new());
        for now in (60_000_000..90_000_000).step_by(10_000) {
            let mut budget = Budget::new(rate, used_up_at, now);
            while cost <= budget.free() {
                budget.spend(cost);
                sent.push(now);
            }
            used_up_at = budget.used_up_at;
        }
        let (mut most, mut first) = (0, 0);
        for last in 0..sent.len() {
            while sent[first] + window <= sent[last] {
                first += 1;
            }
            most = most.max(last + 1 - first);
        }
        most as u64 * cost
    }

    #[test]
    fn no_ten_seconds_at_a_key_vault_exceed_a_limit_and_they_hardly_stay_below() {
        let limits = Limits::of("payments.vault.azure.net");
        let imports = busiest(limits.imports, 1, 10_000_000);
        assert!((290..=300).contains(&imports), "{imports}");
        let creations = busiest(limits.creations.unwrap(), 1, 10_000_000);
        assert!((9..=10).contains(&creations), "{creations}");
        for cost in [1, 2, 4, 8, 16, 32] {
            let transactions = busiest(limits.transactions, cost, 10_000_000);
            assert!((3_740..=3_840).contains(&transactions), "{transactions} in steps of {cost}");
        }
    }

    #[test]
    fn no_second_at_a_managed_hsm_exceeds_a_limit_and_it_hardly_stays_below() {
        let limits = Limits::of("payments.managedhsm.azure.net");
        assert_eq!(busiest(limits.imports, 1, 1_000_000), 1);
        assert!((9..=10).contains(&busiest(limits.imports, 1, 10_000_000)));
        for (cost, least) in [(1, 1_000), (2, 1_000), (111, 888)] {
            let transactions = busiest(limits.transactions, cost, 1_000_000);
            assert!((least..=1_100).contains(&transactions), "{transactions} in steps of {cost}");
        }
    }
}
