//! `sys/mounts`: secrets engines, each of which is a workspace.

use api::Capability;
use engine::{MountInfo, MountSettings};
use serde_json::{Map, Value, json};

use super::Call;
use super::answer::{Answer, Refusal};
use super::fields::Fields;
use super::request::Verb;
use super::system::{object, only, relative, within};

/// The one kind of secrets engine.
pub(super) const KIND: &str = "keymgmt";

/// How long a lease lasts where nobody said otherwise: 32 days, in seconds.
const DEFAULT_TTL: i64 = 32 * 86_400;

pub(super) async fn list(call: &mut Call, namespace: &str) -> Result<Answer, Refusal> {
    only(call, Verb::Read)?;
    call.require(Capability::Read)?;
    let mounts = call.engine.mounts(namespace).await?;
    let mut data: Map<String, Value> =
        mounts.iter().map(|mount| (format!("{}/", relative(namespace, &mount.path)), shown(mount))).collect();
    data.insert("sys/".to_owned(), system());
    Ok(Answer::data_twice(data))
}

pub(super) async fn one(call: &mut Call, namespace: &str, path: &[&str]) -> Result<Answer, Refusal> {
    let path = within(namespace, &path.join("/"));
    match call.request.verb {
        Verb::Read => {
            call.require(Capability::Read)?;
            let mount = found(call, &path).await?;
            Ok(Answer::data_twice(object(shown(&mount))))
        }
        Verb::Write => {
            let is_new = call.engine.mount(&path).await.is_err();
            call.require(if is_new { Capability::Create } else { Capability::Update })?;
            enable(call, &path).await
        }
        Verb::Delete => {
            call.require(Capability::Delete)?;
            found(call, &path).await?;
            call.engine.delete_mount(&path, &call.actor).await?;
            Ok(Answer::nothing())
        }
        Verb::List | Verb::Patch => Err(Refusal::unsupported_operation()),
    }
}

async fn enable(call: &mut Call, path: &str) -> Result<Answer, Refusal> {
    let fields = &mut call.request.fields;
    let kind = fields.text("type")?.unwrap_or_default();
    if kind.is_empty() {
        return Err(Refusal::bad("backend type must be specified as a string"));
    }
    if kind != KIND {
        return Err(Refusal::bad(format!("plugin not found in the catalog: {kind} (there is only {KIND})")));
    }
    let description = fields.text("description")?.unwrap_or_default();
    let settings = MountSettings {
        config: match fields.object("config")? {
            Some(mut fields) => config(&mut fields)?,
            None => Map::new(),
        },
        options: options(fields)?,
        local: fields.boolean("local")?.unwrap_or_default(),
        seal_wrap: fields.boolean("seal_wrap")?.unwrap_or_default(),
        external_entropy_access: fields.boolean("external_entropy_access")?.unwrap_or_default(),
    };
    call.engine.create_mount(path, &description, &settings, &call.actor).await?;
    Ok(Answer::nothing())
}

pub(super) async fn tune(call: &mut Call, namespace: &str, path: &[&str]) -> Result<Answer, Refusal> {
    let path = within(namespace, &path.join("/"));
    match call.request.verb {
        Verb::Read => {
            call.require(Capability::Read)?;
            let mount = found(call, &path).await?;
            let mut data = object(json!({
                "default_lease_ttl": DEFAULT_TTL,
                "max_lease_ttl": DEFAULT_TTL,
                "force_no_cache": false,
                "description": mount.description,
            }));
            let set = |(name, value): (String, Value)| (value != json!(0)).then_some((name, value));
            data.extend(mount.settings.config.into_iter().filter_map(set));
            if let Some(options) = mount.settings.options {
                data.insert("options".to_owned(), Value::Object(options));
            }
            Ok(Answer::data_twice(data))
        }
        Verb::Write => {
            call.require(Capability::Update)?;
            found(call, &path).await?;
            let fields = &mut call.request.fields;
            let description = fields.text("description")?;
            let settings =
                MountSettings { options: options(fields)?, config: config(fields)?, ..MountSettings::default() };
            call.engine.tune_mount(&path, description.as_deref(), settings, &call.actor).await?;
            Ok(Answer::nothing())
        }
        Verb::List | Verb::Patch | Verb::Delete => Err(Refusal::unsupported_operation()),
    }
}

/// `sys/remount`: another path. It is done when it is answered; the id is the mount's own.
pub(super) async fn remount(call: &mut Call, namespace: &str) -> Result<Answer, Refusal> {
    only(call, Verb::Write)?;
    call.require(Capability::Update)?;
    let mut path = |name: &str| match call.request.fields.text(name)? {
        Some(path) if !path.trim_matches('/').is_empty() => Ok(within(namespace, &path)),
        _ => Err(Refusal::bad(format!("missing \"{name}\": name the path of a secrets engine"))),
    };
    let (from, to) = (path("from")?, path("to")?);
    found(call, &from).await?;
    call.engine.move_mount(&from, &to, &call.actor).await?;
    let mount = call.engine.mount(&to).await?;
    Ok(Answer::data_twice(object(json!({ "migration_id": mount.id }))))
}

pub(super) async fn remount_status(call: &mut Call, namespace: &str, id: &str) -> Result<Answer, Refusal> {
    only(call, Verb::Read)?;
    call.require(Capability::Read)?;
    let mounts = call.engine.mounts(namespace).await?;
    let mount = mounts.iter().find(|mount| mount.id == id).ok_or_else(Refusal::missing)?;
    let target = format!("{}/", relative(namespace, &mount.path));
    let info = json!({ "source_mount": "", "target_mount": target, "status": "success" });
    Ok(Answer::data_twice(object(json!({ "migration_id": id, "migration_info": info }))))
}

async fn found(call: &Call, path: &str) -> Result<MountInfo, Refusal> {
    call.engine.mount(path).await.map_err(|error| match error {
        engine::Error::NotFound(_) => {
            let seen = relative(&call.request.namespace, path);
            Refusal::bad(format!("No secret engine mount at {seen}/"))
        }
        error => error.into(),
    })
}

/// What clients set about a mount, as far as it is echoed.
fn config(fields: &mut Fields) -> Result<Map<String, Value>, Refusal> {
    let mut config = Map::new();
    for name in ["default_lease_ttl", "max_lease_ttl"] {
        if let Some(time) = fields.duration(name)? {
            config.insert(name.to_owned(), json!(time.as_secs()));
        }
    }
    if let Some(is_set) = fields.boolean("force_no_cache")? {
        config.insert("force_no_cache".to_owned(), json!(is_set));
    }
    for name in ["listing_visibility", "identity_token_key", "plugin_version", "token_type"] {
        if let Some(text) = fields.text(name)?.filter(|text| !text.is_empty()) {
            config.insert(name.to_owned(), json!(text));
        }
    }
    for name in [
        "allowed_managed_keys",
        "allowed_response_headers",
        "audit_non_hmac_request_keys",
        "audit_non_hmac_response_keys",
        "delegated_auth_accessors",
        "passthrough_request_headers",
    ] {
        if let Some(list) = fields.list(name)? {
            config.insert(name.to_owned(), json!(list));
        }
    }
    Ok(config)
}

fn options(fields: &mut Fields) -> Result<Option<Map<String, Value>>, Refusal> {
    let pairs = fields.pairs("options")?.filter(|pairs| !pairs.is_empty());
    Ok(pairs.map(|pairs| pairs.into_iter().map(|(name, value)| (name, json!(value.expose()))).collect()))
}

/// A mount as it is read.
pub(super) fn shown(mount: &MountInfo) -> Value {
    let mut config = object(json!({ "default_lease_ttl": 0, "max_lease_ttl": 0, "force_no_cache": false }));
    config.extend(mount.settings.config.clone());
    json!({
        "type": KIND,
        "description": mount.description,
        "accessor": accessor(mount),
        "config": config,
        "options": mount.settings.options,
        "local": mount.settings.local,
        "seal_wrap": mount.settings.seal_wrap,
        "external_entropy_access": mount.settings.external_entropy_access,
        "uuid": mount.id,
        "plugin_version": "",
        "running_plugin_version": "",
        "running_sha256": "",
        "deprecation_status": "supported",
    })
}

/// A name that stays when the mount moves: the last eight digits of its id.
fn accessor(mount: &MountInfo) -> String {
    let digits = mount.id.len().saturating_sub(8);
    format!("{KIND}_{}", &mount.id[digits..])
}

fn system() -> Value {
    json!({
        "type": "system",
        "description": "system endpoints used for control, policy and debugging",
        "accessor": "system_00000000",
        "config": { "default_lease_ttl": 0, "max_lease_ttl": 0, "force_no_cache": false },
        "options": null,
        "local": false,
        "seal_wrap": true,
        "external_entropy_access": false,
        "uuid": "00000000-0000-0000-0000-000000000000",
    })
}
