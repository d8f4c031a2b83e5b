//! What our application may do in a vault: it cannot be asked without side effects, so it is learned from real use.

use std::sync::PoisonError;

use azure::Permission;

use super::site::Site;
use crate::clock;

/// The permissions that are needed, in the order they are shown.
pub(crate) const NEEDED: [Permission; 5] =
    [Permission::Create, Permission::Import, Permission::Get, Permission::Update, Permission::Delete];

impl Site<'_> {
    /// Remembers whether a permission was granted just now.
    pub(super) fn learn(&self, permission: Permission, granted: bool) {
        self.learned.lock().unwrap_or_else(PoisonError::into_inner).push((permission, granted));
    }

    /// What is known about our permissions now, if that is news.
    pub(super) fn learned(&self) -> Option<Vec<api::Permission>> {
        let learned = self.learned.lock().unwrap_or_else(PoisonError::into_inner);
        let known = |name: &str| self.provider.permissions.iter().find(|known| known.name == name);
        let news = learned.iter().any(|(p, granted)| known(p.policy_name()).and_then(|k| k.granted) != Some(*granted));
        news.then(|| {
            let now = |permission: Permission| {
                let name = permission.policy_name();
                match learned.iter().rev().find(|(learned, _)| *learned == permission) {
                    Some((_, granted)) => {
                        api::Permission { name: name.to_owned(), granted: Some(*granted), at: Some(clock::now()) }
                    }
                    None => known(name).cloned().unwrap_or(api::Permission {
                        name: name.to_owned(),
                        granted: None,
                        at: None,
                    }),
                }
            };
            NEEDED.into_iter().map(now).collect()
        })
    }
}
