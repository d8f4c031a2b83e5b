//! Calls about keys.

use ::api::{
    Compromise, Compromised, Destruction, DistributionState, Key, KeyChange, KeyName, KeyQuery, KeySort, KeySummary,
    KeyType, NewKey, OwnKey, Page, Slug,
};

use super::{Call, body, delete, get, patch, post, query};

fn path(workspace: &Slug, key: &KeyName) -> String {
    format!("/workspaces/{workspace}/keys/{key}")
}

/// Lists keys.
pub(crate) fn keys(workspace: &Slug, wanted: &KeyQuery) -> Call<Page<KeySummary>> {
    let query = query(&[
        ("search", wanted.search.as_deref()),
        ("type", wanted.key_type.map(KeyType::as_str)),
        ("state", wanted.state.map(DistributionState::as_str)),
        ("sort", wanted.sort.map(KeySort::as_str)),
        ("after", wanted.after.as_deref()),
    ]);
    get(&format!("/workspaces/{workspace}/keys{query}"))
}

/// One key with its versions and where it is held.
pub(crate) fn key(workspace: &Slug, key: &KeyName) -> Call<Key> {
    get(&path(workspace, key))
}

/// Makes a key.
pub(crate) fn create_key(workspace: &Slug, new: &NewKey) -> Call<Key> {
    post(&format!("/workspaces/{workspace}/keys"), Some(body(new)))
}

/// Brings in a key of one's own, as the next version of a key or the first of a new one.
pub(crate) fn import_key(workspace: &Slug, key: &KeyName, own: &OwnKey) -> Call<Key> {
    post(&format!("{}/import", path(workspace, key)), Some(body(own)))
}

/// Adds a version to a key.
pub(crate) fn rotate_key(workspace: &Slug, key: &KeyName) -> Call<Key> {
    post(&format!("{}/rotate", path(workspace, key)), None)
}

/// Changes which versions are enabled, or whether the key may be deleted.
pub(crate) fn change_key(workspace: &Slug, key: &KeyName, change: &KeyChange) -> Call<Key> {
    patch(&path(workspace, key), body(change))
}

/// Destroys a key that no provider holds.
pub(crate) fn delete_key(workspace: &Slug, key: &KeyName) -> Call<()> {
    delete(&path(workspace, key))
}

/// Marks versions as compromised, for good.
pub(crate) fn compromise_key(workspace: &Slug, key: &KeyName, wanted: &Compromise) -> Call<Compromised> {
    post(&format!("{}/compromise", path(workspace, key)), Some(body(wanted)))
}

/// Destroys the private keys of versions, for good.
pub(crate) fn destroy_key(workspace: &Slug, key: &KeyName, wanted: &Destruction) -> Call<Key> {
    post(&format!("{}/destroy", path(workspace, key)), Some(body(wanted)))
}
