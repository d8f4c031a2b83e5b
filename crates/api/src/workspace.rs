//! A team's room.

use serde::{Deserialize, Serialize};

use crate::text::{check_line, text_type};
use crate::{Invalid, Timestamp};

text_type! {
    /// A workspace's short name in URLs: 1 to 63 lower-case letters, digits and inner hyphens.
    Slug, check_slug
}

fn check_slug(text: &str) -> Result<(), Invalid> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if (1..=63).contains(&text.len()) && text.chars().all(allowed) && !text.starts_with('-') && !text.ends_with('-') {
        Ok(())
    } else {
        Err(Invalid("use 1 to 63 lower-case letters, digits and inner hyphens"))
    }
}

text_type! {
    /// What people call a workspace: 1 to 100 characters on one line.
    Title, check_line
}

/// A team's room: it holds keys, KMS providers and members.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Workspace {
    /// The short name in URLs.
    pub slug: Slug,
    /// The mount path in the Vault-compatible API.
    pub path: String,
    /// What people call it.
    pub title: Title,
    /// When it was made.
    pub created_at: Timestamp,
    /// How much is in it.
    pub counts: Counts,
}

/// How much is in a workspace.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Counts {
    /// Keys.
    pub keys: u64,
    /// Keys that no provider holds.
    pub keys_not_distributed: u64,
    /// KMS providers.
    pub providers: u64,
    /// Members.
    pub members: u64,
    /// Distributions in sync.
    pub in_sync: u64,
    /// Distributions that lag what is wanted.
    pub pending: u64,
    /// Distributions that the provider refuses.
    pub refused: u64,
    /// Distributions where the provider's key differs from what is wanted.
    pub drifted: u64,
    /// Distributions being withdrawn.
    pub withdrawing: u64,
}

/// A workspace to be made.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewWorkspace {
    /// The short name; it is also the mount path in the Vault-compatible API.
    pub slug: Slug,
    /// What people call it.
    pub title: Title,
}

/// Where a workspace is found.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
pub struct WorkspacePath {
    /// The workspace.
    pub workspace: Slug,
}
