//! Soft delete: a deleted key shows up later, keeps its name, and can be recovered or purged.

use crate::{
    answer::{Answer, Outcome},
    bundle, keys,
    state::{Key, Life, Vault, now_millis},
    vault::Visit,
};

/// Deletes a key with all its versions.
pub(crate) fn delete(visit: &Visit<'_>, name: &str) -> Outcome {
    let delay = visit.shared.deletion_delay();
    visit.change(|vault| {
        let frame = visit.frame(vault);
        let key = keys::active_mut(vault, name)?;
        let at = now_millis();
        key.life = Life::Deleted { at, shown: at.saturating_add(delay) };
        let latest = key.latest().ok_or_else(|| Answer::deleted_key_not_found(name))?;
        let mut bundle = bundle::deleted_bundle(&frame, key, latest, at);
        bundle::name_platform(&frame, latest, &mut bundle);
        Ok(Answer::ok(&bundle))
    })
}

/// Answers a deleted key; 404 while it is being deleted.
pub(crate) fn get_deleted(visit: &Visit<'_>, name: &str) -> Outcome {
    visit.read(|_, vault| {
        let (key, at) = deleted(vault, name)?;
        let latest = key.latest().ok_or_else(|| Answer::deleted_key_not_found(name))?;
        Ok(Answer::ok(&bundle::deleted_bundle(&visit.frame(vault), key, latest, at)))
    })?
}

/// Lists the deleted keys.
pub(crate) fn list_deleted(visit: &Visit<'_>) -> Outcome {
    let entries = visit.read(|_, vault| {
        let frame = visit.frame(vault);
        let entry = |key: &Key| Some(bundle::deleted_entry(&frame, key, key.latest()?, key.shown_deleted()?));
        vault.keys.iter().filter_map(|(id, key)| Some((id.clone(), entry(key)?))).collect()
    })?;
    keys::page(visit, "deletedkeys", entries)
}

/// Takes a deletion back; the key is there again some time later.
pub(crate) fn recover(visit: &Visit<'_>, name: &str) -> Outcome {
    let delay = visit.shared.deletion_delay();
    visit.change(|vault| {
        let frame = visit.frame(vault);
        settled(vault, name)?;
        deleted(vault, name)?;
        let key = vault.keys.get_mut(&name.to_ascii_lowercase()).ok_or_else(|| Answer::deleted_key_not_found(name))?;
        key.life = Life::Recovered { shown: now_millis().saturating_add(delay) };
        let latest = key.latest().ok_or_else(|| Answer::deleted_key_not_found(name))?;
        Ok(Answer::ok(&bundle::key_bundle(&frame, &key.name, latest)))
    })
}

/// Makes a deletion final and the name free.
pub(crate) fn purge(visit: &Visit<'_>, name: &str) -> Outcome {
    visit.change(|vault| {
        settled(vault, name)?;
        deleted(vault, name)?;
        if vault.settings.purge_protection {
            // The status is known, the words are a guess (azure.md §10).
            let message = "Operation \"purge\" is not allowed on this vault, because purge protection is enabled.";
            return Err(Answer::refusal(403, "Forbidden", None, message));
        }
        vault.keys.remove(&name.to_ascii_lowercase());
        Ok(Answer::empty(204))
    })
}

/// Refuses to touch a key that is still being deleted.
fn settled(vault: &Vault, name: &str) -> Result<(), Answer> {
    match vault.keys.get(&name.to_ascii_lowercase()) {
        Some(Key { life: Life::Deleted { shown, .. }, .. }) if *shown > now_millis() => {
            Err(Answer::conflict("ObjectIsBeingDeleted", "Key is currently being deleted."))
        }
        _ => Ok(()),
    }
}

fn deleted<'a>(vault: &'a Vault, name: &str) -> Result<(&'a Key, u64), Answer> {
    let key = vault.keys.get(&name.to_ascii_lowercase());
    key.and_then(|key| Some((key, key.shown_deleted()?))).ok_or_else(|| Answer::deleted_key_not_found(name))
}
