//! Versions that are compromised or destroyed.

use api::{Holding, Reason, Timestamp};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};

use super::Store;
use crate::Error;

/// The column with a key's withheld versions, for the key `k`.
macro_rules! withheld_versions {
    () => {
        "(SELECT string_agg(CAST(v.number AS TEXT), ',') FROM key_versions v WHERE v.key_id = k.id \
         AND (v.compromised_at IS NOT NULL OR v.destroyed_at IS NOT NULL)) AS withheld"
    };
}
pub(crate) use withheld_versions;

/// The numbers in that column.
pub(crate) fn numbers(row: &AnyRow) -> Result<Vec<u32>, Error> {
    let Some(text) = row.try_get::<Option<String>, _>("withheld")? else { return Ok(Vec::new()) };
    let broken = |_| Error::Internal("a stored number is out of range");
    text.split(',').map(|number| number.parse().map_err(broken)).collect()
}

/// Nothing can be added to a key that has no private key any more.
pub(crate) fn destroyed() -> Error {
    Error::conflict("key_destroyed", "this key is destroyed and stays so: make a new one")
}

/// Marks a version as compromised.
pub(crate) async fn compromise(
    connection: &mut AnyConnection,
    key_id: &str,
    number: u32,
    reason: &Reason,
    now: Timestamp,
) -> Result<(), Error> {
    sqlx::query(
        "UPDATE key_versions SET compromised_at = $1, compromise_reason = $2
         WHERE key_id = $3 AND number = $4 AND compromised_at IS NULL",
    )
    .bind(now.millis())
    .bind(reason.as_str())
    .bind(key_id)
    .bind(i64::from(number))
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes the private key of a version away and keeps all else.
pub(crate) async fn destroy(
    connection: &mut AnyConnection,
    key_id: &str,
    number: u32,
    now: Timestamp,
) -> Result<(), Error> {
    sqlx::query(
        "UPDATE key_versions SET sealed_private_key = '', destroyed_at = $1
         WHERE key_id = $2 AND number = $3 AND destroyed_at IS NULL",
    )
    .bind(now.millis())
    .bind(key_id)
    .bind(i64::from(number))
    .execute(connection)
    .await?;
    Ok(())
}

/// A key all of whose versions are destroyed is destroyed itself, and not rotated any more. Returns whether it is so.
pub(crate) async fn end_key(connection: &mut AnyConnection, key_id: &str, now: Timestamp) -> Result<bool, Error> {
    let ended = sqlx::query(
        "UPDATE keys SET destroyed_at = $1, rotation_days = NULL, rotation_interval = NULL, rotation_due_at = NULL,
         keep_versions = NULL
         WHERE id = $2 AND NOT EXISTS (SELECT 1 FROM key_versions v WHERE v.key_id = $2 AND v.destroyed_at IS NULL)",
    )
    .bind(now.millis())
    .bind(key_id)
    .execute(connection)
    .await?;
    Ok(ended.rows_affected() == 1)
}

/// Everywhere versions of a key are or were held, by version and time.
pub(crate) async fn holdings(
    connection: &mut AnyConnection,
    key_id: &str,
    numbers: &[u32],
) -> Result<Vec<Holding>, Error> {
    let rows = sqlx::query(
        "SELECT h.number, p.name, d.name_in_kms, COALESCE(h.delivered_at, h.import_started_at) AS since, d.removed_at
         FROM deliveries h JOIN distributions d ON d.id = h.distribution_id JOIN providers p ON p.id = d.provider_id
         WHERE d.key_id = $1 AND (h.delivered_at IS NOT NULL OR h.import_started_at IS NOT NULL)
         ORDER BY h.number, since, d.id",
    )
    .bind(key_id)
    .fetch_all(connection)
    .await?;
    let holding = |row: &AnyRow| {
        Ok(Holding {
            version: super::number(row, "number")?,
            provider: super::parsed(row, "name")?,
            name_in_kms: super::parsed(row, "name_in_kms")?,
            since: Timestamp::from_millis(row.try_get("since")?),
            until: super::moment(row, "removed_at")?,
        })
    };
    let all = rows.iter().map(holding).collect::<Result<Vec<_>, Error>>()?;
    Ok(all.into_iter().filter(|holding| numbers.contains(&holding.version)).collect())
}

impl Store {
    /// What was overwritten leaves the write-ahead log of SQLite as well; PostgreSQL drops old rows in its own time.
    pub(crate) async fn shred(&self) {
        if self.is_sqlite() {
            let emptied = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(self.writer()).await;
            if let Err(error) = emptied {
                tracing::warn!(error = &error as &dyn std::error::Error, "the write-ahead log is emptied later");
            }
        }
    }
}
