//! Workspaces by their mount path, with what clients keep with it.

use api::{Slug, Timestamp};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};

use super::conditions::Conditions;
use super::{json, parsed};
use crate::{Error, MountInfo, MountSettings};

const COLUMNS: &str = "SELECT id, slug, path, description, settings, created_at FROM workspaces";

fn mount(row: &AnyRow) -> Result<MountInfo, Error> {
    Ok(MountInfo {
        id: row.try_get("id")?,
        slug: parsed(row, "slug")?,
        path: row.try_get("path")?,
        description: row.try_get("description")?,
        settings: json(row, "settings")?.unwrap_or_default(),
        created_at: Timestamp::from_millis(row.try_get("created_at")?),
    })
}

/// The workspace with the longest one of these mount paths.
pub(crate) async fn longest(
    connection: &mut AnyConnection,
    paths: impl Iterator<Item = String>,
) -> Result<Option<(Slug, String)>, Error> {
    let conditions = Conditions::default().and_in("path", paths);
    let sql =
        format!("SELECT slug, path FROM workspaces WHERE {} ORDER BY LENGTH(path) DESC LIMIT 1", conditions.sql());
    let row = conditions.bind(sqlx::query(AssertSqlSafe(sql))).fetch_optional(connection).await?;
    row.map(|row| Ok((parsed(&row, "slug")?, row.try_get("path")?))).transpose()
}

/// The mount paths below a path, sorted.
pub(crate) async fn below(connection: &mut AnyConnection, path: &str) -> Result<Vec<String>, Error> {
    let paths = sqlx::query_scalar("SELECT path FROM workspaces WHERE path > $1 AND path < $2 ORDER BY path")
        .bind(format!("{path}/"))
        .bind(format!("{path}0")); // '0' follows '/'
    Ok(paths.fetch_all(connection).await?)
}

/// Every mount, by path.
pub(crate) async fn list(connection: &mut AnyConnection) -> Result<Vec<MountInfo>, Error> {
    let sql = format!("{COLUMNS} ORDER BY path");
    let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(connection).await?;
    rows.iter().map(mount).collect()
}

/// The mount at exactly this path.
pub(crate) async fn find(connection: &mut AnyConnection, path: &str) -> Result<Option<MountInfo>, Error> {
    let sql = format!("{COLUMNS} WHERE path = $1");
    let row = sqlx::query(AssertSqlSafe(sql)).bind(path).fetch_optional(connection).await?;
    row.as_ref().map(mount).transpose()
}

/// Stores what clients keep with a mount.
pub(crate) async fn update(
    connection: &mut AnyConnection,
    path: &str,
    description: &str,
    settings: &MountSettings,
) -> Result<(), Error> {
    let settings =
        serde_json::to_string(settings).map_err(|_| Error::Internal("settings cannot be written as JSON"))?;
    sqlx::query("UPDATE workspaces SET description = $1, settings = $2 WHERE path = $3")
        .bind(description)
        .bind(settings)
        .bind(path)
        .execute(connection)
        .await?;
    Ok(())
}

/// Gives a mount another path.
pub(crate) async fn set_path(connection: &mut AnyConnection, from: &str, to: &str) -> Result<(), Error> {
    sqlx::query("UPDATE workspaces SET path = $1 WHERE path = $2").bind(to).bind(from).execute(connection).await?;
    Ok(())
}

/// How many keys and KMS providers a workspace holds.
pub(crate) async fn contents(connection: &mut AnyConnection, id: &str) -> Result<(i64, i64), Error> {
    let row = sqlx::query(
        "SELECT (SELECT COUNT(*) FROM keys WHERE workspace_id = $1) AS keys,
             (SELECT COUNT(*) FROM providers WHERE workspace_id = $1) AS providers",
    )
    .bind(id)
    .fetch_one(connection)
    .await?;
    Ok((row.try_get("keys")?, row.try_get("providers")?))
}

/// Removes an empty workspace with its memberships. Its tokens end, and open nothing any more.
pub(crate) async fn delete(connection: &mut AnyConnection, id: &str, now: Timestamp) -> Result<(), Error> {
    sqlx::query("UPDATE tokens SET workspace_id = NULL, revoked_at = COALESCE(revoked_at, $1) WHERE workspace_id = $2")
        .bind(now.millis())
        .bind(id)
        .execute(&mut *connection)
        .await?;
    for sql in ["DELETE FROM members WHERE workspace_id = $1", "DELETE FROM workspaces WHERE id = $1"] {
        sqlx::query(sql).bind(id).execute(&mut *connection).await?;
    }
    Ok(())
}
