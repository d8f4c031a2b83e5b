//! Whether the server lives, for those that watch it. It tells nothing else.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use engine::Engine;
use serde_json::{Value, json};

use crate::error::Error;

/// The process answers.
pub(crate) async fn health() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

/// The database answers too, and its clock and this machine's agree.
pub(crate) async fn ready(State(engine): State<Engine>) -> Result<(StatusCode, Json<Value>), Error> {
    engine.ready().await?;
    Ok(match engine.clocks_apart().await? {
        None => (StatusCode::OK, Json(json!({ "status": "ready" }))),
        Some(apart) => {
            let reason = format!(
                "the clocks of this machine and of the database are {} s apart: nothing is sent to Azure until they agree",
                apart.as_secs()
            );
            (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "status": "not_ready", "reason": reason })))
        }
    })
}
