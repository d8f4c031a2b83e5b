//! Workspaces.

use api::{NewWorkspace, Page, PageQuery, Workspace, WorkspacePath};
use axum::extract::State;
use axum::http::StatusCode;
use engine::Engine;

use crate::auth::{Administrator, Auditor, SignedIn};
use crate::error::Error;
use crate::extract::{Json, Path, Query};

/// The workspaces that are open to the caller, by slug.
#[utoipa::path(get, path = "/workspaces", tag = "workspaces",
    params(PageQuery), responses((status = OK, body = Page<Workspace>)))]
pub(crate) async fn list_workspaces(
    State(engine): State<Engine>,
    SignedIn { caller, .. }: SignedIn,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Workspace>>, Error> {
    Ok(Json(engine.workspaces(&query, &caller).await?))
}

/// Open a workspace.
#[utoipa::path(post, path = "/workspaces", tag = "workspaces",
    request_body = NewWorkspace, responses((status = CREATED, body = Workspace)))]
pub(crate) async fn create_workspace(
    State(engine): State<Engine>,
    Administrator(actor): Administrator,
    Json(new): Json<NewWorkspace>,
) -> Result<(StatusCode, Json<Workspace>), Error> {
    let workspace = engine.create_workspace(&new, &actor).await?;
    Ok((StatusCode::CREATED, Json(workspace)))
}

/// A workspace, with how much is in it.
#[utoipa::path(get, path = "/workspaces/{workspace}", tag = "workspaces",
    params(WorkspacePath), responses((status = OK, body = Workspace)))]
pub(crate) async fn show_workspace(
    State(engine): State<Engine>,
    _: Auditor,
    Path(path): Path<WorkspacePath>,
) -> Result<Json<Workspace>, Error> {
    Ok(Json(engine.workspace(&path.workspace).await?))
}
