//! `auth/userpass/users`: people who sign in with a password. They belong to the root namespace.

use api::{Capability, PolicyName, Username};
use serde_json::json;

use super::Call;
use super::answer::{Answer, Refusal};
use super::request::Verb;
use super::system::only;

pub(super) async fn answer(call: &mut Call, namespace: &str, rest: &[&str]) -> Result<Answer, Refusal> {
    if !namespace.is_empty() {
        return Err(Refusal::bad("users belong to the root namespace: leave the namespace out"));
    }
    match rest {
        [] => list(call).await,
        [name] => one(call, name).await,
        [name, "password"] => {
            only(call, Verb::Write)?;
            call.require(Capability::Update)?;
            let password = call.request.fields.secret("password")?;
            let password = password.ok_or_else(|| Refusal::bad("missing password"))?;
            let username = existing(call, name).await?;
            call.engine.write_user(&username, Some(password), None, &call.caller, &call.actor).await?;
            Ok(Answer::nothing())
        }
        [name, "policies"] => {
            only(call, Verb::Write)?;
            call.require(Capability::Update)?;
            let policies = policies(call)?;
            let username = existing(call, name).await?;
            call.engine.write_user(&username, None, policies, &call.caller, &call.actor).await?;
            Ok(Answer::nothing())
        }
        _ => Err(Refusal::unsupported_path()),
    }
}

async fn list(call: &mut Call) -> Result<Answer, Refusal> {
    only(call, Verb::List)?;
    call.require(Capability::List)?;
    Answer::list(call.engine.usernames().await?)
}

async fn one(call: &mut Call, name: &str) -> Result<Answer, Refusal> {
    match call.request.verb {
        Verb::Read => {
            call.require(Capability::Read)?;
            let username = name.parse().map_err(|_| Refusal::missing())?;
            let user = call.engine.user(&username).await.map_err(|_| Refusal::missing())?;
            let data = json!({
                "policies": user.token_policies,
                "token_bound_cidrs": [],
                "token_explicit_max_ttl": 0,
                "token_max_ttl": 0,
                "token_no_default_policy": false,
                "token_num_uses": 0,
                "token_period": 0,
                "token_policies": user.token_policies,
                "token_ttl": 0,
                "token_type": "default",
            });
            Ok(Answer::data(data))
        }
        Verb::Write => {
            let username: Username =
                name.to_lowercase().parse().map_err(|error| Refusal::bad(format!("username: {error}")))?;
            let is_new = call.engine.user(&username).await.is_err();
            call.require(if is_new { Capability::Create } else { Capability::Update })?;
            call.request.fields.replaced(&["username"]);
            let password = call.request.fields.secret("password")?;
            let policies = policies(call)?;
            call.engine.write_user(&username, password, policies, &call.caller, &call.actor).await?;
            Ok(Answer::nothing())
        }
        Verb::Delete => {
            call.require(Capability::Delete)?;
            let Ok(username) = name.to_lowercase().parse() else { return Ok(Answer::nothing()) };
            match call.engine.delete_user(&username, &call.caller, &call.actor).await {
                Ok(()) | Err(engine::Error::NotFound(_)) => Ok(Answer::nothing()),
                Err(error) => Err(error.into()),
            }
        }
        Verb::List | Verb::Patch => Err(Refusal::unsupported_operation()),
    }
}

async fn existing(call: &Call, name: &str) -> Result<Username, Refusal> {
    let absent = || Refusal::bad("username does not exist");
    let username = name.to_lowercase().parse().map_err(|_| absent())?;
    call.engine.user(&username).await.map_err(|_| absent())?;
    Ok(username)
}

/// `token_policies`, or `policies` as it was called before.
fn policies(call: &mut Call) -> Result<Option<Vec<PolicyName>>, Refusal> {
    let fields = &mut call.request.fields;
    let (new, old) = (fields.list("token_policies")?, fields.list("policies")?);
    let Some(names) = new.or(old) else { return Ok(None) };
    let name = |name: &String| {
        name.to_lowercase().parse().map_err(|error| Refusal::bad(format!("token_policies: {name:?}: {error}")))
    };
    names.iter().map(name).collect::<Result<_, _>>().map(Some)
}
