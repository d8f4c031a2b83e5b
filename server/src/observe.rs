//! One line in the log for each request, under an id that the reply carries too.

use std::time::{Duration, Instant};

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tracing::Instrument as _;

use crate::error::{self, Error};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest that a request may take.
const LONGEST: Duration = Duration::from_secs(30);

/// Gives the request an id, writes errors into the reply and logs. A query is not logged: it may hold anything.
pub(crate) async fn observe(request: Request, next: Next) -> Response {
    let id = uuid::Uuid::now_v7().simple().to_string();
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

/// Ends a request that takes too long; what it began in the database is undone.
pub(crate) async fn limit_time(request: Request, next: Next) -> Response {
    match tokio::time::timeout(LONGEST, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Error::Timeout.into_response(),
    }
}
