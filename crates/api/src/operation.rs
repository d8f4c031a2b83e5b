//! Work on many keys at once.

use serde::{Deserialize, Serialize};

use crate::text::{is_uuid, text_type, word_type};
use crate::{
    DistributionState, ExpiresAfter, Invalid, KeyName, KeyType, Protection, ProviderName, Purpose, Slug, Tags,
    Timestamp,
};

text_type! {
    /// Names an operation: a UUID.
    OperationId, check_operation_id
}

fn check_operation_id(text: &str) -> Result<(), Invalid> {
    if is_uuid(text) { Ok(()) } else { Err(Invalid("the id of an operation is a UUID")) }
}

/// What is done to each key.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields, try_from = "Written")]
pub enum Action {
    /// A new version, delivered wherever the key is held.
    Rotate,
    /// A provider holds it, under its default name there.
    Distribute {
        /// The provider.
        provider: ProviderName,
        /// What it may be used for there.
        purposes: Vec<Purpose>,
        /// Where its private half may be.
        protection: Protection,
        /// Days from a version's delivery until it expires there; never unless given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires_after: Option<ExpiresAfter>,
        /// Tags for it there, beside the one that says where it came from.
        #[serde(default, skip_serializing_if = "Tags::is_empty")]
        tags: Tags,
    },
    /// A provider gives it back.
    Withdraw {
        /// The provider.
        provider: ProviderName,
    },
    /// Versions below the given one, or below the latest, are switched off.
    SetMinEnabledVersion {
        /// The version; absent: each key's latest.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min_enabled_version: Option<u32>,
    },
    /// What the providers hold is compared with what is wanted.
    Verify,
    /// It is deleted, where that is allowed and no provider holds it.
    Delete,
}

/// An action as it is read: which members there are depends on the kind.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    kind: String,
    #[serde(default)]
    provider: Option<ProviderName>,
    #[serde(default)]
    purposes: Option<Vec<Purpose>>,
    #[serde(default)]
    protection: Option<Protection>,
    #[serde(default)]
    expires_after: Option<ExpiresAfter>,
    #[serde(default)]
    tags: Option<Tags>,
    #[serde(default)]
    min_enabled_version: Option<u32>,
}

impl TryFrom<Written> for Action {
    type Error = Invalid;

    fn try_from(written: Written) -> Result<Self, Invalid> {
        let Written { kind, provider, purposes, protection, expires_after, tags, min_enabled_version } = written;
        let place = (provider, purposes, protection);
        Ok(match (kind.as_str(), place, (expires_after, tags), min_enabled_version) {
            ("rotate", (None, None, None), (None, None), None) => Self::Rotate,
            ("distribute", (Some(provider), Some(purposes), Some(protection)), (expires_after, tags), None) => {
                Self::Distribute { provider, purposes, protection, expires_after, tags: tags.unwrap_or_default() }
            }
            ("withdraw", (Some(provider), None, None), (None, None), None) => Self::Withdraw { provider },
            ("set_min_enabled_version", (None, None, None), (None, None), min_enabled_version) => {
                Self::SetMinEnabledVersion { min_enabled_version }
            }
            ("verify", (None, None, None), (None, None), None) => Self::Verify,
            ("delete", (None, None, None), (None, None), None) => Self::Delete,
            ("distribute", ..) => {
                return Err(Invalid(
                    "to distribute, give provider, purposes and protection, and expires_after or tags if wanted",
                ));
            }
            ("withdraw", ..) => return Err(Invalid("to withdraw, give the provider and nothing else")),
            ("set_min_enabled_version", ..) => {
                return Err(Invalid("give min_enabled_version or nothing beside the kind"));
            }
            ("rotate" | "verify" | "delete", ..) => return Err(Invalid("give nothing beside the kind")),
            _ => {
                let sentence =
                    "choose the kind rotate, distribute, withdraw, set_min_enabled_version, verify or delete";
                return Err(Invalid(sentence));
            }
        })
    }
}

/// Which keys of a workspace: named ones, or all that a filter matches.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Selection {
    /// Their names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<Vec<KeyName>>,
    /// As in the list of keys; an empty filter matches all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<KeyFilter>,
}

/// What keys have in common.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct KeyFilter {
    /// Their names start with this, in whatever case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    /// Their type.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub key_type: Option<KeyType>,
    /// One of their distributions is in this state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<DistributionState>,
}

/// An operation to be planned or started.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewOperation {
    /// What is done to each key.
    pub action: Action,
    /// Which keys: 1 to 20,000.
    pub selection: Selection,
}

/// What an operation would do. Nothing is changed by asking.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Plan {
    /// How many keys are selected.
    pub keys: u64,
    /// What each provider would be sent.
    pub calls: Vec<PlannedCalls>,
    /// How long the slowest vault takes, in seconds, if nothing else is sent to it.
    pub seconds: u64,
    /// How many of the keys would be refused as things stand.
    pub refused: u64,
    /// The first of those, up to a hundred, with the reason.
    pub first_refused: Vec<RefusedKey>,
}

/// What one provider would be sent.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlannedCalls {
    /// The provider.
    pub provider: ProviderName,
    /// Versions to import.
    pub imports: u64,
    /// Versions to switch on or off.
    pub updates: u64,
    /// Keys to delete.
    pub deletions: u64,
    /// Versions to read.
    pub reads: u64,
    /// How long the vault takes at its published limits, in seconds.
    pub seconds: u64,
}

/// A key that would be refused.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RefusedKey {
    /// The key.
    pub key: KeyName,
    /// Why, and what to do.
    pub reason: String,
}

word_type! {
    /// How an operation stands.
    OperationState {
        /// Keys are begun one after the other.
        Running = "running",
        /// No further key is begun until it goes on; what was begun ends.
        Paused = "paused",
        /// Every key has an outcome.
        Finished = "finished",
    } "choose running, paused or finished"
}

word_type! {
    /// How one key of an operation stands.
    OperationKeyState {
        /// Not begun.
        Waiting = "waiting",
        /// Stored here, on its way to the providers.
        Started = "started",
        /// Carried out everywhere.
        Done = "done",
        /// A rule or a provider said no.
        Refused = "refused",
        /// Left as it was.
        Cancelled = "cancelled",
    } "choose waiting, started, done, refused or cancelled"
}

/// Work on many keys, with its progress.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Operation {
    /// Names it.
    pub id: OperationId,
    /// What is done to each key.
    pub action: Action,
    /// Who asked for it.
    pub requested_by: String,
    /// When.
    pub created_at: Timestamp,
    /// How it stands.
    pub state: OperationState,
    /// Whether the rest was cancelled.
    pub is_cancelled: bool,
    /// When every key had an outcome.
    pub finished_at: Option<Timestamp>,
    /// How many keys stand how.
    pub counts: OperationCounts,
    /// How long the rest takes at the pace of the last keys, or else at the vaults' limits, in seconds; absent when it is
    /// paused or finished.
    pub seconds_left: Option<u64>,
}

/// How many keys of an operation stand how.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OperationCounts {
    /// Not begun.
    pub waiting: u64,
    /// On their way to the providers.
    pub started: u64,
    /// Carried out everywhere.
    pub done: u64,
    /// Refused.
    pub refused: u64,
    /// Left as they were.
    pub cancelled: u64,
}

/// One key of an operation.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OperationKey {
    /// The key.
    pub key: KeyName,
    /// How it stands.
    pub state: OperationKeyState,
    /// Why it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When that came about; absent while it waits.
    pub at: Option<Timestamp>,
}

/// Where an operation is found.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
pub struct OperationPath {
    /// The workspace.
    pub workspace: Slug,
    /// The operation.
    pub operation: OperationId,
}

/// Which keys of an operation to list.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct OperationKeyQuery {
    /// Only keys that stand so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(inline))]
    pub state: Option<OperationKeyState>,
    /// Rows per page: 1 to 200, 50 by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Where the previous page ended: its `next`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::Action;

    #[test]
    fn an_action_is_read_as_it_is_written() {
        for text in [
            r#"{"kind":"rotate"}"#,
            r#"{"kind":"distribute","provider":"acme","purposes":["sign"],"protection":"hsm"}"#,
            r#"{"kind":"withdraw","provider":"acme"}"#,
            r#"{"kind":"set_min_enabled_version"}"#,
            r#"{"kind":"set_min_enabled_version","min_enabled_version":2}"#,
            r#"{"kind":"verify"}"#,
            r#"{"kind":"delete"}"#,
        ] {
            let action: Action = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&action).unwrap(), text);
        }
    }

    #[test]
    fn an_action_with_too_little_or_too_much_says_what_it_needs() {
        for (text, sentence) in [
            (r#"{"kind":"explode"}"#, "choose the kind rotate"),
            (r#"{"kind":"withdraw"}"#, "give the provider"),
            (r#"{"kind":"distribute","provider":"acme"}"#, "purposes and protection"),
            (r#"{"kind":"rotate","provider":"acme"}"#, "nothing beside the kind"),
            (r#"{"kind":"rotate","colour":"red"}"#, "unknown field `colour`"),
        ] {
            let error = serde_json::from_str::<Action>(text).unwrap_err().to_string();
            assert!(error.contains(sentence), "{error}");
        }
    }
}
