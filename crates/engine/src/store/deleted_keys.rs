//! What is asked of keys that a provider keeps as deleted.

use api::Timestamp;
use sqlx::AnyConnection;

use super::distributions;
use crate::Error;

/// Sets when a person asked for it to be brought back.
pub(crate) async fn request_recovery(connection: &mut AnyConnection, id: &str, now: Timestamp) -> Result<(), Error> {
    sqlx::query("UPDATE distributions SET recovery_requested_at = $1 WHERE id = $2")
        .bind(now.millis())
        .bind(id)
        .execute(&mut *connection)
        .await?;
    distributions::retry_now(connection, id).await
}

/// Sets when a person asked for it to be destroyed.
pub(crate) async fn request_purge(connection: &mut AnyConnection, id: &str, now: Timestamp) -> Result<(), Error> {
    sqlx::query("UPDATE distributions SET purge_requested_at = $1, recovery_requested_at = NULL WHERE id = $2")
        .bind(now.millis())
        .bind(id)
        .execute(&mut *connection)
        .await?;
    distributions::retry_now(connection, id).await
}
