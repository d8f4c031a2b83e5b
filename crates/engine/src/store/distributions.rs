//! Distributions: what is wanted, and how it stands.

use std::collections::HashMap;

use api::{
    Difference, Distribution, DistributionPath, DistributionQuery, DistributionState, DriftField, ExpiresAfter,
    Explanation, KeyName, KeyType, NameInKms, Page, Protection, ProviderName, Purpose, Slug, Tags, Timestamp,
};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};

use super::conditions::Conditions;
use super::deliveries::{self, DeliveryRow};
use super::withheld::{self, withheld_versions};
use super::{Store, new_id, page, page_size};
use crate::Error;
use crate::cost::{self, Cost};
use crate::standing::{self, Standing};

/// A row of `distributions` with the names and numbers of its key and provider.
pub(crate) struct DistributionRow {
    pub(crate) id: String,
    pub(crate) workspace: Slug,
    pub(crate) key_id: String,
    pub(crate) key: KeyName,
    pub(crate) key_type: KeyType,
    pub(crate) latest_version: u32,
    pub(crate) min_enabled_version: u32,
    /// Versions of the key that are compromised or destroyed.
    pub(crate) withheld: Vec<u32>,
    pub(crate) provider_id: String,
    pub(crate) provider: ProviderName,
    pub(crate) host: String,
    pub(crate) name_in_kms: NameInKms,
    pub(crate) purposes: Vec<Purpose>,
    pub(crate) protection: Protection,
    pub(crate) expires_after: Option<ExpiresAfter>,
    pub(crate) tags: Tags,
    pub(crate) created_at: Timestamp,
    pub(crate) withdrawn_at: Option<Timestamp>,
    pub(crate) deletion_started_at: Option<Timestamp>,
    pub(crate) removed_at: Option<Timestamp>,
    pub(crate) purge_at: Option<Timestamp>,
    pub(crate) recovery_requested_at: Option<Timestamp>,
    pub(crate) purge_requested_at: Option<Timestamp>,
    pub(crate) verification_requested_at: Option<Timestamp>,
    /// What differs about the key as a whole, as last seen.
    pub(crate) drift: Vec<Difference>,
    pub(crate) unreadable: Vec<DriftField>,
    pub(crate) inspected_at: Option<Timestamp>,
    pub(crate) drift_rank: u32,
    pub(crate) attempts: u32,
    pub(crate) last_error: Option<Explanation>,
    pub(crate) next_attempt_at: Option<Timestamp>,
    pub(crate) state: DistributionState,
    pub(crate) due_at: Option<Timestamp>,
}

/// A distribution to be stored.
pub(crate) struct NewRow<'a> {
    pub(crate) key_id: &'a str,
    pub(crate) provider_id: &'a str,
    pub(crate) host: &'a str,
    pub(crate) name_in_kms: &'a NameInKms,
    pub(crate) purposes: &'a [Purpose],
    pub(crate) protection: Protection,
    pub(crate) expires_after: Option<ExpiresAfter>,
    pub(crate) tags: &'a Tags,
    pub(crate) now: Timestamp,
}

const SELECT: &str = concat!(
    "SELECT d.id, w.slug, d.key_id, k.name AS key_name, k.key_type, k.latest_version, k.min_enabled_version, \
     d.provider_id, p.name AS provider_name, d.host, d.name_in_kms, d.purposes, d.protection, \
     d.expires_after, d.tags, d.created_at, d.withdrawn_at, d.deletion_started_at, d.removed_at, d.purge_at, \
     d.recovery_requested_at, d.purge_requested_at, d.verification_requested_at, d.drift, d.unreadable, \
     d.inspected_at, d.drift_rank, d.attempts, d.last_error, d.next_attempt_at, d.state, d.due_at, ",
    withheld_versions!(),
    " FROM distributions d JOIN keys k ON k.id = d.key_id JOIN providers p ON p.id = d.provider_id \
     JOIN workspaces w ON w.id = k.workspace_id"
);

fn distribution_row(row: &AnyRow) -> Result<DistributionRow, Error> {
    const BROKEN: Error = Error::Internal("a stored distribution is not one that is ever written");
    let purposes: String = row.try_get("purposes")?;
    Ok(DistributionRow {
        id: row.try_get("id")?,
        workspace: super::parsed(row, "slug")?,
        key_id: row.try_get("key_id")?,
        key: super::parsed(row, "key_name")?,
        key_type: super::parsed(row, "key_type")?,
        latest_version: super::number(row, "latest_version")?,
        min_enabled_version: super::number(row, "min_enabled_version")?,
        withheld: withheld::numbers(row)?,
        provider_id: row.try_get("provider_id")?,
        provider: super::parsed(row, "provider_name")?,
        host: row.try_get("host")?,
        name_in_kms: super::parsed(row, "name_in_kms")?,
        purposes: purposes.split(',').map(str::parse).collect::<Result<_, _>>().map_err(|_| BROKEN)?,
        protection: super::parsed(row, "protection")?,
        expires_after: (row.try_get::<Option<i64>, _>("expires_after")?)
            .map(|days| u32::try_from(days).ok().and_then(|days| days.try_into().ok()).ok_or(BROKEN))
            .transpose()?,
        tags: super::json(row, "tags")?.unwrap_or_default(),
        created_at: Timestamp::from_millis(row.try_get("created_at")?),
        withdrawn_at: super::moment(row, "withdrawn_at")?,
        deletion_started_at: super::moment(row, "deletion_started_at")?,
        removed_at: super::moment(row, "removed_at")?,
        purge_at: super::moment(row, "purge_at")?,
        recovery_requested_at: super::moment(row, "recovery_requested_at")?,
        purge_requested_at: super::moment(row, "purge_requested_at")?,
        verification_requested_at: super::moment(row, "verification_requested_at")?,
        drift: super::json(row, "drift")?.unwrap_or_default(),
        unreadable: super::json(row, "unreadable")?.unwrap_or_default(),
        inspected_at: super::moment(row, "inspected_at")?,
        drift_rank: super::number(row, "drift_rank")?,
        attempts: super::number(row, "attempts")?,
        last_error: super::json(row, "last_error")?,
        next_attempt_at: super::moment(row, "next_attempt_at")?,
        state: super::parsed(row, "state")?,
        due_at: super::moment(row, "due_at")?,
    })
}

/// The distributions that satisfy the conditions, with their deliveries (by version, ascending).
pub(crate) async fn select(
    connection: &mut AnyConnection,
    conditions: Conditions,
    rest: &str,
) -> Result<Vec<(DistributionRow, Vec<DeliveryRow>)>, Error> {
    let sql = format!("{SELECT} WHERE {} {rest}", conditions.sql());
    let rows = conditions.bind(sqlx::query(AssertSqlSafe(sql))).fetch_all(&mut *connection).await?;
    let rows = rows.iter().map(distribution_row).collect::<Result<Vec<_>, _>>()?;
    let mut deliveries: HashMap<String, Vec<DeliveryRow>> = HashMap::new();
    for delivery in deliveries::select(connection, rows.iter().map(|row| row.id.clone())).await? {
        deliveries.entry(delivery.distribution_id.clone()).or_default().push(delivery);
    }
    let with_deliveries = |row: DistributionRow| {
        let deliveries = deliveries.remove(&row.id).unwrap_or_default();
        (row, deliveries)
    };
    Ok(rows.into_iter().map(with_deliveries).collect())
}

/// The distribution with this id.
pub(crate) async fn by_id(
    connection: &mut AnyConnection,
    id: &str,
) -> Result<(DistributionRow, Vec<DeliveryRow>), Error> {
    let found = select(connection, Conditions::default().and("d.id = ?", [id.into()]), "").await?;
    found.into_iter().next().ok_or_else(|| Error::NotFound("the distribution".to_owned()))
}

/// The distribution at this path, until the key is removed there.
pub(crate) async fn find(
    connection: &mut AnyConnection,
    path: &DistributionPath,
) -> Result<(DistributionRow, Vec<DeliveryRow>), Error> {
    let conditions = Conditions::default()
        .and("w.slug = ?", [path.workspace.as_str().into()])
        .and("k.name = ?", [path.key.as_str().into()])
        .and("p.name = ?", [path.provider.as_str().into()])
        .and("d.removed_at IS NULL", []);
    let found = select(connection, conditions, "").await?;
    let missing = || Error::NotFound(format!("a distribution of {} to {}", path.key, path.provider));
    found.into_iter().next().ok_or_else(missing)
}

/// Where a key is held or shall be held, by provider.
pub(crate) async fn of_key(connection: &mut AnyConnection, key_id: &str) -> Result<Vec<Distribution>, Error> {
    let conditions = Conditions::default().and("d.key_id = ? AND d.removed_at IS NULL", [key_id.into()]);
    let found = select(connection, conditions, "ORDER BY p.name").await?;
    Ok(found.into_iter().map(|(row, deliveries)| row.into_api(&deliveries)).collect())
}

/// Stores a new distribution, which is yet to be restated, and returns its id.
pub(crate) async fn insert(connection: &mut AnyConnection, new: &NewRow<'_>) -> Result<String, sqlx::Error> {
    let purposes: Vec<&str> = new.purposes.iter().map(|purpose| purpose.as_str()).collect();
    let id = new_id();
    sqlx::query(
        "INSERT INTO distributions
         (id, key_id, provider_id, host, name_in_kms, purposes, protection, created_at, expires_after, tags,
          attempts, state, due_at, lease_until, workspace_id, key_name)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, 'pending', $8, 0,
          (SELECT workspace_id FROM keys WHERE id = $2), (SELECT name FROM keys WHERE id = $2))",
    )
    .bind(&id)
    .bind(new.key_id)
    .bind(new.provider_id)
    .bind(new.host)
    .bind(new.name_in_kms.as_str())
    .bind(purposes.join(","))
    .bind(new.protection.as_str())
    .bind(new.now.millis())
    .bind(new.expires_after.map(|after| i64::from(after.days())))
    .bind((!new.tags.is_empty()).then(|| serde_json::to_string(new.tags).expect("tags are text")))
    .execute(connection)
    .await?;
    Ok(id)
}

/// Whether a name is in use at a vault, in whatever case and by whatever workspace.
pub(crate) async fn is_name_used(connection: &mut AnyConnection, host: &str, name: &NameInKms) -> Result<bool, Error> {
    let used =
        sqlx::query("SELECT id FROM distributions WHERE host = $1 AND lower(name_in_kms) = $2 AND removed_at IS NULL")
            .bind(host)
            .bind(name.as_str().to_ascii_lowercase())
            .fetch_optional(connection)
            .await?;
    Ok(used.is_some())
}

/// Whether a name was ever in use at a vault, which may keep it as deleted.
pub(crate) async fn was_name_used(connection: &mut AnyConnection, host: &str, name: &NameInKms) -> Result<bool, Error> {
    let used = sqlx::query("SELECT id FROM distributions WHERE host = $1 AND lower(name_in_kms) = $2")
        .bind(host)
        .bind(name.as_str().to_ascii_lowercase())
        .fetch_optional(connection)
        .await?;
    Ok(used.is_some())
}

/// Recomputes `state`, `due_at`, `drift_rank`, what the next step costs and when the key was rotated, from everything they
/// depend on.
pub(crate) async fn restate(connection: &mut AnyConnection, id: &str) -> Result<(), Error> {
    let (row, deliveries) = by_id(connection, id).await?;
    let Standing { state, due_at, drift_rank } = standing::of(&row, &deliveries);
    let Cost { imports, transactions } = cost::cost(&standing::task(&row, &deliveries), &row);
    sqlx::query(
        "UPDATE distributions SET state = $1, due_at = $2, drift_rank = $3, imports = $4, transactions = $5,
         key_rotated_at = (SELECT rotated_at FROM keys WHERE keys.id = distributions.key_id) WHERE id = $6",
    )
    .bind(state.as_str())
    .bind(due_at.map(Timestamp::millis))
    .bind(i64::from(drift_rank))
    .bind(imports.cast_signed())
    .bind(transactions.cast_signed())
    .bind(id)
    .execute(connection)
    .await?;
    Ok(())
}

/// Something about this key changed: its distributions are tried at once, and lag or not.
pub(crate) async fn restate_key(connection: &mut AnyConnection, key_id: &str) -> Result<(), Error> {
    let ids: Vec<String> =
        sqlx::query_scalar("SELECT id FROM distributions WHERE key_id = $1 AND removed_at IS NULL ORDER BY id")
            .bind(key_id)
            .fetch_all(&mut *connection)
            .await?;
    for id in ids {
        retry_now(connection, &id).await?;
    }
    Ok(())
}

/// Forgets failures, so that the next attempt is made at once.
pub(crate) async fn retry_now(connection: &mut AnyConnection, id: &str) -> Result<(), Error> {
    sqlx::query("UPDATE distributions SET attempts = 0, next_attempt_at = NULL, last_error = NULL WHERE id = $1")
        .bind(id)
        .execute(&mut *connection)
        .await?;
    restate(connection, id).await
}

/// Sets when a person asked for it to be withdrawn.
pub(crate) async fn withdraw(connection: &mut AnyConnection, id: &str, now: Timestamp) -> Result<(), Error> {
    sqlx::query("UPDATE distributions SET withdrawn_at = $1 WHERE id = $2")
        .bind(now.millis())
        .bind(id)
        .execute(&mut *connection)
        .await?;
    retry_now(connection, id).await
}

/// Takes back what was never started: nobody holds a lease on it any more, and nothing is due.
pub(crate) async fn undo(connection: &mut AnyConnection, id: &str, now: Timestamp) -> Result<(), Error> {
    sqlx::query("UPDATE distributions SET removed_at = $1, lease_until = 0, lease_owner = NULL WHERE id = $2")
        .bind(now.millis())
        .bind(id)
        .execute(&mut *connection)
        .await?;
    restate(connection, id).await
}

/// Sets when a person asked for it to be verified.
pub(crate) async fn request_verification(
    connection: &mut AnyConnection,
    id: &str,
    now: Timestamp,
) -> Result<(), Error> {
    sqlx::query("UPDATE distributions SET verification_requested_at = $1 WHERE id = $2")
        .bind(now.millis())
        .bind(id)
        .execute(&mut *connection)
        .await?;
    restate(connection, id).await
}

impl Store {
    /// A page of a workspace's distributions, by key and provider.
    pub(crate) async fn distributions(
        &self,
        workspace: &Slug,
        query: &DistributionQuery,
    ) -> Result<Page<Distribution>, Error> {
        let limit = page_size(query.limit)?;
        let after = query.after.as_deref().map(|after| after.split_once('/'));
        let mut connection = self.pool.acquire().await?;
        let workspace = super::workspace_id(&mut connection, workspace).await?;
        let conditions = Conditions::default()
            .and("d.workspace_id = ? AND d.removed_at IS NULL", [workspace.as_str().into()])
            .and_if(query.state, |conditions, state| conditions.and("d.state = ?", [state.as_str().into()]))
            .and_if(query.provider.as_ref(), |conditions, name| {
                let provider = "d.provider_id = (SELECT id FROM providers WHERE workspace_id = ? AND name = ?)";
                conditions.and(provider, [workspace.as_str().into(), name.as_str().into()])
            });
        let conditions = match after {
            None => conditions,
            // The first half is said for the index, which knows nothing of providers.
            Some(Some((key, provider))) => {
                let cursor = "d.key_name >= ? AND (d.key_name, p.name) > (?, ?)";
                conditions.and(cursor, [key.into(), key.into(), provider.into()])
            }
            Some(None) => return Err(Error::invalid("after", "pass the `next` of the page before")),
        };
        let rest = format!("ORDER BY d.key_name, p.name LIMIT {}", limit + 1);
        let found = select(&mut connection, conditions, &rest).await?;
        let items = found.into_iter().map(|(row, deliveries)| row.into_api(&deliveries)).collect();
        Ok(page(items, limit, |item: &Distribution| format!("{}/{}", item.key, item.provider)))
    }
}

impl DistributionRow {
    /// The key's URL at the provider.
    pub(crate) fn url(&self) -> String {
        format!("https://{}/keys/{}", self.host, self.name_in_kms)
    }

    /// Whether a version should be enabled.
    pub(crate) fn enables(&self, version: u32) -> bool {
        version >= self.min_enabled_version && !self.withholds(version)
    }

    /// Whether a version is compromised or destroyed: delivered nowhere any more, and never enabled.
    pub(crate) fn withholds(&self, version: u32) -> bool {
        self.withheld.contains(&version)
    }

    /// As it goes over the wire.
    pub(crate) fn into_api(self, rows: &[DeliveryRow]) -> Distribution {
        let deliveries = (1..=self.latest_version).rev();
        let deliveries = deliveries.filter_map(|version| {
            let row = rows.iter().find(|row| row.number == version);
            let is_wanted = !self.withholds(version) || row.is_some_and(DeliveryRow::may_be_there);
            is_wanted.then(|| deliveries::into_api(version, row, &self.url(), self.enables(version)))
        });
        Distribution {
            deliveries: deliveries.collect(),
            url: self.url(),
            key: self.key,
            provider: self.provider,
            name_in_kms: self.name_in_kms,
            purposes: self.purposes,
            protection: self.protection,
            expires_after: self.expires_after,
            tags: self.tags,
            state: self.state,
            created_at: self.created_at,
            withdrawn_at: self.withdrawn_at,
            drift: self.drift,
            inspected_at: self.inspected_at,
            unreadable: self.unreadable,
            attempts: self.attempts,
            last_error: self.last_error,
            next_attempt_at: self.next_attempt_at,
        }
    }
}
