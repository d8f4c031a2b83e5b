//! Calls about distributions.

use ::api::{
    Distribution, DistributionQuery, DistributionState, KeyName, NewDistribution, Page, ProviderName, ReopenDifference,
    Slug,
};

use super::{Call, body, delete, get, post, query};

fn path(workspace: &Slug, key: &KeyName, provider: &ProviderName) -> String {
    format!("/workspaces/{workspace}/keys/{key}/distributions/{provider}")
}

/// Lists the distributions of a workspace.
pub(crate) fn distributions(workspace: &Slug, wanted: &DistributionQuery) -> Call<Page<Distribution>> {
    let limit = wanted.limit.map(|limit| limit.to_string());
    let query = query(&[
        ("state", wanted.state.map(DistributionState::as_str)),
        ("provider", wanted.provider.as_ref().map(ProviderName::as_str)),
        ("limit", limit.as_deref()),
        ("after", wanted.after.as_deref()),
    ]);
    get(&format!("/workspaces/{workspace}/distributions{query}"))
}

/// One distribution with its deliveries.
pub(crate) fn distribution(workspace: &Slug, key: &KeyName, provider: &ProviderName) -> Call<Distribution> {
    get(&path(workspace, key, provider))
}

/// Asks that a provider hold a key.
pub(crate) fn distribute(workspace: &Slug, key: &KeyName, new: &NewDistribution) -> Call<Distribution> {
    post(&format!("/workspaces/{workspace}/keys/{key}/distributions"), Some(body(new)))
}

/// Asks for an attempt at once.
pub(crate) fn retry(workspace: &Slug, key: &KeyName, provider: &ProviderName) -> Call<Distribution> {
    post(&format!("{}/retry", path(workspace, key, provider)), None)
}

/// Asks that every delivery be read and compared at once.
pub(crate) fn verify(workspace: &Slug, key: &KeyName, provider: &ProviderName) -> Call<Distribution> {
    post(&format!("{}/verify", path(workspace, key, provider)), None)
}

/// Lists the distributions with something that differs.
pub(crate) fn drift(workspace: &Slug, after: Option<&str>) -> Call<Page<Distribution>> {
    get(&format!("/workspaces/{workspace}/drift{}", query(&[("after", after)])))
}

/// Asks that a provider match where it differs.
pub(crate) fn reconcile(workspace: &Slug, key: &KeyName, provider: &ProviderName) -> Call<Distribution> {
    post(&format!("{}/reconcile", path(workspace, key, provider)), None)
}

/// Where a difference is accepted.
pub(crate) fn acceptance(workspace: &Slug, key: &KeyName, provider: &ProviderName) -> String {
    format!("{}/accept", path(workspace, key, provider))
}

/// Lets a difference stay: an `AcceptDifference`.
pub(crate) fn accept_difference(path: &str, accept: String) -> Call<Distribution> {
    post(path, Some(accept))
}

/// Takes back that a difference may stay.
pub(crate) fn reopen_difference(
    workspace: &Slug,
    key: &KeyName,
    provider: &ProviderName,
    reopen: &ReopenDifference,
) -> Call<Distribution> {
    post(&format!("{}/reopen", path(workspace, key, provider)), Some(body(reopen)))
}

/// Asks that a provider stop holding a key.
pub(crate) fn withdraw(workspace: &Slug, key: &KeyName, provider: &ProviderName) -> Call<Distribution> {
    delete(&path(workspace, key, provider))
}
