//! KMS providers: connecting, checking and disconnecting them.

use api::{
    Check, CheckOutcome, Credentials, KeyCollection, NewProvider, Outcome, Page, PageQuery, Provider, ProviderChange,
    ProviderPath, Slug,
};
use serde_json::json;
use zeroize::Zeroizing;

use crate::check::check;
use crate::seal::Place;
use crate::store::audit::Event;
use crate::store::new_id;
use crate::store::providers::{self, ProviderRow, StoredCredentials};
use crate::{Actor, Engine, Error, clock, explain};

const SEALED_CLIENT_SECRET: &str = "providers.sealed_client_secret";

impl Engine {
    /// Connects a vault. It is checked first: what a person has to correct is refused, naming the field; what time
    /// heals, or concerns only permissions, is stored with the check that tells it.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the name is taken, [`Error::Refused`] when vault or credentials are not what they
    /// should be.
    pub async fn create_provider(&self, workspace: &Slug, new: &NewProvider, actor: &Actor) -> Result<Provider, Error> {
        let path = ProviderPath { workspace: workspace.clone(), provider: new.name.clone() };
        if self.store().is_provider(&path).await? {
            return Err(providers::name_taken(&new.name));
        }
        let check = self.try_credentials(&new.key_collection, &new.credentials).await?;
        let id = new_id();
        let credentials = self.seal_credentials(&id, &new.credentials)?;
        let host = providers::host_of(&new.key_collection);
        let mut change = self.store().change().await?;
        providers::insert(&mut change.transaction, &id, &path, new, (&host, clock::now()), &credentials).await?;
        providers::store_check(&mut change.transaction, &id, &check).await?;
        let detail = json!({"key_collection": new.key_collection, "client_id": new.credentials.client_id});
        change.record(actor, event("provider.create", &path, Outcome::Done, detail)).await?;
        let provider = providers::find(&mut change.transaction, &path).await?.api;
        change.commit().await?;
        Ok(provider)
    }

    /// A page of providers, by name.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown workspace.
    pub async fn providers(&self, workspace: &Slug, query: &PageQuery) -> Result<Page<Provider>, Error> {
        self.store().providers(workspace, query).await
    }

    /// A provider.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn provider(&self, path: &ProviderPath) -> Result<Provider, Error> {
        Ok(self.provider_row(path).await?.api)
    }

    /// Replaces a provider's credentials, which are checked first as when connecting.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Refused`] when the credentials are not what they should be.
    pub async fn change_provider(
        &self,
        path: &ProviderPath,
        wanted: &ProviderChange,
        actor: &Actor,
    ) -> Result<Provider, Error> {
        let row = self.provider_row(path).await?;
        let check = self.try_credentials(&row.api.key_collection, &wanted.credentials).await?;
        let mut change = self.store().change().await?;
        let id = providers::find(&mut change.transaction, path).await?.id;
        let credentials = self.seal_credentials(&id, &wanted.credentials)?;
        providers::replace_credentials(&mut change.transaction, &id, &credentials, clock::now()).await?;
        providers::store_check(&mut change.transaction, &id, &check).await?;
        providers::retry_distributions(&mut change.transaction, &id).await?;
        let detail = json!({"client_id": wanted.credentials.client_id});
        change.record(actor, event("provider.update", path, Outcome::Done, detail)).await?;
        let provider = providers::find(&mut change.transaction, path).await?.api;
        change.commit().await?;
        self.wake().notify_one();
        Ok(provider)
    }

    /// Deletes a provider that holds no keys; nothing is changed in Azure.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Conflict`] while it holds keys.
    pub async fn delete_provider(&self, path: &ProviderPath, actor: &Actor) -> Result<(), Error> {
        let mut change = self.store().change().await?;
        let row = providers::find(&mut change.transaction, path).await?;
        if row.api.distributions > 0 {
            let sentence = format!("it holds {} keys: withdraw them first", row.api.distributions);
            return Err(Error::conflict("not_empty", sentence));
        }
        providers::delete(&mut change.transaction, &row.id).await?;
        change.record(actor, event("provider.delete", path, Outcome::Done, json!({}))).await?;
        change.commit().await
    }

    /// Checks a provider, step by step. Nothing is changed in Azure.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn check_provider(&self, path: &ProviderPath, actor: &Actor) -> Result<Check, Error> {
        let row = self.provider_row(path).await?;
        let check = check(&self.vault(&row)?, row.api.key_collection.as_str()).await;
        let failed = check.steps.iter().find(|step| step.outcome == CheckOutcome::Failed);
        let outcome = if failed.is_some() { Outcome::Failed } else { Outcome::Done };
        let detail = json!({"failed": failed.map(|step| &step.name)});
        let mut change = self.store().change().await?;
        providers::store_check(&mut change.transaction, &row.id, &check).await?;
        change.record(actor, event("provider.check", path, outcome, detail)).await?;
        change.commit().await?;
        Ok(check)
    }

    /// The vault of a provider, with its stored credentials.
    pub(crate) fn vault(&self, row: &ProviderRow) -> Result<azure::Vault, Error> {
        let place = Place { column: SEALED_CLIENT_SECRET, row: &row.id };
        let secret = self.sealing_key().open(place, &row.sealed_client_secret)?;
        let text = std::str::from_utf8(&secret).map_err(|_| Error::Internal("a sealed secret is not text"))?;
        let credentials = azure::Credentials {
            tenant_id: Some(row.api.tenant_id.to_string()),
            client_id: Some(row.api.client_id.to_string()),
            client_secret: Some(Zeroizing::new(text.to_owned())),
            certificate: None,
        };
        self.azure().vault(row.api.key_collection.as_str(), credentials).map_err(Error::Azure)
    }

    async fn provider_row(&self, path: &ProviderPath) -> Result<ProviderRow, Error> {
        providers::find(&mut *self.store().pool.acquire().await?, path).await
    }

    /// Checks a vault with credentials that are not stored yet.
    async fn try_credentials(&self, name: &KeyCollection, credentials: &Credentials) -> Result<Check, Error> {
        if !(1..=1024).contains(&credentials.client_secret.expose().len()) {
            return Err(Error::invalid("credentials.client_secret", "paste the secret's value: 1 to 1024 characters"));
        }
        let credentials = azure::Credentials {
            tenant_id: Some(credentials.tenant_id.to_string()),
            client_id: Some(credentials.client_id.to_string()),
            client_secret: Some(Zeroizing::new(credentials.client_secret.expose().to_owned())),
            certificate: None,
        };
        let vault = self.azure().vault(name.as_str(), credentials).map_err(Error::Azure)?;
        let check = check(&vault, name.as_str()).await;
        let errors = check.steps.iter().filter_map(|step| step.error.as_ref());
        for error in errors {
            if let Some(field) = explain::provider_field(error) {
                return Err(Error::Refused { explanation: Box::new(error.clone()), field: Some(field) });
            }
        }
        Ok(check)
    }

    fn seal_credentials<'a>(&self, id: &str, credentials: &'a Credentials) -> Result<StoredCredentials<'a>, Error> {
        let place = Place { column: SEALED_CLIENT_SECRET, row: id };
        let secret = credentials.client_secret.expose();
        Ok(StoredCredentials {
            tenant_id: &credentials.tenant_id,
            client_id: &credentials.client_id,
            sealed_client_secret: self.sealing_key().seal(place, secret.as_bytes())?,
        })
    }
}

fn event<'a>(action: &'static str, path: &'a ProviderPath, outcome: Outcome, detail: serde_json::Value) -> Event<'a> {
    let (workspace, subject) = (Some(path.workspace.as_str()), path.provider.to_string());
    Event { action, workspace, subject, outcome, detail }
}
