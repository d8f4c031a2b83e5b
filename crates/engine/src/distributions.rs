//! Distributions: which provider holds which key. All of it is intent; the reconciler carries it out.

use api::{
    Distribution, DistributionPath, DistributionQuery, DistributionState, KeyPath, NameInKms, NewDistribution, Outcome,
    Page, Protection, ProviderPath, Slug, VaultKind,
};
use serde_json::json;
use sqlx::AnyConnection;

use crate::standing::{self, Standing};
use crate::store::audit::Event;
use crate::store::conditions::Conditions;
use crate::store::distributions::NewRow;
use crate::store::{Change, distributions, is_taken, keys, providers};
use crate::{Actor, Engine, Error, clock};

/// Something asked of a distribution, and how it stands now.
pub(crate) struct Begun {
    pub(crate) id: String,
    pub(crate) distribution: Distribution,
}

impl Engine {
    /// Asks that a provider hold a key.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Invalid`] for an unknown provider, no purpose, a key that Azure cannot take or a vault
    /// that is known to take no HSM keys, [`Error::Conflict`] when the provider holds the key already or the name is taken.
    pub async fn distribute_key(
        &self,
        path: &KeyPath,
        new: &NewDistribution,
        actor: &Actor,
    ) -> Result<Distribution, Error> {
        Ok(self.begin_distribution(path, new, actor).await?.distribution)
    }

    pub(crate) async fn begin_distribution(
        &self,
        path: &KeyPath,
        new: &NewDistribution,
        actor: &Actor,
    ) -> Result<Begun, Error> {
        let mut change = self.store().change().await?;
        let id = distribute(&mut change, path, new, actor).await?;
        self.finish(change, id).await
    }

    /// A distribution with its deliveries.
    ///
    /// # Errors
    /// [`Error::NotFound`], also once the key is removed there.
    pub async fn distribution(&self, path: &DistributionPath) -> Result<Distribution, Error> {
        let (row, deliveries) = distributions::find(&mut *self.store().pool.acquire().await?, path).await?;
        Ok(row.into_api(&deliveries))
    }

    /// A page of a workspace's distributions.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown workspace, [`Error::Invalid`] for a limit or cursor out of range.
    pub async fn distributions(
        &self,
        workspace: &Slug,
        query: &DistributionQuery,
    ) -> Result<Page<Distribution>, Error> {
        self.store().distributions(workspace, query).await
    }

    /// Asks that a provider no longer hold a key. Asked again, it joins in.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn withdraw_key(&self, path: &DistributionPath, actor: &Actor) -> Result<Distribution, Error> {
        Ok(self.begin_withdrawal(path, actor).await?.distribution)
    }

    pub(crate) async fn begin_withdrawal(&self, path: &DistributionPath, actor: &Actor) -> Result<Begun, Error> {
        let mut change = self.store().change().await?;
        let id = withdraw(&mut change, path, actor).await?;
        self.finish(change, id).await
    }

    /// Asks for the next attempt to be made at once.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn retry_distribution(&self, path: &DistributionPath, actor: &Actor) -> Result<Distribution, Error> {
        let mut change = self.store().change().await?;
        let id = retry(&mut change, path, actor).await?;
        Ok(self.finish(change, id).await?.distribution)
    }

    /// Asks for every delivered version to be read and compared at once.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn verify_distribution(&self, path: &DistributionPath, actor: &Actor) -> Result<Distribution, Error> {
        let mut change = self.store().change().await?;
        let id = verify(&mut change, path, actor).await?;
        Ok(self.finish(change, id).await?.distribution)
    }

    /// Makes a change of a distribution durable and wakes the reconciler.
    pub(crate) async fn finish(&self, mut change: Change, id: String) -> Result<Begun, Error> {
        let distribution = read(&mut change.transaction, &id).await?;
        change.commit().await?;
        self.wake().notify_one();
        Ok(Begun { id, distribution })
    }

    /// Takes back at once what was never started, if it is refused: no import of it was sent, or each was certainly not
    /// carried out. A step under way loses its lease here, and sends nothing without one: whether an import has started is
    /// stored under the same lock as this. Returns whether it was so.
    pub(crate) async fn undo_distribution(&self, id: &str, actor: &Actor) -> Result<bool, Error> {
        let mut change = self.store().change().await?;
        let (row, deliveries) = distributions::by_id(&mut change.transaction, id).await?;
        let is_untouched = deliveries.iter().all(|d| d.import_started_at.is_none() && d.delivered_at.is_none());
        if row.state != DistributionState::Refused || row.removed_at.is_some() || !is_untouched {
            return Ok(false);
        }
        distributions::undo(&mut change.transaction, id, clock::now()).await?;
        let path = DistributionPath { workspace: row.workspace, key: row.key, provider: row.provider };
        let detail = json!({"name_in_kms": row.name_in_kms, "code": row.last_error.map(|error| error.code)});
        change.record(actor, event("distribution.undo", &path, detail)).await?;
        change.commit().await?;
        Ok(true)
    }

    /// Recomputes `state` and `due_at` of every distribution from what they depend on, and names the keys and providers
    /// where what is kept differs.
    ///
    /// # Errors
    /// [`Error::Database`] when it does not answer.
    pub async fn check_standings(&self) -> Result<Vec<String>, Error> {
        // The lock of a change: rows and deliveries are read as of one moment. Nothing is changed.
        let mut change = self.store().change().await?;
        let all = Conditions::default().and("d.removed_at IS NULL", []);
        let found = distributions::select(&mut change.transaction, all, "ORDER BY d.id").await?;
        let differs = found.into_iter().filter_map(|(row, deliveries)| {
            let kept = Standing { state: row.state, due_at: row.due_at, drift_rank: row.drift_rank };
            (standing::of(&row, &deliveries) != kept).then(|| format!("{}/{}", row.key, row.provider))
        });
        Ok(differs.collect())
    }
}

/// Asks that a provider hold a key, within a change. Returns the distribution's id.
pub(crate) async fn distribute(
    change: &mut Change,
    path: &KeyPath,
    new: &NewDistribution,
    actor: &Actor,
) -> Result<String, Error> {
    let mut purposes = new.purposes.clone();
    purposes.sort_unstable();
    purposes.dedup();
    if purposes.is_empty() {
        return Err(Error::invalid("purposes", "choose at least one purpose"));
    }
    let connection = &mut *change.transaction;
    let key = keys::find(connection, path).await?;
    if !key.key_type.fits_azure() {
        let sentence = format!("Azure Key Vault takes RSA keys from outside, and this one is {}", key.key_type);
        return Err(Error::invalid("type", sentence));
    }
    if key.withheld.len() as u64 == u64::from(key.latest_version) {
        let sentence = match key.destroyed_at {
            Some(_) => "this key is destroyed: there is nothing to distribute",
            None => "every version of this key is compromised or destroyed: rotate it first",
        };
        return Err(Error::conflict("nothing_to_distribute", sentence));
    }
    let provider_path = ProviderPath { workspace: path.workspace.clone(), provider: new.provider.clone() };
    let provider = providers::find(connection, &provider_path).await.map_err(|error| match error {
        Error::NotFound(_) => Error::invalid("provider", format!("there is no provider {} here", new.provider)),
        error => error,
    })?;
    if new.protection == Protection::Hsm && provider.hsm_refused_at.is_some() {
        return Err(Error::invalid(
            "protection",
            "this vault is Standard and takes no HSM keys: choose software protection, or a Premium vault",
        ));
    }
    if new.protection == Protection::Software && provider.place.vault_kind == VaultKind::ManagedHsm {
        return Err(Error::invalid("protection", "a managed HSM takes HSM keys only: choose hsm"));
    }
    let name_in_kms = free_name(connection, path, new, &provider.place.host).await?;
    let row = NewRow {
        key_id: &key.id,
        provider_id: &provider.id,
        host: &provider.place.host,
        name_in_kms: &name_in_kms,
        purposes: &purposes,
        protection: new.protection,
        expires_after: new.expires_after,
        tags: &new.tags,
        now: clock::now(),
    };
    let id = distributions::insert(connection, &row).await.map_err(|error| already_held(error, new))?;
    distributions::restate(connection, &id).await?;
    let mut detail = json!({"name_in_kms": name_in_kms, "purposes": purposes, "protection": new.protection});
    if let Some(days) = new.expires_after {
        detail["expires_after"] = json!(days);
    }
    if !new.tags.is_empty() {
        detail["tags"] = json!(new.tags);
    }
    let at =
        DistributionPath { workspace: path.workspace.clone(), key: path.key.clone(), provider: new.provider.clone() };
    change.record(actor, event("distribution.create", &at, detail)).await?;
    Ok(id)
}

/// Asks that a provider no longer hold a key, within a change. Returns the distribution's id.
pub(crate) async fn withdraw(change: &mut Change, path: &DistributionPath, actor: &Actor) -> Result<String, Error> {
    let (row, _) = distributions::find(&mut change.transaction, path).await?;
    if row.withdrawn_at.is_none() {
        distributions::withdraw(&mut change.transaction, &row.id, clock::now()).await?;
        let detail = json!({"name_in_kms": row.name_in_kms});
        change.record(actor, event("distribution.withdraw", path, detail)).await?;
    }
    Ok(row.id)
}

/// Asks for the next attempt to be made at once, within a change. Returns the distribution's id.
pub(crate) async fn retry(change: &mut Change, path: &DistributionPath, actor: &Actor) -> Result<String, Error> {
    let (row, _) = distributions::find(&mut change.transaction, path).await?;
    distributions::retry_now(&mut change.transaction, &row.id).await?;
    change.record(actor, event("distribution.retry", path, json!({}))).await?;
    Ok(row.id)
}

/// Asks for every delivered version to be compared at once, within a change. Returns the distribution's id.
pub(crate) async fn verify(change: &mut Change, path: &DistributionPath, actor: &Actor) -> Result<String, Error> {
    let (row, _) = distributions::find(&mut change.transaction, path).await?;
    distributions::request_verification(&mut change.transaction, &row.id, clock::now()).await?;
    change.record(actor, event("distribution.verify", path, json!({}))).await?;
    Ok(row.id)
}

/// The name that was asked for, if it is free, or the default one: taken, now or before, means the next second.
async fn free_name(
    connection: &mut AnyConnection,
    path: &KeyPath,
    new: &NewDistribution,
    host: &str,
) -> Result<NameInKms, Error> {
    if let Some(name) = &new.name_in_kms {
        if distributions::is_name_used(connection, host, name).await? {
            let sentence = format!("{name} is in use at {host}: choose another name");
            return Err(Error::taken("name_in_kms", sentence));
        }
        return Ok(name.clone());
    }
    let mut seconds = clock::now().millis() / 1000;
    loop {
        let name = NameInKms::default_for(&path.key, seconds);
        if !distributions::was_name_used(connection, host, &name).await? {
            return Ok(name);
        }
        seconds += 1;
    }
}

fn already_held(error: sqlx::Error, new: &NewDistribution) -> Error {
    if is_taken(&error) {
        let sentence = format!("{} holds this key already, or is giving it back: see its distribution", new.provider);
        Error::Conflict { code: "already_distributed", field: Some("provider"), sentence }
    } else {
        error.into()
    }
}

async fn read(connection: &mut AnyConnection, id: &str) -> Result<Distribution, Error> {
    let (row, deliveries) = distributions::by_id(connection, id).await?;
    Ok(row.into_api(&deliveries))
}

/// An event about a distribution.
pub(crate) fn event<'a>(action: &'static str, path: &'a DistributionPath, detail: serde_json::Value) -> Event<'a> {
    let subject = format!("{}/{}", path.key, path.provider);
    Event { action, workspace: Some(path.workspace.as_str()), subject, outcome: Outcome::Done, detail }
}
