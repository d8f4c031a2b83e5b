//! The target key: the RSA key pair that is transferred.
//!
//! Every private-key operation is done by aws-lc-rs. The `rsa` crate only parses and checks: its private-key
//! operations are not constant-time (RUSTSEC-2023-0071), so nothing here may call `decrypt` or `sign` on its keys.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize as GeneratedSize};
use rsa::pkcs8::DecodePrivateKey;
use zeroize::Zeroizing;

use crate::{Error, PublicKey};

/// The lengths of RSA keys that Azure imports as HSM keys.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeySize {
    /// 2048 bits.
    Rsa2048,
    /// 3072 bits.
    Rsa3072,
    /// 4096 bits.
    Rsa4096,
}

impl KeySize {
    /// The length of the modulus in bits.
    #[must_use]
    pub fn bits(self) -> usize {
        match self {
            Self::Rsa2048 => 2048,
            Self::Rsa3072 => 3072,
            Self::Rsa4096 => 4096,
        }
    }

    /// The size with this many bits.
    ///
    /// # Errors
    /// [`Error::UnsupportedSize`] for all but 2048, 3072 and 4096.
    pub fn from_bits(bits: usize) -> Result<Self, Error> {
        [Self::Rsa2048, Self::Rsa3072, Self::Rsa4096]
            .into_iter()
            .find(|size| size.bits() == bits)
            .ok_or(Error::UnsupportedSize { bits })
    }
}

/// A key pair to be transferred. It cannot be printed, copied or serialized, and is wiped when dropped.
pub struct TargetKey {
    pkcs8: Zeroizing<Vec<u8>>,
    public_key: PublicKey,
}

impl TargetKey {
    /// Makes a new key pair with exponent 65537. It takes 0.07 to 2 seconds of CPU, so keep it off asynchronous workers.
    ///
    /// # Errors
    /// [`Error::Cryptography`] when generating fails, [`Error::NotConfirmed`] when the second implementation objects.
    pub fn generate(size: KeySize) -> Result<Self, Error> {
        let pair = KeyPair::generate(match size {
            KeySize::Rsa2048 => GeneratedSize::Rsa2048,
            KeySize::Rsa3072 => GeneratedSize::Rsa3072,
            KeySize::Rsa4096 => GeneratedSize::Rsa4096,
        })
        .map_err(|_| Error::Cryptography)?;
        let key = Self::confirm(encode(&pair)?.as_ref())?;
        if key.public_key.bits() == size.bits() { Ok(key) } else { Err(Error::NotConfirmed) }
    }

    /// Opens a key pair kept as unencrypted PKCS#8 DER (RFC 5208), after checking it with both implementations.
    ///
    /// # Errors
    /// [`Error::InvalidPrivateKey`] when it is not exactly such a document, [`Error::UnsupportedSize`] for another length of
    /// modulus, [`Error::NotConfirmed`] when the implementations disagree.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, Error> {
        let pair = KeyPair::from_pkcs8(der).map_err(|_| Error::InvalidPrivateKey)?;
        // One form only: no attributes, no other encoding of the same numbers, nothing behind the document.
        if encode(&pair)?.as_ref() != der {
            return Err(Error::InvalidPrivateKey);
        }
        Self::confirm(der)
    }

    fn confirm(der: &[u8]) -> Result<Self, Error> {
        let second = rsa::PrivateKey::from_pkcs8_der(der).map_err(|_| Error::NotConfirmed)?;
        second.validate().map_err(|_| Error::NotConfirmed)?;
        let public_key = PublicKey::from(second.to_public_key());
        KeySize::from_bits(public_key.bits())?;
        Ok(Self { pkcs8: Zeroizing::new(der.to_vec()), public_key })
    }

    /// The private key as unencrypted PKCS#8 DER (RFC 5208). Whoever reads this holds the key.
    #[must_use]
    pub fn pkcs8(&self) -> &[u8] {
        &self.pkcs8
    }

    /// The public half.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.public_key
    }
}

pub(crate) fn encode(pair: &KeyPair) -> Result<Pkcs8V1Der<'static>, Error> {
    pair.as_der().map_err(|_| Error::Cryptography)
}
