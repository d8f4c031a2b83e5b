//! `auth/userpass/login`: a token for user name and password.

use api::SignIn;

use super::answer::{Answer, Refusal};
use super::request::{Request, Verb};
use super::tokens;
use crate::state::State as Server;

/// The user and the namespace of a path that signs in.
pub(super) async fn is_login(server: &Server, request: &Request) -> Result<Option<(String, String)>, Refusal> {
    let path = request.full_path();
    if !path.contains("auth/userpass/login/") {
        return Ok(None);
    }
    let (namespace, rest) = server.engine.namespace_at(&path).await?;
    let name = rest.strip_prefix("auth/userpass/login/").filter(|name| !name.contains('/'));
    Ok(name.map(|name| (name.to_owned(), namespace)))
}

/// Signs in, with the same limits as the console.
pub(super) async fn log_in(
    server: &Server,
    request: &mut Request,
    username: String,
    namespace: &str,
) -> Result<Answer, Refusal> {
    if request.verb != Verb::Write {
        return Err(Refusal::unsupported_operation());
    }
    if request.wrap {
        return Err(Refusal::bad("response wrapping is not offered: ask again without X-Vault-Wrap-TTL"));
    }
    let password = request.fields.secret("password")?.ok_or_else(|| Refusal::bad("missing password"))?;
    let form = SignIn { username: username.to_lowercase(), password };
    server.attempts.admit(&form.username, request.source)?;
    let issued = server.engine.log_in(&form, namespace, Some(request.source.to_string())).await?;
    Ok(Answer::auth(tokens::auth(&issued.token, issued.expose())))
}
