//! What Vault's own console and the command-line tool ask before they show or do something.

use api::{Capability, Right};
use serde_json::{Map, Value, json};

use super::Call;
use super::answer::{Answer, Refusal};
use super::mounts::shown;
use super::request::Verb;
use super::system::{object, only, relative, within};

/// `sys/internal/ui/mounts`: the mounts that are open to the caller.
pub(super) async fn mounts(call: &mut Call, namespace: &str) -> Result<Answer, Refusal> {
    only(call, Verb::Read)?;
    let mounts = call.engine.mounts(namespace).await?;
    let rights = call.caller.rights();
    let open = mounts.iter().filter(|mount| call.caller.opens(&mount.path, &rights));
    let secret: Map<String, Value> =
        open.map(|mount| (format!("{}/", relative(namespace, &mount.path)), shown(mount))).collect();
    Ok(Answer::data(json!({ "secret": secret, "auth": methods() })))
}

/// `sys/internal/ui/mounts/:path`: the mount of a path.
pub(super) async fn mount(call: &mut Call, namespace: &str, path: &[&str]) -> Result<Answer, Refusal> {
    only(call, Verb::Read)?;
    let path = path.join("/");
    let found = call.engine.mount_at(&within(namespace, &path)).await?;
    let Some(found) = found.filter(|mount| call.caller.opens(&mount.path, &call.caller.rights())) else {
        let sentence = "preflight capability check returned 403, please ensure client's policies grant access to path";
        return Err(Refusal::new(axum::http::StatusCode::FORBIDDEN, format!("{sentence} \"{path}/\"")));
    };
    let mut data = object(shown(&call.engine.mount(&found.path).await?));
    data.insert("path".to_owned(), json!(format!("{}/", relative(namespace, &found.path))));
    Ok(Answer::data(Value::Object(data)))
}

/// `sys/internal/ui/resultant-acl`: every rule that counts for the caller.
pub(super) fn resultant_acl(call: &Call) -> Result<Answer, Refusal> {
    only(call, Verb::Read)?;
    call.require(Capability::Read)?;
    let (mut exact, mut glob) = (Map::new(), Map::new());
    for Right { path, capabilities } in call.caller.rights() {
        let rule = json!({ "capabilities": capabilities });
        match path.strip_suffix('*') {
            Some(prefix) => glob.insert(prefix.to_owned(), rule),
            None if path.contains('+') => glob.insert(path, rule),
            None => exact.insert(path, rule),
        };
    }
    Ok(Answer::data(json!({ "root": call.caller.is_root(), "exact_paths": exact, "glob_paths": glob })))
}

/// `sys/license/features`: what Vault's console shows at all.
pub(super) fn features(call: &Call) -> Result<Answer, Refusal> {
    only(call, Verb::Read)?;
    Ok(Answer::data_twice(object(json!({ "features": ["Key Management Secrets Engine", "Namespaces"] }))))
}

/// `sys/auth`: the ways to sign in, which are fixed.
pub(super) fn auth_methods(call: &Call) -> Result<Answer, Refusal> {
    only(call, Verb::Read)?;
    call.require(Capability::Read)?;
    Ok(Answer::data_twice(methods()))
}

fn methods() -> Map<String, Value> {
    let method = |kind: &str, description: &str| {
        json!({
            "type": kind,
            "description": description,
            "accessor": format!("auth_{kind}_00000000"),
            "config": { "default_lease_ttl": 0, "max_lease_ttl": 0, "force_no_cache": false },
            "options": null,
            "local": false,
            "seal_wrap": false,
            "external_entropy_access": false,
        })
    };
    let methods = [("token", "token based credentials"), ("userpass", "user name and password")];
    methods.into_iter().map(|(kind, description)| (format!("{kind}/"), method(kind, description))).collect()
}
