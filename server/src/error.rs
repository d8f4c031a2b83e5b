//! From errors to problems: the only place that knows status codes, and where an error is logged, once.

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use api::{Explanation, FieldError, Problem};
use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use tower_sessions::{session, session_store};

/// Why a request was not carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Engine(#[from] engine::Error),
    #[error("nobody is signed in")]
    NoSession,
    #[error("{0}")]
    Forbidden(String),
    #[error("the request came from another site")]
    CrossSite,
    #[error("the password has to be replaced first")]
    PasswordChangeRequired,
    #[error("{0} does not exist")]
    NotFound(String),
    #[error("the request is not valid")]
    Invalid(FieldError),
    #[error("the body is not JSON: {0}")]
    Syntax(String),
    #[error("the body is larger than 1 MiB")]
    TooLarge,
    #[error("the body is not declared as application/json")]
    MediaType,
    #[error("this address does not know the method")]
    Method,
    #[error("too many attempts to sign in")]
    TooManyAttempts(Duration),
    #[error("the request took too long")]
    Timeout,
    #[error("a handler panicked")]
    Panic,
    #[error("the session could not be read or stored")]
    Session(#[from] session::Error),
}

impl Error {
    pub(crate) fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid(FieldError { field: field.into(), message: message.into() })
    }

    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Engine(error) => engine_status(error),
            Self::NoSession => StatusCode::UNAUTHORIZED,
            Self::Forbidden(_) | Self::CrossSite | Self::PasswordChangeRequired => StatusCode::FORBIDDEN,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Invalid(_) | Self::Syntax(_) => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooManyAttempts(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Timeout | Self::Session(session::Error::Store(session_store::Error::Backend(_))) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Panic | Self::Session(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The problem to send; what a 5xx is about stays in the log.
    fn problem(&self, status: StatusCode, request_id: &str) -> Problem {
        if status.is_server_error() {
            return internal(status, request_id);
        }
        match self {
            Self::Engine(error) => engine_problem(error),
            Self::NoSession => problem("no_session", "Nobody is signed in.", "Sign in and try again."),
            Self::Forbidden(sentence) => problem("forbidden", "You may not do this.", sentence),
            Self::CrossSite => {
                problem("cross_site", "The request came from another site.", "Use Keyferry's own pages, or a token.")
            }
            Self::PasswordChangeRequired => problem(
                "password_change_required",
                "The password was made for the first sign-in only.",
                "Replace it; everything else waits until then.",
            ),
            Self::NotFound(what) => not_found(what),
            Self::Invalid(error) => invalid(error),
            Self::Syntax(reason) => problem("invalid", "The body is not JSON.", reason),
            Self::TooLarge => problem("too_large", "The body is larger than 1 MiB.", "Send less."),
            Self::MediaType => problem(
                "media_type",
                "The body has to be JSON.",
                "Send it with the header \"content-type: application/json\".",
            ),
            Self::Method => problem(
                "method",
                "This address does not know the method.",
                "The header \"allow\" names those it knows.",
            ),
            Self::TooManyAttempts(wait) => {
                let detail = format!("Wait {} s and try again.", seconds(*wait));
                problem("too_many_attempts", "Too many attempts to sign in.", &detail)
            }
            Self::Timeout | Self::Panic | Self::Session(_) => internal(status, request_id),
        }
    }

    /// The message with all its causes, for the log.
    pub(crate) fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            text = format!("{text}: {error}");
            cause = error.source();
        }
        text
    }
}

impl IntoResponse for Error {
    /// The status, and the error itself for [`render`].
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

/// Writes an error that is on its way out into the body, and logs it.
pub(crate) fn render(response: Response, request_id: &str) -> Response {
    let status = response.status();
    let error = response.extensions().get::<Arc<Error>>().cloned();
    let mut problem = match &error {
        Some(error) => error.problem(status, request_id),
        // A library's own answer: nothing of it is shown.
        None if status.is_server_error() && response.headers().get(CONTENT_TYPE).is_none() => {
            internal(status, request_id)
        }
        None => return response,
    };
    problem.status = status.as_u16();
    if status.is_server_error() {
        let chain = error.as_ref().map_or_else(|| "a library answered".to_owned(), |error| error.chain());
        tracing::error!(status = status.as_u16(), error = chain, "the request failed");
    } else {
        tracing::debug!(status = status.as_u16(), problem = problem.problem_type, "the request was refused");
    }
    let (mut parts, _) = response.into_parts();
    parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    parts.headers.remove(axum::http::header::CONTENT_LENGTH);
    if let Some(Error::TooManyAttempts(wait)) = error.as_deref() {
        parts.headers.insert(RETRY_AFTER, HeaderValue::from(seconds(*wait)));
    }
    let body = serde_json::to_vec(&problem).expect("a problem is always JSON");
    Response::from_parts(parts, Body::from(body))
}

fn engine_status(error: &engine::Error) -> StatusCode {
    match error {
        engine::Error::NotFound(_) => StatusCode::NOT_FOUND,
        engine::Error::Conflict { .. } => StatusCode::CONFLICT,
        engine::Error::Invalid(_) => StatusCode::BAD_REQUEST,
        engine::Error::Forbidden(_) => StatusCode::FORBIDDEN,
        engine::Error::WrongCredentials => StatusCode::UNAUTHORIZED,
        engine::Error::Refused { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        engine::Error::Database(_) => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn engine_problem(error: &engine::Error) -> Problem {
    match error {
        engine::Error::NotFound(what) => not_found(what),
        engine::Error::Conflict { code, field, sentence } => {
            let errors = field.map(|field| FieldError { field: field.to_owned(), message: sentence.clone() });
            Problem { errors: errors.into_iter().collect(), ..problem(code, &capital(sentence), "") }
        }
        engine::Error::Invalid(error) => invalid(error),
        engine::Error::Forbidden(sentence) => problem("forbidden", "You may not do this.", &capital(sentence)),
        engine::Error::WrongCredentials => problem(
            "wrong_credentials",
            "The user name or the password is wrong.",
            "Check both; an administrator can set a new password.",
        ),
        engine::Error::Refused { explanation, field } => refused(explanation, *field),
        _ => problem("internal", "Something went wrong.", ""),
    }
}

fn refused(explanation: &Explanation, field: Option<&'static str>) -> Problem {
    let message = format!("{}. {}", explanation.title, explanation.advice);
    let errors = field.map(|field| FieldError { field: field.to_owned(), message });
    Problem {
        errors: errors.into_iter().collect(),
        facts: explanation.facts.clone(),
        command: explanation.command.clone(),
        kms: explanation.kms.clone(),
        ..problem("refused", &explanation.title, &explanation.advice)
    }
}

fn invalid(error: &FieldError) -> Problem {
    Problem {
        errors: vec![error.clone()],
        ..problem("invalid", &format!("The field {} is not acceptable.", error.field), "")
    }
}

fn not_found(what: &str) -> Problem {
    problem("not_found", &capital(&format!("{what} does not exist.")), "Check the name, or ask for access.")
}

fn internal(status: StatusCode, request_id: &str) -> Problem {
    let (code, title) = match status {
        StatusCode::SERVICE_UNAVAILABLE => ("unavailable", "The server cannot do this at the moment."),
        _ => ("internal", "Something went wrong on the server."),
    };
    Problem { request_id: Some(request_id.to_owned()), ..problem(code, title, "") }
}

/// A problem; [`render`] adds the status.
fn problem(code: &str, title: &str, detail: &str) -> Problem {
    Problem {
        problem_type: format!("urn:keyferry:problem:{code}"),
        title: title.to_owned(),
        status: 0,
        detail: Some(detail.to_owned()).filter(|detail| !detail.is_empty()),
        errors: Vec::new(),
        facts: Vec::new(),
        command: None,
        kms: None,
        request_id: None,
    }
}

fn capital(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Whole seconds, rounded up.
pub(crate) fn seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}
