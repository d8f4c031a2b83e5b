//! Policies, with the rules that their text says.

use api::{PolicyName, Right, Timestamp};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe};

use super::conditions::Conditions;
use super::{json, new_id};
use crate::Error;

/// Stores a policy, or another text of one.
pub(crate) async fn put(
    connection: &mut AnyConnection,
    namespace: &str,
    name: &PolicyName,
    text: &str,
    rules: &[Right],
    now: Timestamp,
) -> Result<(), Error> {
    let rules = serde_json::to_string(rules).map_err(|_| Error::Internal("rules cannot be written as JSON"))?;
    sqlx::query(
        "INSERT INTO policies (id, namespace, name, text, rules, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $6)
         ON CONFLICT (name) DO UPDATE SET text = excluded.text, rules = excluded.rules, updated_at = excluded.updated_at",
    )
    .bind(new_id())
    .bind(namespace)
    .bind(name.as_str())
    .bind(text)
    .bind(rules)
    .bind(now.millis())
    .execute(connection)
    .await?;
    Ok(())
}

/// The text of a policy.
pub(crate) async fn text(connection: &mut AnyConnection, name: &PolicyName) -> Result<Option<String>, Error> {
    let text = sqlx::query_scalar("SELECT text FROM policies WHERE name = $1").bind(name.as_str());
    Ok(text.fetch_optional(connection).await?)
}

/// The names of a namespace's policies, sorted.
pub(crate) async fn names(connection: &mut AnyConnection, namespace: &str) -> Result<Vec<String>, Error> {
    let names = sqlx::query_scalar("SELECT name FROM policies WHERE namespace = $1 ORDER BY name").bind(namespace);
    Ok(names.fetch_all(connection).await?)
}

/// The rules of those of these policies that exist.
pub(crate) async fn rules(
    connection: &mut AnyConnection,
    names: impl IntoIterator<Item = String>,
) -> Result<Vec<Right>, Error> {
    let conditions = Conditions::default().and_in("name", names);
    let sql = format!("SELECT rules FROM policies WHERE {}", conditions.sql());
    let rows = conditions.bind(sqlx::query(AssertSqlSafe(sql))).fetch_all(connection).await?;
    let rules = |row: &AnyRow| json::<Vec<Right>>(row, "rules").map(Option::unwrap_or_default);
    Ok(rows.iter().map(rules).collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

/// Removes a policy; `false` when there was none.
pub(crate) async fn delete(connection: &mut AnyConnection, name: &PolicyName) -> Result<bool, Error> {
    let deleted = sqlx::query("DELETE FROM policies WHERE name = $1").bind(name.as_str()).execute(connection).await?;
    Ok(deleted.rows_affected() == 1)
}
