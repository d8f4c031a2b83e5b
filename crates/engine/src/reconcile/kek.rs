//! The key exchange key of a vault: found by its name, fit for the key that it is to carry, or made.

use std::time::{Duration, Instant};

use api::{Cure, Kek, Outcome};
use azure::Permission;
use serde_json::json;

use super::outcome::Stop;
use super::site::Site;
use super::step::found_out;
use crate::cost::is_managed_hsm;
use crate::store::audit::Event;
use crate::store::providers;
use crate::{Actor, clock, explain};

/// The name of our key exchange key in every vault.
pub(crate) const KEK_NAME: &str = "keyferry-kek";

/// How many names are tried when the ones before are kept by deleted keys.
const NAMES: usize = 9;

/// How long to wait while another node makes one.
const ELSEWHERE_MILLIS: i64 = 1000;

/// How long a key exchange key that was read is taken for the vault's own. An import under one that was replaced since is
/// refused.
const FRESH: Duration = Duration::from_secs(10);

/// A key exchange key, and when it was read.
pub(crate) struct ReadKek {
    kek: azure::Kek,
    at: Instant,
}

impl Site<'_> {
    /// A key exchange key of the vault that may carry a key of that many bits, read lately: imports need not read it each,
    /// and one reads it for all.
    pub(super) async fn kek(&self, bits: usize) -> Result<azure::Kek, Stop> {
        let read = self.engine.read_kek(&self.provider.id);
        let mut read = read.lock().await;
        let is_fit = |read: &&ReadKek| read.at.elapsed() < FRESH && is_fit(&read.kek, bits);
        if let Some(ReadKek { kek, .. }) = read.as_ref().filter(is_fit) {
            return Ok(kek.clone());
        }
        let (at, kek) = (Instant::now(), self.kek_anew(bits).await?);
        *read = Some(ReadKek { kek: kek.clone(), at });
        Ok(kek)
    }

    /// Whether the vault still has a key exchange key under which something was wrapped. It is read anew.
    pub(super) async fn still_has(&self, kek: &azure::Kek, bits: usize) -> Result<bool, Stop> {
        *self.engine.read_kek(&self.provider.id).lock().await = None;
        Ok(self.ready_kek(bits).await?.is_some_and(|ready| ready.kid == kek.kid))
    }

    /// The vault's key exchange key, as it is now, or a new one.
    pub(super) async fn kek_anew(&self, bits: usize) -> Result<azure::Kek, Stop> {
        if let Some(kek) = self.ready_kek(bits).await? {
            return Ok(kek);
        }
        // One at a time, of all nodes, makes a KEK, after another look: a second one would only be one more version that
        // is billed.
        let (host, node) = (self.provider.place.host.as_str(), self.engine.node());
        let making = self.engine.making_kek(host);
        let _one = making.lock().await;
        if !self.engine.store().begin_making(host, node).await? {
            return Err(Stop::WaitUntil(clock::now().plus_millis(ELSEWHERE_MILLIS)));
        }
        let result = self.fit_kek(bits).await;
        self.engine.store().end_making(host, node).await?;
        if let Err(Stop::Failed { failure, .. }) = &result
            && failure.explanation.code == "standard_vault"
        {
            let mut change = self.engine.store().change().await?;
            providers::refuse_hsm(&mut change.transaction, &self.provider.id, clock::now()).await?;
            change.commit().await?;
        }
        result
    }

    /// The KEK that the vault has already, where it may carry the key as it is.
    async fn ready_kek(&self, bits: usize) -> Result<Option<azure::Kek>, Stop> {
        let known = self.provider.kek.as_ref().and_then(|kek| kek.kid.rsplit('/').nth(1));
        let found = self.vault()?.find_kek(known.unwrap_or(KEK_NAME)).await.map_err(|error| self.failed(&error))?;
        match found.filter(|kek| is_fit(kek, bits)) {
            Some(kek) => {
                self.note_kek(&kek, false).await?;
                Ok(Some(kek))
            }
            None => Ok(None),
        }
    }

    async fn fit_kek(&self, bits: usize) -> Result<azure::Kek, Stop> {
        for number in 1..=NAMES {
            let name = if number == 1 { KEK_NAME.to_owned() } else { format!("{KEK_NAME}-{number}") };
            if let Some(kek) = self.vault()?.find_kek(&name).await.map_err(|error| self.failed(&error))? {
                return self.keep_fit(&name, kek, bits).await;
            }
            // Where the name is kept by a deleted key that we may not recover, the next one is free or ours.
            if let Some(kek) = self.make_kek(&name).await? {
                return Ok(kek);
            }
        }
        let title = format!(
            "The vault {} keeps deleted keys of all {NAMES} names for key exchange keys",
            self.provider.place.host
        );
        let advice = "Purge them in Azure, or give our application the permission to recover keys.";
        Err(found_out(explain::finding("kek_names_blocked", Cure::Person, title, advice)))
    }

    /// A KEK that is too weak for the key, or about to expire, gets a new version if it is ours.
    async fn keep_fit(&self, name: &str, kek: azure::Kek, bits: usize) -> Result<azure::Kek, Stop> {
        match kek.fault(bits, clock::now().millis() / 1000) {
            None => {
                self.note_kek(&kek, false).await?;
                Ok(kek)
            }
            Some(_) if kek.is_ours => {
                self.may_create().await?;
                let made = self.vault()?.create_kek(name).await.map_err(|error| self.failed(&error))?;
                self.note_kek(&made, true).await?;
                Ok(made)
            }
            Some(fault) => Err(self.failed(&azure::Error::UnusableKek { kid: kek.kid, fault })),
        }
    }

    /// Makes the KEK, or recovers it where it was deleted; `None` where the name is blocked for us.
    async fn make_kek(&self, name: &str) -> Result<Option<azure::Kek>, Stop> {
        self.may_create().await?;
        let vault = self.vault()?;
        match vault.create_kek(name).await {
            Ok(kek) => {
                self.learn(Permission::Create, true);
                self.note_kek(&kek, true).await?;
                Ok(Some(kek))
            }
            Err(azure::Error::Answered(answer))
                if answer.inner_code.as_deref() == Some("ObjectIsDeletedButRecoverable") =>
            {
                match vault.recover_key(name).await {
                    Ok(_) => Ok(vault.find_kek(name).await.map_err(|error| self.failed(&error))?),
                    Err(azure::Error::Answered(answer)) if answer.status == 403 => Ok(None),
                    Err(error) => Err(self.failed(&error)),
                }
            }
            Err(error) => Err(self.failed(&error)),
        }
    }

    /// Waits until the vault's pace allows making a key: a refusal of one name counts, and the next one is tried.
    async fn may_create(&self) -> Result<(), Stop> {
        loop {
            self.needs_lease()?;
            let Some(wait) = self.engine.store().spend_creation(&self.provider.place.host).await? else {
                return Ok(());
            };
            tokio::time::sleep(wait).await;
        }
    }

    /// Stores which key exchange key the vault has, where that is news.
    async fn note_kek(&self, kek: &azure::Kek, made: bool) -> Result<(), Stop> {
        if self.provider.kek.as_ref().is_some_and(|known| known.kid == kek.kid) {
            return Ok(());
        }
        let stored = Kek { kid: kek.kid.clone(), bits: u32::try_from(kek.bits).unwrap_or(u32::MAX) };
        let mut change = self.engine.store().change().await?;
        providers::store_kek(&mut change.transaction, &self.provider.id, &stored).await?;
        if made {
            let event = Event {
                action: "kek.create",
                workspace: Some(self.workspace.as_str()),
                subject: self.provider.name.to_string(),
                outcome: Outcome::Done,
                detail: json!({"kid": stored.kid, "bits": stored.bits}),
            };
            change.record(&Actor::keyferry(), event).await?;
        }
        change.commit().await?;
        // There, it took the place of this step's import.
        if made && is_managed_hsm(&self.provider.place.host) {
            return Err(Stop::WaitUntil(clock::now()));
        }
        Ok(())
    }
}

fn is_fit(kek: &azure::Kek, bits: usize) -> bool {
    kek.fault(bits, clock::now().millis() / 1000).is_none()
}
