//! Use cases that wait until Azure has it, for clients that take success at its word.

use std::time::Duration;

use api::{
    Cure, DistributionPath, DistributionState, Explanation, Key, KeyChange, KeyPath, NewDistribution, ProviderName,
};
use tokio::time::{Instant, sleep_until};

use crate::store::deliveries::DeliveryRow;
use crate::store::distributions::{self, DistributionRow};
use crate::{Actor, Engine, Error, explain};

/// What other nodes achieve is noticed after this time.
const POLL: Duration = Duration::from_millis(500);

/// What is left of a distribution that was undone.
const NOTHING_DISTRIBUTED: &str = "Nothing was distributed.";

/// How far something has come that Azure has to carry out.
#[derive(Debug, Eq, PartialEq)]
pub enum Arrival {
    /// Azure has it.
    Done,
    /// Time ran out, and Keyferry goes on: a sentence that says so.
    GoesOn(String),
}

/// What is waited for.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Wanted {
    Held,
    Gone,
}

/// A distribution that is waited for.
struct Watched {
    provider: ProviderName,
    fate: Fate,
    /// Whether it was taken back.
    is_gone: bool,
    /// How many versions have arrived, of how many.
    arrived: (usize, usize),
}

enum Fate {
    Arrived,
    Underway(Option<Explanation>),
    Refused(Explanation),
    /// Somebody took it back meanwhile.
    Withdrawn,
}

impl Engine {
    /// Sends a key to a provider and waits until all versions have arrived. Asked again alike, it joins in. What is refused
    /// before any version arrived is undone.
    ///
    /// # Errors
    /// As [`Engine::distribute_key`]; [`Error::Refused`] with how far it came, [`Error::Conflict`] when the provider holds
    /// the key with other parameters.
    pub async fn distribute_key_and_wait(
        &self,
        path: &KeyPath,
        new: &NewDistribution,
        actor: &Actor,
    ) -> Result<Arrival, Error> {
        let (id, is_new) = match self.begin_distribution(path, new, actor).await {
            Ok(begun) => (begun.id, true),
            Err(Error::Conflict { code: "already_distributed", .. }) => (self.join(path, new).await?, false),
            Err(error) => return Err(error),
        };
        let watched = self.watch(std::slice::from_ref(&id), Wanted::Held).await?;
        if is_new
            && let [Watched { fate: Fate::Refused(explanation), .. }] = watched.as_slice()
            && self.undo_distribution(&id, actor).await?
        {
            return Err(refused(explanation.clone(), NOTHING_DISTRIBUTED));
        }
        arrival(watched, |(arrived, all)| {
            format!("{arrived} of {all} versions have arrived; the distribution stays and is tried again.")
        })
    }

    /// Adds a version to a key and waits until every provider that holds the key has it.
    ///
    /// # Errors
    /// As [`Engine::rotate_key`]; [`Error::Refused`] when a provider refuses the version, which stays.
    pub async fn rotate_key_and_wait(&self, path: &KeyPath, actor: &Actor) -> Result<Arrival, Error> {
        let key = self.rotate_key(path, actor).await?;
        let version = key.latest_version;
        let watched = self.watch(&self.lagging(path, &key).await?, Wanted::Held).await?;
        arrival(watched, |_| format!("Version {version} is made and kept; its delivery is tried again."))
    }

    /// Changes a key and waits until every provider that holds it has switched its versions.
    ///
    /// # Errors
    /// As [`Engine::change_key`]; [`Error::Refused`] when a provider refuses, and what was asked for stays.
    pub async fn change_key_and_wait(
        &self,
        path: &KeyPath,
        wanted: &KeyChange,
        actor: &Actor,
    ) -> Result<Arrival, Error> {
        let key = self.change_key(path, wanted, actor).await?;
        if wanted.min_enabled_version.is_none() {
            return Ok(Arrival::Done);
        }
        let watched = self.watch(&self.lagging(path, &key).await?, Wanted::Held).await?;
        arrival(watched, |_| "The change is stored; it is tried again.".to_owned())
    }

    /// Takes a key back from a provider and waits until it is gone there. Asked again, it joins in.
    ///
    /// # Errors
    /// As [`Engine::withdraw_key`]; [`Error::Refused`] when the provider refuses, and what was asked for stays.
    pub async fn withdraw_key_and_wait(&self, path: &DistributionPath, actor: &Actor) -> Result<Arrival, Error> {
        let id = self.begin_withdrawal(path, actor).await?.id;
        self.retry_refused(&id).await?;
        let watched = self.watch(&[id], Wanted::Gone).await?;
        arrival(watched, |_| "The key is still there; taking it back is tried again.".to_owned())
    }

    /// Joins in a distribution that is there already, if it was asked for alike.
    async fn join(&self, path: &KeyPath, new: &NewDistribution) -> Result<String, Error> {
        let KeyPath { workspace, key } = path.clone();
        let at = DistributionPath { workspace, key, provider: new.provider.clone() };
        let (row, _) = distributions::find(&mut *self.store().pool.acquire().await?, &at).await?;
        let mut purposes = new.purposes.clone();
        purposes.sort_unstable();
        purposes.dedup();
        if row.withdrawn_at.is_some() {
            let sentence = format!("{} is giving this key back: wait until it is gone there", new.provider);
            return Err(Error::conflict("being_withdrawn", sentence));
        }
        if row.purposes != purposes || row.protection != new.protection {
            let sentence = format!(
                "{} holds this key with other parameters, which cannot be changed: delete it there and distribute again",
                new.provider
            );
            return Err(Error::conflict("already_distributed", sentence));
        }
        self.retry_refused(&row.id).await?;
        Ok(row.id)
    }

    /// Makes the next attempt at once where the last one failed.
    async fn retry_refused(&self, id: &str) -> Result<(), Error> {
        let mut change = self.store().change().await?;
        let (row, _) = distributions::by_id(&mut change.transaction, id).await?;
        if row.last_error.is_some() {
            distributions::retry_now(&mut change.transaction, id).await?;
        }
        change.commit().await?;
        self.wake().notify_one();
        Ok(())
    }

    /// The distributions of a key that lag after a change.
    async fn lagging(&self, path: &KeyPath, key: &Key) -> Result<Vec<String>, Error> {
        let mut connection = self.store().pool.acquire().await?;
        let mut ids = Vec::new();
        for distribution in key.distributions.iter().filter(|held| held.state == DistributionState::Pending) {
            let KeyPath { workspace, key } = path.clone();
            let at = DistributionPath { workspace, key, provider: distribution.provider.clone() };
            match distributions::find(&mut connection, &at).await {
                Ok((row, _)) => ids.push(row.id),
                Err(Error::NotFound(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(ids)
    }

    /// Waits until none of these distributions is under way any more, as long as patience lasts.
    async fn watch(&self, ids: &[String], wanted: Wanted) -> Result<Vec<Watched>, Error> {
        let deadline = Instant::now() + self.patience();
        loop {
            let mut news = std::pin::pin!(self.outcomes().notified());
            news.as_mut().enable();
            let mut watched = Vec::new();
            let mut connection = self.store().pool.acquire().await?;
            for id in ids {
                let (row, deliveries) = distributions::by_id(&mut connection, id).await?;
                watched.push(Watched::new(row, &deliveries, wanted));
            }
            drop(connection);
            let is_underway = watched.iter().any(|watched| matches!(watched.fate, Fate::Underway(_)));
            if !is_underway || self.is_stopping() || Instant::now() >= deadline {
                return Ok(watched);
            }
            tokio::select! {
                () = news => {}
                () = sleep_until(deadline.min(Instant::now() + POLL)) => {}
            }
        }
    }
}

impl Watched {
    fn new(row: DistributionRow, deliveries: &[DeliveryRow], wanted: Wanted) -> Self {
        let has_arrived = |d: &&DeliveryRow| d.delivered_at.is_some() && !row.withholds(d.number);
        let arrived = deliveries.iter().filter(has_arrived).count();
        let all = row.latest_version as usize - row.withheld.len();
        let is_refused = row.last_error.as_ref().is_some_and(|error| error.cure != Cure::Time);
        let is_foreign = deliveries.iter().any(DeliveryRow::is_foreign);
        let is_leaving = row.withdrawn_at.is_some() || row.removed_at.is_some();
        let fate = match (wanted, row.last_error) {
            (Wanted::Gone, _) if row.removed_at.is_some() => Fate::Arrived,
            (_, Some(error)) if is_refused => Fate::Refused(error),
            (Wanted::Gone, error) => Fate::Underway(error),
            (Wanted::Held, _) if is_leaving => Fate::Withdrawn,
            (Wanted::Held, _) if is_foreign => Fate::Refused(another_key(&row.host)),
            (Wanted::Held, error) => match row.state {
                DistributionState::InSync | DistributionState::Drifted => Fate::Arrived,
                _ => Fate::Underway(error),
            },
        };
        Self { provider: row.provider, fate, is_gone: row.removed_at.is_some(), arrived: (arrived, all) }
    }
}

/// What came of all that was waited for; `rest` says what a refusal left behind.
fn arrival(watched: Vec<Watched>, rest: impl Fn((usize, usize)) -> String) -> Result<Arrival, Error> {
    let mut underway = None;
    for Watched { provider, fate, is_gone, arrived } in watched {
        match fate {
            Fate::Arrived => {}
            Fate::Refused(explanation) if is_gone => return Err(refused(explanation, NOTHING_DISTRIBUTED)),
            Fate::Refused(explanation) => {
                return Err(refused(explanation, &format!("In {provider}: {}", rest(arrived))));
            }
            Fate::Withdrawn => {
                let sentence = format!("somebody took the key back from {provider} meanwhile");
                return Err(Error::conflict("being_withdrawn", sentence));
            }
            Fate::Underway(trouble) => underway = underway.or(Some((provider, trouble))),
        }
    }
    let Some((provider, trouble)) = underway else { return Ok(Arrival::Done) };
    let trouble = trouble.map(|error| format!(" So far: {}.", error.title.trim_end_matches('.')));
    Ok(Arrival::GoesOn(format!(
        "{provider} is not ready yet; Keyferry goes on by itself.{}",
        trouble.unwrap_or_default()
    )))
}

fn another_key(host: &str) -> Explanation {
    let title = format!("{host} holds another key than the one that was sent");
    let advice = "It was switched off there. Find out who put it there, withdraw it and distribute again.";
    explain::finding("another_key", Cure::Person, title, advice)
}

fn refused(mut explanation: Explanation, rest: &str) -> Error {
    explanation.advice = format!("{} {rest}", explanation.advice);
    Error::Refused { explanation: Box::new(explanation), field: None }
}
