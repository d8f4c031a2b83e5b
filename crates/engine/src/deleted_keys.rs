//! Keys of ours that a provider keeps as deleted: they can be brought back, or destroyed for good.
//!
//! They are listed from our own records, because listing is not among the permissions that we need.

use api::{DeletedKey, DeletedKeyPath, Outcome, Page, PageQuery, ProviderPath};
use serde_json::json;
use sqlx::AnyConnection;

use crate::store::audit::Event;
use crate::store::conditions::Conditions;
use crate::store::distributions::{self, DistributionRow};
use crate::store::{deleted_keys, page, page_size, providers};
use crate::{Actor, Engine, Error, clock};

impl Engine {
    /// A page of the keys that a provider keeps as deleted, by name there.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown provider.
    pub async fn deleted_keys(&self, path: &ProviderPath, query: &PageQuery) -> Result<Page<DeletedKey>, Error> {
        let limit = page_size(query.limit)?;
        let mut connection = self.store().pool.acquire().await?;
        let provider = providers::find(&mut connection, path).await?;
        let conditions = deleted()
            .and("d.provider_id = ?", [provider.id.into()])
            .and_if(query.after.as_deref(), |conditions, after| conditions.and("d.name_in_kms > ?", [after.into()]));
        let rest = format!("ORDER BY d.name_in_kms LIMIT {}", limit + 1);
        let found = distributions::select(&mut connection, conditions, &rest).await?;
        let items = found.into_iter().filter_map(|(row, _)| into_api(row)).collect();
        Ok(page(items, limit, |key: &DeletedKey| key.name_in_kms.to_string()))
    }

    /// Asks for a deleted key to be brought back: its distribution goes on where it was.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Conflict`] when the provider holds the key again, or it is being purged.
    pub async fn recover_deleted_key(&self, path: &DeletedKeyPath, actor: &Actor) -> Result<DeletedKey, Error> {
        let mut change = self.store().change().await?;
        let row = find(&mut change.transaction, path).await?;
        let held = distributions::of_key(&mut change.transaction, &row.key_id).await?;
        if held.iter().any(|distribution| distribution.provider == row.provider) {
            let sentence = format!("{} holds {} again under another name: withdraw that first", row.provider, row.key);
            return Err(Error::conflict("already_distributed", sentence));
        }
        if row.purge_requested_at.is_some() {
            return Err(Error::conflict("being_purged", "it is being purged already"));
        }
        deleted_keys::request_recovery(&mut change.transaction, &row.id, clock::now()).await?;
        change.record(actor, event("deleted_key.request_recovery", path, &row)).await?;
        let asked = find(&mut change.transaction, path).await?;
        change.commit().await?;
        self.wake().notify_one();
        into_api(asked).ok_or(Error::Internal("a deleted key has no moment of deletion"))
    }

    /// Asks for a deleted key to be destroyed for good, which frees its name.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Conflict`] when it is being recovered.
    pub async fn purge_deleted_key(&self, path: &DeletedKeyPath, actor: &Actor) -> Result<DeletedKey, Error> {
        let mut change = self.store().change().await?;
        let row = find(&mut change.transaction, path).await?;
        if row.recovery_requested_at.is_some() && row.last_error.is_none() {
            return Err(Error::conflict("being_recovered", "it is being recovered already"));
        }
        deleted_keys::request_purge(&mut change.transaction, &row.id, clock::now()).await?;
        change.record(actor, event("deleted_key.request_purge", path, &row)).await?;
        let asked = find(&mut change.transaction, path).await?;
        change.commit().await?;
        self.wake().notify_one();
        into_api(asked).ok_or(Error::Internal("a deleted key has no moment of deletion"))
    }
}

/// Where providers keep a key as deleted, by provider.
pub(crate) async fn of_key(connection: &mut AnyConnection, key_id: &str) -> Result<Vec<DeletedKey>, Error> {
    let conditions = deleted().and("d.key_id = ?", [key_id.into()]);
    let found = distributions::select(connection, conditions, "ORDER BY p.name, d.removed_at DESC").await?;
    Ok(found.into_iter().filter_map(|(row, _)| into_api(row)).collect())
}

/// What providers keep as deleted: seen deleted, with a date when it is destroyed, and not purged by us.
fn deleted() -> Conditions {
    Conditions::default()
        .and("d.removed_at IS NOT NULL AND d.purged_at IS NULL", [])
        .and("d.purge_at > ?", [clock::now().millis().into()])
}

async fn find(connection: &mut AnyConnection, path: &DeletedKeyPath) -> Result<DistributionRow, Error> {
    let provider = ProviderPath { workspace: path.workspace.clone(), provider: path.provider.clone() };
    let provider = providers::find(connection, &provider).await?;
    let conditions = deleted()
        .and("d.provider_id = ? AND d.name_in_kms = ?", [provider.id.into(), path.name_in_kms.as_str().into()]);
    let found = distributions::select(connection, conditions, "").await?;
    let missing = || Error::NotFound(format!("a deleted key {} in {}", path.name_in_kms, path.provider));
    found.into_iter().next().map(|(row, _)| row).ok_or_else(missing)
}

fn into_api(row: DistributionRow) -> Option<DeletedKey> {
    Some(DeletedKey {
        key: row.key,
        provider: row.provider,
        name_in_kms: row.name_in_kms,
        deleted_at: row.removed_at?,
        purge_at: row.purge_at,
        recovery_requested_at: row.recovery_requested_at,
        purge_requested_at: row.purge_requested_at,
        last_error: row.last_error,
    })
}

fn event<'a>(action: &'static str, path: &'a DeletedKeyPath, row: &DistributionRow) -> Event<'a> {
    Event {
        action,
        workspace: Some(path.workspace.as_str()),
        subject: format!("{}/{}", row.key, row.provider),
        outcome: Outcome::Done,
        detail: json!({"name_in_kms": path.name_in_kms}),
    }
}
