//! What the simulator answers, and Key Vault's error envelope.

use serde_json::{Value, json};

/// A status, headers and a body, before they become an HTTP response.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
}

/// What a handler gives: both sides are answers, the right one stops the work early.
pub(crate) type Outcome = Result<Answer, Answer>;

impl Answer {
    /// Answers 200 with a JSON document.
    pub(crate) fn ok(body: &Value) -> Self {
        Self::json(200, body)
    }

    /// Answers with a JSON document.
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self {
            status,
            headers: vec![("content-type", "application/json; charset=utf-8".to_owned())],
            body: body.to_string(),
        }
    }

    /// Answers without a body.
    pub(crate) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: String::new() }
    }

    /// Adds a header.
    pub(crate) fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Refuses in Key Vault's envelope: `{"error": {"code", "message", "innererror"?}}`.
    pub(crate) fn refusal(status: u16, code: &str, inner: Option<&str>, message: &str) -> Self {
        let mut error = json!({ "code": code, "message": message });
        if let Some(inner) = inner {
            error["innererror"] = json!({ "code": inner });
        }
        Self::json(status, &json!({ "error": error }))
    }

    /// 400: the request cannot be carried out as it is.
    pub(crate) fn bad_parameter(message: &str) -> Self {
        Self::refusal(400, "BadParameter", None, message)
    }

    /// 404: no such key, or none of that version.
    pub(crate) fn key_not_found(identifier: &str) -> Self {
        let message = format!(
            "A key with (name/id) {identifier} was not found in this key vault. If you recently deleted this key you \
             may be able to recover it using the correct recovery command. For help resolving this issue, please see \
             https://go.microsoft.com/fwlink/?linkid=2125182"
        );
        Self::refusal(404, "KeyNotFound", None, &message)
    }

    /// 404: no deleted key of that name, or not yet.
    pub(crate) fn deleted_key_not_found(name: &str) -> Self {
        Self::refusal(404, "KeyNotFound", None, &format!("Deleted Key not found: {name}"))
    }

    /// 409: the name is not free.
    pub(crate) fn conflict(inner: &str, message: &str) -> Self {
        Self::refusal(409, "Conflict", Some(inner), message)
    }

    /// 429, without `Retry-After`, as vaults answer.
    pub(crate) fn throttled() -> Self {
        let message = "Request was not processed because too many requests were received. \
                       Reason: VaultRequestTypeLimitReached";
        Self::refusal(429, "Throttled", None, message)
    }
}
