//! KMS providers.

use api::{
    AzureId, Check, Explanation, Identity, Kek, KeyCollection, Page, PageQuery, Permission, Provider, ProviderKind,
    ProviderName, ProviderPath, Slug, StoredCredentials, Timestamp, VaultKind,
};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};

use super::conditions::Conditions;
use super::{Store, page, page_size};
use crate::{Error, cost};

/// A row of `providers`, and whether its vault is paused.
pub(crate) struct ProviderRow {
    pub(crate) id: String,
    pub(crate) name: ProviderName,
    pub(crate) place: Place,
    pub(crate) credentials: SealedCredentials,
    pub(crate) credentials_replaced_at: Timestamp,
    pub(crate) created_at: Timestamp,
    pub(crate) kek: Option<Kek>,
    /// When the vault last said that it takes no HSM keys.
    pub(crate) hsm_refused_at: Option<Timestamp>,
    pub(crate) kek_requested_at: Option<Timestamp>,
    pub(crate) kek_error: Option<Explanation>,
    pub(crate) permissions: Vec<Permission>,
    pub(crate) paused_until: Option<Timestamp>,
    pub(crate) last_check: Option<Check>,
}

/// Which vault.
pub(crate) struct Place {
    pub(crate) key_collection: KeyCollection,
    pub(crate) vault_kind: VaultKind,
    pub(crate) environment: String,
    pub(crate) host: String,
}

/// Credentials as they are stored.
pub(crate) struct SealedCredentials {
    pub(crate) tenant_id: Option<AzureId>,
    pub(crate) client_id: Option<AzureId>,
    pub(crate) sealed_client_secret: Option<String>,
    pub(crate) sealed_certificate: Option<String>,
}

const SELECT: &str = "SELECT p.id, p.name, p.key_collection, p.vault_kind, p.environment, p.host, p.tenant_id, \
     p.client_id, p.sealed_client_secret, p.sealed_certificate, p.credentials_replaced_at, p.created_at, p.kek_kid, \
     p.kek_bits, p.hsm_refused_at, p.kek_requested_at, p.kek_error, p.permissions, p.last_check, pace.not_before \
     FROM providers p JOIN workspaces w ON w.id = p.workspace_id LEFT JOIN pace ON pace.host = p.host";

fn provider_row(row: &AnyRow) -> Result<ProviderRow, Error> {
    let kek_kid: Option<String> = row.try_get("kek_kid")?;
    let kek = kek_kid.map(|kid| Ok::<_, Error>(Kek { kid, bits: super::number(row, "kek_bits")? })).transpose()?;
    Ok(ProviderRow {
        id: row.try_get("id")?,
        name: super::parsed(row, "name")?,
        place: Place {
            key_collection: super::parsed(row, "key_collection")?,
            vault_kind: super::parsed(row, "vault_kind")?,
            environment: row.try_get("environment")?,
            host: row.try_get("host")?,
        },
        credentials: SealedCredentials {
            tenant_id: super::parsed_if(row, "tenant_id")?,
            client_id: super::parsed_if(row, "client_id")?,
            sealed_client_secret: row.try_get("sealed_client_secret")?,
            sealed_certificate: row.try_get("sealed_certificate")?,
        },
        credentials_replaced_at: Timestamp::from_millis(row.try_get("credentials_replaced_at")?),
        created_at: Timestamp::from_millis(row.try_get("created_at")?),
        kek,
        hsm_refused_at: super::moment(row, "hsm_refused_at")?,
        kek_requested_at: super::moment(row, "kek_requested_at")?,
        kek_error: super::json(row, "kek_error")?,
        permissions: super::json(row, "permissions")?.unwrap_or_default(),
        paused_until: super::moment(row, "not_before")?,
        last_check: super::json(row, "last_check")?,
    })
}

impl ProviderRow {
    /// As it goes over the wire, with the identity that is in force now and how many keys it holds.
    pub(crate) fn into_api(self, identity: Option<Identity>, holds: u64, now: Timestamp) -> Provider {
        Provider {
            name: self.name,
            kind: ProviderKind::AzureKeyVault,
            url: format!("https://{}/", self.place.host),
            key_collection: self.place.key_collection,
            vault_kind: self.place.vault_kind,
            environment: self.place.environment,
            stored_credentials: StoredCredentials {
                tenant_id: self.credentials.tenant_id,
                client_id: self.credentials.client_id,
                client_secret: self.credentials.sealed_client_secret.is_some(),
                certificate: self.credentials.sealed_certificate.is_some(),
            },
            identity,
            credentials_replaced_at: self.credentials_replaced_at,
            created_at: self.created_at,
            distributions: holds,
            kek: self.kek,
            kek_requested_at: self.kek_requested_at,
            kek_error: self.kek_error,
            permissions: self.permissions,
            pace: cost::pace(&self.place.host, self.paused_until.filter(|until| *until > now)),
            last_check: self.last_check,
        }
    }
}

async fn select(connection: &mut AnyConnection, conditions: Conditions, rest: &str) -> Result<Vec<ProviderRow>, Error> {
    let sql = format!("{SELECT} WHERE {} {rest}", conditions.sql());
    let rows = conditions.bind(sqlx::query(AssertSqlSafe(sql))).fetch_all(connection).await?;
    rows.iter().map(provider_row).collect()
}

/// The provider at this path.
pub(crate) async fn find(connection: &mut AnyConnection, path: &ProviderPath) -> Result<ProviderRow, Error> {
    let conditions = Conditions::default()
        .and("w.slug = ?", [path.workspace.as_str().into()])
        .and("p.name = ?", [path.provider.as_str().into()]);
    let found = select(connection, conditions, "").await?;
    found.into_iter().next().ok_or_else(|| Error::NotFound(format!("provider {}", path.provider)))
}

/// The provider with this id.
pub(crate) async fn by_id(connection: &mut AnyConnection, id: &str) -> Result<ProviderRow, Error> {
    let found = select(connection, Conditions::default().and("p.id = ?", [id.into()]), "").await?;
    found.into_iter().next().ok_or_else(|| Error::NotFound("the provider".to_owned()))
}

/// How many keys a provider holds.
pub(crate) async fn holds(connection: &mut AnyConnection, id: &str) -> Result<u64, Error> {
    let count = sqlx::query_scalar("SELECT COUNT(*) FROM distributions WHERE provider_id = $1 AND removed_at IS NULL");
    let count: i64 = count.bind(id).fetch_one(connection).await?;
    Ok(count.unsigned_abs())
}

/// Stores a new provider under an id that its credentials are sealed for.
pub(crate) async fn insert(
    connection: &mut AnyConnection,
    id: &str,
    path: &ProviderPath,
    (place, credentials): (&Place, &SealedCredentials),
    now: Timestamp,
) -> Result<(), Error> {
    let workspace = super::workspace_id(connection, &path.workspace).await?;
    let inserted = sqlx::query(
        "INSERT INTO providers (id, workspace_id, name, kind, key_collection, vault_kind, environment, host,
         credentials_replaced_at, created_at)
         VALUES ($1, $2, $3, 'azurekeyvault', $4, $5, $6, $7, $8, $8)",
    )
    .bind(id)
    .bind(workspace)
    .bind(path.provider.as_str())
    .bind(place.key_collection.as_str())
    .bind(place.vault_kind.as_str())
    .bind(&place.environment)
    .bind(&place.host)
    .bind(now.millis())
    .execute(&mut *connection)
    .await;
    match inserted {
        Err(error) if super::is_taken(&error) => Err(name_taken(&path.provider)),
        Err(error) => Err(error.into()),
        Ok(_) => replace_credentials(connection, id, credentials, now).await,
    }
}

/// What a second provider of the same name is told.
pub(crate) fn name_taken(name: &ProviderName) -> Error {
    Error::taken("name", format!("a provider named {name} exists in this workspace: choose another name"))
}

/// Replaces a provider's credentials.
pub(crate) async fn replace_credentials(
    connection: &mut AnyConnection,
    id: &str,
    credentials: &SealedCredentials,
    now: Timestamp,
) -> Result<(), Error> {
    sqlx::query(
        "UPDATE providers SET tenant_id = $1, client_id = $2, sealed_client_secret = $3, sealed_certificate = $4,
         credentials_replaced_at = $5, last_check = NULL WHERE id = $6",
    )
    .bind(credentials.tenant_id.as_ref().map(ToString::to_string))
    .bind(credentials.client_id.as_ref().map(ToString::to_string))
    .bind(credentials.sealed_client_secret.as_deref())
    .bind(credentials.sealed_certificate.as_deref())
    .bind(now.millis())
    .bind(id)
    .execute(connection)
    .await?;
    Ok(())
}

/// Stores what was learned about what our application may do.
pub(crate) async fn store_permissions(
    connection: &mut AnyConnection,
    id: &str,
    permissions: &[Permission],
) -> Result<(), Error> {
    sqlx::query("UPDATE providers SET permissions = $1 WHERE id = $2")
        .bind(serde_json::to_string(permissions).expect("permissions are text"))
        .bind(id)
        .execute(connection)
        .await?;
    Ok(())
}

/// Stores what a check found.
pub(crate) async fn store_check(connection: &mut AnyConnection, id: &str, check: &Check) -> Result<(), Error> {
    sqlx::query("UPDATE providers SET last_check = $1 WHERE id = $2")
        .bind(serde_json::to_string(check).expect("checks are text"))
        .bind(id)
        .execute(connection)
        .await?;
    Ok(())
}

/// Stores which key exchange key a vault has.
pub(crate) async fn store_kek(connection: &mut AnyConnection, id: &str, kek: &Kek) -> Result<(), Error> {
    sqlx::query(
        "UPDATE providers SET kek_kid = $1, kek_bits = $2, hsm_refused_at = NULL, kek_error = NULL WHERE id = $3",
    )
    .bind(&kek.kid)
    .bind(i64::from(kek.bits))
    .bind(id)
    .execute(connection)
    .await?;
    Ok(())
}

/// Stores that the vault takes no HSM keys.
pub(crate) async fn refuse_hsm(connection: &mut AnyConnection, id: &str, now: Timestamp) -> Result<(), Error> {
    sqlx::query("UPDATE providers SET hsm_refused_at = $1 WHERE id = $2")
        .bind(now.millis())
        .bind(id)
        .execute(connection)
        .await?;
    Ok(())
}

/// Deletes a provider that holds no keys, with the record of those it held.
pub(crate) async fn delete(connection: &mut AnyConnection, id: &str) -> Result<(), Error> {
    for sql in [
        "DELETE FROM deliveries WHERE distribution_id IN (SELECT id FROM distributions WHERE provider_id = $1)",
        "DELETE FROM distributions WHERE provider_id = $1",
        "DELETE FROM providers WHERE id = $1",
    ] {
        sqlx::query(sql).bind(id).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Its distributions were held up by the old credentials: they are tried at once.
pub(crate) async fn retry_distributions(connection: &mut AnyConnection, id: &str) -> Result<(), Error> {
    let ids: Vec<String> = sqlx::query_scalar(
        "SELECT id FROM distributions WHERE provider_id = $1 AND removed_at IS NULL AND attempts > 0 ORDER BY id",
    )
    .bind(id)
    .fetch_all(&mut *connection)
    .await?;
    for id in ids {
        super::distributions::retry_now(connection, &id).await?;
    }
    Ok(())
}

impl Store {
    /// A page of a workspace's providers, by name.
    pub(crate) async fn providers(&self, workspace: &Slug, query: &PageQuery) -> Result<Page<ProviderRow>, Error> {
        let limit = page_size(query.limit)?;
        let conditions = Conditions::default()
            .and("w.slug = ?", [workspace.as_str().into()])
            .and_if(query.after.as_deref(), |conditions, after| conditions.and("p.name > ?", [after.into()]));
        let mut connection = self.pool.acquire().await?;
        super::workspace_id(&mut connection, workspace).await?;
        let rows = select(&mut connection, conditions, &format!("ORDER BY p.name LIMIT {}", limit + 1)).await?;
        Ok(page(rows, limit, |provider: &ProviderRow| provider.name.to_string()))
    }

    /// Whether another provider has this name.
    pub(crate) async fn is_provider(&self, path: &ProviderPath) -> Result<bool, Error> {
        let mut connection = self.pool.acquire().await?;
        match find(&mut connection, path).await {
            Ok(_) => Ok(true),
            Err(Error::NotFound(_)) => super::workspace_id(&mut connection, &path.workspace).await.map(|_| false),
            Err(error) => Err(error),
        }
    }
}
