//! Rotation by itself, after a period.

use serde::{Deserialize, Serialize};

use crate::{KeyName, Selection, Timestamp};

/// When a key gets its next version by itself.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Rotation {
    /// Days from one version to the next, less up to a tenth so that not all keys come at once.
    pub period_days: u32,
    /// How many versions stay enabled: the minimum enabled version follows each scheduled rotation. Without it, all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_versions: Option<u32>,
    /// When the next one is due. In the past: overdue.
    pub due_at: Timestamp,
}

/// A key that will be rotated.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScheduledKey {
    /// The key.
    pub key: KeyName,
    /// When.
    pub rotation: Rotation,
    /// Whether it should have been rotated already.
    pub is_overdue: bool,
}

/// A period for some keys, or none.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ScheduleChange {
    /// Which keys: 1 to 20,000. Of those that a filter matches, the destroyed ones are left out.
    pub selection: Selection,
    /// Days from one version to the next: 7 to 3650. Absent: these keys are no longer rotated by themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period_days: Option<u32>,
    /// How many versions stay enabled after a scheduled rotation: 1 to 1,000; absent: all. Needs a period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_versions: Option<u32>,
}
