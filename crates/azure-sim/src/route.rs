//! Which operation of Key Vault a method and a path mean.

use crate::{faults::Call, permission::Permission, usage::Usage, vaults::VaultKind};

/// An operation; names and versions are as they stand in the path.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Route<'a> {
    Create(&'a str),
    Import(&'a str),
    Get(&'a str, Option<&'a str>),
    Update(&'a str, Option<&'a str>),
    Delete(&'a str),
    ListKeys,
    ListVersions(&'a str),
    GetDeleted(&'a str),
    ListDeleted,
    Recover(&'a str),
    Purge(&'a str),
    Use(&'a str, Option<&'a str>, Usage),
    GetRotationPolicy(&'a str),
    /// An operation of Key Vault that the simulator grants to nobody, by the name of its data action and of its right
    /// in an access policy.
    Withheld(&'a str, &'static str, &'static str),
}

impl<'a> Route<'a> {
    pub(crate) fn parse(method: &str, segments: &[&'a str]) -> Option<Self> {
        Some(match (method, segments) {
            ("GET", ["keys"]) => Self::ListKeys,
            ("GET", ["deletedkeys"]) => Self::ListDeleted,
            ("POST", ["keys", "restore"]) => Self::Withheld("restore", "keys/restore/action", "restore"),
            ("POST", ["keys", name, "create"]) => Self::Create(name),
            ("POST", ["keys", name, "backup"]) => Self::Withheld(name, "keys/backup/action", "backup"),
            ("POST", ["keys", name, "rotate"]) => Self::Withheld(name, "keys/rotate/action", "rotate"),
            ("GET", ["keys", name, "rotationpolicy"]) => Self::GetRotationPolicy(name),
            ("PUT", ["keys", name, "rotationpolicy"]) => {
                Self::Withheld(name, "keyrotationpolicies/write", "setrotationpolicy")
            }
            ("POST", ["keys", name, _, "release"]) => Self::Withheld(name, "keys/release/action", "release"),
            ("POST", ["keys", name, usage] | ["keys", name, "", usage]) => Self::Use(name, None, Usage::parse(usage)?),
            ("POST", ["keys", name, version, usage]) => Self::Use(name, Some(version), Usage::parse(usage)?),
            ("PUT", ["keys", name]) => Self::Import(name),
            ("GET", ["keys", name, "versions"]) => Self::ListVersions(name),
            ("GET", ["keys", name]) => Self::Get(name, None),
            ("GET", ["keys", name, version]) => Self::Get(name, Some(version)),
            ("PATCH", ["keys", name]) => Self::Update(name, None),
            ("PATCH", ["keys", name, version]) => Self::Update(name, Some(version)),
            ("DELETE", ["keys", name]) => Self::Delete(name),
            ("GET", ["deletedkeys", name]) => Self::GetDeleted(name),
            ("POST", ["deletedkeys", name, "recover"]) => Self::Recover(name),
            ("DELETE", ["deletedkeys", name]) => Self::Purge(name),
            _ => return None,
        })
    }

    pub(crate) fn call(self) -> Option<Call> {
        Some(match self {
            Self::Create(_) => Call::CreateKey,
            Self::Import(_) => Call::ImportKey,
            Self::Get(..) => Call::GetKey,
            Self::Update(..) => Call::UpdateKey,
            Self::Delete(_) => Call::DeleteKey,
            Self::ListKeys => Call::ListKeys,
            Self::ListVersions(_) => Call::ListVersions,
            Self::GetDeleted(_) => Call::GetDeletedKey,
            Self::ListDeleted => Call::ListDeletedKeys,
            Self::Recover(_) => Call::RecoverKey,
            Self::Purge(_) => Call::PurgeKey,
            Self::Use(..) => Call::UseKey,
            Self::GetRotationPolicy(_) => Call::GetRotationPolicy,
            Self::Withheld(..) => return None,
        })
    }

    /// The right it needs; none where no right is enough.
    pub(crate) fn permission(self) -> Option<Permission> {
        Some(match self {
            Self::Create(_) => Permission::Create,
            Self::Import(_) => Permission::Import,
            Self::Get(..) | Self::GetDeleted(_) => Permission::Get,
            Self::Update(..) => Permission::Update,
            Self::Delete(_) => Permission::Delete,
            Self::ListKeys | Self::ListVersions(_) | Self::ListDeleted => Permission::List,
            Self::Recover(_) => Permission::Recover,
            Self::Purge(_) => Permission::Purge,
            Self::Use(_, _, usage) => usage.permission(),
            Self::GetRotationPolicy(_) => Permission::GetRotationPolicy,
            Self::Withheld(..) => return None,
        })
    }

    /// The data action that a refusal names, behind the kind's prefix.
    pub(crate) fn action(self, kind: VaultKind) -> &'static str {
        match (self, self.permission()) {
            (Self::Withheld(_, action, _), _) => action,
            (_, Some(permission)) => permission.action(kind),
            (_, None) => "",
        }
    }

    /// The right's name in an access policy.
    pub(crate) fn policy_name(self) -> &'static str {
        match (self, self.permission()) {
            (Self::Withheld(_, _, name), _) => name,
            (_, Some(permission)) => permission.policy_name(),
            (_, None) => "",
        }
    }

    /// The key's name, where the operation is about one key.
    pub(crate) fn name(self) -> Option<&'a str> {
        match self {
            Self::Create(name)
            | Self::Import(name)
            | Self::Get(name, _)
            | Self::Update(name, _)
            | Self::Delete(name)
            | Self::ListVersions(name)
            | Self::GetDeleted(name)
            | Self::Recover(name)
            | Self::Purge(name)
            | Self::Use(name, ..)
            | Self::GetRotationPolicy(name)
            | Self::Withheld(name, ..) => Some(name),
            Self::ListKeys | Self::ListDeleted => None,
        }
    }
}
