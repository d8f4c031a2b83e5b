//! Leases: which node works on which distribution, until when.

use std::time::Duration;

use api::{Explanation, Timestamp};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};

use super::{Change, Store, pace};
use crate::cost::Cost;
use crate::{Error, clock};

/// How long a lease lasts: three timeouts of an import, in milliseconds.
pub(crate) const LEASE_MILLIS: i64 = 180_000;

/// Distributions that were leased.
pub(crate) struct Claim {
    pub(crate) ids: Vec<String>,
    pub(crate) until: Timestamp,
    /// When the vault's budgets allow the next step, where they did not allow all that were due.
    pub(crate) again_in: Option<Duration>,
}

impl Store {
    /// A node that starts ends the leases that it held before it was stopped.
    pub(crate) async fn end_leases(&self, node: &str) -> Result<(), Error> {
        sqlx::query("UPDATE distributions SET lease_until = 0, lease_owner = NULL WHERE lease_owner = $1")
            .bind(node)
            .execute(self.writer())
            .await?;
        sqlx::query("UPDATE pace SET kek_maker = NULL, kek_making_until = 0 WHERE kek_maker = $1")
            .bind(node)
            .execute(self.writer())
            .await?;
        Ok(())
    }

    /// The vaults with something due that are not paused and not leased.
    pub(crate) async fn due_hosts(&self) -> Result<Vec<String>, Error> {
        // Looking for one row keeps either database from counting all that are due.
        let hosts = sqlx::query_scalar(
            "SELECT host FROM (SELECT DISTINCT host FROM providers) vaults
             WHERE COALESCE((SELECT not_before FROM pace WHERE pace.host = vaults.host), 0) <= $1
             AND (SELECT d.id FROM distributions d
             WHERE d.host = vaults.host AND d.due_at <= $1 AND d.lease_until < $1 LIMIT 1) IS NOT NULL
             ORDER BY host",
        );
        Ok(hosts.bind(clock::now().millis()).fetch_all(&self.pool).await?)
    }

    /// When the next distribution becomes due, or a pause or a lease ends.
    pub(crate) async fn next_due(&self) -> Result<Option<Timestamp>, Error> {
        let next: Option<i64> = sqlx::query_scalar(
            "SELECT MIN(at) FROM (
             SELECT MIN(due_at) AS at FROM distributions WHERE due_at > $1
             UNION ALL SELECT MIN(lease_until) FROM distributions WHERE lease_owner IS NOT NULL AND lease_until >= $1
             UNION ALL SELECT MIN(kek_due_at) FROM providers WHERE kek_due_at > $1
             UNION ALL SELECT MIN(not_before) FROM pace WHERE not_before > $1) moments",
        )
        .bind(clock::now().millis())
        .fetch_one(&self.pool)
        .await?;
        Ok(next.map(Timestamp::from_millis))
    }

    /// Leases up to `limit` due distributions of a vault to a node, as far as the vault's budgets go. While it takes no
    /// imports, other steps pass them.
    pub(crate) async fn claim(&self, host: &str, node: &str, limit: u32) -> Result<Claim, Error> {
        let mut transaction = self.writer().begin().await?;
        let now = clock::now();
        let until = now.plus_millis(LEASE_MILLIS);
        let mut budgets = pace::lock(&mut transaction, host, now).await?;
        let mut claim = Claim { ids: Vec::new(), until, again_in: None };
        if !budgets.allow_imports() {
            claim.again_in = Some(budgets.until(Cost { imports: 1, transactions: 0 }));
        }
        for (id, cost) in due(&mut transaction, host, now, budgets.allow_imports(), limit).await? {
            if !budgets.allow(cost) {
                let again_in = budgets.until(cost);
                claim.again_in = Some(claim.again_in.map_or(again_in, |earlier| earlier.min(again_in)));
                continue;
            }
            // The condition is repeated: PostgreSQL may have waited for whoever took it back.
            let leased = sqlx::query(
                "UPDATE distributions SET lease_until = $1, lease_owner = $2
                 WHERE id = $3 AND due_at <= $4 AND lease_until < $4",
            )
            .bind(until.millis())
            .bind(node)
            .bind(&id)
            .bind(now.millis())
            .execute(&mut *transaction)
            .await?;
            if leased.rows_affected() == 1 {
                budgets.spend(cost);
                claim.ids.push(id);
            }
        }
        pace::store(&mut transaction, host, &budgets).await?;
        transaction.commit().await?;
        Ok(claim)
    }
}

/// What is due at a vault and not leased, with what its next step costs. Whoever asks holds the vault's budgets, so that
/// nobody else leases any of it.
async fn due(
    connection: &mut AnyConnection,
    host: &str,
    now: Timestamp,
    imports: bool,
    limit: u32,
) -> Result<Vec<(String, Cost)>, Error> {
    let without = if imports { "" } else { "AND imports = 0" };
    let sql = format!(
        "SELECT id, imports, transactions FROM distributions
         WHERE host = $1 AND due_at <= $2 AND lease_until < $2 {without} ORDER BY due_at, id LIMIT $3"
    );
    let rows = sqlx::query(AssertSqlSafe(sql))
        .bind(host)
        .bind(now.millis())
        .bind(i64::from(limit))
        .fetch_all(connection)
        .await?;
    let with_cost = |row: &AnyRow| {
        let (imports, transactions) = (super::number(row, "imports")?, super::number(row, "transactions")?);
        let cost = Cost { imports: imports.into(), transactions: transactions.into() };
        Ok((row.try_get("id")?, cost))
    };
    rows.iter().map(with_cost).collect()
}

/// Gives a lease back. Returns whether it was still this node's: if not, nothing of the step may be stored.
pub(crate) async fn release(connection: &mut AnyConnection, id: &str, node: &str) -> Result<bool, Error> {
    let released =
        sqlx::query("UPDATE distributions SET lease_until = 0, lease_owner = NULL WHERE id = $1 AND lease_owner = $2")
            .bind(id)
            .bind(node)
            .execute(connection)
            .await?;
    Ok(released.rows_affected() == 1)
}

/// Whether the lease is still this node's, and the version neither compromised nor destroyed since.
pub(crate) async fn may_import(
    connection: &mut AnyConnection,
    id: &str,
    number: u32,
    node: &str,
) -> Result<bool, Error> {
    let held = sqlx::query(
        "SELECT d.id FROM distributions d JOIN key_versions v ON v.key_id = d.key_id AND v.number = $2
         WHERE d.id = $1 AND d.lease_owner = $3 AND v.compromised_at IS NULL AND v.destroyed_at IS NULL",
    );
    Ok(held.bind(id).bind(i64::from(number)).bind(node).fetch_optional(connection).await?.is_some())
}

/// Whoever held the lease may have been paused with a request on its way: what it last did is read again at once.
pub(crate) async fn distrust(change: &mut Change, id: &str) -> Result<(), Error> {
    sqlx::query("UPDATE deliveries SET verified_at = NULL WHERE distribution_id = $1")
        .bind(id)
        .execute(&mut *change.transaction)
        .await?;
    super::distributions::restate(&mut change.transaction, id).await
}

/// A step succeeded: failures are forgotten.
pub(crate) async fn succeeded(connection: &mut AnyConnection, id: &str) -> Result<(), Error> {
    sqlx::query("UPDATE distributions SET attempts = 0, last_error = NULL, next_attempt_at = NULL WHERE id = $1")
        .bind(id)
        .execute(connection)
        .await?;
    Ok(())
}

/// A step failed, or has to wait: when it is tried again, and why.
pub(crate) async fn failed(
    connection: &mut AnyConnection,
    id: &str,
    attempts: u32,
    explanation: Option<&Explanation>,
    next: Timestamp,
) -> Result<(), Error> {
    let error = explanation.map(|error| serde_json::to_string(error).expect("explanations are text"));
    sqlx::query(
        "UPDATE distributions SET attempts = $1, last_error = COALESCE($2, last_error), next_attempt_at = $3 WHERE id = $4",
    )
    .bind(i64::from(attempts))
    .bind(error)
    .bind(next.millis())
    .bind(id)
    .execute(connection)
    .await?;
    Ok(())
}

/// Azure accepted the deletion; the key is gone once Azure shows it deleted.
pub(crate) async fn deletion_started(connection: &mut AnyConnection, id: &str, now: Timestamp) -> Result<(), Error> {
    sqlx::query("UPDATE distributions SET deletion_started_at = COALESCE(deletion_started_at, $1) WHERE id = $2")
        .bind(now.millis())
        .bind(id)
        .execute(connection)
        .await?;
    Ok(())
}

/// The key is gone from the provider.
pub(crate) async fn removed(
    connection: &mut AnyConnection,
    id: &str,
    now: Timestamp,
    purge_at: Option<Timestamp>,
) -> Result<(), Error> {
    sqlx::query("UPDATE distributions SET removed_at = $1, purge_at = $2 WHERE id = $3")
        .bind(now.millis())
        .bind(purge_at.map(Timestamp::millis))
        .bind(id)
        .execute(connection)
        .await?;
    Ok(())
}

/// The key is there again: the distribution goes on where it was.
pub(crate) async fn recovered(connection: &mut AnyConnection, id: &str, now: Timestamp) -> Result<(), Error> {
    sqlx::query(
        "UPDATE distributions SET removed_at = NULL, withdrawn_at = NULL, deletion_started_at = NULL, purge_at = NULL,
         recovery_requested_at = NULL, verification_requested_at = $1 WHERE id = $2",
    )
    .bind(now.millis())
    .bind(id)
    .execute(connection)
    .await?;
    Ok(())
}

/// The deleted key is destroyed, and its name is free.
pub(crate) async fn purged(connection: &mut AnyConnection, id: &str, now: Timestamp) -> Result<(), Error> {
    sqlx::query("UPDATE distributions SET purged_at = $1, purge_requested_at = NULL WHERE id = $2")
        .bind(now.millis())
        .bind(id)
        .execute(connection)
        .await?;
    Ok(())
}
