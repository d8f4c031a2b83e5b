//! What paths of the Vault-compatible API may be used for.

use serde::{Deserialize, Serialize};

use crate::text::word_type;

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

/// What a path may be used for.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Right {
    /// The path below `/v1/`; `+` stands for one segment, a `*` at the end for everything that follows.
    pub path: String,
    /// What it may be used for.
    pub capabilities: Vec<Capability>,
}
