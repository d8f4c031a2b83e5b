//! People who sign in.

use api::{GlobalRole, Page, PageQuery, PolicyName, Timestamp, User, Username};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};

use crate::Error;
use crate::store::{is_taken, json, moment, page, page_size, parsed};

/// A row of `users`.
pub(crate) struct UserRow {
    pub(crate) id: String,
    pub(crate) username: Username,
    pub(crate) password_hash: String,
    pub(crate) password_expired_at: Option<Timestamp>,
    pub(crate) global_role: GlobalRole,
    pub(crate) token_policies: Vec<PolicyName>,
    pub(crate) created_at: Timestamp,
    pub(crate) last_signed_in_at: Option<Timestamp>,
    pub(crate) disabled_at: Option<Timestamp>,
}

const COLUMNS: &str = "SELECT id, username, password_hash, password_expired_at, global_role, \
     token_policies, created_at, \
     last_signed_in_at, disabled_at FROM users";

fn user_row(row: &AnyRow) -> Result<UserRow, Error> {
    Ok(UserRow {
        id: row.try_get("id")?,
        username: parsed(row, "username")?,
        password_hash: row.try_get("password_hash")?,
        password_expired_at: moment(row, "password_expired_at")?,
        global_role: parsed(row, "global_role")?,
        token_policies: json(row, "token_policies")?.unwrap_or_default(),
        created_at: Timestamp::from_millis(row.try_get("created_at")?),
        last_signed_in_at: moment(row, "last_signed_in_at")?,
        disabled_at: moment(row, "disabled_at")?,
    })
}

fn policies(user: &UserRow) -> Result<String, Error> {
    serde_json::to_string(&user.token_policies).map_err(|_| Error::Internal("names cannot be written as JSON"))
}

impl From<UserRow> for User {
    fn from(row: UserRow) -> Self {
        Self {
            username: row.username,
            global_role: row.global_role,
            token_policies: row.token_policies,
            created_at: row.created_at,
            last_signed_in_at: row.last_signed_in_at,
            disabled_at: row.disabled_at,
        }
    }
}

/// Whether there is any user.
pub(crate) async fn exist(connection: &mut AnyConnection) -> Result<bool, Error> {
    let one = sqlx::query("SELECT id FROM users LIMIT 1").fetch_optional(connection).await?;
    Ok(one.is_some())
}

/// The user with this id.
pub(crate) async fn by_id(connection: &mut AnyConnection, id: &str) -> Result<Option<UserRow>, Error> {
    let sql = format!("{COLUMNS} WHERE id = $1");
    let row = sqlx::query(AssertSqlSafe(sql)).bind(id).fetch_optional(connection).await?;
    row.as_ref().map(user_row).transpose()
}

/// The user with this name.
pub(crate) async fn by_name(connection: &mut AnyConnection, name: &Username) -> Result<Option<UserRow>, Error> {
    let sql = format!("{COLUMNS} WHERE username = $1");
    let row = sqlx::query(AssertSqlSafe(sql)).bind(name.as_str()).fetch_optional(connection).await?;
    row.as_ref().map(user_row).transpose()
}

/// The user with this name, who must exist.
pub(crate) async fn named(connection: &mut AnyConnection, name: &Username) -> Result<UserRow, Error> {
    by_name(connection, name).await?.ok_or_else(|| Error::NotFound(format!("user {name}")))
}

/// A page of users, by name.
pub(crate) async fn list(connection: &mut AnyConnection, query: &PageQuery) -> Result<Page<User>, Error> {
    let limit = page_size(query.limit)?;
    let sql = format!("{COLUMNS} WHERE username > $1 ORDER BY username LIMIT $2");
    let rows = sqlx::query(AssertSqlSafe(sql))
        .bind(query.after.as_deref().unwrap_or_default())
        .bind(i64::from(limit) + 1)
        .fetch_all(connection)
        .await?;
    let users = rows.iter().map(|row| user_row(row).map(User::from)).collect::<Result<_, _>>()?;
    Ok(page(users, limit, |user: &User| user.username.to_string()))
}

/// The names of all users who can sign in, sorted.
pub(crate) async fn names(connection: &mut AnyConnection) -> Result<Vec<String>, Error> {
    let names = sqlx::query_scalar("SELECT username FROM users WHERE disabled_at IS NULL ORDER BY username");
    Ok(names.fetch_all(connection).await?)
}

/// How many administrators can sign in.
pub(crate) async fn count_administrators(connection: &mut AnyConnection) -> Result<i64, Error> {
    let number =
        sqlx::query_scalar("SELECT COUNT(*) FROM users WHERE global_role = 'administrator' AND disabled_at IS NULL");
    Ok(number.fetch_one(connection).await?)
}

/// Stores a new user.
pub(crate) async fn insert(connection: &mut AnyConnection, user: &UserRow) -> Result<(), Error> {
    let inserted = sqlx::query(
        "INSERT INTO users (id, username, password_hash, password_expired_at, global_role, token_policies, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(&user.id)
    .bind(user.username.as_str())
    .bind(&user.password_hash)
    .bind(user.password_expired_at.map(Timestamp::millis))
    .bind(user.global_role.as_str())
    .bind(policies(user)?)
    .bind(user.created_at.millis())
    .execute(connection)
    .await;
    match inserted {
        Err(error) if is_taken(&error) => {
            Err(Error::taken("username", format!("a user named {} exists: choose another name", user.username)))
        }
        inserted => inserted.map(|_| ()).map_err(Error::from),
    }
}

/// Stores what may change about a user.
pub(crate) async fn update(connection: &mut AnyConnection, user: &UserRow) -> Result<(), Error> {
    sqlx::query(
        "UPDATE users SET password_hash = $1, password_expired_at = $2, global_role = $3, token_policies = $4,
             disabled_at = $5
         WHERE id = $6",
    )
    .bind(&user.password_hash)
    .bind(user.password_expired_at.map(Timestamp::millis))
    .bind(user.global_role.as_str())
    .bind(policies(user)?)
    .bind(user.disabled_at.map(Timestamp::millis))
    .bind(&user.id)
    .execute(connection)
    .await?;
    Ok(())
}

/// Notes a sign-in; `false` when the password was replaced or the user disabled since the row was read.
pub(crate) async fn note_sign_in(
    connection: &mut AnyConnection,
    user: &UserRow,
    now: Timestamp,
) -> Result<bool, Error> {
    let noted = sqlx::query(
        "UPDATE users SET last_signed_in_at = $1
         WHERE id = $2 AND password_hash = $3 AND disabled_at IS NULL",
    )
    .bind(now.millis())
    .bind(&user.id)
    .bind(&user.password_hash)
    .execute(connection)
    .await?;
    Ok(noted.rows_affected() == 1)
}
