//! Whether the server lives, for those that watch it. It tells nothing else.

use axum::Json;
use axum::extract::State;
use engine::Engine;
use serde_json::{Value, json};

use crate::error::Error;

/// The process answers.
pub(crate) async fn health() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

/// The database answers too.
pub(crate) async fn ready(State(engine): State<Engine>) -> Result<Json<Value>, Error> {
    engine.ready().await?;
    Ok(Json(json!({ "status": "ready" })))
}
