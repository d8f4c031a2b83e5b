//! Users.

use api::{NewUser, Page, PageQuery, User, UserChange, UserPath};
use axum::extract::State;
use axum::http::StatusCode;
use engine::Engine;

use crate::auth::{Administrator, GlobalAuditor};
use crate::error::Error;
use crate::extract::{Json, Path, Query};

/// All users, by name.
#[utoipa::path(get, path = "/users", tag = "users",
    params(PageQuery), responses((status = OK, body = Page<User>)))]
pub(crate) async fn list_users(
    State(engine): State<Engine>,
    _: GlobalAuditor,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<User>>, Error> {
    Ok(Json(engine.users(&query).await?))
}

/// Make a user.
#[utoipa::path(post, path = "/users", tag = "users",
    request_body = NewUser, responses((status = CREATED, body = User)))]
pub(crate) async fn create_user(
    State(engine): State<Engine>,
    Administrator(actor): Administrator,
    Json(new): Json<NewUser>,
) -> Result<(StatusCode, Json<User>), Error> {
    let user = engine.create_user(&new, &actor).await?;
    Ok((StatusCode::CREATED, Json(user)))
}

/// Change a user: another role, a new password and disabling end all sessions of the user.
#[utoipa::path(patch, path = "/users/{username}", tag = "users",
    params(UserPath), request_body = UserChange, responses((status = OK, body = User)))]
pub(crate) async fn change_user(
    State(engine): State<Engine>,
    Administrator(actor): Administrator,
    Path(path): Path<UserPath>,
    Json(change): Json<UserChange>,
) -> Result<Json<User>, Error> {
    Ok(Json(engine.change_user(&path.username, &change, &actor).await?))
}
