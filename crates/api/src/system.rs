//! The installation itself.

use serde::{Deserialize, Serialize};

use crate::KeyType;

/// What runs, for those who run it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct System {
    /// The version of Keyferry.
    pub version: String,
    /// How private keys and credentials are sealed.
    pub sealing: Sealing,
    /// Key pairs made ahead of need.
    pub pool: Vec<PooledKeys>,
}

/// Key pairs of one type, made ahead of need.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PooledKeys {
    /// Their type.
    #[serde(rename = "type")]
    pub key_type: KeyType,
    /// How many are ready.
    pub ready: u64,
    /// How many are kept ready.
    pub wanted: u64,
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
