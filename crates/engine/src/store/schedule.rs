//! When keys are rotated by themselves: columns of `keys`.

use api::{KeyName, KeyType, Page, PageQuery, Rotation, ScheduledKey, Slug, Timestamp};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};

use super::conditions::Conditions;
use super::{Store, moment, page, page_size};
use crate::{Error, clock};

/// A key whose rotation is due.
pub(crate) struct DueKey {
    pub(crate) id: String,
    pub(crate) workspace: Slug,
    pub(crate) name: KeyName,
    pub(crate) key_type: KeyType,
    pub(crate) due_at: Timestamp,
}

/// A period with the jitter of one key, in milliseconds.
pub(crate) struct Interval {
    pub(crate) days: u32,
    pub(crate) millis: i64,
    pub(crate) keep_versions: Option<u32>,
}

fn rotation(row: &AnyRow) -> Result<Option<Rotation>, Error> {
    let Some(due_at) = moment(row, "rotation_due_at")? else { return Ok(None) };
    let keep_versions = row.try_get::<Option<i64>, _>("keep_versions")?;
    Ok(Some(Rotation {
        period_days: super::number(row, "rotation_days")?,
        keep_versions: keep_versions.and_then(|number| u32::try_from(number).ok()),
        due_at,
    }))
}

/// When a key is rotated, if ever.
pub(crate) async fn of_key(connection: &mut AnyConnection, key_id: &str) -> Result<Option<Rotation>, Error> {
    let row = sqlx::query("SELECT rotation_days, rotation_due_at, keep_versions FROM keys WHERE id = $1").bind(key_id);
    rotation(&row.fetch_one(connection).await?)
}

/// Sets or removes the period of a key, counted from its last rotation. Returns whether there is one that is not
/// destroyed.
pub(crate) async fn set(
    connection: &mut AnyConnection,
    key_id: &str,
    interval: Option<&Interval>,
) -> Result<bool, Error> {
    let changed = sqlx::query(
        "UPDATE keys SET rotation_days = $1, rotation_interval = $2, rotation_due_at = rotated_at + $2,
         keep_versions = $3 WHERE id = $4 AND destroyed_at IS NULL",
    )
    .bind(interval.map(|interval| i64::from(interval.days)))
    .bind(interval.map(|interval| interval.millis))
    .bind(interval.and_then(|interval| interval.keep_versions).map(i64::from))
    .bind(key_id)
    .execute(connection)
    .await?;
    Ok(changed.rows_affected() == 1)
}

/// Whether the rotation of a key is still due at that moment: nobody rotated it or changed its period since.
pub(crate) async fn is_due(connection: &mut AnyConnection, due: &DueKey) -> Result<bool, Error> {
    let found = sqlx::query("SELECT id FROM keys WHERE id = $1 AND rotation_due_at = $2");
    let found = found.bind(&due.id).bind(due.due_at.millis()).fetch_optional(connection).await?;
    Ok(found.is_some())
}

/// Lets the minimum enabled version follow, where only some versions are kept. It never goes back.
pub(crate) async fn follow(connection: &mut AnyConnection, key_id: &str) -> Result<(), Error> {
    sqlx::query(
        "UPDATE keys SET min_enabled_version = latest_version - keep_versions + 1
         WHERE id = $1 AND min_enabled_version < latest_version - keep_versions + 1",
    )
    .bind(key_id)
    .execute(connection)
    .await?;
    Ok(())
}

impl Store {
    /// The keys whose rotation is due, the longest overdue first.
    pub(crate) async fn due_keys(&self, limit: u32) -> Result<Vec<DueKey>, Error> {
        let sql = format!(
            "SELECT k.id, w.slug, k.name, k.key_type, k.rotation_due_at FROM keys k
             JOIN workspaces w ON w.id = k.workspace_id
             WHERE k.rotation_due_at <= $1 ORDER BY k.rotation_due_at LIMIT {limit}"
        );
        let rows = sqlx::query(AssertSqlSafe(sql)).bind(clock::now().millis()).fetch_all(&self.pool).await?;
        let due = |row: &AnyRow| {
            Ok(DueKey {
                id: row.try_get("id")?,
                workspace: super::parsed(row, "slug")?,
                name: super::parsed(row, "name")?,
                key_type: super::parsed(row, "key_type")?,
                due_at: Timestamp::from_millis(row.try_get("rotation_due_at")?),
            })
        };
        rows.iter().map(due).collect()
    }

    /// A page of what comes, the next first.
    pub(crate) async fn schedule(&self, workspace: &Slug, query: &PageQuery) -> Result<Page<ScheduledKey>, Error> {
        let limit = page_size(query.limit)?;
        let mut connection = self.pool.acquire().await?;
        let workspace = super::workspace_id(&mut connection, workspace).await?;
        let mut conditions =
            Conditions::default().and("workspace_id = ?", [workspace.into()]).and("rotation_due_at IS NOT NULL", []);
        if let Some(after) = &query.after {
            let broken = || Error::invalid("after", "pass the `next` of the page before");
            let (due_at, name) = after.split_once('~').ok_or_else(broken)?;
            let due_at: i64 = due_at.parse().map_err(|_| broken())?;
            conditions = conditions.and("(rotation_due_at, name) > (?, ?)", [due_at.into(), name.into()]);
        }
        let sql = format!(
            "SELECT name, rotation_days, rotation_due_at, keep_versions FROM keys
             WHERE {} ORDER BY rotation_due_at, name LIMIT {}",
            conditions.sql(),
            limit + 1
        );
        let rows = conditions.bind(sqlx::query(AssertSqlSafe(sql))).fetch_all(&mut *connection).await?;
        let now = clock::now();
        let scheduled = |row: &AnyRow| {
            let rotation = rotation(row)?.ok_or(Error::Internal("a scheduled key has no schedule"))?;
            Ok(ScheduledKey { key: super::parsed(row, "name")?, is_overdue: rotation.due_at < now, rotation })
        };
        let keys = rows.iter().map(scheduled).collect::<Result<Vec<_>, Error>>()?;
        Ok(page(keys, limit, |key| format!("{}~{}", key.rotation.due_at.millis(), key.key)))
    }
}
