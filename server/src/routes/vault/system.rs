//! What belongs to no mount: `sys/…` and `auth/…`, directly below a namespace.

use serde_json::{Value, json};

use super::answer::{Answer, Refusal};
use super::request::Verb;
use super::{Call, capabilities, mounts, namespaces, policies, tokens, ui, users};

/// Answers a request that no mount takes.
pub(super) async fn answer(call: &mut Call) -> Result<Answer, Refusal> {
    let (namespace, rest) = call.engine.namespace_at(&call.path).await?;
    let parts: Vec<&str> = rest.split('/').collect();
    match parts.as_slice() {
        ["sys", "mounts"] => mounts::list(call, &namespace).await,
        ["sys", "mounts", path @ .., "tune"] if !path.is_empty() => mounts::tune(call, &namespace, path).await,
        ["sys", "mounts", path @ ..] => mounts::one(call, &namespace, path).await,
        ["sys", "remount"] => mounts::remount(call, &namespace).await,
        ["sys", "remount", "status", id] => mounts::remount_status(call, &namespace, id).await,
        ["sys", "auth"] => ui::auth_methods(call),
        ["sys", "namespaces"] => namespaces::list(call, &namespace).await,
        ["sys", "namespaces", path @ ..] => namespaces::one(call, &namespace, path).await,
        ["sys", "policies", "acl"] | ["sys", "policy"] => policies::list(call, &namespace).await,
        ["sys", "policies", "acl", name] | ["sys", "policy", name] => policies::one(call, &namespace, name).await,
        ["sys", "capabilities-self"] => capabilities::own(call, &namespace),
        ["sys", "capabilities"] => capabilities::of_token(call, &namespace).await,
        ["sys", "capabilities-accessor"] => capabilities::of_accessor(call, &namespace).await,
        ["sys", "internal", "ui", "mounts"] => ui::mounts(call, &namespace).await,
        ["sys", "internal", "ui", "mounts", path @ ..] => ui::mount(call, &namespace, path).await,
        ["sys", "internal", "ui", "resultant-acl"] => ui::resultant_acl(call),
        ["sys", "license", "features"] => ui::features(call),
        ["auth", "token", action] => tokens::answer(call, &namespace, action).await,
        ["auth", "userpass", "users", rest @ ..] => users::answer(call, &namespace, rest).await,
        ["sys" | "auth", ..] => Err(Refusal::unsupported_path()),
        _ => Err(Refusal::no_handler(&call.path)),
    }
}

/// Refuses every verb but this one.
pub(super) fn only(call: &Call, verb: Verb) -> Result<(), Refusal> {
    if call.request.verb == verb { Ok(()) } else { Err(Refusal::unsupported_operation()) }
}

/// A path below a namespace as a path below the root.
pub(super) fn within(namespace: &str, path: &str) -> String {
    let path = path.trim_matches('/');
    if namespace.is_empty() { path.to_owned() } else { format!("{namespace}/{path}") }
}

/// A path below the root as a namespace sees it.
pub(super) fn relative<'a>(namespace: &str, path: &'a str) -> &'a str {
    path.strip_prefix(namespace).unwrap_or(path).trim_start_matches('/')
}

/// What is written as an object, without the `Value` around it.
pub(super) fn object(value: Value) -> serde_json::Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        other => object(json!({ "value": other })),
    }
}
