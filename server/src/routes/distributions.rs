//! Which provider holds which key.

use api::{Distribution, DistributionPath, DistributionQuery, KeyPath, NewDistribution, Page, WorkspacePath};
use axum::extract::State;
use axum::http::StatusCode;
use engine::Engine;

use crate::auth::{Auditor, Operator};
use crate::error::Error;
use crate::extract::{Json, Path, Query};

/// Send a key to a provider.
#[utoipa::path(post, path = "/workspaces/{workspace}/keys/{key}/distributions", tag = "distributions",
    params(KeyPath), request_body = NewDistribution, responses((status = ACCEPTED, body = Distribution)))]
pub(crate) async fn distribute_key(
    State(engine): State<Engine>,
    Operator(actor): Operator,
    Path(path): Path<KeyPath>,
    Json(new): Json<NewDistribution>,
) -> Result<(StatusCode, Json<Distribution>), Error> {
    let distribution = engine.distribute_key(&path, &new, &actor).await?;
    Ok((StatusCode::ACCEPTED, Json(distribution)))
}

/// How a distribution stands.
#[utoipa::path(get, path = "/workspaces/{workspace}/keys/{key}/distributions/{provider}", tag = "distributions",
    params(DistributionPath), responses((status = OK, body = Distribution)))]
pub(crate) async fn show_distribution(
    State(engine): State<Engine>,
    _: Auditor,
    Path(path): Path<DistributionPath>,
) -> Result<Json<Distribution>, Error> {
    Ok(Json(engine.distribution(&path).await?))
}

/// Take a key back from a provider.
#[utoipa::path(delete, path = "/workspaces/{workspace}/keys/{key}/distributions/{provider}", tag = "distributions",
    params(DistributionPath), responses((status = ACCEPTED, body = Distribution)))]
pub(crate) async fn withdraw_key(
    State(engine): State<Engine>,
    Operator(actor): Operator,
    Path(path): Path<DistributionPath>,
) -> Result<(StatusCode, Json<Distribution>), Error> {
    let distribution = engine.withdraw_key(&path, &actor).await?;
    Ok((StatusCode::ACCEPTED, Json(distribution)))
}

/// Try again at once.
#[utoipa::path(post, path = "/workspaces/{workspace}/keys/{key}/distributions/{provider}/retry",
    tag = "distributions", params(DistributionPath), responses((status = ACCEPTED, body = Distribution)))]
pub(crate) async fn retry_distribution(
    State(engine): State<Engine>,
    Operator(actor): Operator,
    Path(path): Path<DistributionPath>,
) -> Result<(StatusCode, Json<Distribution>), Error> {
    let distribution = engine.retry_distribution(&path, &actor).await?;
    Ok((StatusCode::ACCEPTED, Json(distribution)))
}

/// Compare what the provider holds with what is wanted, at once.
#[utoipa::path(post, path = "/workspaces/{workspace}/keys/{key}/distributions/{provider}/verify",
    tag = "distributions", params(DistributionPath), responses((status = ACCEPTED, body = Distribution)))]
pub(crate) async fn verify_distribution(
    State(engine): State<Engine>,
    Operator(actor): Operator,
    Path(path): Path<DistributionPath>,
) -> Result<(StatusCode, Json<Distribution>), Error> {
    let distribution = engine.verify_distribution(&path, &actor).await?;
    Ok((StatusCode::ACCEPTED, Json(distribution)))
}

/// The distributions of a workspace, by key and provider.
#[utoipa::path(get, path = "/workspaces/{workspace}/distributions", tag = "distributions",
    params(WorkspacePath, DistributionQuery), responses((status = OK, body = Page<Distribution>)))]
pub(crate) async fn list_distributions(
    State(engine): State<Engine>,
    _: Auditor,
    Path(path): Path<WorkspacePath>,
    Query(query): Query<DistributionQuery>,
) -> Result<Json<Page<Distribution>>, Error> {
    Ok(Json(engine.distributions(&path.workspace, &query).await?))
}
