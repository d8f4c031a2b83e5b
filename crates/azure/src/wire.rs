//! The JSON of Key Vault's REST API, as far as it is used: `KeyBundle`, `DeletedKeyBundle` and what is in them.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use serde::{Deserialize, Deserializer, Serialize};

/// Key Vault writes base64url without padding; some emulators and proxies pad.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

#[derive(Deserialize)]
pub(crate) struct Bundle {
    pub(crate) key: Key,
    #[serde(default)]
    pub(crate) attributes: Attributes,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) tags: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) managed: bool,
}

/// A JSON Web Key, its public members only.
#[derive(Deserialize)]
pub(crate) struct Key {
    pub(crate) kid: String,
    pub(crate) kty: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) key_ops: Vec<String>,
    #[serde(default, deserialize_with = "number")]
    pub(crate) n: Vec<u8>,
    #[serde(default, deserialize_with = "number")]
    pub(crate) e: Vec<u8>,
}

#[derive(Default, Deserialize, Serialize)]
pub(crate) struct Attributes {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) enabled: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) exp: Option<i64>,
    #[serde(skip_serializing)]
    pub(crate) created: Option<i64>,
    #[serde(skip_serializing, rename = "recoveryLevel")]
    pub(crate) recovery_level: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeletedBundle {
    pub(crate) recovery_id: Option<String>,
    pub(crate) deleted_date: Option<i64>,
    pub(crate) scheduled_purge_date: Option<i64>,
}

/// An absent member and `null` both mean the default.
fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// An unsigned big-endian number in base64url, without leading zeros.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text: Option<String> = Option::deserialize(deserializer)?;
    let bytes = BASE64.decode(text.unwrap_or_default()).map_err(serde::de::Error::custom)?;
    Ok(bytes.into_iter().skip_while(|byte| *byte == 0).collect())
}
