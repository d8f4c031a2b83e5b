//! Drift: what a provider has, and is not as wanted.

use serde::{Deserialize, Serialize};

use crate::text::word_type;
use crate::{Reason, Timestamp};

word_type! {
    /// What differs, the most alarming first.
    DriftField {
        /// The public key: the provider holds a version that is not ours.
        Modulus = "modulus",
        /// A version is there twice.
        DoubleVersions = "double_versions",
        /// A version of ours is not there.
        Presence = "presence",
        /// Versions under the key's name that did not come from here.
        ExtraVersions = "extra_versions",
        /// The provider rotates the key by itself, to material that we do not have.
        RotationPolicy = "rotation_policy",
        /// Whether a version may be used.
        Enabled = "enabled",
        /// What a version may be used for.
        Purposes = "purposes",
        /// When a version expires.
        ExpiresAt = "expires_at",
        /// Our tags; those of others are theirs.
        Tags = "tags",
    } "choose a field that differs, such as enabled or tags"
}

impl DriftField {
    /// Whether somebody has to look at it at once.
    #[must_use]
    pub fn is_alarm(self) -> bool {
        matches!(self, Self::Modulus | Self::DoubleVersions)
    }
}

/// One thing that is not as wanted.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Difference {
    /// What.
    pub field: DriftField,
    /// What we want.
    pub wanted: String,
    /// What the provider has.
    pub found: String,
    /// When it was first found like that.
    #[serde(default)]
    pub since: Option<Timestamp>,
    /// What to do where reconciling does not help; nothing where it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
    /// Who accepted it, and why. Ends by itself when something else is found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<Acceptance>,
}

impl Difference {
    /// Whether it is still to be dealt with.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.accepted.is_none()
    }

    /// Whether asking for it makes the provider match.
    #[must_use]
    pub fn is_reconcilable(&self) -> bool {
        self.is_open() && self.advice.is_none()
    }
}

/// That a difference may stay.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Acceptance {
    /// Why.
    pub reason: Reason,
    /// Who says so.
    pub by: String,
    /// Since when.
    pub at: Timestamp,
}

/// Lets a difference stay.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AcceptDifference {
    /// What differs.
    pub field: DriftField,
    /// The version that differs, unless it is the key as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// What was found, as it was shown: nobody accepts what they have not seen.
    pub found: String,
    /// Why it may stay.
    pub reason: Reason,
}

/// Takes back that a difference may stay.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ReopenDifference {
    /// What differs.
    pub field: DriftField,
    /// The version that differs, unless it is the key as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
}
