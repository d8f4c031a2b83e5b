//! Key pairs made ahead of need.

use api::KeyType;
use sqlx::{AnyConnection, Row as _};

use super::Store;
use super::keys::NewVersion;
use crate::Error;

impl Store {
    /// How many pairs of a type are ready.
    pub(crate) async fn pooled(&self, key_type: KeyType) -> Result<u64, Error> {
        let count = sqlx::query_scalar::<_, i64>("SELECT COUNT(*) FROM pooled_keys WHERE key_type = $1");
        Ok(count.bind(key_type.as_str()).fetch_one(&self.pool).await?.unsigned_abs())
    }

    /// Adds a pair.
    pub(crate) async fn put_into_pool(&self, key_type: KeyType, version: &NewVersion) -> Result<(), Error> {
        sqlx::query(
            "INSERT INTO pooled_keys (id, key_type, public_key, thumbprint, sealed_private_key)
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(&version.id)
        .bind(key_type.as_str())
        .bind(&version.public_key)
        .bind(&version.thumbprint)
        .bind(&version.sealed_private_key)
        .execute(self.writer())
        .await?;
        Ok(())
    }

    /// Takes the oldest pair of a type out, for good: what is not used after that is lost, and never used twice.
    pub(crate) async fn take_from_pool(&self, key_type: KeyType) -> Result<Option<NewVersion>, Error> {
        // The condition is repeated outside the sub-select: PostgreSQL re-checks only that part after waiting for a lock,
        // and a pair that another took meanwhile is then not found.
        let row = sqlx::query(
            "DELETE FROM pooled_keys
             WHERE id = (SELECT id FROM pooled_keys WHERE key_type = $1 ORDER BY id LIMIT 1)
             RETURNING id, public_key, thumbprint, sealed_private_key",
        )
        .bind(key_type.as_str())
        .fetch_optional(self.writer())
        .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(NewVersion {
            id: row.try_get("id")?,
            public_key: row.try_get("public_key")?,
            thumbprint: row.try_get("thumbprint")?,
            sealed_private_key: row.try_get("sealed_private_key")?,
        }))
    }
}

/// Throws everything away.
pub(crate) async fn empty(connection: &mut AnyConnection) -> Result<(), Error> {
    sqlx::query("DELETE FROM pooled_keys").execute(connection).await?;
    Ok(())
}
