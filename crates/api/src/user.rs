//! People who sign in.

use serde::{Deserialize, Serialize};

use crate::text::{text_type, word_type};
use crate::{Invalid, PolicyName, SecretInput, Timestamp};

text_type! {
    /// A user's name: 1 to 64 lower-case letters, digits, `.`, `_`, `-` and `@`, starting with a letter or digit.
    Username, check_username
}

fn check_username(text: &str) -> Result<(), Invalid> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-' | '@');
    if (1..=64).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(allowed)
    {
        Ok(())
    } else {
        Err(Invalid("use 1 to 64 lower-case letters, digits, '.', '_', '-' and '@', starting with a letter or digit"))
    }
}

word_type! {
    /// What a user may do in every workspace and on the server itself.
    #[derive(Default)]
    GlobalRole {
        /// Nothing but what workspaces give.
        #[default]
        None = "none",
        /// Reads everything everywhere.
        Auditor = "auditor",
        /// Manages users and workspaces, and is admin of every workspace.
        Administrator = "administrator",
    } "choose none, auditor or administrator"
}

/// Somebody who can sign in.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct User {
    /// The name used to sign in.
    pub username: Username,
    /// The role outside and above workspaces.
    pub global_role: GlobalRole,
    /// The policies that count for the user in the Vault-compatible API, beside those of the roles.
    pub token_policies: Vec<PolicyName>,
    /// When the user was made.
    pub created_at: Timestamp,
    /// When the user last signed in.
    pub last_signed_in_at: Option<Timestamp>,
    /// Since when the user cannot sign in.
    pub disabled_at: Option<Timestamp>,
}

/// A user to be made.
#[derive(Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    /// The name to sign in with.
    pub username: Username,
    /// The first password: at least 12 characters.
    pub password: SecretInput,
    /// The role outside and above workspaces.
    #[serde(default)]
    pub global_role: GlobalRole,
}

/// What to change about a user; what is absent stays.
#[derive(Default, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct UserChange {
    /// A new global role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub global_role: Option<GlobalRole>,
    /// Other policies for the Vault-compatible API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_policies: Option<Vec<PolicyName>>,
    /// A new password: at least 12 characters. Ends all sessions of the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<SecretInput>,
    /// `true` shuts the user out and ends all sessions, `false` lets them in again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled: Option<bool>,
}

/// Where a user is found.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
pub struct UserPath {
    /// The user.
    pub username: Username,
}
