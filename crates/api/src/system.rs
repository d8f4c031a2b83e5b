//! The installation itself.

use serde::{Deserialize, Serialize};

/// What runs, for those who run it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct System {
    /// The version of Keyferry.
    pub version: String,
    /// How private keys and credentials are sealed.
    pub sealing: Sealing,
}

/// How private keys and credentials are sealed.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Sealing {
    /// The id of the sealing key in force.
    pub key: String,
    /// How many values are still sealed with the previous key, while it is being replaced.
    pub left_to_reseal: u64,
}
