//! Namespaces, by their path.

use api::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};

use super::conditions::Conditions;
use super::json;
use crate::{Error, Namespace};

const COLUMNS: &str = "SELECT id, path, custom_metadata, created_at FROM namespaces";

fn namespace(row: &AnyRow) -> Result<Namespace, Error> {
    Ok(Namespace {
        id: row.try_get("id")?,
        path: row.try_get("path")?,
        custom_metadata: json(row, "custom_metadata")?.unwrap_or_default(),
        created_at: Timestamp::from_millis(row.try_get("created_at")?),
    })
}

fn metadata(namespace: &Namespace) -> Result<String, Error> {
    serde_json::to_string(&namespace.custom_metadata).map_err(|_| Error::Internal("texts cannot be written as JSON"))
}

/// The longest one of these paths that is a namespace's.
pub(crate) async fn longest(
    connection: &mut AnyConnection,
    paths: impl Iterator<Item = String>,
) -> Result<Option<String>, Error> {
    let conditions = Conditions::default().and_in("path", paths);
    let sql = format!("SELECT path FROM namespaces WHERE {} ORDER BY LENGTH(path) DESC LIMIT 1", conditions.sql());
    let row = conditions.bind(sqlx::query(AssertSqlSafe(sql))).fetch_optional(connection).await?;
    row.map(|row| Ok(row.try_get("path")?)).transpose()
}

/// The namespaces below a path, at any depth, sorted; below an empty one, all.
pub(crate) async fn below(connection: &mut AnyConnection, path: &str) -> Result<Vec<Namespace>, Error> {
    let sql = format!("{COLUMNS} WHERE $1 = '' OR (path > $2 AND path < $3) ORDER BY path");
    let rows = sqlx::query(AssertSqlSafe(sql))
        .bind(path)
        .bind(format!("{path}/"))
        .bind(format!("{path}0")) // '0' follows '/'
        .fetch_all(connection)
        .await?;
    rows.iter().map(namespace).collect()
}

/// The namespace with this path.
pub(crate) async fn find(connection: &mut AnyConnection, path: &str) -> Result<Option<Namespace>, Error> {
    let sql = format!("{COLUMNS} WHERE path = $1");
    let row = sqlx::query(AssertSqlSafe(sql)).bind(path).fetch_optional(connection).await?;
    row.as_ref().map(namespace).transpose()
}

/// Stores a new namespace.
pub(crate) async fn insert(connection: &mut AnyConnection, namespace: &Namespace) -> Result<(), Error> {
    sqlx::query("INSERT INTO namespaces (id, path, custom_metadata, created_at) VALUES ($1, $2, $3, $4)")
        .bind(&namespace.id)
        .bind(&namespace.path)
        .bind(metadata(namespace)?)
        .bind(namespace.created_at.millis())
        .execute(connection)
        .await?;
    Ok(())
}

/// Stores what is kept with a namespace.
pub(crate) async fn update(connection: &mut AnyConnection, namespace: &Namespace) -> Result<(), Error> {
    sqlx::query("UPDATE namespaces SET custom_metadata = $1 WHERE id = $2")
        .bind(metadata(namespace)?)
        .bind(&namespace.id)
        .execute(connection)
        .await?;
    Ok(())
}

/// Removes a namespace.
pub(crate) async fn delete(connection: &mut AnyConnection, path: &str) -> Result<(), Error> {
    sqlx::query("DELETE FROM namespaces WHERE path = $1").bind(path).execute(connection).await?;
    Ok(())
}
