//! `kms/:name/key/…`: which provider holds which key.

use api::{
    Distribution, DistributionPath, DistributionQuery, NewDistribution, Protection, ProviderName, Purpose, Slug, Tags,
};
use engine::Arrival;
use serde_json::{Map, Value, json};

use super::Call;
use super::answer::{Answer, Refusal};
use super::keymgmt::{arrived, found, named};
use super::keys;

/// `LIST kms/:name/key`.
pub(super) async fn list(call: &Call, workspace: &Slug, kms: &str) -> Result<Answer, Refusal> {
    let mut names = Vec::new();
    let mut query =
        DistributionQuery { provider: Some(provider(kms)?), limit: Some(200), ..DistributionQuery::default() };
    loop {
        let page = call.engine.distributions(workspace, &query).await?;
        names.extend(page.items.into_iter().map(|distribution| distribution.key));
        if page.next.is_none() {
            return Answer::list(names);
        }
        query.after = page.next;
    }
}

/// `GET kms/:name/key/:key_name`: the versions that have arrived, switched off or not.
pub(super) async fn read(call: &Call, workspace: &Slug, kms: &str, key: &str) -> Result<Answer, Refusal> {
    let Distribution { name_in_kms, protection, purposes, created_at, deliveries, .. } =
        found(call.engine.distribution(&path(workspace, kms, key)?).await)?;
    let mut purposes: Vec<&str> = purposes.into_iter().map(Purpose::as_str).collect();
    purposes.sort_unstable();
    let versions: Map<String, Value> = deliveries
        .into_iter()
        .filter_map(|delivery| Some((delivery.version.to_string(), json!(delivery.remote_version?))))
        .collect();
    Ok(Answer::data(json!({
        "name": name_in_kms,
        "protection": protection,
        "purpose": purposes.join(","),
        "distribution_time": created_at,
        "versions": versions,
    })))
}

/// `PUT kms/:name/key/:key_name`: sends the key there.
pub(super) async fn write(call: &mut Call, workspace: &Slug, kms: &str, key: &str) -> Result<Answer, Refusal> {
    let provider = provider(kms)?;
    let fields = &mut call.request.fields;
    let purposes = fields.list("purpose")?.unwrap_or_default();
    let purposes: Vec<Purpose> = purposes.iter().map(|word| purpose(word)).collect::<Result<_, _>>()?;
    if purposes.is_empty() {
        return Err(Refusal::bad("purpose: choose among encrypt, decrypt, sign, verify, wrap and unwrap"));
    }
    let protection = fields.word("protection")?.unwrap_or(Protection::Hsm);
    let (expires_after, tags) = (None, Tags::default());
    let new = NewDistribution { provider, purposes, protection, name_in_kms: None, expires_after, tags };
    let distributed = call.engine.distribute_key_and_wait(&keys::path(workspace, key)?, &new, &call.actor).await;
    Ok(arrived(named("key", key, distributed)?))
}

/// `DELETE kms/:name/key/:key_name`: takes the key back.
pub(super) async fn delete(call: &Call, workspace: &Slug, kms: &str, key: &str) -> Result<Answer, Refusal> {
    match call.engine.withdraw_key_and_wait(&path(workspace, kms, key)?, &call.actor).await {
        Err(engine::Error::NotFound(_)) => Ok(arrived(Arrival::Done)),
        outcome => Ok(arrived(outcome?)),
    }
}

/// `PUT kms/:name/key/:key_name/replicate`: for AWS only, and so never done.
pub(super) async fn replicate(call: &Call, workspace: &Slug, key: &str) -> Result<Answer, Refusal> {
    let found = named("key", key, call.engine.key(&keys::path(workspace, key)?).await)?;
    if found.replica_regions.is_empty() {
        return Err(Refusal::bad(format!("key \"{key}\" does not have replica_regions")));
    }
    Err(Refusal::bad("only keys in awskms are replicated; Azure does that by itself"))
}

fn path(workspace: &Slug, kms: &str, key: &str) -> Result<DistributionPath, Refusal> {
    let key = keys::path(workspace, key)?;
    Ok(DistributionPath { workspace: key.workspace, key: key.key, provider: provider(kms)? })
}

fn provider(kms: &str) -> Result<ProviderName, Refusal> {
    kms.parse().map_err(|_| Refusal::unsupported_path())
}

fn purpose(word: &str) -> Result<Purpose, Refusal> {
    word.parse().map_err(|sentence| Refusal::bad(format!("unsupported purpose \"{word:.64}\": {sentence}")))
}
