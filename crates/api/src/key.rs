//! Keys and their versions.

use serde::{Deserialize, Serialize};

use crate::text::{text_type, word_type};
use crate::{
    DeletedKey, Distribution, DistributionState, Invalid, ProviderName, Reason, Rotation, SecretInput, Slug, Timestamp,
};

text_type! {
    /// A key's name: 1 to 127 letters, digits and `_`, with `-` and `.` inside, as in Vault.
    KeyName, check_key_name
}

fn check_key_name(text: &str) -> Result<(), Invalid> {
    if is_vault_name(text) {
        Ok(())
    } else {
        Err(Invalid("use 1 to 127 letters, digits and '_'; '-' and '.' may stand inside"))
    }
}

/// Vault's rule for names in a path: word characters, with `-` and `.` inside (`vault-api.md` §1).
pub(crate) fn is_vault_name(text: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    (1..=127).contains(&text.len())
        && text.chars().all(|c| word(c) || matches!(c, '-' | '.'))
        && text.starts_with(word)
        && text.ends_with(word)
}

word_type! {
    /// The kind and size of a key.
    KeyType {
        /// RSA with a modulus of 2048 bits.
        Rsa2048 = "rsa-2048",
        /// RSA with a modulus of 3072 bits.
        Rsa3072 = "rsa-3072",
        /// RSA with a modulus of 4096 bits.
        Rsa4096 = "rsa-4096",
        /// AES-GCM with 256 bits.
        Aes256Gcm96 = "aes256-gcm96",
        /// ECDSA on the curve P-256.
        EcdsaP256 = "ecdsa-p256",
        /// ECDSA on the curve P-384.
        EcdsaP384 = "ecdsa-p384",
        /// ECDSA on the curve P-521.
        EcdsaP521 = "ecdsa-p521",
    } "choose rsa-2048, rsa-3072, rsa-4096, aes256-gcm96, ecdsa-p256, ecdsa-p384 or ecdsa-p521"
}

impl KeyType {
    /// Whether such keys can be carried to Azure, which takes RSA keys.
    #[must_use]
    pub fn fits_azure(self) -> bool {
        matches!(self, Self::Rsa2048 | Self::Rsa3072 | Self::Rsa4096)
    }
}

/// A named key with all its versions and where it is held.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Key {
    /// Its name, unique in the workspace.
    pub name: KeyName,
    /// Its kind and size, the same for every version.
    #[serde(rename = "type")]
    pub key_type: KeyType,
    /// The highest version.
    pub latest_version: u32,
    /// Versions below it are switched off wherever the key is held; 0 and 1 switch off none.
    pub min_enabled_version: u32,
    /// Whether the key may be deleted.
    pub deletion_allowed: bool,
    /// Regions that were named when it was made; they mean nothing to Azure.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replica_regions: Vec<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When the last of its versions was destroyed: it has no private key any more and gets no other version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destroyed_at: Option<Timestamp>,
    /// When it is rotated by itself, if ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotation: Option<Rotation>,
    /// Every version, the latest first.
    pub versions: Vec<KeyVersion>,
    /// Where it is held, by provider.
    pub distributions: Vec<Distribution>,
    /// Where a provider keeps it as deleted: there it can be brought back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deleted: Vec<DeletedKey>,
}

impl Key {
    /// The versions that are switched off, ascending.
    #[must_use]
    pub fn off(&self) -> Vec<u32> {
        self.numbers(|version| !version.enabled)
    }

    /// The versions that a provider is given, ascending.
    #[must_use]
    pub fn deliverable(&self) -> Vec<u32> {
        self.numbers(|version| !version.is_withheld())
    }

    fn numbers(&self, which: fn(&KeyVersion) -> bool) -> Vec<u32> {
        self.versions.iter().rev().filter(|version| which(version)).map(|version| version.number).collect()
    }
}

/// One version of a key.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KeyVersion {
    /// Counts from 1.
    pub number: u32,
    /// When it was made.
    pub created_at: Timestamp,
    /// The public key as SPKI PEM; a symmetric key has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_key: Option<String>,
    /// The public key's RFC 7638 thumbprint: SHA-256, base64url.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thumbprint: Option<String>,
    /// Whether it may be used: at or above the minimum enabled version, and neither compromised nor destroyed.
    pub enabled: bool,
    /// When it was marked as compromised: it is switched off everywhere for good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compromised_at: Option<Timestamp>,
    /// Why it was marked as compromised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compromise_reason: Option<Reason>,
    /// When its private key was destroyed here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destroyed_at: Option<Timestamp>,
}

impl KeyVersion {
    /// Whether it is compromised or destroyed: off for good, and given to no provider any more.
    #[must_use]
    pub fn is_withheld(&self) -> bool {
        self.compromised_at.is_some() || self.destroyed_at.is_some()
    }
}

/// A key in a list.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KeySummary {
    /// Its name.
    pub name: KeyName,
    /// Its kind and size.
    #[serde(rename = "type")]
    pub key_type: KeyType,
    /// The highest version.
    pub latest_version: u32,
    /// Versions below it are switched off.
    pub min_enabled_version: u32,
    /// When it was made.
    pub created_at: Timestamp,
    /// When the latest version was made.
    pub rotated_at: Timestamp,
    /// When the last of its versions was destroyed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destroyed_at: Option<Timestamp>,
    /// Where it is held, by provider.
    pub holders: Vec<Holder>,
}

/// A provider that holds a key, in a list.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Holder {
    /// The provider.
    pub provider: ProviderName,
    /// How the distribution stands.
    pub state: DistributionState,
}

/// A key to be made.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    /// Its name, not yet taken in the workspace.
    pub name: KeyName,
    /// Its kind and size.
    #[serde(rename = "type")]
    pub key_type: KeyType,
    /// Whether it may be deleted; not unless asked.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deletion_allowed: bool,
    /// Regions to be kept with it; they mean nothing to Azure.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replica_regions: Vec<String>,
}

impl NewKey {
    /// A key of this type, and everything else by default.
    #[must_use]
    pub fn new(name: KeyName, key_type: KeyType) -> Self {
        Self { name, key_type, deletion_allowed: false, replica_regions: Vec::new() }
    }
}

/// A private key that somebody brings.
#[derive(Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct OwnKey {
    /// An RSA private key of 2048, 3072 or 4096 bits as PEM, PKCS#8 or PKCS#1, without a passphrase. It is never shown.
    pub private_key: SecretInput,
}

/// What to change about a key; what is absent stays.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct KeyChange {
    /// Versions below it are switched off wherever the key is held: 0, which switches off none, to the latest version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_enabled_version: Option<u32>,
    /// Whether the key may be deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion_allowed: Option<bool>,
}

/// Where a key is found.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
pub struct KeyPath {
    /// The workspace.
    pub workspace: Slug,
    /// The key.
    pub key: KeyName,
}

word_type! {
    /// The order of a list of keys.
    #[derive(Default)]
    KeySort {
        /// By name.
        #[default]
        Name = "name",
        /// By name, backwards.
        NameDescending = "-name",
        /// The key rotated longest ago first.
        Rotated = "rotated_at",
        /// The key rotated last first.
        RotatedDescending = "-rotated_at",
    } "choose name, -name, rotated_at or -rotated_at"
}

/// Which keys to list, and in which order.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct KeyQuery {
    /// Only keys whose name starts with this, in whatever case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    /// Only keys of this type.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(inline))]
    pub key_type: Option<KeyType>,
    /// Only keys with a distribution in this state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(inline))]
    pub state: Option<DistributionState>,
    /// The order; by name unless asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(inline))]
    pub sort: Option<KeySort>,
    /// Rows per page: 1 to 200, 50 by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Where the previous page ended: its `next`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_vaults_rule() {
        for name in ["a", "payments", "_x_", "a-b.c", "9", &"k".repeat(127)] {
            assert!(name.parse::<KeyName>().is_ok(), "{name}");
        }
        for name in ["", "-a", "a-", ".a", "a.", "a b", "a/b", "ä", &"k".repeat(128)] {
            assert!(name.parse::<KeyName>().is_err(), "{name}");
        }
    }
}
