//! Bearer tokens, by a hash of their secret.

use std::collections::BTreeMap;

use api::{Page, PageQuery, PolicyName, Role, Slug, Timestamp, Token, TokenId, TokenName, Username};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AnyPool, AssertSqlSafe, Row as _};

use crate::Error;
use crate::store::conditions::Conditions;
use crate::store::{json, moment, page, page_size, parsed, parsed_if};

/// A row of `tokens`, with its owner's name.
pub(crate) struct TokenRow {
    pub(crate) id: TokenId,
    pub(crate) name: TokenName,
    pub(crate) user_id: String,
    pub(crate) owner: Username,
    pub(crate) workspace: Option<Slug>,
    pub(crate) role: Option<Role>,
    /// What it carries instead of a workspace and a role.
    pub(crate) policies: Option<Vec<PolicyName>>,
    pub(crate) namespace: String,
    pub(crate) parent: Option<TokenId>,
    /// Where it was made.
    pub(crate) path: String,
    pub(crate) meta: BTreeMap<String, String>,
    /// In milliseconds, like `explicit_max_ttl`, which is 0 where nobody set it.
    pub(crate) ttl: i64,
    pub(crate) explicit_max_ttl: i64,
    pub(crate) renewable: bool,
    pub(crate) uses_left: Option<i64>,
    pub(crate) created_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    pub(crate) last_used_at: Option<Timestamp>,
    pub(crate) revoked_at: Option<Timestamp>,
}

const COLUMNS: &str = "SELECT t.id, t.name, t.user_id, u.username, w.slug, t.role, t.policies, t.namespace, \
     t.parent_id, t.path, t.meta, t.ttl, t.explicit_max_ttl, t.renewable, t.uses_left, t.created_at, t.expires_at, \
     t.last_used_at, t.revoked_at \
     FROM tokens t JOIN users u ON u.id = t.user_id LEFT JOIN workspaces w ON w.id = t.workspace_id";

fn token(row: &AnyRow) -> Result<TokenRow, Error> {
    Ok(TokenRow {
        id: parsed(row, "id")?,
        name: parsed(row, "name")?,
        user_id: row.try_get("user_id")?,
        owner: parsed(row, "username")?,
        workspace: parsed_if(row, "slug")?,
        role: parsed_if(row, "role")?,
        policies: json(row, "policies")?,
        namespace: row.try_get("namespace")?,
        parent: parsed_if(row, "parent_id")?,
        path: row.try_get("path")?,
        meta: json(row, "meta")?.unwrap_or_default(),
        ttl: row.try_get("ttl")?,
        explicit_max_ttl: row.try_get("explicit_max_ttl")?,
        renewable: row.try_get::<i64, _>("renewable")? == 1,
        uses_left: row.try_get("uses_left")?,
        created_at: Timestamp::from_millis(row.try_get("created_at")?),
        expires_at: Timestamp::from_millis(row.try_get("expires_at")?),
        last_used_at: moment(row, "last_used_at")?,
        revoked_at: moment(row, "revoked_at")?,
    })
}

impl From<TokenRow> for Token {
    fn from(row: TokenRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            owner: row.owner,
            workspace: row.workspace,
            role: row.role,
            policies: row.policies.unwrap_or_default(),
            created_at: row.created_at,
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
            revoked_at: row.revoked_at,
        }
    }
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
    let tokens = rows.iter().map(|row| token(row).map(Token::from)).collect::<Result<_, _>>()?;
    Ok(page(tokens, limit, |token: &Token| token.id.to_string()))
}

/// The tokens that have not ended by themselves, in a namespace and below.
pub(crate) async fn living(
    connection: &mut AnyConnection,
    namespace: &str,
    now: Timestamp,
) -> Result<Vec<TokenRow>, Error> {
    let sql = format!(
        "{COLUMNS} WHERE t.revoked_at IS NULL AND t.expires_at > $1
         AND ($2 = '' OR t.namespace = $2 OR (t.namespace > $3 AND t.namespace < $4)) ORDER BY t.id"
    );
    let rows = sqlx::query(AssertSqlSafe(sql))
        .bind(now.millis())
        .bind(namespace)
        .bind(format!("{namespace}/"))
        .bind(format!("{namespace}0")) // '0' follows '/'
        .fetch_all(connection)
        .await?;
    rows.iter().map(token).collect()
}

/// The token with this id.
pub(crate) async fn find(connection: &mut AnyConnection, id: &TokenId) -> Result<Option<TokenRow>, Error> {
    let sql = format!("{COLUMNS} WHERE t.id = $1");
    let row = sqlx::query(AssertSqlSafe(sql)).bind(id.as_str()).fetch_optional(connection).await?;
    row.as_ref().map(token).transpose()
}

/// The token with this hash of its secret.
pub(crate) async fn by_secret(connection: &mut AnyConnection, secret_hash: &str) -> Result<Option<TokenRow>, Error> {
    let sql = format!("{COLUMNS} WHERE t.secret_hash = $1");
    let row = sqlx::query(AssertSqlSafe(sql)).bind(secret_hash).fetch_optional(connection).await?;
    row.as_ref().map(token).transpose()
}

/// How many ancestors a token has, if every one of them lives: dead ones, or forgotten ones, leave nothing.
pub(crate) async fn living_ancestors(
    connection: &mut AnyConnection,
    token: &TokenRow,
    now: Timestamp,
) -> Result<Option<i64>, Error> {
    let Some(parent) = &token.parent else { return Ok(Some(0)) };
    let row = sqlx::query(
        "WITH RECURSIVE above (id, parent_id, expires_at, revoked_at) AS (
             SELECT id, parent_id, expires_at, revoked_at FROM tokens WHERE id = $1
             UNION
             SELECT t.id, t.parent_id, t.expires_at, t.revoked_at FROM tokens t JOIN above a ON t.id = a.parent_id
         )
         SELECT COUNT(*) AS number,
             COUNT(CASE WHEN revoked_at IS NOT NULL OR expires_at <= $2 THEN 1 END) AS dead,
             COUNT(CASE WHEN parent_id IS NULL THEN 1 END) AS tops
         FROM above",
    )
    .bind(parent.as_str())
    .bind(now.millis())
    .fetch_one(connection)
    .await?;
    let (dead, tops): (i64, i64) = (row.try_get("dead")?, row.try_get("tops")?);
    Ok((dead == 0 && tops == 1).then_some(row.try_get("number")?))
}

/// Stores a new token.
pub(crate) async fn insert(
    connection: &mut AnyConnection,
    token: &TokenRow,
    secret_hash: &str,
    workspace_id: Option<&str>,
) -> Result<(), Error> {
    let unwritable = |_| Error::Internal("texts cannot be written as JSON");
    let policies = token.policies.as_ref().map(serde_json::to_string).transpose().map_err(unwritable)?;
    sqlx::query(
        "INSERT INTO tokens (id, secret_hash, name, user_id, workspace_id, role, policies, namespace, parent_id, path,
             meta, ttl, explicit_max_ttl, renewable, uses_left, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
    )
    .bind(token.id.as_str())
    .bind(secret_hash)
    .bind(token.name.as_str())
    .bind(&token.user_id)
    .bind(workspace_id)
    .bind(token.role.map(Role::as_str))
    .bind(policies)
    .bind(&token.namespace)
    .bind(token.parent.as_ref().map(TokenId::as_str))
    .bind(&token.path)
    .bind(serde_json::to_string(&token.meta).map_err(unwritable)?)
    .bind(token.ttl)
    .bind(token.explicit_max_ttl)
    .bind(i64::from(token.renewable))
    .bind(token.uses_left)
    .bind(token.created_at.millis())
    .bind(token.expires_at.millis())
    .execute(connection)
    .await?;
    Ok(())
}

/// Forgets tokens with policies that ended before a moment.
pub(crate) async fn delete_ended(connection: &mut AnyConnection, before: Timestamp) -> Result<(), Error> {
    sqlx::query("DELETE FROM tokens WHERE policies IS NOT NULL AND expires_at < $1")
        .bind(before.millis())
        .execute(connection)
        .await?;
    Ok(())
}

/// Ends a token.
pub(crate) async fn revoke(connection: &mut AnyConnection, id: &TokenId, now: Timestamp) -> Result<(), Error> {
    sqlx::query("UPDATE tokens SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL")
        .bind(now.millis())
        .bind(id.as_str())
        .execute(connection)
        .await?;
    Ok(())
}

/// Ends every token of a user.
pub(crate) async fn revoke_of_user(connection: &mut AnyConnection, user_id: &str, now: Timestamp) -> Result<(), Error> {
    sqlx::query("UPDATE tokens SET revoked_at = $1 WHERE user_id = $2 AND revoked_at IS NULL")
        .bind(now.millis())
        .bind(user_id)
        .execute(connection)
        .await?;
    Ok(())
}

/// Makes the children of a token independent of it.
pub(crate) async fn orphan_children(connection: &mut AnyConnection, id: &TokenId) -> Result<(), Error> {
    sqlx::query("UPDATE tokens SET parent_id = NULL WHERE parent_id = $1")
        .bind(id.as_str())
        .execute(connection)
        .await?;
    Ok(())
}

/// Gives a token another end.
pub(crate) async fn renew(connection: &mut AnyConnection, id: &TokenId, expires_at: Timestamp) -> Result<(), Error> {
    sqlx::query("UPDATE tokens SET expires_at = $1 WHERE id = $2")
        .bind(expires_at.millis())
        .bind(id.as_str())
        .execute(connection)
        .await?;
    Ok(())
}

/// Takes one use from a token that has a number of them; `false` when none is left.
pub(crate) async fn use_once(pool: &AnyPool, id: &TokenId) -> Result<bool, Error> {
    let used = sqlx::query("UPDATE tokens SET uses_left = uses_left - 1 WHERE id = $1 AND uses_left > 0")
        .bind(id.as_str())
        .execute(pool)
        .await?;
    Ok(used.rows_affected() == 1)
}

/// Notes that a token was used.
pub(crate) async fn touch(pool: &AnyPool, id: &TokenId, now: Timestamp) -> Result<(), Error> {
    sqlx::query("UPDATE tokens SET last_used_at = $1 WHERE id = $2")
        .bind(now.millis())
        .bind(id.as_str())
        .execute(pool)
        .await?;
    Ok(())
}
