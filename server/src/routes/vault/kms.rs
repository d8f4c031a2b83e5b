//! `kms/…`: writing, reading and deleting providers.

use std::collections::BTreeMap;
use std::str::FromStr;

use api::{
    Credentials, KeyCollection, NewProvider, PageQuery, Provider, ProviderKind, ProviderPath, SecretInput, Slug,
    VaultKind,
};
use serde_json::json;

use super::Call;
use super::answer::{Answer, Refusal};
use super::keymgmt::{deleted, found};

/// `LIST kms`.
pub(super) async fn list(call: &Call, workspace: &Slug) -> Result<Answer, Refusal> {
    let mut names = Vec::new();
    let mut query = PageQuery { limit: Some(200), ..PageQuery::default() };
    loop {
        let page = call.engine.providers(workspace, &query).await?;
        names.extend(page.items.into_iter().map(|provider| provider.name));
        if page.next.is_none() {
            return Answer::list(names);
        }
        query.after = page.next;
    }
}

/// `GET kms/:name`: nothing of the credentials.
pub(super) async fn read(call: &Call, workspace: &Slug, name: &str) -> Result<Answer, Refusal> {
    let provider = found(call.engine.provider(&path(workspace, name)?).await)?;
    Ok(Answer::data(json!({ "provider": provider.kind, "key_collection": provider.key_collection })))
}

/// `PUT kms/:name`: makes a provider, or replaces its credentials.
pub(super) async fn write(call: &mut Call, workspace: &Slug, name: &str) -> Result<Answer, Refusal> {
    let path = path(workspace, name)?;
    let existing = match call.engine.provider(&path).await {
        Ok(provider) => Some(provider),
        Err(engine::Error::NotFound(_)) => None,
        Err(error) => return Err(error.into()),
    };
    let fields = &mut call.request.fields;
    match fields.text("provider")?.map(|text| kind(&text)).transpose()? {
        None if existing.is_none() => return Err(Refusal::bad("provider: this field is missing: azurekeyvault")),
        None | Some(ProviderKind::AzureKeyVault) => {}
    }
    let key_collection = fields.text("key_collection")?.map(|text| read_field("key_collection", &text)).transpose()?;
    let mut pairs = fields.pairs("credentials")?.unwrap_or_default();
    let new = provider(path, key_collection, &mut pairs, existing.as_ref())?;
    call.engine.write_provider(workspace, &new, &call.actor).await?;
    if pairs.is_empty() {
        return Ok(Answer::nothing());
    }
    // What is ignored is not named: it may be a secret that somebody put in the wrong place.
    Ok(Answer::nothing().warn(
        "credentials: only tenant_id, client_id, client_secret, certificate, environment and resource are known; \
         the rest is ignored",
    ))
}

/// `DELETE kms/:name`.
pub(super) async fn delete(call: &Call, workspace: &Slug, name: &str) -> Result<Answer, Refusal> {
    deleted(call.engine.delete_provider(&path(workspace, name)?, &call.actor).await)
}

/// Whether a provider of this name is there.
pub(super) async fn exists(call: &Call, workspace: &Slug, name: &str) -> Result<bool, Refusal> {
    let Ok(path) = path(workspace, name) else { return Ok(false) };
    match call.engine.provider(&path).await {
        Ok(_) => Ok(true),
        Err(engine::Error::NotFound(_)) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn path(workspace: &Slug, name: &str) -> Result<ProviderPath, Refusal> {
    let provider = name.parse().map_err(|_| Refusal::unsupported_path())?;
    Ok(ProviderPath { workspace: workspace.clone(), provider })
}

fn kind(text: &str) -> Result<ProviderKind, Refusal> {
    text.parse().map_err(|_| match text {
        "awskms" | "gcpckms" => {
            Refusal::bad(format!("provider {text}: Keyferry carries keys to Azure Key Vault: use azurekeyvault"))
        }
        _ => Refusal::bad(format!("unsupported provider \"{text:.64}\": choose azurekeyvault")),
    })
}

/// The provider that is asked for; what is absent stays as it is.
fn provider(
    path: ProviderPath,
    key_collection: Option<KeyCollection>,
    pairs: &mut BTreeMap<String, SecretInput>,
    existing: Option<&Provider>,
) -> Result<NewProvider, Refusal> {
    let key_collection = key_collection.or_else(|| existing.map(|provider| provider.key_collection.clone()));
    let environment = take(pairs, "environment");
    let vault_kind = take(pairs, "resource").map(|text| vault_kind(text.expose())).transpose()?;
    Ok(NewProvider {
        name: path.provider,
        key_collection: key_collection.ok_or_else(|| Refusal::bad("key_collection: this field is missing"))?,
        vault_kind: vault_kind.or_else(|| existing.map(|provider| provider.vault_kind)),
        environment: environment
            .map(|text| text.expose().to_owned())
            .or_else(|| existing.map(|provider| provider.environment.clone())),
        credentials: Credentials {
            tenant_id: take(pairs, "tenant_id")
                .map(|id| read_field("credentials.tenant_id", id.expose()))
                .transpose()?,
            client_id: take(pairs, "client_id")
                .map(|id| read_field("credentials.client_id", id.expose()))
                .transpose()?,
            client_secret: take(pairs, "client_secret"),
            certificate: take(pairs, "certificate"),
        },
    })
}

/// A value that is there and not empty.
fn take(pairs: &mut BTreeMap<String, SecretInput>, name: &str) -> Option<SecretInput> {
    pairs.remove(name).filter(|value| !value.expose().is_empty())
}

/// The DNS suffix of a managed HSM or of a vault, also as a URL.
fn vault_kind(resource: &str) -> Result<VaultKind, Refusal> {
    let host = resource.trim_start_matches("https://").trim_end_matches('/');
    match host.split('.').next() {
        Some("managedhsm") => Ok(VaultKind::ManagedHsm),
        Some("vault") => Ok(VaultKind::KeyVault),
        _ => Err(Refusal::bad("credentials.resource: write managedhsm.azure.net for a managed HSM, or leave it out")),
    }
}

fn read_field<T: FromStr<Err: std::fmt::Display>>(name: &str, text: &str) -> Result<T, Refusal> {
    text.parse().map_err(|error: T::Err| Refusal::bad(format!("{name}: {error}")))
}
