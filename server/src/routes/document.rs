//! The OpenAPI document of this API.

use std::sync::LazyLock;

use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

use crate::auth::SignedIn;

static DOCUMENT: LazyLock<String> = LazyLock::new(crate::openapi::document);

/// This document.
#[utoipa::path(get, path = "/openapi.json", tag = "session",
    responses((status = OK, body = serde_json::Value, content_type = "application/json")))]
pub(crate) async fn show_document(_: SignedIn) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], DOCUMENT.as_str())
}
