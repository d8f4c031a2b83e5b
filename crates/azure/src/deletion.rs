//! Deletion and its undoing: Azure answers at once, and shows what became of the key seconds later.

use std::time::{Duration, Instant};

use reqwest::Method;

use crate::keys::key_path;
use crate::vault::Request;
use crate::wire::{Bundle, DeletedBundle};
use crate::{Error, Garble, KeyBundle, Vault};

/// How long to wait for Azure to show a key as deleted, or as recovered; recordings show 2 to 4 seconds.
const LONGEST_WAIT: Duration = Duration::from_mins(2);

/// A key that was deleted, and can be recovered until it is purged. Its name is blocked as long.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DeletedKey {
    /// The URL to recover it from; absent where the vault keeps no deleted keys.
    pub recovery_id: Option<String>,
    /// When it was deleted, in Unix seconds.
    pub deleted_at: Option<i64>,
    /// When Azure destroys it, in Unix seconds.
    pub scheduled_purge_at: Option<i64>,
}

impl Vault {
    /// Starts deleting a key with all its versions.
    ///
    /// # Errors
    /// [`Error::is_not_found`] when there is no such key: it never was, or has been deleted already.
    pub async fn delete_key(&self, name: &str) -> Result<DeletedKey, Error> {
        let deleted = self.ask(Request::new(Method::DELETE, key_path(name)?)).await?;
        DeletedKey::read(deleted, self)
    }

    /// The deleted key of this name, if Azure shows one. While a key is being deleted, it does not.
    ///
    /// # Errors
    /// As for every request.
    pub async fn deleted_key(&self, name: &str) -> Result<Option<DeletedKey>, Error> {
        match self.ask(Request::new(Method::GET, deleted_path(name)?)).await {
            Ok(deleted) => DeletedKey::read(deleted, self).map(Some),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Deletes a key with all its versions, and waits until Azure shows it as deleted. May be repeated after any error.
    ///
    /// # Errors
    /// [`Error::is_not_found`] when there is no such key, deleted or not; [`Error::StillDeleting`] after two minutes.
    pub async fn delete_and_wait(&self, name: &str) -> Result<DeletedKey, Error> {
        let started = Instant::now();
        match self.delete_key(name).await {
            // Such a vault keeps no deleted keys: there is nothing to wait for.
            Ok(deleted) if deleted.recovery_id.is_none() => return Ok(deleted),
            Ok(_) => {}
            Err(error) if error.is_not_found() => return self.deleted_key(name).await?.ok_or(error),
            Err(Error::Answered(answer)) if answer.is_being_changed() => {}
            Err(error) => return Err(error),
        }
        loop {
            if let Some(deleted) = self.deleted_key(name).await? {
                return Ok(deleted);
            }
            if started.elapsed() + self.deletion_poll() > LONGEST_WAIT {
                return Err(Error::StillDeleting { name: name.to_owned() });
            }
            tokio::time::sleep(self.deletion_poll()).await;
        }
    }

    /// Recovers a deleted key with all its versions, and waits until Azure shows it again. May be repeated after any
    /// error.
    ///
    /// # Errors
    /// [`Error::is_not_found`] when there is no such key, deleted or not; [`Error::StillRecovering`] after two minutes.
    pub async fn recover_key(&self, name: &str) -> Result<KeyBundle, Error> {
        let started = Instant::now();
        let path = format!("{}/recover", deleted_path(name)?);
        match self.ask::<Bundle>(Request::new(Method::POST, path)).await {
            Ok(bundle) => drop(KeyBundle::read(bundle, self, name)?),
            Err(error) if error.is_not_found() => return self.get_key(name, None).await,
            Err(Error::Answered(answer)) if answer.is_being_recovered() => {}
            Err(error) => return Err(error),
        }
        loop {
            match self.get_key(name, None).await {
                Err(error) if error.is_not_found() => {}
                result => return result,
            }
            if started.elapsed() + self.deletion_poll() > LONGEST_WAIT {
                return Err(Error::StillRecovering { name: name.to_owned() });
            }
            tokio::time::sleep(self.deletion_poll()).await;
        }
    }

    /// Destroys a deleted key for good, which frees its name. May be repeated after any error.
    ///
    /// # Errors
    /// [`Error::is_not_found`] when there is no such deleted key: it never was, or has been purged already. While Azure
    /// is still deleting it, the refusal is not [lasting](Error::is_lasting).
    pub async fn purge_key(&self, name: &str) -> Result<(), Error> {
        self.tell(Request::new(Method::DELETE, deleted_path(name)?)).await
    }
}

fn deleted_path(name: &str) -> Result<String, Error> {
    Ok(format!("/deleted{}", &key_path(name)?[1..]))
}

impl DeletedKey {
    fn read(deleted: DeletedBundle, vault: &Vault) -> Result<Self, Error> {
        let own = format!("{}/deletedkeys/", vault.url());
        let is_foreign = deleted
            .recovery_id
            .as_ref()
            .is_some_and(|id| !id.get(..own.len()).is_some_and(|start| start.eq_ignore_ascii_case(&own)));
        if is_foreign {
            return Err(vault.garbled(Garble::ForeignId));
        }
        Ok(Self {
            recovery_id: deleted.recovery_id,
            deleted_at: deleted.deleted_date,
            scheduled_purge_at: deleted.scheduled_purge_date,
        })
    }
}
