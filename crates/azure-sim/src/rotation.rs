//! Rotation policies: how a vault would rotate a key by itself. They can be read, and set by tests.

use serde_json::json;

use crate::{
    answer::{Answer, Outcome},
    keys,
    vault::Visit,
};

/// Answers a key's rotation policy; that of a key which has none only notifies.
pub(crate) fn get(visit: &Visit<'_>, name: &str) -> Outcome {
    visit.read(|_, vault| {
        let key = keys::active(vault, name)?;
        let mut actions = vec![json!({ "trigger": { "timeBeforeExpiry": "P30D" }, "action": { "type": "Notify" } })];
        if let Some(after) = &key.rotates_after {
            actions.push(json!({ "trigger": { "timeAfterCreate": after }, "action": { "type": "Rotate" } }));
        }
        let created = key.versions.first().map(|version| version.created);
        Ok(Answer::ok(&json!({
            "id": format!("{}/keys/{}/rotationpolicy", visit.base(), key.name),
            "lifetimeActions": actions,
            "attributes": { "expiryTime": null, "created": created, "updated": created },
        })))
    })?
}
