//! The key exchange key of a vault: found by its fixed name, or made.

use api::{Kek, Outcome};
use serde_json::json;

use super::outcome::{Failure, Stop};
use super::step::Step;
use crate::store::audit::Event;
use crate::store::providers;
use crate::{Actor, clock, explain};

/// The name of our key exchange key in every vault.
pub(crate) const KEK_NAME: &str = "keyferry-kek";

impl Step<'_> {
    /// The vault's key exchange key.
    pub(super) async fn kek(&self) -> Result<azure::Kek, Stop> {
        match self.find_or_create_kek().await {
            Ok(kek) => Ok(kek),
            Err(Stop::Failed { failure, forget }) => {
                if failure.explanation.code == "standard_vault" {
                    let mut change = self.engine.store().change().await?;
                    providers::refuse_hsm(&mut change.transaction, &self.provider.id, clock::now()).await?;
                    change.commit().await?;
                }
                Err(Stop::Failed { failure, forget })
            }
            Err(stop) => Err(stop),
        }
    }

    async fn find_or_create_kek(&self) -> Result<azure::Kek, Stop> {
        if let Some(kek) = self.vault.find_kek(KEK_NAME).await.map_err(|error| self.failed(&error))? {
            self.note_kek(&kek, false).await?;
            return Ok(kek);
        }
        // One step at a time makes a KEK: a second one would only be one more version that is billed.
        let making = self.engine.making_kek(&self.row.host);
        let _one = making.lock().await;
        if let Some(kek) = self.vault.find_kek(KEK_NAME).await.map_err(|error| self.failed(&error))? {
            return Ok(kek);
        }
        self.needs_lease()?;
        let kek = self.vault.create_kek(KEK_NAME).await.map_err(|error| self.failed(&error))?;
        self.note_kek(&kek, true).await?;
        Ok(kek)
    }

    /// Stores which key exchange key the vault has, where that is news.
    async fn note_kek(&self, kek: &azure::Kek, made: bool) -> Result<(), Stop> {
        let known = self.provider.api.kek.as_ref().is_some_and(|known| known.kid == kek.kid);
        if known {
            return Ok(());
        }
        let stored = Kek { kid: kek.kid.clone(), bits: u32::try_from(kek.bits).unwrap_or(u32::MAX) };
        let mut change = self.engine.store().change().await?;
        providers::store_kek(&mut change.transaction, &self.provider.id, &stored).await?;
        if made {
            let event = Event {
                action: "kek.create",
                workspace: Some(self.row.workspace.as_str()),
                subject: self.row.provider.to_string(),
                outcome: Outcome::Done,
                detail: json!({"kid": stored.kid, "bits": stored.bits}),
            };
            change.record(&Actor::keyferry(), event).await?;
        }
        change.commit().await?;
        Ok(())
    }

    /// An error of the Azure client, after which nothing needs to be forgotten.
    pub(super) fn failed(&self, error: &azure::Error) -> Stop {
        let explanation = explain::azure(error, self.provider.api.key_collection.as_str());
        Stop::Failed { failure: Box::new(Failure::of(error, explanation)), forget: None }
    }
}
