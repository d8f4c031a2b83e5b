//! Checking a provider, step by step, without changing anything in Azure.

use api::{Check, CheckOutcome, CheckStep, Explanation};
use azure::{Probe, Vault};

use crate::explain::Place;
use crate::reconcile::{KEK_NAME, NEEDED};
use crate::store::providers::ProviderRow;
use crate::{Error, clock, explain, identity};

/// The steps in the order they are taken.
const STEPS: [&str; 8] = ["name", "connection", "identity", "access", "permissions", "tier", "kek", "clock"];

/// What a difference between the vault's clock and ours may be, in seconds: tokens allow for five minutes.
const CLOCK_TOLERANCE: i64 = 120;

/// Checks whether a vault can be reached and used. `known` is what is stored about it, once it is connected.
pub(crate) async fn check(vault: Result<&Vault, &Error>, place: Place<'_>, known: Option<&ProviderRow>) -> Check {
    let mut walk = Walk { place, known, steps: Vec::new() };
    let failure = match vault {
        Ok(vault) => walk.take(vault).await.err(),
        Err(error) => {
            let explanation = explain::engine(error, place);
            walk.done(CheckOutcome::Skipped, "Not tried: the identity is not complete");
            walk.done(CheckOutcome::Skipped, "Not tried: the identity is not complete");
            Some(explanation)
        }
    };
    if let Some(error) = failure {
        walk.failed(error);
    }
    while walk.steps.len() < STEPS.len() {
        walk.done(CheckOutcome::Skipped, "Not tried, because an earlier step failed");
    }
    Check { at: clock::now(), steps: walk.steps }
}

/// A check under way.
struct Walk<'a> {
    place: Place<'a>,
    known: Option<&'a ProviderRow>,
    steps: Vec<CheckStep>,
}

impl Walk<'_> {
    fn done(&mut self, outcome: CheckOutcome, found: impl Into<String>) {
        let name = STEPS[self.steps.len()].to_owned();
        self.steps.push(CheckStep { name, outcome, found: found.into(), error: None });
    }

    fn failed(&mut self, error: Explanation) {
        let (name, found) = (STEPS[self.steps.len()].to_owned(), error.title.clone());
        self.steps.push(CheckStep { name, outcome: CheckOutcome::Failed, found, error: Some(error) });
    }

    /// Takes one step after the other, until one fails.
    async fn take(&mut self, vault: &Vault) -> Result<(), Explanation> {
        let place = self.place;
        let explain = |error: azure::Error| explain::azure(&error, place);
        vault.resolve().await.map_err(explain)?;
        self.done(CheckOutcome::Passed, format!("{} resolves", vault.host()));
        let greeting = vault.connect().await.map_err(explain)?;
        self.done(CheckOutcome::Passed, format!("TLS holds, and the vault of tenant {} answers", greeting.tenant));
        vault.token().await.map_err(explain)?;
        let mut proven = format!("A token was given for {}", identity::words(vault.identity().proof));
        if let Some(warning) = &vault.identity().warning {
            proven = format!("{proven}. But: {warning}");
        }
        self.done(CheckOutcome::Passed, proven);
        let kek = match vault.find_kek(KEK_NAME).await {
            Err(error @ azure::Error::UnusableKek { .. }) => Err(explain(error)),
            kek => Ok(kek.map_err(explain)?),
        };
        self.done(CheckOutcome::Passed, "The vault accepts the token and lets us read keys");
        self.permissions(vault).await;
        self.tier(matches!(kek, Ok(Some(_))));
        match kek? {
            Some(kek) => {
                self.done(CheckOutcome::Passed, format!("{KEK_NAME} has {} bits and may only import", kek.bits));
            }
            None => self.done(
                CheckOutcome::Unknown,
                "There is none yet; it is made for the first distribution, or when you ask for it",
            ),
        }
        self.clock(greeting.clock_ahead);
        Ok(())
    }

    /// What our application may do: asked for as far as that changes nothing, else learned from real use.
    async fn permissions(&mut self, vault: &Vault) {
        let (mut granted, mut missing, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
        let mut refusal = None;
        for permission in NEEDED {
            let name = permission.policy_name();
            let probed = match vault.probe(permission).await {
                Ok(Probe::Granted) => Some(true),
                Err(error) if error.is_forbidden() => {
                    refusal.get_or_insert(error);
                    Some(false)
                }
                _ => None,
            };
            match probed.or_else(|| self.learned(name)) {
                Some(true) => granted.push(name),
                Some(false) => missing.push(name),
                None => unknown.push(name),
            }
        }
        if !missing.is_empty() {
            self.failed(explain::missing_permissions(&missing, refusal.as_ref(), self.place));
        } else if unknown.is_empty() {
            self.done(CheckOutcome::Passed, format!("Granted: {}", granted.join(", ")));
        } else {
            let found = format!("Granted: {}. Shown when first used: {}", granted.join(", "), unknown.join(", "));
            self.done(CheckOutcome::Unknown, found);
        }
    }

    fn learned(&self, name: &str) -> Option<bool> {
        self.known?.permissions.iter().find(|permission| permission.name == name)?.granted
    }

    fn tier(&mut self, has_kek: bool) {
        let refused = self.known.is_some_and(|row| row.hsm_refused_at.is_some());
        match (has_kek, refused) {
            (true, _) => self.done(CheckOutcome::Passed, "Premium: it takes HSM keys"),
            (false, true) => self.done(CheckOutcome::Passed, "Standard: it takes no HSM keys, only software keys"),
            (false, false) => {
                self.done(CheckOutcome::Unknown, "Not known until a key exchange key was made or refused");
            }
        }
    }

    fn clock(&mut self, ahead: Option<i64>) {
        match ahead {
            None => self.done(CheckOutcome::Unknown, "The vault does not tell its time"),
            Some(ahead) if ahead.abs() <= CLOCK_TOLERANCE => {
                self.done(CheckOutcome::Passed, format!("The vault's clock and ours differ by {} s", ahead.abs()));
            }
            Some(ahead) => self.failed(explain::clock(ahead)),
        }
    }
}
