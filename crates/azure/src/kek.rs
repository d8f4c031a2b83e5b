//! The KEK of a vault: an RSA-HSM key that can do nothing but import.

use std::collections::BTreeMap;

use reqwest::Method;
use serde::Serialize;

use crate::keys::key_path;
use crate::vault::Request;
use crate::wire::Attributes;
use crate::{Error, KekFault, KeyBundle, Vault};

/// The size of the KEKs we make, in bits (Microsoft, "Bring your own key specification", example).
const SIZE: usize = 4096;

/// A KEK is replaced this long before it expires, in seconds.
const EARLY: i64 = 24 * 60 * 60;

/// Marks the KEKs we made.
const TAG: (&str, &str) = ("keyferry", "kek");

/// A key that can serve as KEK.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Kek {
    /// Its full URL with its version, as the key transfer blob must name it.
    pub kid: String,
    /// The modulus, big-endian, without leading zeros.
    pub modulus: Vec<u8>,
    /// The public exponent, big-endian, without leading zeros.
    pub exponent: Vec<u8>,
    /// The length of the modulus in bits: 2048, 3072 or 4096.
    pub bits: usize,
    /// When it expires, in Unix seconds.
    pub expires_at: Option<i64>,
    /// Whether Keyferry made it. Another's is used as it is, and never given a new version.
    pub is_ours: bool,
}

impl Vault {
    /// The KEK of this name, if there is one.
    ///
    /// Before it carries a key, ask it for its [fault](Kek::fault).
    ///
    /// # Errors
    /// [`Error::UnusableKek`] when the key of this name cannot serve as KEK.
    pub async fn find_kek(&self, name: &str) -> Result<Option<Kek>, Error> {
        match self.get_key(name, None).await {
            Ok(bundle) => Kek::read(bundle).map(Some),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Makes a KEK: RSA-HSM, 4096 bits, for `import` only. If the name exists, this makes its next version.
    ///
    /// # Errors
    /// [`Error::Answered`] when the vault refuses, for example because it is a Standard vault.
    pub async fn create_kek(&self, name: &str) -> Result<Kek, Error> {
        let body = Create {
            kty: "RSA-HSM",
            key_size: SIZE,
            key_ops: ["import"],
            attributes: Attributes { enabled: Some(true), ..Attributes::default() },
            tags: BTreeMap::from([TAG]),
        };
        let path = format!("{}/create", key_path(name)?);
        let request = Request::new(Method::POST, path).body(&body).timeout(self.import_timeout());
        Kek::read(KeyBundle::read(self.ask(request).await?, self, name)?)
    }
}

impl Kek {
    /// Why it must not carry a key of that many bits at this moment (in Unix seconds): it is weaker than the key, or it
    /// expires within a day. Where it [is ours](Kek::is_ours), [`Vault::create_kek`] with its name makes a new version that
    /// may.
    #[must_use]
    pub fn fault(&self, target_bits: usize, now: i64) -> Option<KekFault> {
        if self.bits < target_bits {
            return Some(KekFault::TooWeak { bits: self.bits, target: target_bits });
        }
        self.expires_at.filter(|end| *end - EARLY <= now).map(KekFault::Expiring)
    }

    fn read(bundle: KeyBundle) -> Result<Self, Error> {
        let bits = bundle.modulus.first().map_or(0, |byte| bundle.modulus.len() * 8 - byte.leading_zeros() as usize);
        let fault = if bundle.kty != "RSA-HSM" {
            Some(KekFault::KeyType(bundle.kty))
        } else if bundle.key_ops != ["import"] {
            Some(KekFault::Operations(bundle.key_ops))
        } else if !bundle.enabled {
            Some(KekFault::Disabled)
        } else if ![2048, 3072, 4096].contains(&bits) {
            Some(KekFault::Size(bits))
        } else {
            None
        };
        match fault {
            Some(fault) => Err(Error::UnusableKek { kid: bundle.kid, fault }),
            None => Ok(Self {
                kid: bundle.kid,
                modulus: bundle.modulus,
                exponent: bundle.exponent,
                bits,
                expires_at: bundle.expires_at,
                is_ours: bundle.tags.get(TAG.0).is_some_and(|value| value == TAG.1),
            }),
        }
    }
}

/// `KeyCreateParameters` of the REST API.
#[derive(Serialize)]
struct Create {
    kty: &'static str,
    key_size: usize,
    key_ops: [&'static str; 1],
    attributes: Attributes,
    tags: BTreeMap<&'static str, &'static str>,
}
