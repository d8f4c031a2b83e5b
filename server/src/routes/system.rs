//! The installation itself.

use api::System;
use axum::extract::State;
use engine::Engine;

use crate::auth::GlobalAuditor;
use crate::error::Error;
use crate::extract::Json;

/// What runs: its version, and how it is sealed.
#[utoipa::path(get, path = "/system", tag = "system", responses((status = OK, body = System)))]
pub(crate) async fn show_system(State(engine): State<Engine>, _: GlobalAuditor) -> Result<Json<System>, Error> {
    let version = env!("CARGO_PKG_VERSION").to_owned();
    Ok(Json(System { version, sealing: engine.sealing().await?, pool: engine.pool().await? }))
}
