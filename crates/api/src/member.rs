//! Who may do what in a workspace.

use serde::{Deserialize, Serialize};

use crate::text::word_type;
use crate::{Slug, Timestamp, Username};

word_type! {
    /// What a member may do in a workspace; each role may do all that the ones before it may.
    Role {
        /// Reads everything, changes nothing.
        Auditor = "auditor",
        /// Creates, distributes, rotates and withdraws keys.
        Operator = "operator",
        /// Also connects providers, deletes keys and gives roles.
        Admin = "admin",
    } "choose auditor, operator or admin"
}

/// A person's role in a workspace.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Member {
    /// Who.
    pub username: Username,
    /// With which role.
    pub role: Role,
    /// Since when.
    pub since: Timestamp,
}

/// Gives a role, or another one.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct MemberChange {
    /// The role from now on.
    pub role: Role,
}

/// Where a member is found.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
pub struct MemberPath {
    /// The workspace.
    pub workspace: Slug,
    /// The person.
    pub username: Username,
}
