//! One line in the log for each request, under an id that the reply carries too.

use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tracing::Instrument as _;

use crate::error::{self, Error};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id that a request is logged under.
#[derive(Clone, Copy)]
pub(crate) struct RequestId(pub(crate) uuid::Uuid);

/// Gives the request an id, writes errors into the reply and logs. A query is not logged: it may hold anything.
pub(crate) async fn observe(mut request: Request, next: Next) -> Response {
    let uuid = uuid::Uuid::now_v7();
    request.extensions_mut().insert(RequestId(uuid));
    let id = uuid.simple().to_string();
    let span = tracing::info_span!("request", id, method = %request.method(), path = request.uri().path());
    let header = HeaderValue::try_from(&id).expect("hexadecimal digits are a valid header");
    let work = async move {
        let started = Instant::now();
        let mut response = error::render(next.run(request).await, &id);
        response.headers_mut().insert(X_REQUEST_ID, header);
        let millis = started.elapsed().as_millis();
        tracing::info!(status = response.status().as_u16(), millis, "answered");
        response
    };
    work.instrument(span).await
}

/// Ends a request that takes longer than it may; what it began in the database is undone.
pub(crate) async fn limit_time(State(longest): State<Duration>, request: Request, next: Next) -> Response {
    match tokio::time::timeout(longest, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Error::Timeout.into_response(),
    }
}
