//! The audit trail.

use serde::{Deserialize, Serialize};

use crate::text::word_type;
use crate::{Slug, Timestamp};

word_type! {
    /// How what an event tells ended.
    Outcome {
        /// It was done.
        Done = "done",
        /// The provider or a rule said no.
        Refused = "refused",
        /// It did not work this time.
        Failed = "failed",
    } "choose done, refused or failed"
}

/// One event of the trail.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditEvent {
    /// When.
    pub at: Timestamp,
    /// Who: a user's name, `token:<owner>/<name>`, or `keyferry` for the reconciler.
    pub actor: String,
    /// From which address, where a person or program asked.
    pub source: Option<String>,
    /// What, as `<noun>.<verb>`: `key.rotate`.
    pub action: String,
    /// In which workspace; absent for what concerns the whole server.
    pub workspace: Option<Slug>,
    /// On what: `payments`, `payments/acme`, a user's name.
    pub subject: String,
    /// How it ended.
    pub outcome: Outcome,
    /// More about it: one JSON object as text, so that its bytes can be hashed again.
    pub detail: String,
}

/// A row of the trail: rows outside the reader's rights carry no event, but anyone can follow the chain.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditEntry {
    /// Counts from 1 without a gap.
    pub seq: u64,
    /// SHA-256 over the previous row's hash and this event, in hexadecimal.
    pub hash: String,
    /// The event, if the reader may see it.
    pub event: Option<AuditEvent>,
}

impl AuditEvent {
    /// The bytes whose SHA-256 is this row's hash: `seq`, the previous row's hash, then each member in the order of
    /// declaration, every one as its length in bytes (decimal), a colon, and its UTF-8 text. An absent member is `-`.
    #[must_use]
    pub fn preimage(&self, seq: u64, previous_hash: &str) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut put = |text: Option<&str>| match text {
            Some(text) => bytes.extend_from_slice(format!("{}:{text}", text.len()).as_bytes()),
            None => bytes.push(b'-'),
        };
        put(Some(&seq.to_string()));
        put(Some(previous_hash));
        put(Some(&self.at.to_string()));
        put(Some(&self.actor));
        put(self.source.as_deref());
        put(Some(&self.action));
        put(self.workspace.as_ref().map(Slug::as_str));
        put(Some(&self.subject));
        put(Some(self.outcome.as_str()));
        put(Some(&self.detail));
        bytes
    }
}

/// Which events to list, newest first.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct AuditQuery {
    /// Only events of this workspace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace: Option<Slug>,
    /// Only events on this subject, and on what is below it (`payments` finds `payments/acme`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Rows per page: 1 to 200, 50 by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Where the previous page ended: its `next`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// From where on the trail is followed.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct EventsQuery {
    /// The number of the last row that is known; without it, only what comes from now on is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
}
