//! Operations and the keys that they work on.

use std::collections::HashMap;

use api::{
    Action, KeyName, KeyType, Operation, OperationCounts, OperationId, OperationKey, OperationKeyQuery,
    OperationKeyState, OperationPath, OperationState, Page, PageQuery, Slug, Timestamp,
};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};

use super::conditions::Conditions;
use super::{Store, moment, page, page_size};
use crate::{Actor, Error};

/// A row of `operations`.
pub(crate) struct OperationRow {
    pub(crate) id: OperationId,
    pub(crate) workspace: Slug,
    pub(crate) action: Action,
    pub(crate) requested_by: String,
    pub(crate) source: Option<String>,
    pub(crate) created_at: Timestamp,
    pub(crate) paused_at: Option<Timestamp>,
    pub(crate) cancelled_at: Option<Timestamp>,
    pub(crate) finished_at: Option<Timestamp>,
}

/// A key that is selected.
pub(crate) struct SelectedKey {
    pub(crate) id: String,
    pub(crate) name: KeyName,
}

/// The next key of an operation.
pub(crate) struct WaitingKey {
    pub(crate) seq: i64,
    pub(crate) name: KeyName,
    /// Absent when the key was deleted since.
    pub(crate) key_type: Option<KeyType>,
}

const SELECT: &str = "SELECT o.id, w.slug, o.action, o.requested_by, o.source, o.created_at, o.paused_at, o.cancelled_at, \
     o.finished_at FROM operations o JOIN workspaces w ON w.id = o.workspace_id";

fn operation_row(row: &AnyRow) -> Result<OperationRow, Error> {
    Ok(OperationRow {
        id: super::parsed(row, "id")?,
        workspace: super::parsed(row, "slug")?,
        action: super::json(row, "action")?.ok_or(Error::Internal("an operation has no action"))?,
        requested_by: row.try_get("requested_by")?,
        source: row.try_get("source")?,
        created_at: Timestamp::from_millis(row.try_get("created_at")?),
        paused_at: moment(row, "paused_at")?,
        cancelled_at: moment(row, "cancelled_at")?,
        finished_at: moment(row, "finished_at")?,
    })
}

impl OperationRow {
    /// Whoever asked for it.
    pub(crate) fn actor(&self) -> Actor {
        Actor { name: self.requested_by.clone(), source: self.source.clone() }
    }

    /// As it goes over the wire.
    pub(crate) fn into_api(self, counts: OperationCounts, seconds_left: Option<u64>) -> Operation {
        let state = match (self.finished_at, self.paused_at) {
            (Some(_), _) => OperationState::Finished,
            (None, Some(_)) => OperationState::Paused,
            (None, None) => OperationState::Running,
        };
        Operation {
            id: self.id,
            action: self.action,
            requested_by: self.requested_by,
            created_at: self.created_at,
            state,
            is_cancelled: self.cancelled_at.is_some(),
            finished_at: self.finished_at,
            counts,
            seconds_left: seconds_left.filter(|_| state == OperationState::Running),
        }
    }
}

/// Stores an operation and the keys that it is about.
pub(crate) async fn insert(
    connection: &mut AnyConnection,
    operation: &OperationRow,
    keys: &[SelectedKey],
) -> Result<(), Error> {
    let workspace = super::workspace_id(connection, &operation.workspace).await?;
    sqlx::query(
        "INSERT INTO operations (id, workspace_id, action, requested_by, source, created_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(operation.id.as_str())
    .bind(workspace)
    .bind(serde_json::to_string(&operation.action).expect("an action is JSON"))
    .bind(&operation.requested_by)
    .bind(&operation.source)
    .bind(operation.created_at.millis())
    .execute(&mut *connection)
    .await?;
    for (seq, key) in (1_i64..).zip(keys) {
        sqlx::query(
            "INSERT INTO operation_keys (operation_id, seq, key_id, key_name, state) VALUES ($1, $2, $3, $4, 'waiting')",
        )
        .bind(operation.id.as_str())
        .bind(seq)
        .bind(&key.id)
        .bind(key.name.as_str())
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// The operation at this path.
pub(crate) async fn find(connection: &mut AnyConnection, path: &OperationPath) -> Result<OperationRow, Error> {
    let sql = format!("{SELECT} WHERE w.slug = $1 AND o.id = $2");
    let row = sqlx::query(AssertSqlSafe(sql)).bind(path.workspace.as_str()).bind(path.operation.as_str());
    let row = row.fetch_optional(connection).await?;
    row.as_ref().map_or_else(|| Err(Error::NotFound(format!("operation {}", path.operation))), operation_row)
}

/// How many keys of each operation stand how.
pub(crate) async fn counts(
    connection: &mut AnyConnection,
    ids: impl IntoIterator<Item = &OperationId>,
) -> Result<HashMap<OperationId, OperationCounts>, Error> {
    let conditions = Conditions::default().and_in("operation_id", ids.into_iter().map(ToString::to_string));
    let sql = format!(
        "SELECT operation_id, state, COUNT(*) AS keys FROM operation_keys WHERE {} GROUP BY operation_id, state",
        conditions.sql()
    );
    let mut counts: HashMap<OperationId, OperationCounts> = HashMap::new();
    for row in conditions.bind(sqlx::query(AssertSqlSafe(sql))).fetch_all(connection).await? {
        let of = counts.entry(super::parsed(&row, "operation_id")?).or_default();
        let keys = row.try_get::<i64, _>("keys")?.unsigned_abs();
        match super::parsed(&row, "state")? {
            OperationKeyState::Waiting => of.waiting = keys,
            OperationKeyState::Started => of.started = keys,
            OperationKeyState::Done => of.done = keys,
            OperationKeyState::Refused => of.refused = keys,
            OperationKeyState::Cancelled => of.cancelled = keys,
        }
    }
    Ok(counts)
}

/// When the last keys that were carried out ended: the first of up to a hundred, the last, and how many they are.
pub(crate) async fn last_ended(connection: &mut AnyConnection, id: &OperationId) -> Result<(i64, i64, i64), Error> {
    let row = sqlx::query(
        "SELECT COALESCE(MIN(ended_at), 0) AS first, COALESCE(MAX(ended_at), 0) AS last, COUNT(*) AS keys FROM (
         SELECT ended_at FROM operation_keys WHERE operation_id = $1 AND ended_at IS NOT NULL AND started_at IS NOT NULL
         ORDER BY ended_at DESC LIMIT 100) ended",
    )
    .bind(id.as_str())
    .fetch_one(connection)
    .await?;
    Ok((row.try_get("first")?, row.try_get("last")?, row.try_get("keys")?))
}

/// The first keys that have no outcome yet.
pub(crate) async fn first_left(
    connection: &mut AnyConnection,
    id: &OperationId,
    limit: usize,
) -> Result<Vec<String>, Error> {
    let rows = sqlx::query(
        "SELECT key_id FROM operation_keys WHERE operation_id = $1 AND ended_at IS NULL ORDER BY seq LIMIT $2",
    )
    .bind(id.as_str())
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(connection)
    .await?;
    rows.iter().map(|row| Ok(row.try_get("key_id")?)).collect()
}

/// Sets one of an operation's moments, or takes it away.
pub(crate) async fn set_moment(
    connection: &mut AnyConnection,
    id: &OperationId,
    column: &'static str,
    moment: Option<Timestamp>,
) -> Result<(), Error> {
    let sql = format!("UPDATE operations SET {column} = $1 WHERE id = $2");
    let query = sqlx::query(AssertSqlSafe(sql)).bind(moment.map(Timestamp::millis)).bind(id.as_str());
    query.execute(connection).await?;
    Ok(())
}

/// The next key to be begun, unless the operation is paused.
pub(crate) async fn next_waiting(
    connection: &mut AnyConnection,
    id: &OperationId,
) -> Result<Option<WaitingKey>, Error> {
    let row = sqlx::query(
        "SELECT o.seq, o.key_name, k.key_type FROM operation_keys o
         JOIN operations p ON p.id = o.operation_id AND p.paused_at IS NULL
         LEFT JOIN keys k ON k.id = o.key_id
         WHERE o.operation_id = $1 AND o.state = 'waiting' ORDER BY o.seq LIMIT 1",
    )
    .bind(id.as_str())
    .fetch_optional(connection)
    .await?;
    let waiting = |row: AnyRow| {
        Ok(WaitingKey {
            seq: row.try_get("seq")?,
            name: super::parsed(&row, "key_name")?,
            key_type: super::parsed_if(&row, "key_type")?,
        })
    };
    row.map(waiting).transpose()
}

/// Moves a key from one state to another. Returns whether it was in that state.
pub(crate) async fn advance(
    connection: &mut AnyConnection,
    id: &OperationId,
    seq: i64,
    (from, to): (OperationKeyState, OperationKeyState),
    error: Option<&str>,
    now: Timestamp,
) -> Result<bool, Error> {
    let column = if to == OperationKeyState::Started { "started_at" } else { "ended_at" };
    let sql = format!(
        "UPDATE operation_keys SET state = $1, error = $2, {column} = $3 WHERE operation_id = $4 AND seq = $5 AND state = $6"
    );
    let moved = sqlx::query(AssertSqlSafe(sql))
        .bind(to.as_str())
        .bind(error)
        .bind(now.millis())
        .bind(id.as_str())
        .bind(seq)
        .bind(from.as_str())
        .execute(connection)
        .await?;
    Ok(moved.rows_affected() == 1)
}

/// Leaves the keys that were not begun as they are.
pub(crate) async fn cancel_waiting(
    connection: &mut AnyConnection,
    id: &OperationId,
    now: Timestamp,
) -> Result<u64, Error> {
    let cancelled = sqlx::query(
        "UPDATE operation_keys SET state = 'cancelled', ended_at = $1 WHERE operation_id = $2 AND state = 'waiting'",
    );
    Ok(cancelled.bind(now.millis()).bind(id.as_str()).execute(connection).await?.rows_affected())
}

/// Refused keys are tried again: those that were begun go on from there, the others wait. Returns how many.
pub(crate) async fn retry_refused(connection: &mut AnyConnection, id: &OperationId) -> Result<u64, Error> {
    let retried = sqlx::query(
        "UPDATE operation_keys SET state = CASE WHEN started_at IS NULL THEN 'waiting' ELSE 'started' END,
         error = NULL, ended_at = NULL WHERE operation_id = $1 AND state = 'refused'",
    );
    Ok(retried.bind(id.as_str()).execute(connection).await?.rows_affected())
}

/// The ids of the keys of an operation that are in a state.
pub(crate) async fn key_ids(
    connection: &mut AnyConnection,
    id: &OperationId,
    state: OperationKeyState,
) -> Result<Vec<String>, Error> {
    let ids =
        sqlx::query_scalar("SELECT key_id FROM operation_keys WHERE operation_id = $1 AND state = $2 ORDER BY seq");
    Ok(ids.bind(id.as_str()).bind(state.as_str()).fetch_all(connection).await?)
}

/// The keys of an operation that were begun, by their ids.
pub(crate) async fn started(connection: &mut AnyConnection, id: &OperationId) -> Result<Vec<(i64, String)>, Error> {
    let rows = sqlx::query_as(
        "SELECT seq, key_id FROM operation_keys WHERE operation_id = $1 AND state = 'started' ORDER BY seq",
    );
    Ok(rows.bind(id.as_str()).fetch_all(connection).await?)
}

impl Store {
    /// The operations that are not finished, the oldest first.
    pub(crate) async fn unfinished_operations(&self) -> Result<Vec<OperationRow>, Error> {
        let sql = format!("{SELECT} WHERE o.finished_at IS NULL ORDER BY o.id");
        let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(&self.pool).await?;
        rows.iter().map(operation_row).collect()
    }

    /// A page of a workspace's operations, the newest first.
    pub(crate) async fn operations(&self, workspace: &Slug, query: &PageQuery) -> Result<Page<OperationRow>, Error> {
        let limit = page_size(query.limit)?;
        let mut connection = self.pool.acquire().await?;
        let workspace = super::workspace_id(&mut connection, workspace).await?;
        let conditions = Conditions::default()
            .and("o.workspace_id = ?", [workspace.into()])
            .and_if(query.after.as_deref(), |conditions, after| conditions.and("o.id < ?", [after.into()]));
        let sql = format!("{SELECT} WHERE {} ORDER BY o.id DESC LIMIT {}", conditions.sql(), limit + 1);
        let rows = conditions.bind(sqlx::query(AssertSqlSafe(sql))).fetch_all(&mut *connection).await?;
        let rows = rows.iter().map(operation_row).collect::<Result<Vec<_>, _>>()?;
        Ok(page(rows, limit, |row| row.id.to_string()))
    }

    /// A page of an operation's keys, in order.
    pub(crate) async fn operation_keys(
        &self,
        id: &OperationId,
        query: &OperationKeyQuery,
    ) -> Result<Page<OperationKey>, Error> {
        let limit = page_size(query.limit)?;
        let broken = |_| Error::invalid("after", "pass the `next` of the page before");
        let after = query.after.as_ref().map(|after| after.parse::<i64>().map_err(broken)).transpose()?;
        let conditions = Conditions::default()
            .and("operation_id = ?", [id.as_str().into()])
            .and_if(query.state, |conditions, state| conditions.and("state = ?", [state.as_str().into()]))
            .and_if(after, |conditions, after| conditions.and("seq > ?", [after.into()]));
        let sql = format!(
            "SELECT seq, key_name, state, error, COALESCE(ended_at, started_at) AS at FROM operation_keys
             WHERE {} ORDER BY seq LIMIT {}",
            conditions.sql(),
            limit + 1
        );
        let rows = conditions.bind(sqlx::query(AssertSqlSafe(sql))).fetch_all(&self.pool).await?;
        let key = |row: &AnyRow| {
            let key = OperationKey {
                key: super::parsed(row, "key_name")?,
                state: super::parsed(row, "state")?,
                reason: row.try_get("error")?,
                at: moment(row, "at")?,
            };
            Ok((row.try_get::<i64, _>("seq")?, key))
        };
        let keys = rows.iter().map(key).collect::<Result<Vec<_>, Error>>()?;
        let Page { items, next } = page(keys, limit, |(seq, _)| seq.to_string());
        Ok(Page { items: items.into_iter().map(|(_, key)| key).collect(), next })
    }
}
