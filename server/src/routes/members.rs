//! Members of a workspace.

use api::{Member, MemberChange, MemberPath, Page, PageQuery, WorkspacePath};
use axum::extract::State;
use axum::http::StatusCode;
use engine::Engine;

use crate::auth::{Admin, Auditor};
use crate::error::Error;
use crate::extract::{Json, Path, Query};

/// The members of a workspace, by name.
#[utoipa::path(get, path = "/workspaces/{workspace}/members", tag = "members",
    params(WorkspacePath, PageQuery), responses((status = OK, body = Page<Member>)))]
pub(crate) async fn list_members(
    State(engine): State<Engine>,
    _: Auditor,
    Path(path): Path<WorkspacePath>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Member>>, Error> {
    Ok(Json(engine.members(&path.workspace, &query).await?))
}

/// Give a role in a workspace, or another one.
#[utoipa::path(put, path = "/workspaces/{workspace}/members/{username}", tag = "members",
    params(MemberPath), request_body = MemberChange, responses((status = OK, body = Member)))]
pub(crate) async fn set_member(
    State(engine): State<Engine>,
    Admin(actor): Admin,
    Path(path): Path<MemberPath>,
    Json(change): Json<MemberChange>,
) -> Result<Json<Member>, Error> {
    Ok(Json(engine.set_member(&path, &change, &actor).await?))
}

/// Take the role in a workspace away.
#[utoipa::path(delete, path = "/workspaces/{workspace}/members/{username}", tag = "members",
    params(MemberPath), responses((status = NO_CONTENT)))]
pub(crate) async fn remove_member(
    State(engine): State<Engine>,
    Admin(actor): Admin,
    Path(path): Path<MemberPath>,
) -> Result<StatusCode, Error> {
    engine.remove_member(&path, &actor).await?;
    Ok(StatusCode::NO_CONTENT)
}
