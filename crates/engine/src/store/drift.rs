//! What differs at providers, and which of it may stay.

use api::{Difference, Distribution, DriftField, Page, PageQuery, Slug, Timestamp};
use sqlx::AnyConnection;

use super::conditions::Conditions;
use super::deliveries::DeliveryRow;
use super::distributions::{self, DistributionRow};
use super::{Store, page, page_size};
use crate::Error;

/// Differences as they are stored; none where there are none.
pub(crate) fn text(differences: &[Difference]) -> Option<String> {
    if differences.is_empty() { None } else { Some(serde_json::to_string(differences).expect("differences are text")) }
}

/// What differs about a version, or about the key as a whole.
pub(crate) fn of<'a>(
    row: &'a DistributionRow,
    deliveries: &'a [DeliveryRow],
    version: Option<u32>,
) -> &'a [Difference] {
    match version {
        None => &row.drift,
        Some(number) => {
            deliveries.iter().find(|delivery| delivery.number == number).map_or(&[], |delivery| &delivery.drift)
        }
    }
}

/// Stores what differs about a key as a whole.
pub(crate) async fn inspected(
    connection: &mut AnyConnection,
    id: &str,
    differences: &[Difference],
    unreadable: &[DriftField],
    now: Timestamp,
) -> Result<(), Error> {
    let unreadable =
        (!unreadable.is_empty()).then(|| serde_json::to_string(unreadable).expect("names of fields are text"));
    sqlx::query("UPDATE distributions SET inspected_at = $1, drift = $2, unreadable = $3 WHERE id = $4")
        .bind(now.millis())
        .bind(text(differences))
        .bind(unreadable)
        .bind(id)
        .execute(connection)
        .await?;
    Ok(())
}

/// Replaces what differs about a version, or about the key as a whole.
pub(crate) async fn replace(
    connection: &mut AnyConnection,
    id: &str,
    version: Option<u32>,
    differences: &[Difference],
) -> Result<(), Error> {
    let query = match version {
        Some(number) => sqlx::query("UPDATE deliveries SET drift = $1 WHERE distribution_id = $2 AND number = $3")
            .bind(text(differences))
            .bind(id)
            .bind(i64::from(number)),
        None => sqlx::query("UPDATE distributions SET drift = $1 WHERE id = $2").bind(text(differences)).bind(id),
    };
    query.execute(&mut *connection).await?;
    distributions::restate(connection, id).await
}

/// Stores that what differs about these versions shall be made as it should be.
pub(crate) async fn request_reconciliation(
    connection: &mut AnyConnection,
    id: &str,
    versions: &[u32],
    now: Timestamp,
) -> Result<(), Error> {
    for number in versions {
        sqlx::query("UPDATE deliveries SET reconcile_requested_at = $1 WHERE distribution_id = $2 AND number = $3")
            .bind(now.millis())
            .bind(id)
            .bind(i64::from(*number))
            .execute(&mut *connection)
            .await?;
    }
    distributions::retry_now(connection, id).await
}

impl Store {
    /// A page of a workspace's distributions with something that differs: alarms first, then what is open, then what is
    /// accepted; by key and provider.
    pub(crate) async fn drifted(&self, workspace: &Slug, query: &PageQuery) -> Result<Page<Distribution>, Error> {
        let limit = page_size(query.limit)?;
        let mut connection = self.pool.acquire().await?;
        let workspace = super::workspace_id(&mut connection, workspace).await?;
        let mut conditions = Conditions::default()
            .and("d.workspace_id = ? AND d.drift_rank > 0 AND d.removed_at IS NULL", [workspace.as_str().into()]);
        if let Some(after) = query.after.as_deref() {
            let (rank, key, provider) =
                cursor(after).ok_or_else(|| Error::invalid("after", "pass the `next` of the page before"))?;
            // The first half is said for the index, which knows nothing of providers.
            conditions = conditions
                .and("(-d.drift_rank, d.key_name) >= (?, ?)", [(-rank).into(), key.into()])
                .and("(-d.drift_rank, d.key_name, p.name) > (?, ?, ?)", [(-rank).into(), key.into(), provider.into()]);
        }
        let rest = format!("ORDER BY -d.drift_rank, d.key_name, p.name LIMIT {}", limit + 1);
        let found = distributions::select(&mut connection, conditions, &rest).await?;
        let place = |row: &DistributionRow| format!("{}/{}/{}", row.drift_rank, row.key, row.provider);
        let rows = found.into_iter().map(|(row, deliveries)| (place(&row), row.into_api(&deliveries))).collect();
        let Page { items, next } = page(rows, limit, |(place, _): &(String, Distribution)| place.clone());
        Ok(Page { items: items.into_iter().map(|(_, distribution)| distribution).collect(), next })
    }
}

fn cursor(after: &str) -> Option<(i64, &str, &str)> {
    let (rank, rest) = after.split_once('/')?;
    let (key, provider) = rest.split_once('/')?;
    Some((rank.parse().ok().filter(|rank| (0..=9).contains(rank))?, key, provider))
}
