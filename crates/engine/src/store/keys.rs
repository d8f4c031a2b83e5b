//! Keys and key versions.

use api::{KeyName, KeyPath, KeyType, KeyVersion, NewKey, Timestamp};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};

use super::conditions::Conditions;
use super::withheld::{self, withheld_versions};
use super::{is_taken, new_id};
use crate::Error;

/// A row of `keys`.
pub(crate) struct KeyRow {
    pub(crate) id: String,
    pub(crate) name: KeyName,
    pub(crate) key_type: KeyType,
    pub(crate) latest_version: u32,
    pub(crate) min_enabled_version: u32,
    pub(crate) deletion_allowed: bool,
    pub(crate) replica_regions: Vec<String>,
    pub(crate) created_at: Timestamp,
    pub(crate) rotated_at: Timestamp,
    /// Versions that are compromised or destroyed.
    pub(crate) withheld: Vec<u32>,
    pub(crate) destroyed_at: Option<Timestamp>,
}

/// A version to be stored: its private key is already sealed for the row with this id. A symmetric key has neither public
/// key nor thumbprint: they are empty.
pub(crate) struct NewVersion {
    pub(crate) id: String,
    pub(crate) public_key: String,
    pub(crate) thumbprint: String,
    pub(crate) sealed_private_key: String,
}

pub(super) const COLUMNS: &str = concat!(
    "SELECT k.id, k.name, k.key_type, k.latest_version, k.min_enabled_version, k.deletion_allowed_at, \
     k.replica_regions, k.created_at, k.rotated_at, k.destroyed_at, ",
    withheld_versions!(),
    " FROM keys k"
);

pub(super) fn key_row(row: &AnyRow) -> Result<KeyRow, Error> {
    Ok(KeyRow {
        id: row.try_get("id")?,
        name: super::parsed(row, "name")?,
        key_type: super::parsed(row, "key_type")?,
        latest_version: super::number(row, "latest_version")?,
        min_enabled_version: super::number(row, "min_enabled_version")?,
        deletion_allowed: row.try_get::<Option<i64>, _>("deletion_allowed_at")?.is_some(),
        replica_regions: super::json(row, "replica_regions")?.unwrap_or_default(),
        created_at: Timestamp::from_millis(row.try_get("created_at")?),
        rotated_at: Timestamp::from_millis(row.try_get("rotated_at")?),
        withheld: withheld::numbers(row)?,
        destroyed_at: super::moment(row, "destroyed_at")?,
    })
}

/// The key at this path.
pub(crate) async fn find(connection: &mut AnyConnection, path: &KeyPath) -> Result<KeyRow, Error> {
    let sql = format!("{COLUMNS} JOIN workspaces w ON w.id = k.workspace_id WHERE w.slug = $1 AND k.name = $2");
    let row = sqlx::query(AssertSqlSafe(sql))
        .bind(path.workspace.as_str())
        .bind(path.key.as_str())
        .fetch_optional(connection)
        .await?;
    row.as_ref().map_or_else(|| Err(Error::NotFound(format!("key {}", path.key))), key_row)
}

/// Every version of a key, the latest first.
pub(crate) async fn versions(connection: &mut AnyConnection, key: &KeyRow) -> Result<Vec<KeyVersion>, Error> {
    let rows = sqlx::query(
        "SELECT number, public_key, thumbprint, created_at, compromised_at, compromise_reason, destroyed_at
         FROM key_versions WHERE key_id = $1 ORDER BY number DESC",
    )
    .bind(&key.id)
    .fetch_all(connection)
    .await?;
    let version = |row: &AnyRow| {
        let number = super::number(row, "number")?;
        Ok(KeyVersion {
            number,
            created_at: Timestamp::from_millis(row.try_get("created_at")?),
            public_key: Some(row.try_get("public_key")?).filter(|text: &String| !text.is_empty()),
            thumbprint: Some(row.try_get("thumbprint")?).filter(|text: &String| !text.is_empty()),
            enabled: number >= key.min_enabled_version && !key.withheld.contains(&number),
            compromised_at: super::moment(row, "compromised_at")?,
            compromise_reason: super::parsed_if(row, "compromise_reason")?,
            destroyed_at: super::moment(row, "destroyed_at")?,
        })
    };
    rows.iter().map(version).collect()
}

/// Stores a new key, without versions.
pub(crate) async fn insert(
    connection: &mut AnyConnection,
    path: &KeyPath,
    new: &NewKey,
    now: Timestamp,
) -> Result<(), Error> {
    let workspace = super::workspace_id(connection, &path.workspace).await?;
    let regions = (!new.replica_regions.is_empty()).then(|| serde_json::json!(new.replica_regions).to_string());
    let inserted = sqlx::query(
        "INSERT INTO keys (id, workspace_id, name, key_type, latest_version, min_enabled_version, deletion_allowed_at,
         replica_regions, created_at, rotated_at)
         VALUES ($1, $2, $3, $4, 0, 1, $5, $6, $7, $7)",
    )
    .bind(new_id())
    .bind(workspace)
    .bind(path.key.as_str())
    .bind(new.key_type.as_str())
    .bind(new.deletion_allowed.then_some(now.millis()))
    .bind(regions)
    .bind(now.millis())
    .execute(connection)
    .await;
    match inserted {
        Err(error) if is_taken(&error) => {
            Err(Error::taken("name", format!("a key named {} exists in this workspace: choose another name", path.key)))
        }
        inserted => inserted.map(|_| ()).map_err(Error::from),
    }
}

/// Adds a version to a key and returns its number.
pub(crate) async fn add_version(
    connection: &mut AnyConnection,
    key_id: &str,
    version: &NewVersion,
    now: Timestamp,
) -> Result<u32, Error> {
    let row = sqlx::query(
        "UPDATE keys SET latest_version = latest_version + 1, rotated_at = $1,
         rotation_due_at = $1 + rotation_interval WHERE id = $2 AND destroyed_at IS NULL RETURNING latest_version",
    )
    .bind(now.millis())
    .bind(key_id)
    .fetch_optional(&mut *connection)
    .await?
    .ok_or_else(withheld::destroyed)?;
    let number = super::number(&row, "latest_version")?;
    sqlx::query(
        "INSERT INTO key_versions (id, key_id, number, public_key, thumbprint, sealed_private_key, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(&version.id)
    .bind(key_id)
    .bind(i64::from(number))
    .bind(&version.public_key)
    .bind(&version.thumbprint)
    .bind(&version.sealed_private_key)
    .bind(now.millis())
    .execute(connection)
    .await?;
    Ok(number)
}

/// One version's id, public key (PEM) and sealed private key.
pub(crate) async fn sealed_version(
    connection: &mut AnyConnection,
    key_id: &str,
    number: u32,
) -> Result<NewVersion, Error> {
    let row = sqlx::query(
        "SELECT id, public_key, thumbprint, sealed_private_key FROM key_versions WHERE key_id = $1 AND number = $2",
    )
    .bind(key_id)
    .bind(i64::from(number))
    .fetch_one(connection)
    .await?;
    Ok(NewVersion {
        id: row.try_get("id")?,
        public_key: row.try_get("public_key")?,
        thumbprint: row.try_get("thumbprint")?,
        sealed_private_key: row.try_get("sealed_private_key")?,
    })
}

/// Sets the minimum enabled version and whether the key may be deleted.
pub(crate) async fn update(connection: &mut AnyConnection, key: &KeyRow, now: Timestamp) -> Result<(), Error> {
    sqlx::query("UPDATE keys SET min_enabled_version = $1, deletion_allowed_at = $2 WHERE id = $3")
        .bind(i64::from(key.min_enabled_version))
        .bind(key.deletion_allowed.then_some(now.millis()))
        .bind(&key.id)
        .execute(connection)
        .await?;
    Ok(())
}

/// Deletes a key that no provider holds any more, with all its versions.
pub(crate) async fn delete(connection: &mut AnyConnection, key_id: &str) -> Result<(), Error> {
    for sql in [
        "DELETE FROM deliveries WHERE distribution_id IN (SELECT id FROM distributions WHERE key_id = $1)",
        "DELETE FROM distributions WHERE key_id = $1",
        "DELETE FROM key_versions WHERE key_id = $1",
        "DELETE FROM keys WHERE id = $1",
    ] {
        sqlx::query(sql).bind(key_id).execute(&mut *connection).await?;
    }
    Ok(())
}

/// The keys with these ids, by name.
pub(crate) async fn by_ids(
    connection: &mut AnyConnection,
    ids: impl IntoIterator<Item = String>,
) -> Result<Vec<KeyRow>, Error> {
    let conditions = Conditions::default().and_in("k.id", ids);
    let sql = format!("{COLUMNS} WHERE {} ORDER BY k.name", conditions.sql());
    let rows = conditions.bind(sqlx::query(AssertSqlSafe(sql))).fetch_all(connection).await?;
    rows.iter().map(key_row).collect()
}
