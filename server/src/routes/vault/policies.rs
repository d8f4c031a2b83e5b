//! `sys/policies/acl` and the older `sys/policy`: what people write about paths.

use api::Capability;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use super::Call;
use super::answer::{Answer, Refusal};
use super::request::Verb;
use super::system::object;

pub(super) async fn list(call: &mut Call, namespace: &str) -> Result<Answer, Refusal> {
    let is_old = call.path.ends_with("sys/policy");
    match call.request.verb {
        Verb::List => call.require(Capability::List)?,
        Verb::Read if is_old => call.require(Capability::Read)?,
        _ => return Err(Refusal::unsupported_operation()),
    }
    let names = call.engine.policies(namespace).await?;
    if is_old {
        return Ok(Answer::data_twice(object(json!({ "keys": names, "policies": names }))));
    }
    Ok(Answer::data(json!({ "keys": names })))
}

pub(super) async fn one(call: &mut Call, namespace: &str, name: &str) -> Result<Answer, Refusal> {
    let found = call.engine.policy(namespace, name).await;
    match call.request.verb {
        Verb::Read => {
            call.require(Capability::Read)?;
            let policy = found.map_err(|_| Refusal::missing())?;
            if call.path.contains("sys/policies/") {
                return Ok(Answer::data(json!({ "name": policy.name, "policy": policy.text })));
            }
            let data = json!({ "name": policy.name, "rules": policy.text, "policy": policy.text });
            Ok(Answer::data_twice(object(data)))
        }
        Verb::Write => {
            call.require(if found.is_err() { Capability::Create } else { Capability::Update })?;
            let fields = &mut call.request.fields;
            fields.replaced(&["name"]);
            let text = match fields.text("policy")? {
                Some(text) => Some(text),
                None => fields.text("rules")?,
            };
            let text = text.filter(|text| !text.is_empty());
            let text = text.ok_or_else(|| Refusal::bad("'policy' parameter not supplied or empty"))?;
            call.engine.write_policy(namespace, name, &decoded(text), &call.actor).await?;
            Ok(Answer::nothing())
        }
        Verb::Delete => {
            call.require(Capability::Delete)?;
            call.engine.delete_policy(namespace, name, &call.actor).await?;
            Ok(Answer::nothing())
        }
        Verb::List | Verb::Patch => Err(Refusal::unsupported_operation()),
    }
}

/// A text may come in base64.
fn decoded(text: String) -> String {
    match BASE64_STANDARD.decode(text.trim()).map(String::from_utf8) {
        Ok(Ok(decoded)) => decoded,
        _ => text,
    }
}
