//! Which provider holds which key, and how that stands.

use serde::{Deserialize, Serialize};

use crate::text::{text_type, word_type};
use crate::{Difference, DriftField, ExpiresAfter, Invalid, KeyName, ProviderName, Slug, Tags, Timestamp};

text_type! {
    /// A key's name in the KMS: 1 to 127 letters, digits and hyphens, as Azure Key Vault allows.
    NameInKms, check_name_in_kms
}

fn check_name_in_kms(text: &str) -> Result<(), Invalid> {
    if (1..=127).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
        Ok(())
    } else {
        Err(Invalid("Azure allows 1 to 127 letters, digits and hyphens"))
    }
}

impl NameInKms {
    /// The name a key gets unless another is asked for: its own with `_` and `.` as `-`, cut to 116, then `-<unix seconds>`.
    #[must_use]
    pub fn default_for(key: &KeyName, unix_seconds: i64) -> Self {
        let stem: String =
            key.as_str().chars().take(116).map(|c| if matches!(c, '_' | '.') { '-' } else { c }).collect();
        Self(format!("{stem}-{unix_seconds}"))
    }
}

word_type! {
    /// What a distributed key may be used for.
    Purpose {
        /// Encrypt with the public key.
        Encrypt = "encrypt",
        /// Decrypt with the private key.
        Decrypt = "decrypt",
        /// Sign with the private key.
        Sign = "sign",
        /// Verify with the public key.
        Verify = "verify",
        /// Wrap another key with the public key.
        Wrap = "wrap",
        /// Unwrap another key with the private key.
        Unwrap = "unwrap",
    } "choose among encrypt, decrypt, sign, verify, wrap and unwrap"
}

word_type! {
    /// How the provider protects the key.
    Protection {
        /// In its HSM; the key travels as a BYOK transfer blob.
        Hsm = "hsm",
        /// By its software; the key travels in clear inside TLS.
        Software = "software",
    } "choose hsm or software"
}

word_type! {
    /// How a distribution stands, the most urgent last.
    DistributionState {
        /// The provider has what is wanted.
        InSync = "in_sync",
        /// It lags what is wanted.
        Pending = "pending",
        /// The key is being taken back.
        Withdrawing = "withdrawing",
        /// The provider's key differs from what is wanted.
        Drifted = "drifted",
        /// The provider says no; a person has to act.
        Refused = "refused",
    } "choose in_sync, pending, withdrawing, drifted or refused"
}

/// "This key is held by that provider."
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Distribution {
    /// The key.
    pub key: KeyName,
    /// The provider.
    pub provider: ProviderName,
    /// The key's name there.
    pub name_in_kms: NameInKms,
    /// The key's URL there.
    pub url: String,
    /// What it may be used for there.
    pub purposes: Vec<Purpose>,
    /// How it is protected there.
    pub protection: Protection,
    /// Days from a version's delivery until it expires there, if it ever does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_after: Option<ExpiresAfter>,
    /// The tags it carries there beside our own.
    #[serde(default)]
    pub tags: Tags,
    /// How it stands.
    pub state: DistributionState,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it was asked to end.
    pub withdrawn_at: Option<Timestamp>,
    /// One per version that it holds or shall hold, the latest first; one that was not delivered yet has no remote version.
    pub deliveries: Vec<Delivery>,
    /// What differs about the key as a whole, as last seen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drift: Vec<Difference>,
    /// When its versions and its rotation policy were last looked at there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inspected_at: Option<Timestamp>,
    /// What could not be looked at then, because our application lacks the permission.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<DriftField>,
    /// Attempts since the last success.
    pub attempts: u32,
    /// Why the last attempt failed, until one succeeds.
    pub last_error: Option<Explanation>,
    /// When the next attempt is made, where one is needed.
    pub next_attempt_at: Option<Timestamp>,
}

/// One key version held by one distribution.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Delivery {
    /// The key version.
    pub version: u32,
    /// The provider's id of it, once delivered.
    pub remote_version: Option<String>,
    /// The provider's URL of it, once delivered.
    pub remote_url: Option<String>,
    /// Whether it should be enabled there.
    pub wanted_enabled: bool,
    /// Whether it is enabled there, as last seen.
    pub enabled: Option<bool>,
    /// When it arrived.
    pub delivered_at: Option<Timestamp>,
    /// When it was last switched on or off there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub switched_at: Option<Timestamp>,
    /// When it should expire there, if ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// When the provider's public key was last compared with ours and was the same.
    pub verified_at: Option<Timestamp>,
    /// What differs from what is wanted, as last seen.
    pub drift: Vec<Difference>,
}

word_type! {
    /// What heals an error.
    Cure {
        /// Time: it is tried again by itself.
        Time = "time",
        /// A person has to change something first.
        Person = "person",
        /// Our own fault: tell us.
        Us = "us",
    } "choose time, person or us"
}

/// An error in plain words.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Explanation {
    /// A stable name of this kind of error.
    pub code: String,
    /// What is wrong, in one sentence.
    pub title: String,
    /// What to do next.
    pub advice: String,
    /// The command that does it, to be pasted into a shell where Azure's command line is signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// What heals it.
    pub cure: Cure,
    /// What the answer says about who asked for what: taken out of the message.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<Fact>,
    /// What the provider answered, if it did.
    pub kms: Option<KmsAnswer>,
    /// When it happened.
    pub at: Timestamp,
}

/// One thing that an answer tells.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Fact {
    /// What: `application`, `object id`, `missing permission`, `source address`, `tenant of the vault`.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// What a KMS provider or its identity service answered, word for word.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KmsAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The error code.
    pub code: String,
    /// The inner error code, where there is one.
    pub inner_code: Option<String>,
    /// The message.
    pub message: String,
    /// The provider's id of the request: its support asks for it.
    pub request_id: Option<String>,
}

/// A key of ours that a provider keeps as deleted.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeletedKey {
    /// The key, which may still be distributed elsewhere.
    pub key: KeyName,
    /// The provider.
    pub provider: ProviderName,
    /// Its name at the provider, which cannot be used again until the key is purged.
    pub name_in_kms: NameInKms,
    /// When it was seen to be deleted.
    pub deleted_at: Timestamp,
    /// When the provider destroys it.
    pub purge_at: Option<Timestamp>,
    /// When somebody asked for it to be recovered.
    pub recovery_requested_at: Option<Timestamp>,
    /// When somebody asked for it to be purged.
    pub purge_requested_at: Option<Timestamp>,
    /// Why the last attempt at that failed, until one succeeds.
    pub last_error: Option<Explanation>,
}

/// Where a deleted key is found.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
pub struct DeletedKeyPath {
    /// The workspace.
    pub workspace: Slug,
    /// The provider.
    pub provider: ProviderName,
    /// The key's name there.
    pub name_in_kms: NameInKms,
}

/// A distribution to be made.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewDistribution {
    /// The provider that shall hold the key.
    pub provider: ProviderName,
    /// What the key may be used for there: at least one.
    pub purposes: Vec<Purpose>,
    /// How it is protected there.
    pub protection: Protection,
    /// The key's name there; `<key>-<unix seconds>` unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name_in_kms: Option<NameInKms>,
    /// Days from a version's delivery until it expires there; never unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_after: Option<ExpiresAfter>,
    /// Tags for it there, beside the one that says where it came from.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
}

/// Where a distribution is found.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
pub struct DistributionPath {
    /// The workspace.
    pub workspace: Slug,
    /// The key.
    pub key: KeyName,
    /// The provider.
    pub provider: ProviderName,
}

/// Which distributions of a workspace to list, by key and provider.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(deny_unknown_fields)]
pub struct DistributionQuery {
    /// Only those in this state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(inline))]
    pub state: Option<DistributionState>,
    /// Only those of this provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<ProviderName>,
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
    fn the_default_name_is_one_that_azure_takes() {
        let key: KeyName = format!("a_b.{}", "c".repeat(123)).parse().unwrap();
        let name = NameInKms::default_for(&key, 1_795_000_000);
        assert_eq!(name.as_str().len(), 127);
        assert!(name.as_str().starts_with("a-b-ccc"));
        assert_eq!(check_name_in_kms(name.as_str()), Ok(()));
    }
}
