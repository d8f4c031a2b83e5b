//! Keys of ours that a provider keeps as deleted.

use api::{DeletedKey, DeletedKeyPath, Page, PageQuery, ProviderPath};
use axum::extract::State;
use axum::http::StatusCode;
use engine::Engine;

use crate::auth::{Admin, Auditor};
use crate::error::Error;
use crate::extract::{Json, Path, Query};

/// The keys of ours that a provider keeps as deleted, by their name there.
#[utoipa::path(get, path = "/workspaces/{workspace}/providers/{provider}/deleted-keys", tag = "providers",
    params(ProviderPath, PageQuery), responses((status = OK, body = Page<DeletedKey>)))]
pub(crate) async fn list_deleted_keys(
    State(engine): State<Engine>,
    _: Auditor,
    Path(path): Path<ProviderPath>,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<DeletedKey>>, Error> {
    Ok(Json(engine.deleted_keys(&path, &query).await?))
}

/// Bring a deleted key back: its distribution goes on where it was.
#[utoipa::path(post, path = "/workspaces/{workspace}/providers/{provider}/deleted-keys/{name_in_kms}/recover",
    tag = "providers", params(DeletedKeyPath), responses((status = ACCEPTED, body = DeletedKey)))]
pub(crate) async fn recover_deleted_key(
    State(engine): State<Engine>,
    Admin(actor): Admin,
    Path(path): Path<DeletedKeyPath>,
) -> Result<(StatusCode, Json<DeletedKey>), Error> {
    let key = engine.recover_deleted_key(&path, &actor).await?;
    Ok((StatusCode::ACCEPTED, Json(key)))
}

/// Destroy a deleted key for good, which frees its name.
#[utoipa::path(post, path = "/workspaces/{workspace}/providers/{provider}/deleted-keys/{name_in_kms}/purge",
    tag = "providers", params(DeletedKeyPath), responses((status = ACCEPTED, body = DeletedKey)))]
pub(crate) async fn purge_deleted_key(
    State(engine): State<Engine>,
    Admin(actor): Admin,
    Path(path): Path<DeletedKeyPath>,
) -> Result<(StatusCode, Json<DeletedKey>), Error> {
    let key = engine.purge_deleted_key(&path, &actor).await?;
    Ok((StatusCode::ACCEPTED, Json(key)))
}
