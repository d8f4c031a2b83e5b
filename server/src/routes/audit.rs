//! The audit trail.

use api::{AuditEntry, AuditQuery, Page};
use axum::extract::State;
use engine::Engine;

use crate::auth::SignedIn;
use crate::error::Error;
use crate::extract::{Json, Query};

/// The audit trail, newest first; rows outside one's rights come without their event.
#[utoipa::path(get, path = "/audit-events", tag = "audit",
    params(AuditQuery), responses((status = OK, body = Page<AuditEntry>)))]
pub(crate) async fn list_audit_events(
    State(engine): State<Engine>,
    SignedIn { caller, .. }: SignedIn,
    Query(query): Query<AuditQuery>,
) -> Result<Json<Page<AuditEntry>>, Error> {
    Ok(Json(engine.audit_events(&query, &caller).await?))
}
