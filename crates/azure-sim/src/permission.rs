//! The rights on a vault's keys, and their names (azure.md §5).

use serde::{Deserialize, Serialize};

use crate::vaults::VaultKind;

/// A right on a vault's keys.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum Permission {
    /// Make keys in the vault.
    Create,
    /// Bring keys in.
    Import,
    /// Read a key's public part.
    Get,
    /// List keys and versions.
    List,
    /// Change attributes, operations and tags.
    Update,
    /// Delete keys.
    Delete,
    /// Take back a deletion.
    Recover,
    /// Make a deletion final.
    Purge,
    /// Encrypt with a key.
    Encrypt,
    /// Decrypt with a key.
    Decrypt,
    /// Sign with a key.
    Sign,
    /// Check signatures of a key.
    Verify,
    /// Wrap another key with a key.
    WrapKey,
    /// Unwrap another key with a key.
    UnwrapKey,
    /// Read how a key is rotated.
    GetRotationPolicy,
}

impl Permission {
    /// Every right there is.
    pub const ALL: [Self; 15] = [
        Self::Create,
        Self::Import,
        Self::Get,
        Self::List,
        Self::Update,
        Self::Delete,
        Self::Recover,
        Self::Purge,
        Self::Encrypt,
        Self::Decrypt,
        Self::Sign,
        Self::Verify,
        Self::WrapKey,
        Self::UnwrapKey,
        Self::GetRotationPolicy,
    ];

    /// Its name in an access policy.
    pub(crate) fn policy_name(self) -> &'static str {
        self.names().0
    }

    /// The data action of Azure's role definitions, behind the kind's prefix.
    pub(crate) fn action(self, kind: VaultKind) -> &'static str {
        let (_, vault, hsm) = self.names();
        if kind == VaultKind::ManagedHsm { hsm } else { vault }
    }

    /// In an access policy, as a data action of vaults, as a data action of managed HSMs.
    fn names(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Create => ("create", "keys/create/action", "keys/create"),
            Self::Import => ("import", "keys/import/action", "keys/import/action"),
            Self::Get => ("get", "keys/read", "keys/read/action"),
            Self::List => ("list", "keys/read", "keys/read/action"),
            Self::Update => ("update", "keys/update/action", "keys/write/action"),
            Self::Delete => ("delete", "keys/delete", "keys/delete"),
            Self::Recover => ("recover", "keys/recover/action", "keys/deletedKeys/recover/action"),
            Self::Purge => ("purge", "keys/purge/action", "keys/deletedKeys/delete"),
            Self::Encrypt => ("encrypt", "keys/encrypt/action", "keys/encrypt/action"),
            Self::Decrypt => ("decrypt", "keys/decrypt/action", "keys/decrypt/action"),
            Self::Sign => ("sign", "keys/sign/action", "keys/sign/action"),
            Self::Verify => ("verify", "keys/verify/action", "keys/verify/action"),
            Self::WrapKey => ("wrapKey", "keys/wrap/action", "keys/wrap/action"),
            Self::UnwrapKey => ("unwrapKey", "keys/unwrap/action", "keys/unwrap/action"),
            Self::GetRotationPolicy => ("getrotationpolicy", "keyrotationpolicies/read", "keyRotationPolicies/read"),
        }
    }
}
