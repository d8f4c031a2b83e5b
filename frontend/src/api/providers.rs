//! Calls about KMS providers.

use ::api::{
    Check, DeletedKey, DemoVault, NameInKms, NewProvider, Page, PageQuery, Provider, ProviderChange, ProviderName, Slug,
};

use super::{Call, body, delete, get, patch, post, query};

fn path(workspace: &Slug, provider: &ProviderName) -> String {
    format!("/workspaces/{workspace}/providers/{provider}")
}

/// Writes the query of a list without filters.
pub(super) fn paging(wanted: &PageQuery) -> String {
    let limit = wanted.limit.map(|limit| limit.to_string());
    query(&[("limit", limit.as_deref()), ("after", wanted.after.as_deref())])
}

/// Lists providers.
pub(crate) fn providers(workspace: &Slug, wanted: &PageQuery) -> Call<Page<Provider>> {
    get(&format!("/workspaces/{workspace}/providers{}", paging(wanted)))
}

/// One provider.
pub(crate) fn provider(workspace: &Slug, provider: &ProviderName) -> Call<Provider> {
    get(&path(workspace, provider))
}

/// Checks a vault and connects it.
pub(crate) fn connect_provider(workspace: &Slug, new: &NewProvider) -> Call<Provider> {
    post(&format!("/workspaces/{workspace}/providers"), Some(body(new)))
}

/// Replaces a provider's credentials.
pub(crate) fn change_provider(workspace: &Slug, provider: &ProviderName, change: &ProviderChange) -> Call<Provider> {
    patch(&path(workspace, provider), body(change))
}

/// Forgets a provider that holds no keys.
pub(crate) fn delete_provider(workspace: &Slug, provider: &ProviderName) -> Call<()> {
    delete(&path(workspace, provider))
}

/// Checks a provider step by step.
pub(crate) fn check_provider(workspace: &Slug, provider: &ProviderName) -> Call<Check> {
    post(&format!("{}/check", path(workspace, provider)), None)
}

/// Asks for the key exchange key before any key is distributed.
pub(crate) fn request_kek(workspace: &Slug, provider: &ProviderName) -> Call<Provider> {
    post(&format!("{}/kek", path(workspace, provider)), None)
}

/// Lists the keys of ours that a provider keeps as deleted.
pub(crate) fn deleted_keys(workspace: &Slug, provider: &ProviderName) -> Call<Page<DeletedKey>> {
    let wanted = PageQuery { limit: Some(200), after: None };
    get(&format!("{}/deleted-keys{}", path(workspace, provider), paging(&wanted)))
}

/// Asks for a deleted key to be brought back.
pub(crate) fn recover_deleted_key(workspace: &Slug, provider: &ProviderName, name: &NameInKms) -> Call<DeletedKey> {
    post(&format!("{}/deleted-keys/{name}/recover", path(workspace, provider)), None)
}

/// Asks for a deleted key to be destroyed for good.
pub(crate) fn purge_deleted_key(workspace: &Slug, provider: &ProviderName, name: &NameInKms) -> Call<DeletedKey> {
    post(&format!("{}/deleted-keys/{name}/purge", path(workspace, provider)), None)
}

/// The vaults of the embedded simulator.
pub(crate) fn demo_vaults() -> Call<Vec<DemoVault>> {
    get("/demo")
}
