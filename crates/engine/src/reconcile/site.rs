//! Where the reconciler works: a provider with its vault, and what is learned there.

use std::sync::Mutex;

use api::Slug;
use azure::{Permission, Vault};

use super::Lease;
use super::outcome::{Failure, Stop};
use crate::providers::named;
use crate::store::providers::ProviderRow;
use crate::{Engine, Error, explain};

/// A provider that is worked at.
pub(super) struct Site<'a> {
    pub(super) engine: &'a Engine,
    pub(super) lease: &'a Lease,
    pub(super) workspace: Slug,
    pub(super) provider: ProviderRow,
    /// The vault with its identity, or why there is none.
    pub(super) vault: Result<Vault, azure::Error>,
    /// What was learned about our permissions.
    pub(super) learned: Mutex<Vec<(Permission, bool)>>,
}

impl<'a> Site<'a> {
    pub(super) fn new(
        engine: &'a Engine,
        lease: &'a Lease,
        workspace: Slug,
        provider: ProviderRow,
    ) -> Result<Self, Error> {
        let vault = match engine.vault(&provider) {
            Ok(vault) => Ok(vault),
            Err(Error::Azure(error)) => Err(error),
            Err(error) => return Err(error),
        };
        Ok(Self { engine, lease, workspace, provider, vault, learned: Mutex::default() })
    }

    pub(super) fn vault(&self) -> Result<&Vault, Stop> {
        self.vault.as_ref().map_err(|error| self.failed(error))
    }

    /// An error of the Azure client, after which nothing needs to be forgotten.
    pub(super) fn failed(&self, error: &azure::Error) -> Stop {
        if let azure::Error::Answered(answer) = error
            && let (403, Some(missing)) = (answer.status, answer.facts().missing)
        {
            self.learn(missing, false);
        }
        let explanation = explain::azure(error, named(&self.provider.place));
        Stop::Failed { failure: Box::new(Failure::of(error, explanation)), forget: None }
    }

    /// Nothing is sent to Azure on a lease that may end before the answer comes.
    pub(super) fn needs_lease(&self) -> Result<(), Stop> {
        if self.lease.suffices() { Ok(()) } else { Err(Stop::LeaseLost) }
    }
}
