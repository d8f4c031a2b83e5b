//! Versions that nobody may use any more: compromised, or destroyed.

use serde::{Deserialize, Serialize};

use crate::text::text_type;
use crate::{Invalid, Key, NameInKms, ProviderName, Timestamp};

text_type! {
    /// Why something was done: 1 to 500 characters.
    Reason, check_reason
}

fn check_reason(text: &str) -> Result<(), Invalid> {
    let is_control = |c: char| c.is_control() && c != '\n';
    if !text.trim().is_empty() && text.chars().count() <= 500 && !text.chars().any(is_control) {
        Ok(())
    } else {
        Err(Invalid("say why, in 1 to 500 characters"))
    }
}

/// Versions to be marked as compromised, which cannot be taken back.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Compromise {
    /// Which versions: all of the key's unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub versions: Option<Vec<u32>>,
    /// Why.
    pub reason: Reason,
}

/// Versions that were marked as compromised, and where they were.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Compromised {
    /// The versions that were marked now.
    pub versions: Vec<u32>,
    /// Everywhere they are or were held, by version and time.
    pub holdings: Vec<Holding>,
    /// The key as it is now.
    pub key: Key,
}

/// A version that a provider holds or held.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Holding {
    /// The version.
    pub version: u32,
    /// The provider.
    pub provider: ProviderName,
    /// The key's name there.
    pub name_in_kms: NameInKms,
    /// When it arrived there, or when an import was sent whose outcome is not known.
    pub since: Timestamp,
    /// When it was seen to be deleted there, if it was.
    pub until: Option<Timestamp>,
}

/// Versions whose private keys are to be destroyed here, which cannot be taken back.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Destruction {
    /// Which versions: all of the key's unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub versions: Option<Vec<u32>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_says_something() {
        for reason in ["found in a ticket", "line one\nline two", &"r".repeat(500)] {
            assert!(reason.parse::<Reason>().is_ok(), "{reason}");
        }
        for reason in ["", " \n ", "tab\there", &"r".repeat(501)] {
            assert!(reason.parse::<Reason>().is_err(), "{reason}");
        }
    }
}
