//! Rotation by itself.

use api::{Page, PageQuery, ScheduleChange, ScheduledKey, WorkspacePath};
use axum::extract::State;
use axum::http::StatusCode;
use engine::Engine;

use crate::auth::{Auditor, Operator};
use crate::error::Error;
use crate::extract::{Json, Path, Query};

/// The rotations to come, the next first; overdue ones before all.
#[utoipa::path(get, path = "/workspaces/{workspace}/schedule", tag = "schedule",
    params(WorkspacePath, PageQuery), responses((status = OK, body = Page<ScheduledKey>)))]
pub(crate) async fn show_schedule(
    State(engine): State<Engine>,
    _: Auditor,
    Path(path): Path<WorkspacePath>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<ScheduledKey>>, Error> {
    Ok(Json(engine.schedule(&path.workspace, &query).await?))
}

/// Give keys a period, or take it from them: all of them or none.
#[utoipa::path(put, path = "/workspaces/{workspace}/schedule", tag = "schedule",
    params(WorkspacePath), request_body = ScheduleChange, responses((status = NO_CONTENT)))]
pub(crate) async fn change_schedule(
    State(engine): State<Engine>,
    Operator(actor): Operator,
    Path(path): Path<WorkspacePath>,
    Json(change): Json<ScheduleChange>,
) -> Result<StatusCode, Error> {
    engine.change_schedule(&path.workspace, &change, &actor).await?;
    Ok(StatusCode::NO_CONTENT)
}
