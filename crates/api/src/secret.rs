//! A secret on its way in.

use serde::{Deserialize, Serialize, Serializer};
use zeroize::Zeroizing;

/// A secret that somebody sends: it occurs in requests only, and is wiped when it is dropped.
///
/// The console serialises it into a request body; nothing else does.
#[derive(Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = String, format = Password))]
#[serde(from = "String")]
pub struct SecretInput(Zeroizing<String>);

impl SecretInput {
    /// Takes a secret out of a form field.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The secret in clear: for hashing, sealing or sending, never for showing.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for SecretInput {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl Serialize for SecretInput {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}
