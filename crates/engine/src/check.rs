//! Checking a provider, step by step, without changing anything in Azure.

use api::{Check, CheckOutcome, CheckStep, Explanation};
use azure::Vault;

use crate::reconcile::KEK_NAME;
use crate::{clock, explain};

/// The steps in the order they are taken.
const STEPS: [&str; 5] = ["name", "connection", "identity", "access", "kek"];

/// Checks whether a vault can be reached and used with its credentials.
pub(crate) async fn check(vault: &Vault, name: &str) -> Check {
    let mut steps = Vec::new();
    let failure = walk(vault, name, &mut steps).await.err();
    if let Some(error) = failure {
        let outcome = CheckOutcome::Failed;
        let name = STEPS[steps.len()].to_owned();
        steps.push(CheckStep { name, outcome, found: error.title.clone(), error: Some(error) });
    }
    for name in &STEPS[steps.len()..] {
        let found = "Not tried, because an earlier step failed".to_owned();
        steps.push(CheckStep { name: (*name).to_owned(), outcome: CheckOutcome::Skipped, found, error: None });
    }
    Check { at: clock::now(), steps }
}

/// Takes one step after the other, until one fails.
async fn walk(vault: &Vault, name: &str, steps: &mut Vec<CheckStep>) -> Result<(), Explanation> {
    let explain = |error: azure::Error| explain::azure(&error, name);
    let mut done = |outcome: CheckOutcome, found: String| {
        steps.push(CheckStep { name: STEPS[steps.len()].to_owned(), outcome, found, error: None });
    };
    vault.resolve().await.map_err(explain)?;
    done(CheckOutcome::Passed, format!("{} resolves", vault.host()));
    let challenge = vault.connect().await.map_err(explain)?;
    done(CheckOutcome::Passed, format!("TLS holds, and the vault of tenant {} answers", challenge.tenant));
    vault.token().await.map_err(explain)?;
    done(CheckOutcome::Passed, "Microsoft Entra gives a token for the stored client secret".to_owned());
    let kek = match vault.find_kek(KEK_NAME).await {
        Err(error @ azure::Error::UnusableKek { .. }) => Err(explain(error)),
        kek => Ok(kek.map_err(explain)?),
    };
    done(CheckOutcome::Passed, "The vault accepts the token and lets us read keys".to_owned());
    match kek? {
        Some(kek) => done(CheckOutcome::Passed, format!("{KEK_NAME} has {} bits and may only import", kek.bits)),
        None => done(CheckOutcome::Unknown, "There is none yet; it is made for the first distribution".to_owned()),
    }
    Ok(())
}
