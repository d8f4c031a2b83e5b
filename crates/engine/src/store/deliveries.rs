//! Deliveries: one key version held by one distribution.

use api::{Delivery, Difference, DriftField, Timestamp};
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
    /// When the import that made it wants it to expire.
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) drift: Vec<Difference>,
    /// When a person asked for what differs to be made as it should be.
    pub(crate) reconcile_requested_at: Option<Timestamp>,
}

impl DeliveryRow {
    /// Whether the provider holds it, or may: an import was sent whose outcome is not known.
    pub(crate) fn may_be_there(&self) -> bool {
        self.delivered_at.is_some() || self.import_started_at.is_some()
    }

    /// Whether it is enabled there, as last seen.
    pub(crate) fn enabled_as_seen(&self) -> Option<bool> {
        self.differs_in(DriftField::Enabled).map(|difference| difference.found == "yes").or(self.enabled)
    }

    /// Whether the provider's key is not ours.
    pub(crate) fn is_foreign(&self) -> bool {
        self.differs_in(DriftField::Modulus).is_some()
    }

    fn differs_in(&self, field: DriftField) -> Option<&Difference> {
        self.drift.iter().find(|difference| difference.field == field)
    }
}

/// What was seen at the provider.
pub(crate) struct Seen<'a> {
    pub(crate) remote_version: &'a str,
    pub(crate) enabled: bool,
    pub(crate) expires_at: Option<Timestamp>,
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
         verified_at, expires_at, drift, reconcile_requested_at FROM deliveries
         WHERE {} ORDER BY distribution_id, number",
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
        expires_at: super::moment(row, "expires_at")?,
        drift: super::json(row, "drift")?.unwrap_or_default(),
        reconcile_requested_at: super::moment(row, "reconcile_requested_at")?,
    })
}

/// Stores that an import is about to be sent, of a version that expires then.
pub(crate) async fn start_import(
    connection: &mut AnyConnection,
    distribution_id: &str,
    number: u32,
    expires_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO deliveries (distribution_id, number, import_started_at, expires_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (distribution_id, number) DO UPDATE SET import_started_at = excluded.import_started_at,
         expires_at = excluded.expires_at",
    )
    .bind(distribution_id)
    .bind(i64::from(number))
    .bind(now.millis())
    .bind(expires_at.map(Timestamp::millis))
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
        "INSERT INTO deliveries
         (distribution_id, number, remote_version, enabled, delivered_at, verified_at, drift, expires_at)
         VALUES ($1, $2, $3, $4, $5, $5, $6, $7)
         ON CONFLICT (distribution_id, number) DO UPDATE SET
         remote_version = excluded.remote_version, enabled = excluded.enabled, delivered_at = excluded.delivered_at,
         verified_at = excluded.verified_at, drift = excluded.drift, expires_at = excluded.expires_at",
    )
    .bind(distribution_id)
    .bind(i64::from(number))
    .bind(seen.remote_version)
    .bind(i64::from(seen.enabled))
    .bind(seen.now.millis())
    .bind(super::drift::text(seen.drift))
    .bind(seen.expires_at.map(Timestamp::millis))
    .execute(connection)
    .await?;
    Ok(())
}

/// Stores whether a version is enabled, as we or somebody else made it: what somebody makes of that later is drift.
pub(crate) async fn switched(
    connection: &mut AnyConnection,
    distribution_id: &str,
    number: u32,
    enabled: bool,
    now: Timestamp,
) -> Result<(), Error> {
    sqlx::query(
        "UPDATE deliveries SET switched_at = CASE WHEN enabled = $1 THEN switched_at ELSE $2 END, enabled = $1
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

/// Stores that what differed about a version was made as it should be, as far as that was possible.
pub(crate) async fn reconciled(
    connection: &mut AnyConnection,
    distribution_id: &str,
    number: u32,
) -> Result<(), Error> {
    sqlx::query("UPDATE deliveries SET reconcile_requested_at = NULL WHERE distribution_id = $1 AND number = $2")
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
        .bind(super::drift::text(differences))
        .bind(distribution_id)
        .bind(i64::from(number))
        .execute(connection)
        .await?;
    Ok(())
}

/// As it goes over the wire; a version without a row was not delivered yet.
pub(crate) fn into_api(version: u32, row: Option<&DeliveryRow>, url: &str, wanted_enabled: bool) -> Delivery {
    let arrived = row.filter(|row| row.delivered_at.is_some());
    let same_key = |row: &&DeliveryRow| !row.is_foreign() && row.differs_in(DriftField::Presence).is_none();
    Delivery {
        version,
        remote_version: arrived.and_then(|row| row.remote_version.clone()),
        remote_url: arrived.and_then(|row| row.remote_version.as_ref()).map(|remote| format!("{url}/{remote}")),
        wanted_enabled,
        enabled: arrived.and_then(DeliveryRow::enabled_as_seen),
        delivered_at: arrived.and_then(|row| row.delivered_at),
        switched_at: arrived.and_then(|row| row.switched_at),
        expires_at: arrived.and_then(|row| row.expires_at),
        verified_at: arrived.filter(same_key).and_then(|row| row.checked_at),
        drift: arrived.map(|row| row.drift.clone()).unwrap_or_default(),
    }
}
