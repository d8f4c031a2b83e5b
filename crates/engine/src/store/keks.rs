//! Key exchange keys that were asked for, and who makes one in a vault.

use api::{Explanation, Slug, Timestamp};
use sqlx::{AnyConnection, Row as _};

use super::leases::LEASE_MILLIS;
use super::{Store, pace};
use crate::{Error, clock};

/// A provider whose key exchange key was asked for and is due.
pub(crate) struct DueKek {
    pub(crate) id: String,
    pub(crate) workspace: Slug,
    pub(crate) host: String,
    pub(crate) attempts: u32,
    requested_at: Timestamp,
}

/// Why an attempt failed, and when there is another.
pub(crate) struct Tried<'a> {
    pub(crate) error: &'a Explanation,
    pub(crate) again: Option<Timestamp>,
}

impl Store {
    /// What is due in vaults that are not paused, the longest due first.
    pub(crate) async fn due_keks(&self) -> Result<Vec<DueKek>, Error> {
        let rows = sqlx::query(
            "SELECT p.id, w.slug, p.host, p.kek_attempts, p.kek_requested_at FROM providers p
             JOIN workspaces w ON w.id = p.workspace_id LEFT JOIN pace ON pace.host = p.host
             WHERE p.kek_due_at <= $1 AND COALESCE(pace.not_before, 0) <= $1 ORDER BY p.kek_due_at, p.id",
        )
        .bind(clock::now().millis())
        .fetch_all(&self.pool)
        .await?;
        let due = rows.iter().map(|row| {
            Ok(DueKek {
                id: row.try_get("id")?,
                workspace: super::parsed(row, "slug")?,
                host: row.try_get("host")?,
                attempts: super::number(row, "kek_attempts")?,
                requested_at: Timestamp::from_millis(row.try_get("kek_requested_at")?),
            })
        });
        due.collect()
    }

    /// Makes this node the only one that makes a key exchange key in a vault. Returns whether it is.
    pub(crate) async fn begin_making(&self, host: &str, node: &str) -> Result<bool, Error> {
        let mut transaction = self.writer().begin().await?;
        let now = clock::now();
        pace::lock(&mut transaction, host, now).await?;
        let begun = sqlx::query(
            "UPDATE pace SET kek_maker = $1, kek_making_until = $2
             WHERE host = $3 AND (kek_making_until < $4 OR kek_maker = $1)",
        )
        .bind(node)
        .bind(now.plus_millis(LEASE_MILLIS).millis())
        .bind(host)
        .bind(now.millis())
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(begun.rows_affected() == 1)
    }

    /// Lets other nodes make key exchange keys in a vault.
    pub(crate) async fn end_making(&self, host: &str, node: &str) -> Result<(), Error> {
        sqlx::query("UPDATE pace SET kek_maker = NULL, kek_making_until = 0 WHERE host = $1 AND kek_maker = $2")
            .bind(host)
            .bind(node)
            .execute(self.writer())
            .await?;
        Ok(())
    }
}

/// Asks for a provider's key exchange key, now.
pub(crate) async fn request(connection: &mut AnyConnection, id: &str, now: Timestamp) -> Result<(), Error> {
    sqlx::query(
        "UPDATE providers SET kek_requested_at = COALESCE(kek_requested_at, $1), kek_due_at = $1, kek_error = NULL
         WHERE id = $2",
    )
    .bind(now.millis())
    .bind(id)
    .execute(connection)
    .await?;
    Ok(())
}

/// An attempt ended: it is done, or what stood in its way. Returns whether that is news: another node may have been first.
pub(crate) async fn settle(
    connection: &mut AnyConnection,
    due: &DueKek,
    tried: Option<Tried<'_>>,
) -> Result<bool, Error> {
    let error = tried.as_ref().map(|tried| serde_json::to_string(tried.error).expect("explanations are text"));
    let again = tried.and_then(|tried| tried.again);
    let settled = sqlx::query(
        "UPDATE providers SET kek_requested_at = $1, kek_due_at = $2, kek_attempts = $3, kek_error = $4
         WHERE id = $5 AND kek_requested_at = $6 AND kek_attempts = $7",
    )
    .bind(again.map(|_| due.requested_at.millis()))
    .bind(again.map(Timestamp::millis))
    .bind(again.map_or(0, |_| i64::from(due.attempts) + 1))
    .bind(error)
    .bind(&due.id)
    .bind(due.requested_at.millis())
    .bind(i64::from(due.attempts))
    .execute(connection)
    .await?;
    Ok(settled.rows_affected() == 1)
}

/// There is nothing to do before that moment.
pub(crate) async fn wait(connection: &mut AnyConnection, due: &DueKek, until: Timestamp) -> Result<(), Error> {
    sqlx::query("UPDATE providers SET kek_due_at = $1 WHERE id = $2 AND kek_requested_at = $3 AND kek_attempts = $4")
        .bind(until.millis())
        .bind(&due.id)
        .bind(due.requested_at.millis())
        .bind(i64::from(due.attempts))
        .execute(connection)
        .await?;
    Ok(())
}
