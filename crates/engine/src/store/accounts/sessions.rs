//! Sessions, by a hash of their id.

use api::Timestamp;
use sqlx::{AnyConnection, AnyPool, Row as _};

use crate::{Error, StoredSession};

/// Stores a new session of a user who may enter.
pub(crate) async fn insert(
    pool: &AnyPool,
    id_hash: &str,
    session: &StoredSession,
    now: Timestamp,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO sessions (id_hash, user_id, data, created_at, expires_at)
         SELECT $1, id, $3, $4, $5 FROM users WHERE id = $2 AND disabled_at IS NULL",
    )
    .bind(id_hash)
    .bind(&session.user_id)
    .bind(&session.data)
    .bind(now.millis())
    .bind(session.expires_at.millis())
    .execute(pool)
    .await?;
    Ok(())
}

/// Stores a session again, if it is still there.
pub(crate) async fn update(pool: &AnyPool, id_hash: &str, session: &StoredSession) -> Result<(), Error> {
    sqlx::query("UPDATE sessions SET data = $1, expires_at = $2 WHERE id_hash = $3")
        .bind(&session.data)
        .bind(session.expires_at.millis())
        .bind(id_hash)
        .execute(pool)
        .await?;
    Ok(())
}

/// The session with this hash that has not expired.
pub(crate) async fn find(
    connection: &mut AnyConnection,
    id_hash: &str,
    now: Timestamp,
) -> Result<Option<StoredSession>, Error> {
    let row = sqlx::query("SELECT user_id, data, expires_at FROM sessions WHERE id_hash = $1 AND expires_at > $2")
        .bind(id_hash)
        .bind(now.millis())
        .fetch_optional(connection)
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(StoredSession {
        user_id: row.try_get("user_id")?,
        data: row.try_get("data")?,
        expires_at: Timestamp::from_millis(row.try_get("expires_at")?),
    }))
}

/// Ends a session.
pub(crate) async fn delete(connection: &mut AnyConnection, id_hash: &str) -> Result<(), Error> {
    sqlx::query("DELETE FROM sessions WHERE id_hash = $1").bind(id_hash).execute(connection).await?;
    Ok(())
}

/// Ends every session of a user.
pub(crate) async fn delete_of_user(connection: &mut AnyConnection, user_id: &str) -> Result<(), Error> {
    sqlx::query("DELETE FROM sessions WHERE user_id = $1").bind(user_id).execute(connection).await?;
    Ok(())
}

/// Forgets sessions that have ended by themselves.
pub(crate) async fn delete_expired(connection: &mut AnyConnection, now: Timestamp) -> Result<(), Error> {
    sqlx::query("DELETE FROM sessions WHERE expires_at <= $1").bind(now.millis()).execute(connection).await?;
    Ok(())
}
