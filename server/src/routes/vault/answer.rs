//! Answers as Vault's clients read them: an envelope, or a list of errors and nothing beside it.

use api::Explanation;
use axum::Json;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::error::{Error, seconds};
use crate::observe::RequestId;

/// What a request was answered with.
pub(super) struct Answer {
    kind: Kind,
    warnings: Vec<String>,
}

enum Kind {
    /// Done, and there is nothing to say.
    Nothing,
    /// The envelope around data.
    Data(Value),
    /// The envelope around data that also stands at the top, as old paths below `sys` have it.
    DataTwice(Map<String, Value>),
    /// The envelope around a token.
    Auth(Value),
    /// No envelope.
    Bare(StatusCode, Value),
}

impl Answer {
    /// 204.
    pub(super) fn nothing() -> Self {
        Kind::Nothing.into()
    }

    /// 200 with data in the envelope.
    pub(super) fn data(data: Value) -> Self {
        Kind::Data(data).into()
    }

    /// 200 with data in the envelope and again beside it.
    pub(super) fn data_twice(data: Map<String, Value>) -> Self {
        Kind::DataTwice(data).into()
    }

    /// 200 with a token in the envelope.
    pub(super) fn auth(auth: Value) -> Self {
        Kind::Auth(auth).into()
    }

    /// A body without an envelope.
    pub(super) fn bare(status: StatusCode, body: Value) -> Self {
        Kind::Bare(status, body).into()
    }

    /// A list of names; none is what Vault answers as missing.
    pub(super) fn list<T: ToString>(names: impl IntoIterator<Item = T>) -> Result<Self, Refusal> {
        let mut names: Vec<String> = names.into_iter().map(|name| name.to_string()).collect();
        if names.is_empty() {
            return Err(Refusal::missing());
        }
        names.sort_unstable();
        Ok(Self::data(json!({ "keys": names })))
    }

    /// Adds a warning; where there was nothing to say, there is an envelope now.
    pub(super) fn warn(mut self, warning: impl Into<String>) -> Self {
        if matches!(self.kind, Kind::Nothing) {
            self.kind = Kind::Data(Value::Null);
        }
        self.warnings.push(warning.into());
        self
    }

    /// Adds warnings where there is a body to carry them.
    pub(super) fn warn_in_body(mut self, warnings: impl IntoIterator<Item = String>) -> Self {
        if !matches!(self.kind, Kind::Nothing | Kind::Bare(..)) {
            self.warnings.extend(warnings);
        }
        self
    }

    pub(super) fn into_response(self, id: RequestId, mount_type: &str) -> Response {
        let (data, auth, top) = match self.kind {
            Kind::Nothing => return StatusCode::NO_CONTENT.into_response(),
            Kind::Bare(status, body) => return (status, Json(body)).into_response(),
            Kind::Data(data) => (data, Value::Null, Map::new()),
            Kind::DataTwice(data) => (Value::Object(data.clone()), Value::Null, data),
            Kind::Auth(auth) => (Value::Null, auth, Map::new()),
        };
        let envelope = json!({
            "request_id": id.0.to_string(),
            "lease_id": "",
            "renewable": false,
            "lease_duration": 0,
            "data": data,
            "wrap_info": null,
            "warnings": if self.warnings.is_empty() { Value::Null } else { json!(self.warnings) },
            "auth": auth,
            "mount_type": mount_type,
        });
        let Value::Object(envelope) = envelope else { unreachable!("an object was written above") };
        // What the envelope says of itself stays.
        let mut body = top;
        body.extend(envelope);
        Json(Value::Object(body)).into_response()
    }
}

impl From<Kind> for Answer {
    fn from(kind: Kind) -> Self {
        Self { kind, warnings: Vec::new() }
    }
}

/// Why a request was not carried out.
pub(super) struct Refusal {
    status: StatusCode,
    errors: Vec<String>,
    retry_after: Option<u64>,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, error: impl Into<String>) -> Self {
        Self { status, errors: vec![error.into()], retry_after: None }
    }

    /// 400: the client has to change something.
    pub(super) fn bad(error: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error)
    }

    /// 400: what is wrong, then what to do; and in a line of its own what Azure answered.
    fn explained(explanation: &Explanation) -> Self {
        let title = explanation.title.trim_end_matches('.');
        let sentence = format!("{title}. {}", explanation.advice).trim_end().to_owned();
        let answer = explanation.kms.as_ref().map(|kms| {
            let code = kms.inner_code.as_ref().unwrap_or(&kms.code);
            let id = kms.request_id.as_ref().map(|id| format!(" (request {id})")).unwrap_or_default();
            format!("Azure answered {} {code}: {}{id}", kms.status, kms.message.trim())
        });
        let errors = [sentence].into_iter().chain(answer).collect();
        Self { status: StatusCode::BAD_REQUEST, errors, retry_after: None }
    }

    /// 404 without a word: nothing is there.
    pub(super) fn missing() -> Self {
        Self { status: StatusCode::NOT_FOUND, errors: Vec::new(), retry_after: None }
    }

    /// 403: no token, a dead one, or one that may not do this: never told apart.
    pub(super) fn permission_denied() -> Self {
        Self::new(StatusCode::FORBIDDEN, "permission denied")
    }

    /// 404: nothing is mounted there.
    pub(super) fn no_handler(path: &str) -> Self {
        let sentence = format!("no handler for route \"{path}\". route entry not found.");
        Self::new(StatusCode::NOT_FOUND, sentence)
    }

    /// 404: what is mounted there does not know the path.
    pub(super) fn unsupported_path() -> Self {
        Self::new(StatusCode::NOT_FOUND, "unsupported path")
    }

    /// 405: the path does not know the verb.
    pub(super) fn unsupported_operation() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "unsupported operation")
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(json!({ "errors": self.errors }))).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<engine::Error> for Refusal {
    fn from(error: engine::Error) -> Self {
        Error::from(error).into()
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        (&error).into()
    }
}

impl From<&Error> for Refusal {
    /// What a 5xx is about stays in the log.
    fn from(error: &Error) -> Self {
        let status = error.status();
        if status.is_server_error() {
            tracing::error!(status = status.as_u16(), error = error.chain(), "the request failed");
            let sentence = match status {
                StatusCode::SERVICE_UNAVAILABLE => "the server cannot do this at the moment",
                _ => "internal error",
            };
            return Self::new(status, sentence);
        }
        match error {
            Error::Engine(engine::Error::Forbidden(_)) | Error::NoSession => Self::permission_denied(),
            Error::Engine(engine::Error::WrongCredentials) => Self::bad("invalid username or password"),
            Error::Engine(engine::Error::Refused { explanation, .. }) => Self::explained(explanation),
            Error::Engine(engine::Error::Conflict { .. }) => Self::bad(error.to_string()),
            Error::TooManyAttempts(wait) => {
                Self { retry_after: Some(seconds(*wait)), ..Self::new(status, error.to_string()) }
            }
            _ => Self::new(status, error.to_string()),
        }
    }
}
