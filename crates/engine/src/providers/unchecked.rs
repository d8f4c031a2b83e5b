//! Connecting a vault as Vault's API does: Azure is not asked, so that a provider can be written before the vault or its
//! credentials exist.

use api::{Credentials, NewProvider, Outcome, ProviderPath, Slug};
use azure::Location;
use serde_json::json;

use super::{api_kind, azure_kind, check_length, event, unusable};
use crate::store::new_id;
use crate::store::providers::{self, Place};
use crate::{Actor, Engine, Error, clock};

impl Engine {
    /// Connects a vault, or replaces the credentials of a provider of this name where any are given. Nothing is sent to
    /// Azure: what is wrong shows when a key is distributed.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown workspace, [`Error::Invalid`] for a place that cannot be, or another one than the
    /// provider has.
    pub async fn write_provider(&self, workspace: &Slug, new: &NewProvider, actor: &Actor) -> Result<(), Error> {
        let path = ProviderPath { workspace: workspace.clone(), provider: new.name.clone() };
        check_length("credentials.client_secret", new.credentials.client_secret.as_ref(), 1024)?;
        let place = self.place(new)?;
        let mut change = self.store().change().await?;
        match providers::find(&mut change.transaction, &path).await {
            Ok(row) if row.place.host != place.host => {
                let sentence = format!("{} is at {} and stays there: name another provider", new.name, row.place.host);
                return Err(Error::invalid("key_collection", sentence));
            }
            Ok(_) if is_empty(&new.credentials) => return Ok(()),
            Ok(row) => {
                let credentials = self.seal_credentials(&row.id, &new.credentials)?;
                providers::replace_credentials(&mut change.transaction, &row.id, &credentials, clock::now()).await?;
                providers::store_permissions(&mut change.transaction, &row.id, &[]).await?;
                providers::retry_distributions(&mut change.transaction, &row.id).await?;
                let detail = json!({"client_id": new.credentials.client_id});
                change.record(actor, event("provider.update", &path, Outcome::Done, detail)).await?;
            }
            Err(Error::NotFound(_)) => {
                let id = new_id();
                let credentials = self.seal_credentials(&id, &new.credentials)?;
                providers::insert(&mut change.transaction, &id, &path, (&place, &credentials), clock::now()).await?;
                let detail = json!({"key_collection": new.key_collection, "client_id": new.credentials.client_id});
                change.record(actor, event("provider.create", &path, Outcome::Done, detail)).await?;
            }
            Err(error) => return Err(error),
        }
        change.commit().await?;
        self.wake().notify_one();
        Ok(())
    }

    fn place(&self, new: &NewProvider) -> Result<Place, Error> {
        let location = Location {
            name: new.key_collection.as_str(),
            kind: new.vault_kind.map(azure_kind),
            cloud: new.environment.as_deref(),
        };
        let site = self.azure().site(location).map_err(|error| unusable(&error, location))?;
        Ok(Place {
            key_collection: new.key_collection.clone(),
            vault_kind: api_kind(site.kind),
            environment: site.cloud.to_owned(),
            host: site.host,
        })
    }
}

fn is_empty(credentials: &Credentials) -> bool {
    let Credentials { tenant_id, client_id, client_secret, certificate } = credentials;
    tenant_id.is_none() && client_id.is_none() && client_secret.is_none() && certificate.is_none()
}
