//! What went wrong, for people and programs (RFC 9457).

use serde::{Deserialize, Serialize};

use crate::{Fact, KmsAnswer};

/// A problem document, sent as `application/problem+json`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// A stable name of this kind of problem: `urn:keyferry:problem:<code>`.
    #[serde(rename = "type")]
    pub problem_type: String,
    /// What is wrong, in one sentence.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// What is wrong with which field of the request.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// What the KMS provider's answer says about who asked for what: taken out of its message.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<Fact>,
    /// The command that puts it right, to be pasted into a shell where Azure's command line is signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// What the KMS provider answered, where it was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kms: Option<KmsAnswer>,
    /// Names this request in the server's log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// What is wrong with one field.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FieldError {
    /// The field as in the request, nested ones with dots: `credentials.client_secret`.
    pub field: String,
    /// What is wrong and what to write instead.
    pub message: String,
}
