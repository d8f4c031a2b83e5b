//! `sys/namespaces`: prefixes of paths with policies of their own.

use std::collections::BTreeMap;

use api::Capability;
use engine::Namespace;
use serde_json::{Map, Value, json};

use super::Call;
use super::answer::{Answer, Refusal};
use super::fields;
use super::request::Verb;
use super::system::{only, relative, within};

pub(super) async fn list(call: &mut Call, namespace: &str) -> Result<Answer, Refusal> {
    only(call, Verb::List)?;
    call.require(Capability::List)?;
    let found = call.engine.namespaces(namespace).await?;
    if found.is_empty() {
        return Err(Refusal::missing());
    }
    let name = |child: &Namespace| format!("{}/", relative(namespace, &child.path));
    let keys: Vec<String> = found.iter().map(name).collect();
    let info: Map<String, Value> = found.iter().map(|child| (name(child), shown(child))).collect();
    Ok(Answer::data(json!({ "keys": keys, "key_info": info })))
}

pub(super) async fn one(call: &mut Call, namespace: &str, path: &[&str]) -> Result<Answer, Refusal> {
    let path = within(namespace, &path.join("/"));
    match call.request.verb {
        Verb::Read => {
            call.require(Capability::Read)?;
            let found = call.engine.namespace(&path).await.map_err(|_| Refusal::missing())?;
            Ok(Answer::data(shown(&found)))
        }
        Verb::Write => {
            let is_new = call.engine.namespace(&path).await.is_err();
            call.require(if is_new { Capability::Create } else { Capability::Update })?;
            let metadata = call.request.fields.pairs("custom_metadata")?.unwrap_or_default();
            let metadata = metadata.into_iter().map(|(name, value)| (name, value.expose().to_owned())).collect();
            let made = call.engine.create_namespace(&path, metadata, &call.actor).await?;
            Ok(Answer::data(shown(&made)))
        }
        Verb::Patch => {
            call.require(Capability::Patch)?;
            let metadata = patch(call.request.fields.value("custom_metadata"))?;
            let changed = call.engine.change_namespace(&path, metadata, &call.actor).await?;
            Ok(Answer::data(shown(&changed)))
        }
        Verb::Delete => {
            call.require(Capability::Delete)?;
            match call.engine.delete_namespace(&path, &call.actor).await {
                Ok(()) | Err(engine::Error::NotFound(_)) => Ok(Answer::nothing()),
                Err(error) => Err(error.into()),
            }
        }
        Verb::List => Err(Refusal::unsupported_operation()),
    }
}

/// A merge patch of texts.
fn patch(value: Option<Value>) -> Result<BTreeMap<String, Option<String>>, Refusal> {
    let expected = || fields::invalid("custom_metadata", "expected an object of texts, with null for what goes");
    match value {
        None | Some(Value::Null) => Ok(BTreeMap::new()),
        Some(Value::Object(entries)) => {
            let entry = |(name, value)| match value {
                Value::Null => Ok((name, None)),
                Value::String(text) => Ok((name, Some(text))),
                _ => Err(expected()),
            };
            entries.into_iter().map(entry).collect()
        }
        Some(_) => Err(expected()),
    }
}

fn shown(namespace: &Namespace) -> Value {
    json!({
        "id": namespace.id,
        "path": format!("{}/", namespace.path),
        "custom_metadata": namespace.custom_metadata,
    })
}
