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
    } "choose key_vault"
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
    /// The vault's URL.
    pub url: String,
    /// The tenant of the application that we act as.
    pub tenant_id: AzureId,
    /// The application that we act as.
    pub client_id: AzureId,
    /// When the credentials were last replaced.
    pub credentials_replaced_at: Timestamp,
    /// When it was connected.
    pub created_at: Timestamp,
    /// How many keys it holds or shall hold.
    pub distributions: u64,
    /// The key exchange key, once one was used.
    pub kek: Option<Kek>,
    /// What the last check found.
    pub last_check: Option<Check>,
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

/// Credentials of an application in Microsoft Entra.
#[derive(Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    /// The vault's tenant.
    pub tenant_id: AzureId,
    /// The application (client) id.
    pub client_id: AzureId,
    /// The client secret's value, not its id. It cannot be read again.
    pub client_secret: SecretInput,
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
    /// The kind of vault.
    pub vault_kind: VaultKind,
    /// Whom to act as.
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
