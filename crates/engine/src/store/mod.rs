//! The database: one SQL text for SQLite and PostgreSQL.

pub(crate) mod accounts;
pub(crate) mod audit;
pub(crate) mod conditions;
pub(crate) mod deleted_keys;
pub(crate) mod deliveries;
pub(crate) mod distributions;
pub(crate) mod drift;
pub(crate) mod keks;
pub(crate) mod key_lists;
pub(crate) mod keys;
pub(crate) mod leases;
pub(crate) mod mounts;
pub(crate) mod namespaces;
pub(crate) mod operations;
pub(crate) mod pace;
pub(crate) mod policies;
pub(crate) mod pool;
pub(crate) mod providers;
mod reach;
pub(crate) mod schedule;
pub(crate) mod sealed;
pub(crate) mod tables;
pub(crate) mod withheld;
pub(crate) mod workspaces;

use std::path::Path;
use std::str::FromStr as _;

use api::{Slug, Timestamp};
use sqlx::any::{AnyConnectOptions, AnyPoolOptions, AnyRow};
use sqlx::{Any, AnyConnection, AnyPool, Executor as _, Row as _, Transaction};

use crate::Error;

/// Connections to the database.
pub(crate) struct Store {
    /// For reading. With SQLite several may read while one writes.
    pub(crate) pool: AnyPool,
    /// For changing. With SQLite a single connection: writers queue instead of failing with "busy".
    writer: AnyPool,
    is_sqlite: bool,
}

/// Every version of the schema.
static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("./migrations");

/// A transaction that changes something. It holds the audit chain's head, which orders all changes alike on both
/// databases; it ends with [`Change::commit`], or undoes itself when dropped.
pub(crate) struct Change {
    pub(crate) transaction: Transaction<'static, Any>,
    seq: i64,
    hash: String,
}

impl Store {
    /// Connects to `url` (`sqlite:…` or `postgres://…`) and brings the schema up to date.
    pub(crate) async fn open(url: &str) -> Result<Self, Error> {
        let store = Self::connect(url).await?;
        store.bring_up_to_date().await?;
        Ok(store)
    }

    /// Connects to a database that is there already, without changing anything.
    pub(crate) async fn open_existing(url: &str) -> Result<Option<Self>, Error> {
        if file(url).is_some_and(|file| !file.exists()) {
            return Ok(None);
        }
        Self::connect(url).await.map(Some)
    }

    /// Connects to an empty database and makes the schema as it was after one of our migrations.
    pub(crate) async fn open_empty(url: &str, schema: i64) -> Result<Self, Error> {
        if !MIGRATIONS.version_exists(schema) {
            let sentence = "this backup is from a newer Keyferry: restore it with that one";
            return Err(Error::Start(sentence.to_owned()));
        }
        let store = Self::connect(url).await?;
        match MIGRATIONS.run_to(schema, &store.writer).await {
            Ok(()) => Ok(store),
            Err(sqlx::migrate::MigrateError::VersionMissing(_) | sqlx::migrate::MigrateError::VersionTooNew(..)) => {
                Err(Error::Start("there is a newer Keyferry database already: restore into an empty one".to_owned()))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Brings the schema up to date.
    pub(crate) async fn bring_up_to_date(&self) -> Result<(), Error> {
        Ok(MIGRATIONS.run(&self.writer).await?)
    }

    pub(crate) fn is_sqlite(&self) -> bool {
        self.is_sqlite
    }

    /// Connects without changing anything.
    async fn connect(url: &str) -> Result<Self, Error> {
        sqlx::any::install_default_drivers();
        let sqlite = url.starts_with("sqlite:");
        if !sqlite {
            reach::postgres(url).await?;
        }
        let writer = pool(url, if sqlite { 1 } else { 12 }).await?;
        let pool = if sqlite { pool(url, 8).await? } else { writer.clone() };
        let store = Self { pool, writer, is_sqlite: sqlite };
        if !sqlite {
            store.refuse_other_collations().await?;
        }
        Ok(store)
    }

    /// Lists are sorted and paged by the bytes of names on both databases.
    async fn refuse_other_collations(&self) -> Result<(), Error> {
        let collation: String =
            sqlx::query_scalar("SELECT datcollate::TEXT FROM pg_database WHERE datname = current_database()")
                .fetch_one(&self.pool)
                .await?;
        if matches!(collation.to_ascii_lowercase().as_str(), "c" | "posix" | "c.utf8" | "c.utf-8") {
            return Ok(());
        }
        Err(Error::Start(format!(
            "the PostgreSQL database sorts by {collation:?}; make one that sorts by bytes: \
             CREATE DATABASE keyferry TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'"
        )))
    }

    /// Begins a change by taking the head of the audit chain.
    pub(crate) async fn change(&self) -> Result<Change, Error> {
        let mut transaction = self.writer.begin().await?;
        let head = sqlx::query("UPDATE audit_head SET seq = seq WHERE id = 1 RETURNING seq, hash")
            .fetch_one(&mut *transaction)
            .await?;
        Ok(Change { transaction, seq: head.try_get("seq")?, hash: head.try_get("hash")? })
    }

    /// A transaction for what the audit trail does not tell: leases, sessions, last use.
    pub(crate) fn writer(&self) -> &AnyPool {
        &self.writer
    }

    /// Whether the database answers.
    pub(crate) async fn ping(&self) -> Result<(), Error> {
        sqlx::query("SELECT 1").fetch_one(&self.pool).await?;
        Ok(())
    }

    /// What time it is by the database's clock, where that is another machine's.
    pub(crate) async fn now(&self) -> Result<Option<Timestamp>, Error> {
        if self.is_sqlite {
            return Ok(None);
        }
        let now = sqlx::query_scalar("SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)");
        Ok(Some(Timestamp::from_millis(now.fetch_one(&self.pool).await?)))
    }

    /// Waits until every connection is closed.
    pub(crate) async fn close(&self) {
        self.pool.close().await;
        self.writer.close().await;
    }
}

impl Change {
    /// Stores the new head and makes everything durable at once.
    pub(crate) async fn commit(mut self) -> Result<(), Error> {
        sqlx::query("UPDATE audit_head SET seq = $1, hash = $2 WHERE id = 1")
            .bind(self.seq)
            .bind(&self.hash)
            .execute(&mut *self.transaction)
            .await?;
        self.transaction.commit().await?;
        Ok(())
    }
}

/// The file of an SQLite database.
fn file(url: &str) -> Option<&Path> {
    let rest = url.strip_prefix("sqlite:")?.trim_start_matches("//");
    Some(Path::new(rest.split('?').next().unwrap_or(rest)))
}

async fn pool(url: &str, connections: u32) -> Result<AnyPool, Error> {
    let options = AnyConnectOptions::from_str(url)?;
    let pool = AnyPoolOptions::new()
        .max_connections(connections)
        .after_connect(|connection, _| {
            Box::pin(async move {
                if connection.backend_name() == "SQLite" {
                    let pragmas = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                                   PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 10000; \
                                   PRAGMA secure_delete = ON;";
                    connection.execute(pragmas).await?;
                }
                Ok(())
            })
        })
        .connect_with(options)
        .await?;
    Ok(pool)
}

/// Whether an insert failed because a row with the same unique value exists.
pub(crate) fn is_taken(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation)
}

/// SQLite says "no such table", PostgreSQL says `undefined_table` (42P01).
fn is_missing_table(error: &dyn sqlx::error::DatabaseError) -> bool {
    error.code().as_deref() == Some("42P01") || error.message().contains("no such table")
}

/// A column whose text has a type of its own.
pub(crate) fn parsed<T: std::str::FromStr>(row: &AnyRow, column: &str) -> Result<T, Error> {
    let broken = |_| Error::Internal("a stored value is not one that is ever written");
    row.try_get::<String, _>(column)?.parse().map_err(broken)
}

/// A column whose text, if any, has a type of its own.
pub(crate) fn parsed_if<T: std::str::FromStr>(row: &AnyRow, column: &str) -> Result<Option<T>, Error> {
    let broken = |_| Error::Internal("a stored value is not one that is ever written");
    row.try_get::<Option<String>, _>(column)?.map(|text| text.parse().map_err(broken)).transpose()
}

/// A column that holds JSON, or nothing.
pub(crate) fn json<T: serde::de::DeserializeOwned>(row: &AnyRow, column: &str) -> Result<Option<T>, Error> {
    let broken = |_| Error::Internal("a stored document is not one that is ever written");
    row.try_get::<Option<String>, _>(column)?.map(|text| serde_json::from_str(&text).map_err(broken)).transpose()
}

/// A column that counts.
pub(crate) fn number(row: &AnyRow, column: &str) -> Result<u32, Error> {
    let broken = |_| Error::Internal("a stored number is out of range");
    row.try_get::<i64, _>(column)?.try_into().map_err(broken)
}

/// A column with a moment, or none.
pub(crate) fn moment(row: &AnyRow, column: &str) -> Result<Option<Timestamp>, Error> {
    Ok(row.try_get::<Option<i64>, _>(column)?.map(Timestamp::from_millis))
}

/// The id of the workspace with this slug.
pub(crate) async fn workspace_id(connection: &mut AnyConnection, slug: &Slug) -> Result<String, Error> {
    let id = sqlx::query_scalar("SELECT id FROM workspaces WHERE slug = $1").bind(slug.as_str());
    id.fetch_optional(connection).await?.ok_or_else(|| Error::NotFound(format!("workspace {slug}")))
}

/// A new row's id: a `UUIDv7`, so that ids sort by time.
pub(crate) fn new_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

/// How many rows a page has: 1 to 200, 50 unless asked.
pub(crate) fn page_size(limit: Option<u32>) -> Result<u32, Error> {
    match limit {
        None => Ok(50),
        Some(limit @ 1..=200) => Ok(limit),
        Some(_) => Err(Error::invalid("limit", "ask for 1 to 200 rows")),
    }
}

/// Splits rows fetched with one more than a page into the page and the cursor of the next.
pub(crate) fn page<T>(mut rows: Vec<T>, limit: u32, cursor: impl Fn(&T) -> String) -> api::Page<T> {
    let limit = limit as usize;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = if more { rows.last().map(cursor) } else { None };
    api::Page { items: rows, next }
}
