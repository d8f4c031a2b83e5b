//! Path, query and body as the types of `api`; what is not valid names its field.

use axum::Json as Reply;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde::de::value::MapDeserializer;

use crate::error::Error;

/// A JSON body, in and out.
pub(crate) struct Json<T>(pub(crate) T);

/// The parameters of the path.
pub(crate) struct Path<T>(pub(crate) T);

/// The parameters of the query.
pub(crate) struct Query<T>(pub(crate) T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        Reply(self.0).into_response()
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        if !is_json(request.headers()) {
            return Err(Error::MediaType);
        }
        let body = Bytes::from_request(request, state).await.map_err(unreadable)?;
        let mut reader = serde_json::Deserializer::from_slice(&body);
        let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
            let path = error.path().to_string();
            let error = error.into_inner();
            match error.classify() {
                serde_json::error::Category::Data => field(&path, &without_position(&error)),
                _ => Error::Syntax(format!("It cannot be read at line {}, column {}.", error.line(), error.column())),
            }
        })?;
        reader.end().map_err(|_| Error::Syntax("Something follows the JSON value.".to_owned()))?;
        Ok(Self(value))
    }
}

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let parameters = RawPathParams::from_request_parts(parts, state).await;
        let parameters = parameters.map_err(|_| Error::NotFound("this address".to_owned()))?;
        let reader = MapDeserializer::<_, serde::de::value::Error>::new(parameters.iter());
        let value = serde_path_to_error::deserialize(reader);
        value.map(Self).map_err(|error| field(&error.path().to_string(), &error.inner().to_string()))
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        let query = parts.uri.query().unwrap_or_default();
        // PostgreSQL keeps no text with it, so nothing can be found by it.
        if let Some((name, _)) = form(query).find(|(name, value)| name.contains('\0') || value.contains('\0')) {
            return Err(Error::invalid(name.replace('\0', ""), "the character NUL cannot stand here"));
        }
        let reader = serde_urlencoded::Deserializer::new(form(query));
        let value = serde_path_to_error::deserialize(reader);
        value.map(Self).map_err(|error| field(&error.path().to_string(), &error.inner().to_string()))
    }
}

/// The pairs of a query string.
fn form(query: &str) -> url::form_urlencoded::Parse<'_> {
    url::form_urlencoded::parse(query.as_bytes())
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
}

fn unreadable(rejection: BytesRejection) -> Error {
    match rejection.into_response().status() {
        StatusCode::PAYLOAD_TOO_LARGE => Error::TooLarge,
        _ => Error::Syntax("It ended too early.".to_owned()),
    }
}

/// An error at a path such as `credentials.tenant_id` or `purposes[1]`, of which the list is named. Missing and unknown fields are named inside serde's message.
fn field(path: &str, message: &str) -> Error {
    let path = path.split('[').next().unwrap_or_default();
    let inside = Some(path).filter(|path| !matches!(*path, "" | "." | "?"));
    for (prefix, sentence) in
        [("missing field `", "this field is missing"), ("unknown field `", "there is no such field")]
    {
        if let Some((name, _)) = message.strip_prefix(prefix).and_then(|rest| rest.split_once('`')) {
            let path = inside.filter(|path| *path != name && !path.ends_with(&format!(".{name}")));
            let field = path.map_or_else(|| name.to_owned(), |path| format!("{path}.{name}"));
            return Error::invalid(field, sentence);
        }
    }
    Error::invalid(inside.unwrap_or("body"), message)
}

/// The message of `serde_json` without " at line 1 column 2", and without the value: it may be a secret.
fn without_position(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message);
    match text.strip_prefix("invalid type: ").and_then(|rest| rest.rsplit_once(", expected ")) {
        Some((_, expected)) => format!("this has to be {expected}"),
        None => text.to_owned(),
    }
}
