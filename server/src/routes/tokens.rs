//! Bearer tokens for programs.

use api::{IssuedToken, NewToken, Page, PageQuery, Right, Token, TokenPath};
use axum::extract::State;
use axum::http::StatusCode;
use engine::Engine;

use crate::auth::SignedIn;
use crate::error::Error;
use crate::extract::{Json, Path, Query};

/// One's own tokens, the newest first; for those who read everything, all.
#[utoipa::path(get, path = "/tokens", tag = "tokens",
    params(PageQuery), responses((status = OK, body = Page<Token>)))]
pub(crate) async fn list_tokens(
    State(engine): State<Engine>,
    SignedIn { caller, .. }: SignedIn,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<Token>>, Error> {
    Ok(Json(engine.tokens(&query, &caller).await?))
}

/// Make a token for oneself; its secret is in this reply only.
#[utoipa::path(post, path = "/tokens", tag = "tokens",
    request_body = NewToken, responses((status = CREATED, body = IssuedToken)))]
pub(crate) async fn create_token(
    State(engine): State<Engine>,
    SignedIn { caller, actor }: SignedIn,
    Json(new): Json<NewToken>,
) -> Result<(StatusCode, Json<IssuedToken>), Error> {
    let issued = engine.create_token(&new, &caller, &actor).await?;
    Ok((StatusCode::CREATED, Json(issued)))
}

/// End a token for ever: one's own, or, as administrator, any.
#[utoipa::path(delete, path = "/tokens/{id}", tag = "tokens",
    params(TokenPath), responses((status = NO_CONTENT)))]
pub(crate) async fn revoke_token(
    State(engine): State<Engine>,
    SignedIn { caller, actor }: SignedIn,
    Path(path): Path<TokenPath>,
) -> Result<StatusCode, Error> {
    engine.revoke_token(&path.id, &caller, &actor).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What a token may do at this moment below `/v1`: rules of paths. Nothing when it has ended.
#[utoipa::path(get, path = "/tokens/{id}/rights", tag = "tokens",
    params(TokenPath), responses((status = OK, body = Vec<Right>)))]
pub(crate) async fn show_token_rights(
    State(engine): State<Engine>,
    SignedIn { caller, .. }: SignedIn,
    Path(path): Path<TokenPath>,
) -> Result<Json<Vec<Right>>, Error> {
    Ok(Json(engine.token_rights(&path.id, &caller).await?))
}
