//! KMS providers: configured destinations of keys.

use serde::{Deserialize, Serialize};

use crate::text::{text_type, word_type};
use crate::{Explanation, Invalid, SecretInput, Slug, Timestamp};

text_type! {
    /// A provider's name: the same rule as for keys.
    ProviderName, check_provider_name
}

fn check_provider_name(text: &str) -> Result<(), Invalid> {
    if crate::key::is_vault_name(text) {
        Ok(())
    } else {
        Err(Invalid("use 1 to 127 letters, digits and '_'; '-' and '.' may stand inside"))
    }
}

text_type! {
    /// The name of an Azure key vault: 3 to 24 letters, digits and single hyphens, starting with a letter.
    KeyCollection, check_key_collection
}

fn check_key_collection(text: &str) -> Result<(), Invalid> {
    let allowed = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    let edges = text.starts_with(|c: char| c.is_ascii_alphabetic()) && !text.ends_with('-');
    if (3..=24).contains(&text.len()) && allowed && edges && !text.contains("--") {
        Ok(())
    } else {
        Err(Invalid(
            "write the vault's name, not its URL: 3 to 24 letters, digits and single hyphens, starting with a letter",
        ))
    }
}

text_type! {
    /// A tenant or client id of Microsoft Entra: a UUID.
    AzureId, check_azure_id
}

fn check_azure_id(text: &str) -> Result<(), Invalid> {
    let group = |(part, length): (&str, usize)| part.len() == length && part.chars().all(|c| c.is_ascii_hexdigit());
    let parts: Vec<&str> = text.split('-').collect();
    if parts.len() == 5 && parts.into_iter().zip([8, 4, 4, 4, 12]).all(group) {
        Ok(())
    } else {
        Err(Invalid("write a UUID such as 11111111-2222-3333-4444-555555555555, as Azure shows it"))
    }
}

word_type! {
    /// The kind of KMS.
    ProviderKind {
        /// Azure Key Vault.
        AzureKeyVault = "azurekeyvault",
    } "choose azurekeyvault"
}

word_type! {
    /// The kind of vault at Azure.
    VaultKind {
        /// A key vault, Premium or Standard.
        KeyVault = "key_vault",
        /// A managed HSM: other host names, another token audience, HSM keys only.
        ManagedHsm = "managed_hsm",
    } "choose key_vault or managed_hsm"
}

/// A configured destination.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Provider {
    /// Its name, unique in the workspace.
    pub name: ProviderName,
    /// The kind of KMS.
    pub kind: ProviderKind,
    /// The vault's name.
    pub key_collection: KeyCollection,
    /// The kind of vault.
    pub vault_kind: VaultKind,
    /// The cloud that the vault is in, by its name at Azure: `AzurePublicCloud`.
    pub environment: String,
    /// The vault's URL.
    pub url: String,
    /// What is stored of the credentials; secrets are only said to be there.
    pub stored_credentials: StoredCredentials,
    /// Whom we act as, and why; absent where no identity is complete.
    pub identity: Option<Identity>,
    /// When the credentials were last replaced.
    pub credentials_replaced_at: Timestamp,
    /// When it was connected.
    pub created_at: Timestamp,
    /// How many keys it holds or shall hold.
    pub distributions: u64,
    /// The key exchange key, once one was used.
    pub kek: Option<Kek>,
    /// Since when a key exchange key is asked for, while it is on its way.
    pub kek_requested_at: Option<Timestamp>,
    /// Why the key exchange key that was asked for is not there. What time heals is tried again; else it stays until the
    /// key is asked for again.
    pub kek_error: Option<Explanation>,
    /// What our application may do in the vault, as far as it is known.
    pub permissions: Vec<Permission>,
    /// Until when the vault asked for no more requests.
    pub paused_until: Option<Timestamp>,
    /// What the last check found.
    pub last_check: Option<Check>,
}

/// What is stored of a provider's credentials.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StoredCredentials {
    /// The tenant.
    pub tenant_id: Option<AzureId>,
    /// The application (client).
    pub client_id: Option<AzureId>,
    /// Whether there is a client secret.
    pub client_secret: bool,
    /// Whether there is a certificate.
    pub certificate: bool,
}

/// Whom we act as at a vault: the environment comes before what is stored, and that before a managed identity.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Identity {
    /// The tenant.
    pub tenant: Setting,
    /// The application (client); a managed identity without one is the system-assigned one.
    pub client: Option<Setting>,
    /// What proves it.
    pub proof: Proof,
    /// Every other proof, and why it is not used.
    pub unused: Vec<UnusedProof>,
    /// What looks like a mistake although it may work.
    pub warning: Option<String>,
}

/// A value, and who said it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Setting {
    /// The value in force.
    pub value: String,
    /// Who said it.
    pub source: Source,
    /// Why what is stored is not used, where something is.
    pub unused: Option<String>,
}

word_type! {
    /// Where a part of an identity comes from.
    Source {
        /// The environment of the server's process.
        Environment = "environment",
        /// What is stored for the provider.
        Stored = "stored",
        /// The machine or service that the server runs on.
        Platform = "platform",
        /// Nobody said anything.
        Default = "default",
    } "choose environment, stored, platform or default"
}

word_type! {
    /// What proves an identity, in the order in which it is used.
    Proof {
        /// `AZURE_CLIENT_SECRET`.
        EnvironmentSecret = "environment_secret",
        /// The file that `AZURE_CLIENT_CERTIFICATE_PATH` names.
        EnvironmentCertificate = "environment_certificate",
        /// The file that `AZURE_FEDERATED_TOKEN_FILE` names.
        FederatedToken = "federated_token",
        /// The stored client secret.
        StoredSecret = "stored_secret",
        /// The stored certificate.
        StoredCertificate = "stored_certificate",
        /// The managed identity of the machine or service.
        ManagedIdentity = "managed_identity",
    } "choose a proof"
}

/// A proof that is not used.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UnusedProof {
    /// Which.
    pub proof: Proof,
    /// Why not, as a sentence.
    pub reason: String,
}

/// What our application may do with the keys of a vault, learned from real use.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Permission {
    /// Which: `create`, `import`, `get`, `update` or `delete`.
    pub name: String,
    /// Whether it was granted when it was last used; absent while it was never used.
    pub granted: Option<bool>,
    /// When it was last used.
    pub at: Option<Timestamp>,
}

/// The key exchange key of a vault.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Kek {
    /// Its full URL, with version.
    pub kid: String,
    /// The size of its modulus in bits.
    pub bits: u32,
}

/// What a check of a provider found, step by step.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Check {
    /// When.
    pub at: Timestamp,
    /// The steps in the order they were taken; after one that failed the rest are not tried.
    pub steps: Vec<CheckStep>,
}

impl Check {
    /// Whether nothing failed.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.steps.iter().all(|step| step.outcome != CheckOutcome::Failed)
    }
}

/// One step of a check.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CheckStep {
    /// Which: `name`, `connection`, `identity`, `access`, `kek`.
    pub name: String,
    /// How it ended.
    pub outcome: CheckOutcome,
    /// What was found, in one sentence.
    pub found: String,
    /// What is wrong and what to do, where it failed.
    pub error: Option<Explanation>,
}

word_type! {
    /// How a step of a check ended.
    CheckOutcome {
        /// As it should be.
        Passed = "passed",
        /// It failed.
        Failed = "failed",
        /// It was not tried, because an earlier one failed.
        Skipped = "skipped",
        /// It cannot be told without side effects.
        Unknown = "unknown",
    } "choose passed, failed, skipped or unknown"
}

/// Credentials of an application in Microsoft Entra. What is absent comes from the server's environment, or a managed
/// identity makes it needless.
#[derive(Default, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    /// The vault's tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<AzureId>,
    /// The application (client) id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<AzureId>,
    /// The client secret's value, not its id. It cannot be read again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<SecretInput>,
    /// A certificate with its RSA private key, PEM. It cannot be read again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<SecretInput>,
}

/// A provider to be connected.
#[derive(Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewProvider {
    /// Its name, not yet taken in the workspace.
    pub name: ProviderName,
    /// The vault's name.
    pub key_collection: KeyCollection,
    /// The kind of vault; a key vault unless the server's environment says otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vault_kind: Option<VaultKind>,
    /// The cloud that the vault is in, by any of its names; the public one unless the server's environment says
    /// otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// Whom to act as.
    #[serde(default)]
    pub credentials: Credentials,
}

/// Replaces a provider's credentials.
#[derive(Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ProviderChange {
    /// Whom to act as from now on.
    pub credentials: Credentials,
}

/// Where a provider is found.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
pub struct ProviderPath {
    /// The workspace.
    pub workspace: Slug,
    /// The provider.
    pub provider: ProviderName,
}
