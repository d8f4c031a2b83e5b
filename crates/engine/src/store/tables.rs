//! Whole tables, for backup and restore.

use futures::TryStreamExt as _;
use serde_json::{Map, Value};
use sqlx::any::{AnyRow, AnyTypeInfoKind};
use sqlx::{Any, AssertSqlSafe, Column as _, Row as _, Transaction, ValueRef as _};

use super::Store;
use crate::Error;

/// Every table with what is worth keeping, those first that others refer to. Sessions are not.
pub(crate) const ALL: &[&str] = &[
    "facts",
    "audit_head",
    "audit_events",
    "workspaces",
    "namespaces",
    "policies",
    "users",
    "members",
    "tokens",
    "providers",
    "keys",
    "key_versions",
    "distributions",
    "deliveries",
    "pooled_keys",
    "operations",
    "operation_keys",
    "pace",
];

/// The database as of one moment.
pub(crate) struct Snapshot(Transaction<'static, Any>);

/// An empty database being filled.
pub(crate) struct Copied(Transaction<'static, Any>);

impl Store {
    /// The database as of now. Others may go on writing.
    pub(crate) async fn snapshot(&self) -> Result<Snapshot, Error> {
        let mut transaction = self.pool.begin().await?;
        if !self.is_sqlite() {
            sqlx::query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY").execute(&mut *transaction).await?;
        }
        Ok(Snapshot(transaction))
    }

    /// Begins to fill a database that has only the rows that a new one has.
    pub(crate) async fn copy(&self) -> Result<Copied, Error> {
        let mut transaction = self.writer().begin().await?;
        let used: i64 = sqlx::query_scalar("SELECT (SELECT COUNT(*) FROM users) + (SELECT COUNT(*) FROM audit_events)")
            .fetch_one(&mut *transaction)
            .await?;
        if used > 0 {
            let sentence = "there is a Keyferry database already: restore into an empty one";
            return Err(Error::Start(sentence.to_owned()));
        }
        sqlx::query("DELETE FROM audit_head").execute(&mut *transaction).await?;
        sqlx::query("DELETE FROM facts").execute(&mut *transaction).await?;
        Ok(Copied(transaction))
    }
}

impl Snapshot {
    /// The last migration.
    pub(crate) async fn schema(&mut self) -> Result<i64, Error> {
        let version = sqlx::query_scalar("SELECT MAX(version) FROM _sqlx_migrations WHERE success");
        Ok(version.fetch_one(&mut *self.0).await?)
    }

    /// The id of the key that the database is sealed with.
    pub(crate) async fn sealing_key(&mut self) -> Result<Option<String>, Error> {
        let id = sqlx::query_scalar("SELECT value FROM facts WHERE name = 'sealing_key'");
        Ok(id.fetch_optional(&mut *self.0).await?)
    }

    /// The last event of the audit trail.
    pub(crate) async fn audit_seq(&mut self) -> Result<i64, Error> {
        Ok(sqlx::query_scalar("SELECT seq FROM audit_head WHERE id = 1").fetch_one(&mut *self.0).await?)
    }

    /// Passes on every row of a table, one by one.
    pub(crate) async fn rows(
        &mut self,
        table: &str,
        mut pass_on: impl FnMut(Map<String, Value>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let sql = format!("SELECT * FROM {table} ORDER BY 1");
        let mut rows = sqlx::query(AssertSqlSafe(sql)).fetch(&mut *self.0);
        while let Some(row) = rows.try_next().await? {
            pass_on(values(&row)?)?;
        }
        Ok(())
    }
}

/// What a row holds; columns without a value are left out.
fn values(row: &AnyRow) -> Result<Map<String, Value>, Error> {
    let mut values = Map::new();
    for column in row.columns() {
        let value = row.try_get_raw(column.ordinal())?;
        if value.is_null() {
            continue;
        }
        let value = match value.type_info().kind() {
            AnyTypeInfoKind::BigInt => row.try_get::<i64, _>(column.ordinal())?.into(),
            AnyTypeInfoKind::Text => row.try_get::<String, _>(column.ordinal())?.into(),
            _ => return Err(Error::Internal("a column is neither text nor a number")),
        };
        values.insert(column.name().to_owned(), value);
    }
    Ok(values)
}

impl Copied {
    /// Inserts a row.
    pub(crate) async fn insert(&mut self, table: &str, row: &Map<String, Value>) -> Result<(), Error> {
        let is_name = |name: &&String| name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        if !row.keys().all(|name| is_name(&name)) {
            return Err(Error::Start("the backup names a column that cannot be".to_owned()));
        }
        let names = row.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        let places = (1..=row.len()).map(|place| format!("${place}")).collect::<Vec<_>>().join(", ");
        let sql = format!("INSERT INTO {table} ({names}) VALUES ({places})");
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for value in row.values() {
            query = match value {
                Value::String(text) => query.bind(text),
                Value::Number(number) => query.bind(number.as_i64()),
                _ => return Err(Error::Start("the backup holds a value that cannot be".to_owned())),
            };
        }
        query.execute(&mut *self.0).await?;
        Ok(())
    }

    /// Ends what nodes were doing when the backup was made, and makes all of it durable at once.
    pub(crate) async fn commit(mut self) -> Result<(), Error> {
        sqlx::query("UPDATE distributions SET lease_until = 0, lease_owner = NULL").execute(&mut *self.0).await?;
        self.0.commit().await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_table_but_the_sessions_is_kept() {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}?mode=rwc", directory.path().join("keyferry.db").display());
        let store = Store::open(&url).await.unwrap();
        let tables: Vec<String> = sqlx::query_scalar(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT IN ('sessions', '_sqlx_migrations')",
        )
        .fetch_all(&store.pool)
        .await
        .unwrap();
        let mut kept = ALL.to_vec();
        kept.sort_unstable();
        let mut tables: Vec<&str> = tables.iter().map(String::as_str).collect();
        tables.sort_unstable();
        assert_eq!(kept, tables);
    }
}
