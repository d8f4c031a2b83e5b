//! Pace: how many steps a vault is sent, shared by all nodes through the database.
//!
//! One budget per vault, kept as the moment at which it is used up (the generic cell rate algorithm). A step counts as
//! one import, the scarcest of the calls it makes. Azure allows a key vault 300 imports in any 10 s, and a managed HSM
//! about one in a second (`azure.md` §4).

use std::time::Duration;

use api::Timestamp;
use sqlx::{AnyConnection, Row as _};

use crate::Error;

/// A pace: one step every so many microseconds, and that many at once after a rest.
#[derive(Clone, Copy)]
struct Rate {
    interval: i64,
    burst: i64,
}

/// 10 at once and 29 a second: 300 in the busiest 10 s.
const KEY_VAULT: Rate = Rate { interval: 1_000_000 / 29, burst: 10 };

/// One a second.
const MANAGED_HSM: Rate = Rate { interval: 1_000_000, burst: 1 };

/// A vault's budget at a moment, locked.
pub(crate) struct Budget {
    rate: Rate,
    /// When the budget is used up, in microseconds.
    used_up_at: i64,
    now: i64,
}

impl Budget {
    /// How many steps it allows now.
    pub(crate) fn steps(&self) -> u32 {
        let free = self.now + self.rate.burst * self.rate.interval - self.used_up_at;
        u32::try_from(free / self.rate.interval).unwrap_or(0)
    }

    /// How long until it allows one more.
    pub(crate) fn until_next_step(&self) -> Duration {
        Duration::from_micros(self.rate.interval.unsigned_abs())
    }
}

/// The rate of a vault, by its host's suffix.
fn rate(host: &str) -> Rate {
    if host.contains(".managedhsm.") { MANAGED_HSM } else { KEY_VAULT }
}

/// How long a vault takes so many imports, in seconds, if nothing else is sent to it.
pub(crate) fn seconds(host: &str, imports: u64) -> u64 {
    imports.saturating_mul(rate(host).interval.unsigned_abs()).div_ceil(1_000_000)
}

/// Takes a vault's budget for this transaction.
pub(crate) async fn lock(connection: &mut AnyConnection, host: &str, now: Timestamp) -> Result<Budget, Error> {
    let row = sqlx::query(
        "INSERT INTO pace (host, not_before, next_at) VALUES ($1, 0, 0)
         ON CONFLICT (host) DO UPDATE SET next_at = pace.next_at RETURNING next_at",
    )
    .bind(host)
    .fetch_one(connection)
    .await?;
    let now = now.millis() * 1000;
    Ok(Budget { rate: rate(host), used_up_at: row.try_get::<i64, _>("next_at")?.max(now), now })
}

/// Spends steps of a budget taken with [`lock`].
pub(crate) async fn spend(
    connection: &mut AnyConnection,
    host: &str,
    budget: &Budget,
    steps: usize,
) -> Result<(), Error> {
    let steps = i64::try_from(steps).unwrap_or(i64::MAX);
    sqlx::query("UPDATE pace SET next_at = $1 WHERE host = $2")
        .bind(budget.used_up_at.saturating_add(steps.saturating_mul(budget.rate.interval)))
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Spends all that is allowed every 10 ms, from a long rest on, and counts the steps within so many microseconds.
    fn steps_within(rate: Rate, window: i64) -> i64 {
        let (mut used_up_at, mut sent) = (0, Vec::new());
        for now in (60_000_000..90_000_000).step_by(10_000) {
            let budget = Budget { rate, used_up_at: i64::max(used_up_at, now), now };
            let steps = i64::from(budget.steps());
            sent.extend((0..steps).map(|_| now));
            used_up_at = budget.used_up_at + steps * rate.interval;
        }
        let busiest = sent.iter().map(|start| sent.iter().filter(|at| (*start..start + window).contains(*at)).count());
        i64::try_from(busiest.max().unwrap()).unwrap()
    }

    #[test]
    fn no_ten_seconds_see_more_imports_than_azure_allows_and_hardly_fewer() {
        let most = steps_within(KEY_VAULT, 10_000_000);
        assert!((285..=300).contains(&most), "{most}");
        let most = steps_within(MANAGED_HSM, 10_000_000);
        assert!((10..=11).contains(&most), "{most}");
    }
}
