//! Keys and their versions.

use api::{
    Compromise, Compromised, Destruction, Key, KeyChange, KeyPath, KeyQuery, KeySummary, NewKey, OwnKey, Page,
    WorkspacePath,
};
use axum::extract::State;
use axum::http::StatusCode;
use engine::Engine;

use crate::auth::{Admin, Auditor, Operator};
use crate::error::Error;
use crate::extract::{Json, Path, Query};

/// The keys of a workspace.
#[utoipa::path(get, path = "/workspaces/{workspace}/keys", tag = "keys",
    params(WorkspacePath, KeyQuery), responses((status = OK, body = Page<KeySummary>)))]
pub(crate) async fn list_keys(
    State(engine): State<Engine>,
    _: Auditor,
    Path(path): Path<WorkspacePath>,
    Query(query): Query<KeyQuery>,
) -> Result<Json<Page<KeySummary>>, Error> {
    Ok(Json(engine.keys(&path.workspace, &query).await?))
}

/// Make a key with its first version.
#[utoipa::path(post, path = "/workspaces/{workspace}/keys", tag = "keys",
    params(WorkspacePath), request_body = NewKey, responses((status = CREATED, body = Key)))]
pub(crate) async fn create_key(
    State(engine): State<Engine>,
    Operator(actor): Operator,
    Path(path): Path<WorkspacePath>,
    Json(new): Json<NewKey>,
) -> Result<(StatusCode, Json<Key>), Error> {
    let key = engine.create_key(&path.workspace, &new, &actor).await?;
    Ok((StatusCode::CREATED, Json(key)))
}

/// A key with all its versions and where it is held.
#[utoipa::path(get, path = "/workspaces/{workspace}/keys/{key}", tag = "keys",
    params(KeyPath), responses((status = OK, body = Key)))]
pub(crate) async fn show_key(
    State(engine): State<Engine>,
    _: Auditor,
    Path(path): Path<KeyPath>,
) -> Result<Json<Key>, Error> {
    Ok(Json(engine.key(&path).await?))
}

/// Set the minimum enabled version, or whether the key may be deleted.
#[utoipa::path(patch, path = "/workspaces/{workspace}/keys/{key}", tag = "keys",
    params(KeyPath), request_body = KeyChange, responses((status = OK, body = Key)))]
pub(crate) async fn change_key(
    State(engine): State<Engine>,
    Operator(actor): Operator,
    Path(path): Path<KeyPath>,
    Json(change): Json<KeyChange>,
) -> Result<Json<Key>, Error> {
    Ok(Json(engine.change_key(&path, &change, &actor).await?))
}

/// Delete a key that may be deleted and that no provider holds.
#[utoipa::path(delete, path = "/workspaces/{workspace}/keys/{key}", tag = "keys",
    params(KeyPath), responses((status = NO_CONTENT)))]
pub(crate) async fn delete_key(
    State(engine): State<Engine>,
    Admin(actor): Admin,
    Path(path): Path<KeyPath>,
) -> Result<StatusCode, Error> {
    engine.delete_key(&path, &actor).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Bring an RSA key of one's own, as the next version of a key or the first of a new one.
#[utoipa::path(post, path = "/workspaces/{workspace}/keys/{key}/import", tag = "keys",
    params(KeyPath), request_body = OwnKey, responses((status = ACCEPTED, body = Key)))]
pub(crate) async fn import_own_key(
    State(engine): State<Engine>,
    Operator(actor): Operator,
    Path(path): Path<KeyPath>,
    Json(own): Json<OwnKey>,
) -> Result<(StatusCode, Json<Key>), Error> {
    let key = engine.import_own_key(&path, &own, &actor).await?;
    Ok((StatusCode::ACCEPTED, Json(key)))
}

/// Add a version to a key; every provider that holds the key receives it.
#[utoipa::path(post, path = "/workspaces/{workspace}/keys/{key}/rotate", tag = "keys",
    params(KeyPath), responses((status = ACCEPTED, body = Key)))]
pub(crate) async fn rotate_key(
    State(engine): State<Engine>,
    Operator(actor): Operator,
    Path(path): Path<KeyPath>,
) -> Result<(StatusCode, Json<Key>), Error> {
    let key = engine.rotate_key(&path, &actor).await?;
    Ok((StatusCode::ACCEPTED, Json(key)))
}

/// Mark versions of a key as compromised, for good: they are switched off wherever they are held and delivered nowhere.
#[utoipa::path(post, path = "/workspaces/{workspace}/keys/{key}/compromise", tag = "keys",
    params(KeyPath), request_body = Compromise, responses((status = ACCEPTED, body = Compromised)))]
pub(crate) async fn compromise_key(
    State(engine): State<Engine>,
    Admin(actor): Admin,
    Path(path): Path<KeyPath>,
    Json(wanted): Json<Compromise>,
) -> Result<(StatusCode, Json<Compromised>), Error> {
    Ok((StatusCode::ACCEPTED, Json(engine.compromise_key(&path, &wanted, &actor).await?)))
}

/// Destroy the private keys of versions that no provider may use, for good; their records stay.
#[utoipa::path(post, path = "/workspaces/{workspace}/keys/{key}/destroy", tag = "keys",
    params(KeyPath), request_body = Destruction, responses((status = OK, body = Key)))]
pub(crate) async fn destroy_key(
    State(engine): State<Engine>,
    Admin(actor): Admin,
    Path(path): Path<KeyPath>,
    Json(wanted): Json<Destruction>,
) -> Result<Json<Key>, Error> {
    Ok(Json(engine.destroy_key(&path, &wanted, &actor).await?))
}
