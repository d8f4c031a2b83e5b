//! What differs at the providers, and what to do about it.

use api::{AcceptDifference, Distribution, DistributionPath, Page, PageQuery, ReopenDifference, WorkspacePath};
use axum::extract::State;
use axum::http::StatusCode;
use engine::Engine;

use crate::auth::{Auditor, Operator};
use crate::error::Error;
use crate::extract::{Json, Path, Query};

/// The distributions with something that differs, accepted or not: alarms first.
#[utoipa::path(get, path = "/workspaces/{workspace}/drift", tag = "drift",
    params(WorkspacePath, PageQuery), responses((status = OK, body = Page<Distribution>)))]
pub(crate) async fn list_drift(
    State(engine): State<Engine>,
    _: Auditor,
    Path(path): Path<WorkspacePath>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Distribution>>, Error> {
    Ok(Json(engine.drift(&path.workspace, &query).await?))
}

/// Make the provider match where it differs and nobody accepted it.
#[utoipa::path(post, path = "/workspaces/{workspace}/keys/{key}/distributions/{provider}/reconcile", tag = "drift",
    params(DistributionPath), responses((status = ACCEPTED, body = Distribution)))]
pub(crate) async fn reconcile_distribution(
    State(engine): State<Engine>,
    Operator(actor): Operator,
    Path(path): Path<DistributionPath>,
) -> Result<(StatusCode, Json<Distribution>), Error> {
    let distribution = engine.reconcile_distribution(&path, &actor).await?;
    Ok((StatusCode::ACCEPTED, Json(distribution)))
}

/// Let a difference stay as long as it stays the same.
#[utoipa::path(post, path = "/workspaces/{workspace}/keys/{key}/distributions/{provider}/accept", tag = "drift",
    params(DistributionPath), request_body = AcceptDifference, responses((status = OK, body = Distribution)))]
pub(crate) async fn accept_difference(
    State(engine): State<Engine>,
    Operator(actor): Operator,
    Path(path): Path<DistributionPath>,
    Json(accept): Json<AcceptDifference>,
) -> Result<Json<Distribution>, Error> {
    Ok(Json(engine.accept_difference(&path, &accept, &actor).await?))
}

/// Take back that a difference may stay.
#[utoipa::path(post, path = "/workspaces/{workspace}/keys/{key}/distributions/{provider}/reopen", tag = "drift",
    params(DistributionPath), request_body = ReopenDifference, responses((status = OK, body = Distribution)))]
pub(crate) async fn reopen_difference(
    State(engine): State<Engine>,
    Operator(actor): Operator,
    Path(path): Path<DistributionPath>,
    Json(reopen): Json<ReopenDifference>,
) -> Result<Json<Distribution>, Error> {
    Ok(Json(engine.reopen_difference(&path, &reopen, &actor).await?))
}
