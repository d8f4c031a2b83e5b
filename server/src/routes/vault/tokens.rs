//! `auth/token`: tokens that make, look up, renew and end each other.

use api::{Capability, SecretInput, TokenId};
use engine::{Lineage, NewPolicyToken, PolicyToken};
use serde_json::{Value, json};

use super::Call;
use super::answer::{Answer, Refusal};
use super::fields::{self, Fields};
use super::request::Verb;
use super::system::only;

pub(super) async fn answer(call: &mut Call, namespace: &str, action: &str) -> Result<Answer, Refusal> {
    match action {
        "create" | "create-orphan" => create(call, namespace, action == "create-orphan").await,
        "accessors" => {
            only(call, Verb::List)?;
            call.require(Capability::List)?;
            Answer::list(call.engine.token_accessors(namespace).await?)
        }
        "lookup-self" => look_up_own(call).await,
        "lookup" => {
            update(call)?;
            let secret = secret(call)?;
            let token = by_secret(call, namespace, &secret).await.map_err(|_| bad_token())?;
            Ok(Answer::data(shown(&token, secret.expose())))
        }
        "lookup-accessor" => {
            update(call)?;
            let token = by_accessor(call, namespace).await?;
            Ok(Answer::data(shown(&token, "")))
        }
        "renew-self" => {
            update(call)?;
            let token = call.engine.own_token(&call.caller).await?;
            let secret = call.token.clone();
            renewed(call, &token, &secret).await
        }
        "renew" => {
            update(call)?;
            let secret = secret(call)?;
            let token = by_secret(call, namespace, &secret).await?;
            renewed(call, &token, secret.expose()).await
        }
        "renew-accessor" => {
            update(call)?;
            let token = by_accessor(call, namespace).await?;
            renewed(call, &token, "").await
        }
        "revoke-self" => {
            update(call)?;
            let token = call.engine.own_token(&call.caller).await?;
            ended(call, &token, false).await
        }
        "revoke" | "revoke-orphan" => {
            update(call)?;
            let secret = secret(call)?;
            let token = by_secret(call, namespace, &secret).await?;
            ended(call, &token, action == "revoke-orphan").await
        }
        "revoke-accessor" => {
            update(call)?;
            let token = by_accessor(call, namespace).await?;
            ended(call, &token, false).await
        }
        _ => Err(Refusal::unsupported_path()),
    }
}

async fn look_up_own(call: &Call) -> Result<Answer, Refusal> {
    call.require(match call.request.verb {
        Verb::Read => Capability::Read,
        Verb::Write => Capability::Update,
        Verb::List | Verb::Patch | Verb::Delete => return Err(Refusal::unsupported_operation()),
    })?;
    let token = call.engine.own_token(&call.caller).await?;
    Ok(Answer::data(shown(&token, &call.token)))
}

async fn create(call: &mut Call, namespace: &str, is_orphan: bool) -> Result<Answer, Refusal> {
    update(call)?;
    let fields = &mut call.request.fields;
    if seconds(fields, "period")? > 0 {
        return Err(Refusal::bad("periodic tokens are not offered: set ttl and renew, or explicit_max_ttl"));
    }
    if let Some(kind) = fields.text("type")?.filter(|kind| !matches!(kind.as_str(), "" | "service" | "default")) {
        return Err(Refusal::bad(format!("invalid 'type' value {kind:?}: only service tokens are offered")));
    }
    for name in ["entity_alias", "id"] {
        if fields.text(name)?.is_some_and(|text| !text.is_empty()) {
            return Err(Refusal::bad(format!("'{name}' is not offered: leave it out")));
        }
    }
    let meta = fields.pairs("meta")?.unwrap_or_default();
    let mut ttl = seconds(fields, "ttl")?;
    let lease = seconds(fields, "lease")?;
    if ttl == 0 {
        ttl = lease;
    }
    let uses = fields.integer("num_uses")?.unwrap_or_default();
    let new = NewPolicyToken {
        policies: fields.list("policies")?.unwrap_or_default(),
        no_default_policy: fields.boolean("no_default_policy")?.unwrap_or_default(),
        lineage: match fields.boolean("no_parent")? {
            _ if is_orphan => Lineage::OrphanByPath,
            Some(true) => Lineage::Orphan,
            Some(false) | None => Lineage::Child,
        },
        ttl,
        explicit_max_ttl: seconds(fields, "explicit_max_ttl")?,
        renewable: fields.boolean("renewable")?.unwrap_or(true),
        num_uses: uses.try_into().map_err(|_| Refusal::bad("number of uses cannot be negative, or that large"))?,
        display_name: fields.text("display_name")?.unwrap_or_default(),
        meta: meta.into_iter().map(|(name, value)| (name, value.expose().to_owned())).collect(),
    };
    let issued = call.engine.create_policy_token(&new, namespace, &call.caller, &call.actor).await?;
    Ok(Answer::auth(auth(&issued.token, issued.expose())))
}

/// A time in whole seconds; 0 where there is none.
fn seconds(fields: &mut Fields, name: &str) -> Result<i64, Refusal> {
    let time = fields.duration(name)?.unwrap_or_default();
    i64::try_from(time.as_secs()).map_err(|_| fields::invalid(name, "too long a time"))
}

fn update(call: &Call) -> Result<(), Refusal> {
    only(call, Verb::Write)?;
    call.require(Capability::Update)
}

/// The token that the body names.
pub(super) fn secret(call: &mut Call) -> Result<SecretInput, Refusal> {
    let secret = call.request.fields.secret("token")?.filter(|secret| !secret.expose().is_empty());
    secret.ok_or_else(|| Refusal::bad("missing token"))
}

/// The accessor that the body names.
pub(super) fn accessor(call: &mut Call) -> Result<TokenId, Refusal> {
    let accessor = call.request.fields.text("accessor")?.filter(|accessor| !accessor.is_empty());
    let accessor = accessor.ok_or_else(|| Refusal::bad("missing accessor"))?;
    accessor.parse().map_err(|_| Refusal::bad("invalid accessor"))
}

async fn by_secret(call: &Call, namespace: &str, secret: &SecretInput) -> Result<PolicyToken, Refusal> {
    let found = call.engine.token_by_secret(secret.expose(), namespace).await;
    found.map_err(|error| or(error, Refusal::bad("token not found")))
}

async fn by_accessor(call: &mut Call, namespace: &str) -> Result<PolicyToken, Refusal> {
    let accessor = accessor(call)?;
    let found = call.engine.token_by_accessor(&accessor, namespace).await;
    found.map_err(|error| or(error, Refusal::new(axum::http::StatusCode::FORBIDDEN, "invalid accessor")))
}

/// What is said when something does not exist, and what else went wrong as it is.
fn or(error: engine::Error, absent: Refusal) -> Refusal {
    if matches!(error, engine::Error::NotFound(_)) { absent } else { error.into() }
}

fn bad_token() -> Refusal {
    Refusal::new(axum::http::StatusCode::FORBIDDEN, "bad token")
}

async fn renewed(call: &mut Call, token: &PolicyToken, secret: &str) -> Result<Answer, Refusal> {
    let increment = seconds(&mut call.request.fields, "increment")?;
    let token = call.engine.renew_token(&token.accessor, increment, &call.actor).await?;
    Ok(Answer::auth(auth(&token, secret)))
}

async fn ended(call: &mut Call, token: &PolicyToken, spares_children: bool) -> Result<Answer, Refusal> {
    call.engine.end_token(&token.accessor, spares_children, &call.actor).await?;
    Ok(Answer::nothing())
}

/// A token as it is given out.
pub(super) fn auth(token: &PolicyToken, secret: &str) -> Value {
    json!({
        "client_token": secret,
        "accessor": token.accessor,
        "policies": token.policies,
        "token_policies": token.policies,
        "identity_policies": null,
        "metadata": if token.meta.is_empty() { Value::Null } else { json!(token.meta) },
        "lease_duration": token.ttl,
        "renewable": token.renewable,
        "entity_id": "",
        "token_type": "service",
        "orphan": token.orphan,
        "mfa_requirement": null,
        "num_uses": token.num_uses,
    })
}

/// A token as it is looked up.
fn shown(token: &PolicyToken, secret: &str) -> Value {
    let mut data = json!({
        "accessor": token.accessor,
        "creation_time": token.created_at.millis() / 1000,
        "creation_ttl": token.creation_ttl,
        "display_name": token.display_name,
        "entity_id": "",
        "expire_time": token.expires_at,
        "explicit_max_ttl": token.explicit_max_ttl,
        "id": secret,
        "issue_time": token.created_at,
        "meta": if token.meta.is_empty() { Value::Null } else { json!(token.meta) },
        "num_uses": token.num_uses,
        "orphan": token.orphan,
        "path": token.path,
        "policies": token.policies,
        "renewable": token.renewable,
        "ttl": token.ttl,
        "type": "service",
    });
    if !token.namespace.is_empty() {
        data["namespace_path"] = json!(format!("{}/", token.namespace));
    }
    data
}
