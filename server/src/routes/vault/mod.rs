//! The API of Vault's Key Management secrets engine, below `/v1`: a second face of the same use cases.

mod answer;
mod capabilities;
mod distributions;
mod fields;
mod keymgmt;
mod keys;
mod kms;
mod mounts;
mod namespaces;
mod policies;
mod request;
mod status;
mod system;
mod tokens;
mod ui;
mod userpass;
mod users;

use std::sync::Arc;

use api::Capability;
use axum::Router;
use axum::extract::{Request as Incoming, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use engine::{Actor, Caller, Engine};
use zeroize::Zeroizing;

use self::answer::{Answer, Refusal};
use self::request::{Request, Verb};
use crate::auth::Source;
use crate::error::Error;
use crate::observe::RequestId;
use crate::state::State as Server;

/// The version of Vault whose clients find what they expect.
const VERSION: &str = "2.1.0+ent";

/// A request of somebody who is known.
struct Call {
    engine: Engine,
    request: Request,
    /// The secret of the token that the request came with.
    token: Zeroizing<String>,
    /// The path from the root, with the namespace.
    path: String,
    caller: Caller,
    actor: Actor,
}

impl Call {
    /// Refuses what the caller may not do with the path of the request.
    fn require(&self, capability: Capability) -> Result<(), Refusal> {
        if self.caller.may(&self.path, capability) { Ok(()) } else { Err(Refusal::permission_denied()) }
    }
}

/// Everything below `/v1`: any method, any path.
pub(crate) fn vault() -> Router<Server> {
    Router::new().route("/v1", any(answer)).route("/v1/", any(answer)).route("/v1/{*path}", any(answer))
}

/// Answers what the layers around the routes refuse in the shape that Vault's clients read.
pub(crate) async fn in_vaults_shape(response: Response) -> Response {
    match response.extensions().get::<Arc<Error>>() {
        Some(error) => Refusal::from(error.as_ref()).into_response(),
        None => response,
    }
}

async fn answer(State(server): State<Server>, Source(source): Source, incoming: Incoming) -> Response {
    let id = *incoming.extensions().get::<RequestId>().expect("the layer around every route adds it");
    let outcome = match Request::read(incoming, source).await {
        Ok(request) => route(server, request).await,
        Err(refusal) => Err(refusal),
    };
    match outcome {
        Ok((answer, mount_type)) => answer.into_response(id, mount_type),
        Err(refusal) => refusal.into_response(),
    }
}

/// What a request is answered with, and what kind of mount answers.
async fn route(server: Server, mut request: Request) -> Result<(Answer, &'static str), Refusal> {
    if let Some(answer) = public(&server, &mut request).await {
        return Ok((answer?, "system"));
    }
    let engine = server.engine;
    let token = request.token.take().ok_or_else(Refusal::permission_denied)?;
    let caller = engine.caller_of_token(&token).await?.ok_or_else(Refusal::permission_denied)?;
    let actor = caller.actor(Some(request.source.to_string()));
    let path = request.full_path();
    let mount = engine.mount_at(&path).await?;
    if request.wrap && (mount.is_none() || matches!(request.verb, Verb::Read | Verb::List)) {
        return Err(Refusal::bad("response wrapping is not offered: ask again without X-Vault-Wrap-TTL"));
    }
    let mut call = Call { engine, request, token, path, caller, actor };
    let (answer, mount_type) = match mount {
        Some(mount) => (keymgmt::answer(&mut call, &mount).await?, "keymgmt"),
        None => (system::answer(&mut call).await?, "system"),
    };
    let unknown = call.request.fields.unknown();
    let ignored = format!("Endpoint ignored these unrecognized parameters: [{}]", unknown.join(" "));
    Ok((answer.warn_in_body((!unknown.is_empty()).then_some(ignored)), mount_type))
}

/// What needs no token.
async fn public(server: &Server, request: &mut Request) -> Option<Result<Answer, Refusal>> {
    match request.path.as_str() {
        "sys/health" => Some(status::health(&server.engine, request).await),
        "sys/seal-status" => Some(status::seal(request)),
        "sys/leader" => Some(status::leader(request)),
        "sys/init" => Some(status::init(request)),
        _ => match userpass::is_login(server, request).await {
            Ok(Some((username, namespace))) => Some(userpass::log_in(server, request, username, &namespace).await),
            Ok(None) => None,
            Err(refusal) => Some(Err(refusal)),
        },
    }
}
