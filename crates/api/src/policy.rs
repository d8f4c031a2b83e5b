//! What paths of the Vault-compatible API may be used for.

use serde::{Deserialize, Serialize};

use crate::Invalid;
use crate::text::{text_type, word_type};

word_type! {
    /// What somebody may do with a path; in alphabetical order.
    Capability {
        /// Make what is not there.
        Create = "create",
        /// Delete.
        Delete = "delete",
        /// Nothing, whatever else is allowed.
        Deny = "deny",
        /// List what is below.
        List = "list",
        /// Change in part.
        Patch = "patch",
        /// Read.
        Read = "read",
        /// Do what is reserved for administrators.
        Sudo = "sudo",
        /// Change what is there.
        Update = "update",
    } "choose create, read, update, patch, delete, list, sudo or deny"
}

text_type! {
    /// A policy's name, with its namespace before it: `team1/readers`. Or a role's: `workspace:payments:operator`.
    PolicyName, check_policy_name
}

fn check_policy_name(text: &str) -> Result<(), Invalid> {
    let is_segment = |segment: &str| {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ':' | '@');
        !segment.is_empty() && segment != ".." && segment.chars().all(allowed)
    };
    if text.len() <= 512 && text.split('/').all(is_segment) {
        Ok(())
    } else {
        Err(Invalid("use letters, digits, '_', '-', '.' and '@'; the namespace, if any, goes before it with a '/'"))
    }
}

/// What a path may be used for.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Right {
    /// The path below `/v1/`; `+` stands for one segment, a `*` at the end for everything that follows.
    pub path: String,
    /// What it may be used for.
    pub capabilities: Vec<Capability>,
}
