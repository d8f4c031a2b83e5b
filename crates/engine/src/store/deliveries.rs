//! Deliveries: one key version held by one distribution.

use api::{Delivery, Difference, Timestamp};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};

use super::conditions::Conditions;
use crate::Error;

/// A row of `deliveries`.
pub(crate) struct DeliveryRow {
    pub(crate) distribution_id: String,
    pub(crate) number: u32,
    pub(crate) import_started_at: Option<Timestamp>,
    pub(crate) remote_version: Option<String>,
    pub(crate) enabled: Option<bool>,
    pub(crate) delivered_at: Option<Timestamp>,
    pub(crate) switched_at: Option<Timestamp>,
    /// When the provider's key was last compared with ours, whatever came of it.
    pub(crate) checked_at: Option<Timestamp>,
    pub(crate) drift: Vec<Difference>,
}

/// The name of the difference that means: the vault holds a key that is not ours.
pub(crate) const MODULUS: &str = "modulus";

impl DeliveryRow {
    /// Whether the provider holds it, or may: an import was sent whose outcome is not known.
    pub(crate) fn may_be_there(&self) -> bool {
        self.delivered_at.is_some() || self.import_started_at.is_some()
    }

    /// Whether it is enabled there, as last seen.
    pub(crate) fn enabled_as_seen(&self) -> Option<bool> {
        let found = self.drift.iter().find(|difference| difference.field == "enabled");
        found.map(|difference| difference.found == "yes").or(self.enabled)
    }

    /// Whether the provider's key is not ours.
    pub(crate) fn is_foreign(&self) -> bool {
        self.drift.iter().any(|difference| difference.field == MODULUS)
    }
}

/// What was seen at the provider.
pub(crate) struct Seen<'a> {
    pub(crate) remote_version: &'a str,
    pub(crate) enabled: bool,
    pub(crate) drift: &'a [Difference],
    pub(crate) now: Timestamp,
}

/// The deliveries of these distributions, by version.
pub(crate) async fn select(
    connection: &mut AnyConnection,
    distributions: impl IntoIterator<Item = String>,
) -> Result<Vec<DeliveryRow>, Error> {
    let conditions = Conditions::default().and_in("distribution_id", distributions);
    let sql = format!(
        "SELECT distribution_id, number, import_started_at, remote_version, enabled, delivered_at, switched_at,
         verified_at, drift FROM deliveries WHERE {} ORDER BY distribution_id, number",
        conditions.sql()
    );
    let rows = conditions.bind(sqlx::query(AssertSqlSafe(sql))).fetch_all(connection).await?;
    rows.iter().map(delivery_row).collect()
}

fn delivery_row(row: &AnyRow) -> Result<DeliveryRow, Error> {
    Ok(DeliveryRow {
        distribution_id: row.try_get("distribution_id")?,
        number: super::number(row, "number")?,
        import_started_at: super::moment(row, "import_started_at")?,
        remote_version: row.try_get("remote_version")?,
        enabled: row.try_get::<Option<i64>, _>("enabled")?.map(|enabled| enabled != 0),
        delivered_at: super::moment(row, "delivered_at")?,
        switched_at: super::moment(row, "switched_at")?,
        checked_at: super::moment(row, "verified_at")?,
        drift: super::json(row, "drift")?.unwrap_or_default(),
    })
}

/// Stores that an import is about to be sent.
pub(crate) async fn start_import(
    connection: &mut AnyConnection,
    distribution_id: &str,
    number: u32,
    now: Timestamp,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO deliveries (distribution_id, number, import_started_at) VALUES ($1, $2, $3)
         ON CONFLICT (distribution_id, number) DO UPDATE SET import_started_at = excluded.import_started_at",
    )
    .bind(distribution_id)
    .bind(i64::from(number))
    .bind(now.millis())
    .execute(connection)
    .await?;
    Ok(())
}

/// Forgets an import that was certainly not carried out.
pub(crate) async fn forget_import(
    connection: &mut AnyConnection,
    distribution_id: &str,
    number: u32,
) -> Result<(), Error> {
    sqlx::query(
        "UPDATE deliveries SET import_started_at = NULL
         WHERE distribution_id = $1 AND number = $2 AND delivered_at IS NULL",
    )
    .bind(distribution_id)
    .bind(i64::from(number))
    .execute(connection)
    .await?;
    Ok(())
}

/// Stores that a version arrived, with what was seen.
pub(crate) async fn delivered(
    connection: &mut AnyConnection,
    distribution_id: &str,
    number: u32,
    seen: &Seen<'_>,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO deliveries (distribution_id, number, remote_version, enabled, delivered_at, verified_at, drift)
         VALUES ($1, $2, $3, $4, $5, $5, $6)
         ON CONFLICT (distribution_id, number) DO UPDATE SET
         remote_version = excluded.remote_version, enabled = excluded.enabled, delivered_at = excluded.delivered_at,
         verified_at = excluded.verified_at, drift = excluded.drift",
    )
    .bind(distribution_id)
    .bind(i64::from(number))
    .bind(seen.remote_version)
    .bind(i64::from(seen.enabled))
    .bind(seen.now.millis())
    .bind(drift(seen.drift))
    .execute(connection)
    .await?;
    Ok(())
}

/// Stores that a version was switched on or off, by us or by somebody else. What differed is compared again.
pub(crate) async fn switched(
    connection: &mut AnyConnection,
    distribution_id: &str,
    number: u32,
    enabled: bool,
    now: Timestamp,
) -> Result<(), Error> {
    sqlx::query(
        "UPDATE deliveries SET enabled = $1, switched_at = $2, verified_at = CASE WHEN drift IS NULL THEN verified_at END
         WHERE distribution_id = $3 AND number = $4",
    )
    .bind(i64::from(enabled))
    .bind(now.millis())
    .bind(distribution_id)
    .bind(i64::from(number))
    .execute(connection)
    .await?;
    Ok(())
}

/// Stores what a comparison found.
pub(crate) async fn verified(
    connection: &mut AnyConnection,
    distribution_id: &str,
    number: u32,
    differences: &[Difference],
    now: Timestamp,
) -> Result<(), Error> {
    sqlx::query("UPDATE deliveries SET verified_at = $1, drift = $2 WHERE distribution_id = $3 AND number = $4")
        .bind(now.millis())
        .bind(drift(differences))
        .bind(distribution_id)
        .bind(i64::from(number))
        .execute(connection)
        .await?;
    Ok(())
}

fn drift(differences: &[Difference]) -> Option<String> {
    if differences.is_empty() { None } else { Some(serde_json::to_string(differences).expect("differences are text")) }
}

/// As it goes over the wire; a version without a row was not delivered yet.
pub(crate) fn into_api(version: u32, row: Option<&DeliveryRow>, url: &str, wanted_enabled: bool) -> Delivery {
    let arrived = row.filter(|row| row.delivered_at.is_some());
    let same_key = |row: &&DeliveryRow| !row.is_foreign();
    Delivery {
        version,
        remote_version: arrived.and_then(|row| row.remote_version.clone()),
        remote_url: arrived.and_then(|row| row.remote_version.as_ref()).map(|remote| format!("{url}/{remote}")),
        wanted_enabled,
        enabled: arrived.and_then(DeliveryRow::enabled_as_seen),
        delivered_at: arrived.and_then(|row| row.delivered_at),
        switched_at: arrived.and_then(|row| row.switched_at),
        verified_at: arrived.filter(same_key).and_then(|row| row.checked_at),
        drift: arrived.map(|row| row.drift.clone()).unwrap_or_default(),
    }
}
