//! Bearer tokens, by a hash of their secret.

use api::{Page, PageQuery, Role, Slug, Timestamp, Token, TokenId};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AnyPool, AssertSqlSafe, Row as _};

use crate::Error;
use crate::store::conditions::Conditions;
use crate::store::{moment, page, page_size, parsed};

/// A token as it is looked up by its secret.
pub(crate) struct TokenRow {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) user_id: String,
    pub(crate) workspace: Slug,
    pub(crate) role: Role,
    pub(crate) expires_at: Timestamp,
    pub(crate) last_used_at: Option<Timestamp>,
    pub(crate) revoked_at: Option<Timestamp>,
}

const COLUMNS: &str = "SELECT t.id, t.name, u.username, w.slug, t.role, t.created_at, t.expires_at, t.last_used_at, \
     t.revoked_at FROM tokens t JOIN users u ON u.id = t.user_id JOIN workspaces w ON w.id = t.workspace_id";

fn token(row: &AnyRow) -> Result<Token, Error> {
    Ok(Token {
        id: parsed(row, "id")?,
        name: parsed(row, "name")?,
        owner: parsed(row, "username")?,
        workspace: parsed(row, "slug")?,
        role: parsed(row, "role")?,
        created_at: Timestamp::from_millis(row.try_get("created_at")?),
        expires_at: Timestamp::from_millis(row.try_get("expires_at")?),
        last_used_at: moment(row, "last_used_at")?,
        revoked_at: moment(row, "revoked_at")?,
    })
}

/// A page of tokens, the newest first: of one owner, or of all.
pub(crate) async fn list(
    connection: &mut AnyConnection,
    owner: Option<&str>,
    query: &PageQuery,
) -> Result<Page<Token>, Error> {
    let limit = page_size(query.limit)?;
    let conditions = Conditions::default()
        .and("t.id < ?", [query.after.as_deref().unwrap_or("~").into()]) // '~' follows every digit and letter
        .and_if(owner, |conditions, owner| conditions.and("t.user_id = ?", [owner.into()]));
    let sql = format!("{COLUMNS} WHERE {} ORDER BY t.id DESC LIMIT {}", conditions.sql(), limit + 1);
    let rows = conditions.bind(sqlx::query(AssertSqlSafe(sql))).fetch_all(connection).await?;
    let tokens = rows.iter().map(token).collect::<Result<_, _>>()?;
    Ok(page(tokens, limit, |token: &Token| token.id.to_string()))
}

/// The token with this id.
pub(crate) async fn find(connection: &mut AnyConnection, id: &TokenId) -> Result<Option<Token>, Error> {
    let sql = format!("{COLUMNS} WHERE t.id = $1");
    let row = sqlx::query(AssertSqlSafe(sql)).bind(id.as_str()).fetch_optional(connection).await?;
    row.as_ref().map(token).transpose()
}

/// The token with this hash of its secret.
pub(crate) async fn by_secret(connection: &mut AnyConnection, secret_hash: &str) -> Result<Option<TokenRow>, Error> {
    let row = sqlx::query(
        "SELECT t.id, t.name, t.user_id, w.slug, t.role, t.expires_at, t.last_used_at, t.revoked_at
         FROM tokens t JOIN workspaces w ON w.id = t.workspace_id WHERE t.secret_hash = $1",
    )
    .bind(secret_hash)
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(TokenRow {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        user_id: row.try_get("user_id")?,
        workspace: parsed(&row, "slug")?,
        role: parsed(&row, "role")?,
        expires_at: Timestamp::from_millis(row.try_get("expires_at")?),
        last_used_at: moment(&row, "last_used_at")?,
        revoked_at: moment(&row, "revoked_at")?,
    }))
}

/// Stores a new token.
pub(crate) async fn insert(
    connection: &mut AnyConnection,
    token: &Token,
    secret_hash: &str,
    user_id: &str,
    workspace_id: &str,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO tokens (id, secret_hash, name, user_id, workspace_id, role, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(token.id.as_str())
    .bind(secret_hash)
    .bind(token.name.as_str())
    .bind(user_id)
    .bind(workspace_id)
    .bind(token.role.as_str())
    .bind(token.created_at.millis())
    .bind(token.expires_at.millis())
    .execute(connection)
    .await?;
    Ok(())
}

/// Ends a token.
pub(crate) async fn revoke(connection: &mut AnyConnection, id: &TokenId, now: Timestamp) -> Result<(), Error> {
    sqlx::query("UPDATE tokens SET revoked_at = $1 WHERE id = $2")
        .bind(now.millis())
        .bind(id.as_str())
        .execute(connection)
        .await?;
    Ok(())
}

/// Notes that a token was used.
pub(crate) async fn touch(pool: &AnyPool, id: &str, now: Timestamp) -> Result<(), Error> {
    sqlx::query("UPDATE tokens SET last_used_at = $1 WHERE id = $2").bind(now.millis()).bind(id).execute(pool).await?;
    Ok(())
}
