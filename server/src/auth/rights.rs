//! Who may call a handler: its extractor is the policy.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

use api::{Role, Slug, Timestamp};
use axum::extract::{ConnectInfo, FromRequestParts, Path};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use engine::{Actor, Caller, Engine};
use tower_sessions::Session;

use super::SessionState;
use crate::error::Error;
use crate::state::State;

/// The address a request comes from.
pub(crate) struct Source(pub(crate) IpAddr);

/// Somebody, perhaps with a password that has to be replaced first.
pub(crate) struct Identified {
    pub(crate) caller: Caller,
    pub(crate) actor: Actor,
    pub(crate) ends_at: Timestamp,
}

/// Somebody with a session or a token.
pub(crate) struct SignedIn {
    pub(crate) caller: Caller,
    pub(crate) actor: Actor,
}

/// Somebody signed in who stays connected.
pub(crate) struct Listener {
    caller: Caller,
    /// The id of the session that has to live; a token is looked at by itself.
    session: Option<String>,
}

/// Somebody who may read the workspace of the path.
pub(crate) struct Auditor;

/// Somebody who may make, distribute and rotate keys in the workspace of the path.
pub(crate) struct Operator(pub(crate) Actor);

/// Somebody who may connect providers, delete keys and give roles in the workspace of the path.
pub(crate) struct Admin(pub(crate) Actor);

/// Somebody who reads everything, also what belongs to no workspace.
pub(crate) struct GlobalAuditor;

/// Somebody who manages users and workspaces.
pub(crate) struct Administrator(pub(crate) Actor);

impl<S: Send + Sync> FromRequestParts<S> for Source {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        let address = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let address = address.expect("the server is made with connect info").0;
        Ok(Self(address.ip().to_canonical()))
    }
}

impl FromRequestParts<State> for Identified {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Error> {
        let Source(address) = Source::from_request_parts(parts, state).await?;
        let (caller, ends_at) = if parts.headers.contains_key(AUTHORIZATION) {
            by_token(parts, state).await?
        } else {
            by_session(parts, state).await?
        };
        let actor = caller.actor(Some(address.to_string()));
        Ok(Self { caller, actor, ends_at })
    }
}

async fn by_token(parts: &Parts, state: &State) -> Result<(Caller, Timestamp), Error> {
    let header = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (scheme, secret) = header.split_once(' ').unwrap_or_default();
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Error::NoSession);
    }
    let caller = state.engine.caller_of_token(secret.trim()).await?.ok_or(Error::NoSession)?;
    if caller.has_policy_token() {
        let sentence = "This token carries policies, which are about paths below /v1: use it there, or make a token \
                        with a role.";
        return Err(Error::Forbidden(sentence.to_owned()));
    }
    let ends_at = caller.token_expires_at().ok_or(Error::NoSession)?;
    Ok((caller, ends_at))
}

async fn by_session(parts: &Parts, state: &State) -> Result<(Caller, Timestamp), Error> {
    let session = parts.extensions.get::<Session>().expect("the session layer is around every route");
    let kept = SessionState::of(session).await?.ok_or(Error::NoSession)?;
    let caller = state.engine.caller_of_user(&kept.user_id).await?.ok_or(Error::NoSession)?;
    Ok((caller, kept.ends_at()))
}

impl FromRequestParts<State> for SignedIn {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Error> {
        let Identified { caller, actor, .. } = Identified::from_request_parts(parts, state).await?;
        if caller.must_change_password() {
            return Err(Error::PasswordChangeRequired);
        }
        Ok(Self { caller, actor })
    }
}

impl FromRequestParts<State> for Listener {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Error> {
        let SignedIn { caller, .. } = SignedIn::from_request_parts(parts, state).await?;
        let session = parts.extensions.get::<Session>().filter(|_| caller.token_id().is_none());
        Ok(Self { caller, session: session.and_then(Session::id).map(|id| id.to_string()) })
    }
}

impl Listener {
    /// The caller with the rights of this moment; `None` when the session, the token or the account has ended.
    pub(crate) async fn caller_now(&self, engine: &Engine) -> Result<Option<Caller>, engine::Error> {
        if let Some(session) = &self.session
            && engine.load_session(session).await?.is_none()
        {
            return Ok(None);
        }
        let caller = engine.caller_again(&self.caller).await?;
        Ok(caller.filter(|caller| !caller.must_change_password()))
    }
}

impl FromRequestParts<State> for Auditor {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Error> {
        require(Role::Auditor, parts, state).await.map(|_| Self)
    }
}

impl FromRequestParts<State> for Operator {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Error> {
        require(Role::Operator, parts, state).await.map(Self)
    }
}

impl FromRequestParts<State> for Admin {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Error> {
        require(Role::Admin, parts, state).await.map(Self)
    }
}

impl FromRequestParts<State> for GlobalAuditor {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Error> {
        let SignedIn { caller, .. } = SignedIn::from_request_parts(parts, state).await?;
        if caller.reads_everything() { Ok(Self) } else { Err(missing_globally("auditor")) }
    }
}

impl FromRequestParts<State> for Administrator {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Error> {
        let SignedIn { caller, actor } = SignedIn::from_request_parts(parts, state).await?;
        if caller.is_administrator() { Ok(Self(actor)) } else { Err(missing_globally("administrator")) }
    }
}

/// A workspace that is not open to the caller answers as one that does not exist.
async fn require(role: Role, parts: &mut Parts, state: &State) -> Result<Actor, Error> {
    let SignedIn { caller, actor } = SignedIn::from_request_parts(parts, state).await?;
    let Path(path): Path<HashMap<String, String>> =
        Path::from_request_parts(parts, state).await.map_err(|_| Error::NotFound("this address".to_owned()))?;
    let name = path.get("workspace").map(String::as_str).unwrap_or_default();
    let slug: Slug = name.parse().map_err(|_| Error::NotFound("this workspace".to_owned()))?;
    match caller.role_in(&slug) {
        None => Err(Error::NotFound(format!("workspace {slug}"))),
        Some(own) if own < role => Err(Error::Forbidden(format!(
            "This needs the role {role} in the workspace {slug}; you have the role {own}. Its admins can give it."
        ))),
        Some(_) => Ok(actor),
    }
}

fn missing_globally(role: &str) -> Error {
    Error::Forbidden(format!("This needs the global role {role}. An administrator can give it."))
}
