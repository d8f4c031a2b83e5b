//! What a managed HSM does otherwise than a vault (azure.md, item 9 and §1.3).

use serde_json::Value;

use crate::{answer::Answer, state::Vault};

/// Most keys of a managed HSM, and most versions of a key (azure.md §1.3).
const MOST_KEYS: usize = 5_000;
const MOST_VERSIONS: usize = 100;

/// Gives an answer the form that managed HSMs answer in.
pub(crate) fn dress(mut answer: Answer) -> Answer {
    if answer.status == 401 {
        "OK".clone_into(&mut answer.body);
        answer.headers.retain(|(name, _)| *name != "content-type");
    } else if answer.status >= 400
        && let Ok(mut body) = serde_json::from_str::<Value>(&answer.body)
        && let Some(message) = body["error"]["message"].as_str()
    {
        let message = format!("{} (Activity ID: {})", message.trim_end(), uuid::Uuid::new_v4());
        body["error"]["message"] = message.into();
        answer.body = body.to_string();
    }
    answer.with_header("x-ms-server-latency", "36").with_header("x-ms-build-version", "1.0.20261101-1")
}

/// Refuses a key or a version too many. The limits are published, their status and words are a guess.
pub(crate) fn check_limits(vault: &Vault, name: &str) -> Result<(), Answer> {
    let key = vault.keys.get(&name.to_ascii_lowercase());
    let refuse = |what: &str| Err(Answer::refusal(403, "Forbidden", Some("QuotaExceeded"), what));
    match key {
        None if vault.keys.len() >= MOST_KEYS => refuse("The managed HSM holds the largest number of keys, 5000."),
        Some(key) if key.versions.len() >= MOST_VERSIONS => refuse("The key has the largest number of versions, 100."),
        _ => Ok(()),
    }
}
