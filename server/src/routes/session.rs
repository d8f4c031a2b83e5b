//! Signing in and out, and who one is.

use std::sync::Arc;

use api::{DemoVault, PasswordChange, Session, SignIn, Timestamp};
use axum::extract::State;
use axum::http::StatusCode;
use engine::{Caller, Engine};

use crate::auth::{Attempts, Identified, SessionState, SignedIn, Source};
use crate::error::Error;
use crate::extract::Json;
use crate::state::DemoVaults;

/// Sign in: the session's cookie comes with the reply.
#[utoipa::path(post, path = "/session", tag = "session", security(()),
    request_body = SignIn, responses((status = OK, body = Session)))]
pub(crate) async fn sign_in(
    State(engine): State<Engine>,
    State(attempts): State<Arc<Attempts>>,
    State(demo): State<DemoVaults>,
    Source(address): Source,
    session: tower_sessions::Session,
    Json(form): Json<SignIn>,
) -> Result<Json<Session>, Error> {
    attempts.admit(&form.username, address)?;
    let caller = engine.sign_in(&form, Some(address.to_string())).await?;
    let state = SessionState::start(&session, caller.user_id()).await?;
    Ok(Json(described(&caller, state.ends_at(), &demo)))
}

/// Who is signed in, and with which rights.
#[utoipa::path(get, path = "/session", tag = "session", responses((status = OK, body = Session)))]
pub(crate) async fn show_session(
    State(demo): State<DemoVaults>,
    Identified { caller, ends_at, .. }: Identified,
) -> Json<Session> {
    Json(described(&caller, ends_at, &demo))
}

/// Sign out: the session ends on the server.
#[utoipa::path(delete, path = "/session", tag = "session", responses((status = NO_CONTENT)))]
pub(crate) async fn sign_out(
    State(engine): State<Engine>,
    Identified { caller, actor, .. }: Identified,
    session: tower_sessions::Session,
) -> Result<StatusCode, Error> {
    let id = session.id().map(|id| id.to_string()).unwrap_or_default();
    engine.sign_out(&id, &caller, &actor).await?;
    session.flush().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Replace one's own password: all other sessions of the user end, and this one gets a new id.
#[utoipa::path(post, path = "/session/password", tag = "session",
    request_body = PasswordChange, responses((status = NO_CONTENT)))]
pub(crate) async fn change_password(
    State(engine): State<Engine>,
    State(attempts): State<Arc<Attempts>>,
    Identified { caller, actor, .. }: Identified,
    Source(address): Source,
    session: tower_sessions::Session,
    Json(form): Json<PasswordChange>,
) -> Result<StatusCode, Error> {
    attempts.admit(caller.username().as_str(), address)?;
    engine.change_password(&form, &caller, &actor).await?;
    session.cycle_id().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The vaults of the embedded simulator with credentials that work on them; only with `--demo`.
#[utoipa::path(get, path = "/demo", tag = "session", responses((status = OK, body = Vec<DemoVault>)))]
pub(crate) async fn list_demo_vaults(
    State(DemoVaults(demo)): State<DemoVaults>,
    _: SignedIn,
) -> Result<Json<Arc<Vec<DemoVault>>>, Error> {
    demo.map(Json).ok_or_else(|| Error::NotFound("a demo".to_owned()))
}

fn described(caller: &Caller, ends_at: Timestamp, demo: &DemoVaults) -> Session {
    Session {
        username: caller.username().clone(),
        global_role: caller.global_role(),
        workspaces: caller.workspaces().to_vec(),
        must_change_password: caller.must_change_password(),
        ends_at,
        demo: demo.0.is_some(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}
