//! What an identity may do with the keys of a vault, and what can be told of it without doing it.

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::keys::key_path;
use crate::vault::Request;
use crate::{Error, Vault, VaultKind};

/// What an identity may be allowed to do with the keys of a vault.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Permission {
    /// Make keys.
    Create,
    /// Import keys.
    Import,
    /// Read keys.
    Get,
    /// Change keys.
    Update,
    /// Delete keys.
    Delete,
    /// List keys; with roles this is the same as reading them.
    List,
    /// Recover deleted keys.
    Recover,
    /// Purge deleted keys.
    Purge,
}

impl Permission {
    /// All of them.
    pub const ALL: [Self; 8] =
        [Self::Create, Self::Import, Self::Get, Self::Update, Self::Delete, Self::List, Self::Recover, Self::Purge];

    /// Its name as a key permission of an access policy (Microsoft, "Assign a Key Vault access policy").
    #[must_use]
    pub fn policy_name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Import => "import",
            Self::Get => "get",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::List => "list",
            Self::Recover => "recover",
            Self::Purge => "purge",
        }
    }

    /// Its data action in a role for key vaults (Microsoft, "Azure permissions for Security", `Microsoft.KeyVault`).
    #[must_use]
    pub fn data_action(self) -> &'static str {
        match self {
            Self::Create => "Microsoft.KeyVault/vaults/keys/create/action",
            Self::Import => "Microsoft.KeyVault/vaults/keys/import/action",
            Self::Get | Self::List => "Microsoft.KeyVault/vaults/keys/read",
            Self::Update => "Microsoft.KeyVault/vaults/keys/update/action",
            Self::Delete => "Microsoft.KeyVault/vaults/keys/delete",
            Self::Recover => "Microsoft.KeyVault/vaults/keys/recover/action",
            Self::Purge => "Microsoft.KeyVault/vaults/keys/purge/action",
        }
    }

    /// The smallest built-in role that allows it (Microsoft, "Azure built-in roles for Security" and "Managed HSM local RBAC
    /// built-in roles").
    #[must_use]
    pub fn built_in_role(self, kind: VaultKind) -> &'static str {
        match (kind, self) {
            (VaultKind::KeyVault, _) => "Key Vault Crypto Officer",
            (VaultKind::ManagedHsm, Self::Recover | Self::Purge) => "Managed HSM Crypto Officer",
            (VaultKind::ManagedHsm, _) => "Managed HSM Crypto User",
        }
    }

    /// The permission that an action such as `Microsoft.KeyVault/vaults/keys/import/action` is about. Managed HSM has
    /// other words for some (Microsoft, "Managed HSM local RBAC built-in roles").
    pub(crate) fn of_action(action: &str) -> Option<Self> {
        let (_, verb) = action.split_once("/keys/")?;
        match verb.strip_suffix("/action").unwrap_or(verb) {
            "read" => Some(Self::Get),
            "write" => Some(Self::Update),
            "deletedKeys/recover" => Some(Self::Recover),
            "deletedKeys/delete" => Some(Self::Purge),
            verb => Self::of_policy(verb),
        }
    }

    pub(crate) fn of_policy(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|permission| permission.policy_name().eq_ignore_ascii_case(name))
    }
}

/// What a probe told. That a permission is missing is the vault's own [answer](Error::Answered).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Probe {
    /// The identity has the permission.
    Granted,
    /// Only using it will tell.
    Untold,
}

impl Vault {
    /// Tells whether the identity has a permission, as far as this is possible without changing anything: the vault is
    /// asked to do it with a key that cannot exist, and looks at permissions before it looks for the key. An import is
    /// asked for without a key in it; making a key is not asked for at all.
    ///
    /// # Errors
    /// [`Error::Answered`] with status 403 when the permission is missing, or the network rules refuse us; the answer's
    /// [facts](crate::Answer::facts) tell more.
    pub async fn probe(&self, permission: Permission) -> Result<Probe, Error> {
        let name = Uuid::new_v4().to_string();
        let (active, version) = (key_path(&name)?, Uuid::new_v4().simple());
        let deleted = format!("/deletedkeys/{name}");
        let request = match permission {
            Permission::Create => return Ok(Probe::Untold),
            Permission::Import => Request::new(Method::PUT, active).body(&json!({"key": {"kty": "RSA"}})),
            Permission::Get => Request::new(Method::GET, active),
            Permission::List => Request::new(Method::GET, "/keys".to_owned()),
            Permission::Update => Request::new(Method::PATCH, format!("{active}/{version}")).body(&json!({})),
            Permission::Delete => Request::new(Method::DELETE, active),
            Permission::Recover => Request::new(Method::POST, format!("{deleted}/recover")),
            Permission::Purge => Request::new(Method::DELETE, deleted),
        };
        match self.ask::<Value>(request).await {
            Ok(_) if permission == Permission::List => Ok(Probe::Granted),
            Err(error) if error.is_not_found() => Ok(Probe::Granted),
            // A request that is not complete may be refused before anybody looks at permissions.
            Ok(_) => Ok(Probe::Untold),
            Err(Error::Answered(answer)) if answer.status == 400 => Ok(Probe::Untold),
            Err(error) => Err(error),
        }
    }
}
