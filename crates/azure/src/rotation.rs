//! A key's rotation policy: whether the vault makes new versions of it by itself.

use reqwest::Method;
use serde::Deserialize;

use crate::keys::key_path;
use crate::vault::Request;
use crate::{Error, Vault};

impl Vault {
    /// When the vault rotates a key by itself, if it does, in the words of its policy: `P90D after creation`. A policy that
    /// only notifies, as every key has one at first, does not.
    ///
    /// # Errors
    /// [`Error::is_not_found`] when there is no such key, [`Error::Answered`] with status 403 when the permission to read
    /// rotation policies is missing.
    pub async fn rotates(&self, name: &str) -> Result<Option<String>, Error> {
        let path = format!("{}/rotationpolicy", key_path(name)?);
        let policy: Policy = self.ask(Request::new(Method::GET, path)).await?;
        let mut actions = policy.lifetime_actions.unwrap_or_default().into_iter();
        // The service writes "Rotate", and compares without regard to case.
        Ok(actions
            .find(|action| action.action.kind.eq_ignore_ascii_case("rotate"))
            .map(|action| action.trigger.words()))
    }
}

/// `KeyRotationPolicy` of the REST API.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Policy {
    lifetime_actions: Option<Vec<LifetimeAction>>,
}

#[derive(Deserialize)]
struct LifetimeAction {
    #[serde(default)]
    trigger: Trigger,
    #[serde(default)]
    action: Action,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Trigger {
    time_after_create: Option<String>,
    time_before_expiry: Option<String>,
}

#[derive(Default, Deserialize)]
struct Action {
    #[serde(default, rename = "type")]
    kind: String,
}

impl Trigger {
    fn words(self) -> String {
        match self {
            Self { time_after_create: Some(after), .. } => format!("{after} after creation"),
            Self { time_before_expiry: Some(before), .. } => format!("{before} before expiry"),
            Self { .. } => "at some time".to_owned(),
        }
    }
}
