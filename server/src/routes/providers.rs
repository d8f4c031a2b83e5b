//! KMS providers.

use api::{Check, NewProvider, Page, PageQuery, Provider, ProviderChange, ProviderPath, WorkspacePath};
use axum::extract::State;
use axum::http::StatusCode;
use engine::Engine;

use crate::auth::{Admin, Auditor, Operator};
use crate::error::Error;
use crate::extract::{Json, Path, Query};

/// The providers of a workspace, by name.
#[utoipa::path(get, path = "/workspaces/{workspace}/providers", tag = "providers",
    params(WorkspacePath, PageQuery), responses((status = OK, body = Page<Provider>)))]
pub(crate) async fn list_providers(
    State(engine): State<Engine>,
    _: Auditor,
    Path(path): Path<WorkspacePath>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Provider>>, Error> {
    Ok(Json(engine.providers(&path.workspace, &query).await?))
}

/// Connect a vault. It is checked first: what a person has to correct is refused and nothing is stored.
#[utoipa::path(post, path = "/workspaces/{workspace}/providers", tag = "providers",
    params(WorkspacePath), request_body = NewProvider, responses((status = CREATED, body = Provider)))]
pub(crate) async fn create_provider(
    State(engine): State<Engine>,
    Admin(actor): Admin,
    Path(path): Path<WorkspacePath>,
    Json(new): Json<NewProvider>,
) -> Result<(StatusCode, Json<Provider>), Error> {
    let provider = engine.create_provider(&path.workspace, &new, &actor).await?;
    Ok((StatusCode::CREATED, Json(provider)))
}

/// A provider, with what the last check found.
#[utoipa::path(get, path = "/workspaces/{workspace}/providers/{provider}", tag = "providers",
    params(ProviderPath), responses((status = OK, body = Provider)))]
pub(crate) async fn show_provider(
    State(engine): State<Engine>,
    _: Auditor,
    Path(path): Path<ProviderPath>,
) -> Result<Json<Provider>, Error> {
    Ok(Json(engine.provider(&path).await?))
}

/// Replace a provider's credentials. They are checked first, as when connecting.
#[utoipa::path(patch, path = "/workspaces/{workspace}/providers/{provider}", tag = "providers",
    params(ProviderPath), request_body = ProviderChange, responses((status = OK, body = Provider)))]
pub(crate) async fn change_provider(
    State(engine): State<Engine>,
    Admin(actor): Admin,
    Path(path): Path<ProviderPath>,
    Json(change): Json<ProviderChange>,
) -> Result<Json<Provider>, Error> {
    Ok(Json(engine.change_provider(&path, &change, &actor).await?))
}

/// Forget a provider that holds no key.
#[utoipa::path(delete, path = "/workspaces/{workspace}/providers/{provider}", tag = "providers",
    params(ProviderPath), responses((status = NO_CONTENT)))]
pub(crate) async fn delete_provider(
    State(engine): State<Engine>,
    Admin(actor): Admin,
    Path(path): Path<ProviderPath>,
) -> Result<StatusCode, Error> {
    engine.delete_provider(&path, &actor).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Check a provider step by step.
#[utoipa::path(post, path = "/workspaces/{workspace}/providers/{provider}/check", tag = "providers",
    params(ProviderPath), responses((status = OK, body = Check)))]
pub(crate) async fn check_provider(
    State(engine): State<Engine>,
    Operator(actor): Operator,
    Path(path): Path<ProviderPath>,
) -> Result<Json<Check>, Error> {
    Ok(Json(engine.check_provider(&path, &actor).await?))
}

/// Have the vault make its key exchange key now, before the first key is distributed. What becomes of it shows at the
/// provider; asked again, nothing is made twice.
#[utoipa::path(post, path = "/workspaces/{workspace}/providers/{provider}/kek", tag = "providers",
    params(ProviderPath), responses((status = ACCEPTED, body = Provider)))]
pub(crate) async fn request_kek(
    State(engine): State<Engine>,
    Operator(actor): Operator,
    Path(path): Path<ProviderPath>,
) -> Result<(StatusCode, Json<Provider>), Error> {
    Ok((StatusCode::ACCEPTED, Json(engine.request_kek(&path, &actor).await?)))
}
