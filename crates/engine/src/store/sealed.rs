//! What is sealed in the database, and with which keys.

use sqlx::{AssertSqlSafe, Row as _};

use super::{Change, Store, is_missing_table};
use crate::Error;

/// The keys that a database is sealed with, by their ids.
pub(crate) struct SealedWith {
    /// What is sealed from now on.
    pub(crate) current: String,
    /// What may still be sealed with another key; there is one until everything was sealed anew.
    pub(crate) previous: Option<String>,
}

/// A sealed value and the row where it rests.
pub(crate) struct SealedValue {
    pub(crate) row: String,
    pub(crate) text: String,
}

impl Store {
    /// What a database is sealed with; `None` where nothing was sealed yet. Writes nothing.
    pub(crate) async fn sealed_with(url: &str) -> Result<Option<SealedWith>, Error> {
        let Some(store) = Self::open_existing(url).await? else { return Ok(None) };
        let fact = |name: &'static str| {
            sqlx::query_scalar::<_, String>("SELECT value FROM facts WHERE name = $1")
                .bind(name)
                .fetch_optional(&store.pool)
        };
        let current = match fact("sealing_key").await {
            Err(sqlx::Error::Database(error)) if is_missing_table(error.as_ref()) => None,
            current => current?,
        };
        let sealed_with = match current {
            Some(current) => Some(SealedWith { current, previous: fact("previous_sealing_key").await? }),
            None => None,
        };
        store.close().await;
        Ok(sealed_with)
    }

    /// Remembers which key a new database is sealed with.
    pub(crate) async fn note_sealing_key(&self, id: &str) -> Result<(), Error> {
        sqlx::query("INSERT INTO facts (name, value) VALUES ('sealing_key', $1) ON CONFLICT (name) DO NOTHING")
            .bind(id)
            .execute(self.writer())
            .await?;
        Ok(())
    }

    /// The next values of a column (`table.column`) that are sealed with this key, after a row.
    pub(crate) async fn sealed_values(
        &self,
        column: &str,
        key_id: &str,
        after: &str,
        limit: u32,
    ) -> Result<Vec<SealedValue>, Error> {
        let (table, column) = split(column);
        let sql = format!(
            "SELECT id, {column} AS sealed FROM {table}
             WHERE id > $1 AND substr({column}, 1, CAST($2 AS INTEGER)) = $3 ORDER BY id LIMIT {limit}"
        );
        let prefix = format!("{key_id}.");
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(after)
            .bind(length(&prefix))
            .bind(&prefix)
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(|row| Ok(SealedValue { row: row.try_get("id")?, text: row.try_get("sealed")? })).collect()
    }

    /// How many values of a column are sealed with this key.
    pub(crate) async fn count_sealed(&self, column: &str, key_id: &str) -> Result<u64, Error> {
        let (table, column) = split(column);
        let sql = format!("SELECT COUNT(*) FROM {table} WHERE substr({column}, 1, CAST($1 AS INTEGER)) = $2");
        let prefix = format!("{key_id}.");
        let count = sqlx::query_scalar::<_, i64>(AssertSqlSafe(sql)).bind(length(&prefix)).bind(&prefix);
        Ok(count.fetch_one(&self.pool).await?.unsigned_abs())
    }

    /// Puts values that were sealed anew in the places of the old ones, where those are still there.
    pub(crate) async fn replace_sealed(&self, column: &str, anew: &[(SealedValue, String)]) -> Result<(), Error> {
        let (table, column) = split(column);
        let sql = format!("UPDATE {table} SET {column} = $1 WHERE id = $2 AND {column} = $3");
        let mut transaction = self.writer().begin().await?;
        for (old, new) in anew {
            let query = sqlx::query(AssertSqlSafe(sql.clone())).bind(new).bind(&old.row).bind(&old.text);
            query.execute(&mut *transaction).await?;
        }
        Ok(transaction.commit().await?)
    }
}

/// From now on everything is sealed with another key.
pub(crate) async fn begin_resealing(change: &mut Change, current: &str, previous: &str) -> Result<(), Error> {
    sqlx::query("UPDATE facts SET value = $1 WHERE name = 'sealing_key'")
        .bind(current)
        .execute(&mut *change.transaction)
        .await?;
    sqlx::query("INSERT INTO facts (name, value) VALUES ('previous_sealing_key', $1)")
        .bind(previous)
        .execute(&mut *change.transaction)
        .await?;
    Ok(())
}

/// Nothing is sealed with the previous key any more. Returns whether that is news.
pub(crate) async fn end_resealing(change: &mut Change) -> Result<bool, Error> {
    let ended = sqlx::query("DELETE FROM facts WHERE name = 'previous_sealing_key'");
    Ok(ended.execute(&mut *change.transaction).await?.rows_affected() == 1)
}

fn split(column: &str) -> (&str, &str) {
    column.split_once('.').expect("a sealed column names its table")
}

fn length(prefix: &str) -> i64 {
    i64::try_from(prefix.len()).expect("an id is short")
}
