//! Who is signed in, and with which rights.

use serde::{Deserialize, Serialize};

use crate::{AzureId, GlobalRole, KeyCollection, Role, SecretInput, Slug, Timestamp, Title, Username, VaultKind};

/// Signs in.
#[derive(Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// The user's name; a text that is no valid name is answered as a wrong one.
    pub username: String,
    /// The password.
    pub password: SecretInput,
}

/// Replaces one's own password.
#[derive(Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    /// The password so far.
    pub current_password: SecretInput,
    /// The password from now on: at least 12 characters, 15 or more advised.
    pub new_password: SecretInput,
}

/// Who is signed in, and with which rights.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Session {
    /// Who.
    pub username: Username,
    /// The role outside and above workspaces.
    pub global_role: GlobalRole,
    /// The workspaces that are open to this session, by title, each with the role that counts there.
    pub workspaces: Vec<WorkspaceAccess>,
    /// Whether the password was made for the first sign-in only: everything else waits until it is replaced.
    pub must_change_password: bool,
    /// When the session ends at the latest.
    pub ends_at: Timestamp,
    /// Whether this server runs on the embedded simulator.
    pub demo: bool,
    /// The server's version.
    pub version: String,
}

/// A workspace that is open to a session.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WorkspaceAccess {
    /// The workspace.
    pub slug: Slug,
    /// Its mount path in the Vault-compatible API.
    pub path: String,
    /// What people call it.
    pub title: Title,
    /// The role that counts there.
    pub role: Role,
}

/// A vault of the embedded simulator, with credentials that work on it.
#[derive(Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DemoVault {
    /// The vault's name.
    pub key_collection: KeyCollection,
    /// Its kind.
    pub vault_kind: VaultKind,
    /// The cloud it is in.
    pub environment: String,
    /// What it teaches, in one sentence.
    pub teaches: String,
    /// The tenant of its application.
    pub tenant_id: AzureId,
    /// Its application.
    pub client_id: AzureId,
    /// The application's secret: worthless outside this process.
    pub client_secret: String,
}
