//! Bearer tokens for programs.

use serde::{Deserialize, Serialize};

use crate::text::{check_line, is_uuid, text_type};
use crate::{Invalid, PolicyName, Role, Slug, Timestamp, Username};

text_type! {
    /// Names a token without being its secret: a UUID.
    TokenId, check_token_id
}

fn check_token_id(text: &str) -> Result<(), Invalid> {
    if is_uuid(text) { Ok(()) } else { Err(Invalid("a token id is a UUID")) }
}

text_type! {
    /// What a token is for: 1 to 100 characters on one line.
    TokenName, check_line
}

/// A bearer token. It never may do more than its owner may at that moment.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Token {
    /// Names the token.
    pub id: TokenId,
    /// What it is for.
    pub name: TokenName,
    /// Whose it is.
    pub owner: Username,
    /// The one workspace it opens, unless it carries policies.
    pub workspace: Option<Slug>,
    /// The role it has there, at most.
    pub role: Option<Role>,
    /// What a token of the Vault-compatible API carries instead; with none it may do nothing there.
    pub policies: Vec<PolicyName>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// A token to be made, for oneself.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// What it is for.
    pub name: TokenName,
    /// The one workspace it opens.
    pub workspace: Slug,
    /// The role it has there: at most one's own.
    pub role: Role,
    /// For how many days it works: 1 to 366.
    pub expires_in_days: u32,
}

/// A token just made, with its secret, which is shown this once.
#[derive(Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct IssuedToken {
    /// The token.
    pub token: Token,
    /// What goes behind `Authorization: Bearer`; it cannot be read again.
    pub secret: String,
}

/// Where a token is found.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
pub struct TokenPath {
    /// The token.
    pub id: TokenId,
}
