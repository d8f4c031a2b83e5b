//! Work on many keys at once.

use api::{
    Action, NewOperation, Operation, OperationKey, OperationKeyQuery, OperationPath, Page, PageQuery, Plan, Role,
    WorkspacePath,
};
use axum::extract::State;
use axum::http::StatusCode;
use engine::Engine;

use crate::auth::{Auditor, Operator, SignedIn};
use crate::error::Error;
use crate::extract::{Json, Path, Query};

/// The operations of a workspace, the newest first.
#[utoipa::path(get, path = "/workspaces/{workspace}/operations", tag = "operations",
    params(WorkspacePath, PageQuery), responses((status = OK, body = Page<Operation>)))]
pub(crate) async fn list_operations(
    State(engine): State<Engine>,
    _: Auditor,
    Path(path): Path<WorkspacePath>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Operation>>, Error> {
    Ok(Json(engine.operations(&path.workspace, &query).await?))
}

/// What an operation would do, how long that takes, and what would be refused. Nothing is changed.
#[utoipa::path(post, path = "/workspaces/{workspace}/operations/plan", tag = "operations",
    params(WorkspacePath), request_body = NewOperation, responses((status = OK, body = Plan)))]
pub(crate) async fn plan_operation(
    State(engine): State<Engine>,
    _: Operator,
    Path(path): Path<WorkspacePath>,
    Json(new): Json<NewOperation>,
) -> Result<Json<Plan>, Error> {
    Ok(Json(engine.plan_operation(&path.workspace, &new).await?))
}

/// Do something to each of many keys, in the background. Deleting needs the role admin.
#[utoipa::path(post, path = "/workspaces/{workspace}/operations", tag = "operations",
    params(WorkspacePath), request_body = NewOperation, responses((status = ACCEPTED, body = Operation)))]
pub(crate) async fn start_operation(
    State(engine): State<Engine>,
    Operator(actor): Operator,
    SignedIn { caller, .. }: SignedIn,
    Path(path): Path<WorkspacePath>,
    Json(new): Json<NewOperation>,
) -> Result<(StatusCode, Json<Operation>), Error> {
    if new.action == Action::Delete && caller.role_in(&path.workspace) < Some(Role::Admin) {
        let sentence = format!("Deleting keys needs the role admin in {}. Its admins can give it.", path.workspace);
        return Err(Error::Forbidden(sentence));
    }
    let operation = engine.start_operation(&path.workspace, &new, &actor).await?;
    Ok((StatusCode::ACCEPTED, Json(operation)))
}

/// An operation with its progress.
#[utoipa::path(get, path = "/workspaces/{workspace}/operations/{operation}", tag = "operations",
    params(OperationPath), responses((status = OK, body = Operation)))]
pub(crate) async fn show_operation(
    State(engine): State<Engine>,
    _: Auditor,
    Path(path): Path<OperationPath>,
) -> Result<Json<Operation>, Error> {
    Ok(Json(engine.operation(&path).await?))
}

/// The keys of an operation with their outcomes.
#[utoipa::path(get, path = "/workspaces/{workspace}/operations/{operation}/keys", tag = "operations",
    params(OperationPath, OperationKeyQuery), responses((status = OK, body = Page<OperationKey>)))]
pub(crate) async fn list_operation_keys(
    State(engine): State<Engine>,
    _: Auditor,
    Path(path): Path<OperationPath>,
    Query(query): Query<OperationKeyQuery>,
) -> Result<Json<Page<OperationKey>>, Error> {
    Ok(Json(engine.operation_keys(&path, &query).await?))
}

/// Begin no further key until the operation goes on.
#[utoipa::path(post, path = "/workspaces/{workspace}/operations/{operation}/pause", tag = "operations",
    params(OperationPath), responses((status = OK, body = Operation)))]
pub(crate) async fn pause_operation(
    State(engine): State<Engine>,
    Operator(actor): Operator,
    Path(path): Path<OperationPath>,
) -> Result<Json<Operation>, Error> {
    Ok(Json(engine.pause_operation(&path, &actor).await?))
}

/// Go on.
#[utoipa::path(post, path = "/workspaces/{workspace}/operations/{operation}/resume", tag = "operations",
    params(OperationPath), responses((status = OK, body = Operation)))]
pub(crate) async fn resume_operation(
    State(engine): State<Engine>,
    Operator(actor): Operator,
    Path(path): Path<OperationPath>,
) -> Result<Json<Operation>, Error> {
    Ok(Json(engine.resume_operation(&path, &actor).await?))
}

/// Leave the keys that were not begun as they are.
#[utoipa::path(post, path = "/workspaces/{workspace}/operations/{operation}/cancel", tag = "operations",
    params(OperationPath), responses((status = OK, body = Operation)))]
pub(crate) async fn cancel_operation(
    State(engine): State<Engine>,
    Operator(actor): Operator,
    Path(path): Path<OperationPath>,
) -> Result<Json<Operation>, Error> {
    Ok(Json(engine.cancel_operation(&path, &actor).await?))
}

/// Try the keys again that were refused.
#[utoipa::path(post, path = "/workspaces/{workspace}/operations/{operation}/retry", tag = "operations",
    params(OperationPath), responses((status = OK, body = Operation)))]
pub(crate) async fn retry_operation(
    State(engine): State<Engine>,
    Operator(actor): Operator,
    Path(path): Path<OperationPath>,
) -> Result<Json<Operation>, Error> {
    Ok(Json(engine.retry_operation(&path, &actor).await?))
}
