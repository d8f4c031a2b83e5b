//! KMS providers: connecting, checking and disconnecting them.

mod unchecked;

use api::{
    AzureId, Check, CheckOutcome, Credentials, NewProvider, Outcome, Page, PageQuery, Provider, ProviderChange,
    ProviderPath, SecretInput, Slug, VaultKind,
};
use azure::{Location, Vault};
use serde_json::json;
use zeroize::Zeroizing;

use crate::check::check;
use crate::identity::identity;
use crate::seal::Place as Sealed;
use crate::store::audit::Event;
use crate::store::providers::{self, Place, ProviderRow, SealedCredentials};
use crate::store::{keks, new_id};
use crate::{Actor, Engine, Error, clock, explain};

pub(crate) const CLIENT_SECRET: &str = "providers.sealed_client_secret";
pub(crate) const CERTIFICATE: &str = "providers.sealed_certificate";

impl Engine {
    /// Connects a vault. It is checked first: what a person has to correct is refused, naming the field; what time
    /// heals, or concerns only permissions, is stored with the check that tells it.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the name is taken, [`Error::Invalid`] for a cloud or an identity that cannot be,
    /// [`Error::Refused`] when vault or credentials are not what they should be.
    pub async fn create_provider(&self, workspace: &Slug, new: &NewProvider, actor: &Actor) -> Result<Provider, Error> {
        let path = ProviderPath { workspace: workspace.clone(), provider: new.name.clone() };
        if self.store().is_provider(&path).await? {
            return Err(providers::name_taken(&new.name));
        }
        let location = Location {
            name: new.key_collection.as_str(),
            kind: new.vault_kind.map(azure_kind),
            cloud: new.environment.as_deref(),
        };
        let vault = self.try_vault(location, &new.credentials)?;
        let check = self.try_credentials(&vault, new.key_collection.as_str()).await?;
        let id = new_id();
        let credentials = self.seal_credentials(&id, &new.credentials)?;
        let place = Place {
            key_collection: new.key_collection.clone(),
            vault_kind: api_kind(vault.kind()),
            environment: vault.cloud().name().to_owned(),
            host: vault.host().to_owned(),
        };
        let mut change = self.store().change().await?;
        providers::insert(&mut change.transaction, &id, &path, (&place, &credentials), clock::now()).await?;
        providers::store_check(&mut change.transaction, &id, &check).await?;
        let detail = json!({"key_collection": new.key_collection, "client_id": new.credentials.client_id});
        change.record(actor, event("provider.create", &path, Outcome::Done, detail)).await?;
        let row = providers::find(&mut change.transaction, &path).await?;
        change.commit().await?;
        Ok(self.described(row, 0))
    }

    /// A page of providers, by name.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown workspace.
    pub async fn providers(&self, workspace: &Slug, query: &PageQuery) -> Result<Page<Provider>, Error> {
        let page = self.store().providers(workspace, query).await?;
        let mut connection = self.store().pool.acquire().await?;
        let mut items = Vec::with_capacity(page.items.len());
        for row in page.items {
            let holds = providers::holds(&mut connection, &row.id).await?;
            items.push(self.described(row, holds));
        }
        Ok(Page { items, next: page.next })
    }

    /// A provider.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn provider(&self, path: &ProviderPath) -> Result<Provider, Error> {
        let mut connection = self.store().pool.acquire().await?;
        let row = providers::find(&mut connection, path).await?;
        let holds = providers::holds(&mut connection, &row.id).await?;
        Ok(self.described(row, holds))
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
        let vault = self.try_vault(location(&row.place), &wanted.credentials)?;
        let check = self.try_credentials(&vault, row.place.key_collection.as_str()).await?;
        let mut change = self.store().change().await?;
        let id = providers::find(&mut change.transaction, path).await?.id;
        let credentials = self.seal_credentials(&id, &wanted.credentials)?;
        providers::replace_credentials(&mut change.transaction, &id, &credentials, clock::now()).await?;
        providers::store_permissions(&mut change.transaction, &id, &[]).await?;
        providers::store_check(&mut change.transaction, &id, &check).await?;
        providers::retry_distributions(&mut change.transaction, &id).await?;
        let detail = json!({"client_id": wanted.credentials.client_id});
        change.record(actor, event("provider.update", path, Outcome::Done, detail)).await?;
        let row = providers::find(&mut change.transaction, path).await?;
        let holds = providers::holds(&mut change.transaction, &row.id).await?;
        change.commit().await?;
        self.wake().notify_one();
        Ok(self.described(row, holds))
    }

    /// Deletes a provider that holds no keys; nothing is changed in Azure.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Conflict`] while it holds keys.
    pub async fn delete_provider(&self, path: &ProviderPath, actor: &Actor) -> Result<(), Error> {
        let mut change = self.store().change().await?;
        let row = providers::find(&mut change.transaction, path).await?;
        let holds = providers::holds(&mut change.transaction, &row.id).await?;
        if holds > 0 {
            let sentence = format!("it holds {holds} keys: withdraw them first");
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
        let vault = self.vault(&row);
        let check = check(vault.as_ref(), named(&row.place), Some(&row)).await;
        let failed = check.steps.iter().find(|step| step.outcome == CheckOutcome::Failed);
        let outcome = if failed.is_some() { Outcome::Failed } else { Outcome::Done };
        let detail = json!({"failed": failed.map(|step| &step.name)});
        let mut change = self.store().change().await?;
        providers::store_check(&mut change.transaction, &row.id, &check).await?;
        change.record(actor, event("provider.check", path, outcome, detail)).await?;
        change.commit().await?;
        Ok(check)
    }

    /// Asks for the provider's key exchange key before any key is distributed. It is made by itself, and the provider tells
    /// what became of it.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn request_kek(&self, path: &ProviderPath, actor: &Actor) -> Result<Provider, Error> {
        let mut change = self.store().change().await?;
        let id = providers::find(&mut change.transaction, path).await?.id;
        keks::request(&mut change.transaction, &id, clock::now()).await?;
        change.record(actor, event("kek.request", path, Outcome::Done, json!({}))).await?;
        let row = providers::find(&mut change.transaction, path).await?;
        let holds = providers::holds(&mut change.transaction, &row.id).await?;
        change.commit().await?;
        self.wake().notify_one();
        Ok(self.described(row, holds))
    }

    /// The vault of a provider, with the identity that the environment and its stored credentials make.
    pub(crate) fn vault(&self, row: &ProviderRow) -> Result<Vault, Error> {
        let open = |column, sealed: &Option<String>| {
            let open = |text: &String| {
                let plain = self.sealing_keys().open(Sealed { column, row: &row.id }, text)?;
                let text = std::str::from_utf8(&plain).map_err(|_| Error::Internal("a sealed secret is not text"))?;
                Ok::<_, Error>(Zeroizing::new(text.to_owned()))
            };
            sealed.as_ref().map(open).transpose()
        };
        let credentials = azure::Credentials {
            tenant_id: row.credentials.tenant_id.as_ref().map(ToString::to_string),
            client_id: row.credentials.client_id.as_ref().map(ToString::to_string),
            client_secret: open(CLIENT_SECRET, &row.credentials.sealed_client_secret)?,
            certificate: open(CERTIFICATE, &row.credentials.sealed_certificate)?,
        };
        self.azure().vault_at(location(&row.place), credentials).map_err(Error::Azure)
    }

    pub(crate) async fn provider_row(&self, path: &ProviderPath) -> Result<ProviderRow, Error> {
        providers::find(&mut *self.store().pool.acquire().await?, path).await
    }

    /// As it goes over the wire, with the identity that is in force now and how many keys it holds.
    fn described(&self, row: ProviderRow, holds: u64) -> Provider {
        let (tenant_id, client_id) = (row.credentials.tenant_id.as_ref(), row.credentials.client_id.as_ref());
        let stored = azure::Stored {
            tenant_id: tenant_id.map(AzureId::as_str),
            client_id: client_id.map(AzureId::as_str),
            client_secret: row.credentials.sealed_client_secret.is_some(),
            certificate: row.credentials.sealed_certificate.is_some(),
        };
        let found = self.azure().identity(location(&row.place), &stored).ok();
        row.into_api(found.as_ref().map(identity), holds, clock::now())
    }

    /// A vault with credentials that are not stored yet; what cannot be is said with its field.
    fn try_vault(&self, location: Location<'_>, credentials: &Credentials) -> Result<Vault, Error> {
        check_length("credentials.client_secret", credentials.client_secret.as_ref(), 1024)?;
        check_length("credentials.certificate", credentials.certificate.as_ref(), 65_536)?;
        let secret = |input: &Option<SecretInput>| input.as_ref().map(|text| Zeroizing::new(text.expose().to_owned()));
        if let Some(certificate) = &credentials.certificate {
            azure::check_certificate(certificate.expose())
                .map_err(|fault| Error::invalid("credentials.certificate", fault.to_string()))?;
        }
        let credentials = azure::Credentials {
            tenant_id: credentials.tenant_id.as_ref().map(ToString::to_string),
            client_id: credentials.client_id.as_ref().map(ToString::to_string),
            client_secret: secret(&credentials.client_secret),
            certificate: secret(&credentials.certificate),
        };
        self.azure().vault_at(location, credentials).map_err(|error| unusable(&error, location))
    }

    /// Checks a vault with credentials that are not stored yet.
    async fn try_credentials(&self, vault: &Vault, name: &str) -> Result<Check, Error> {
        let check = check(Ok(vault), explain::Place { name, kind: vault.kind() }, None).await;
        for error in check.steps.iter().filter_map(|step| step.error.as_ref()) {
            if let Some(field) = explain::provider_field(error) {
                return Err(Error::Refused { explanation: Box::new(error.clone()), field: Some(field) });
            }
        }
        Ok(check)
    }

    fn seal_credentials(&self, id: &str, credentials: &Credentials) -> Result<SealedCredentials, Error> {
        let seal = |column, secret: &Option<SecretInput>| {
            let seal =
                |text: &SecretInput| self.sealing_keys().seal(Sealed { column, row: id }, text.expose().as_bytes());
            secret.as_ref().map(seal).transpose()
        };
        Ok(SealedCredentials {
            tenant_id: credentials.tenant_id.clone(),
            client_id: credentials.client_id.clone(),
            sealed_client_secret: seal(CLIENT_SECRET, &credentials.client_secret)?,
            sealed_certificate: seal(CERTIFICATE, &credentials.certificate)?,
        })
    }
}

fn check_length(field: &'static str, secret: Option<&SecretInput>, most: usize) -> Result<(), Error> {
    match secret {
        Some(secret) if !(1..=most).contains(&secret.expose().len()) => {
            Err(Error::invalid(field, format!("paste 1 to {most} characters, or leave the field out")))
        }
        _ => Ok(()),
    }
}

fn location(place: &Place) -> Location<'_> {
    Location {
        name: place.key_collection.as_str(),
        kind: Some(azure_kind(place.vault_kind)),
        cloud: Some(&place.environment),
    }
}

/// A vault as explanations name it.
pub(crate) fn named(place: &Place) -> explain::Place<'_> {
    explain::Place { name: place.key_collection.as_str(), kind: azure_kind(place.vault_kind) }
}

/// Why there is no vault at such a place, or none with such an identity.
fn unusable(error: &azure::Error, location: Location<'_>) -> Error {
    if let Some(field) = explain::input_field(error) {
        return Error::invalid(field, error.to_string());
    }
    let kind = location.kind.unwrap_or(azure::VaultKind::KeyVault);
    let explanation = explain::azure(error, explain::Place { name: location.name, kind });
    Error::Refused { explanation: Box::new(explanation), field: None }
}

fn azure_kind(kind: VaultKind) -> azure::VaultKind {
    match kind {
        VaultKind::KeyVault => azure::VaultKind::KeyVault,
        VaultKind::ManagedHsm => azure::VaultKind::ManagedHsm,
    }
}

fn api_kind(kind: azure::VaultKind) -> VaultKind {
    match kind {
        azure::VaultKind::KeyVault => VaultKind::KeyVault,
        azure::VaultKind::ManagedHsm => VaultKind::ManagedHsm,
    }
}

fn event<'a>(action: &'static str, path: &'a ProviderPath, outcome: Outcome, detail: serde_json::Value) -> Event<'a> {
    let (workspace, subject) = (Some(path.workspace.as_str()), path.provider.to_string());
    Event { action, workspace, subject, outcome, detail }
}
