//! A key pair that somebody made elsewhere: read, and checked before it is trusted.

use crypto_primes::{Flavor, is_prime};
use rsa::pkcs1::{DecodeRsaPrivateKey as _, EncodeRsaPrivateKey as _};
use rsa::pkcs8::{EncodePrivateKey as _, PrivateKeyInfoRef, SecretDocument};
use rsa::traits::{PrivateKeyParts as _, PublicKeyParts as _};
use rsa::{BoxedUint, PrivateKey};

use crate::target_key::encode;
use crate::{Error, KeySize, TargetKey};

/// The smallest public exponent (FIPS 186-5 §A.1.1).
const SMALLEST_EXPONENT: u64 = 65537;

/// By how many bits the primes may agree at most (FIPS 186-5 §A.1.3): `|p − q| > 2^(nlen/2 − 100)`.
const MOST_EQUAL_BITS: usize = 100;

/// Small primes by which a modulus made by Infineon's library before 2017 shows (ROCA, CVE-2017-15361; Nemec et al., "The
/// Return of Coppersmith's Attack", CCS 2017, §3.3): modulo each of them it is a power of 65537. Of other moduli one in
/// 2^27 is.
const ROCA_PRIMES: [u64; 23] =
    [3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157];

/// Why a private key is not taken. Each sentence says what to do.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum OwnKeyFault {
    /// It is no PEM.
    #[error(
        "this is not PEM, text between a BEGIN and an END line. A PKCS#12 file is converted by: \
         openssl pkcs12 -in key.p12 -nocerts -noenc -out key.pem, a DER file by: \
         openssl pkey -inform DER -in key.der -out key.pem"
    )]
    NotPem,
    /// It is under a passphrase.
    #[error("this key is encrypted with a passphrase. Take that off: openssl pkey -in key.pem -out plain.pem")]
    Encrypted,
    /// It is PEM of something else.
    #[error("this PEM holds no RSA private key: paste the private key itself, as PKCS#8 or PKCS#1")]
    NoRsaKey,
    /// The numbers are not two primes' key.
    #[error("the numbers of this key do not belong together: it is damaged. Export it again")]
    Inconsistent,
    /// The modulus has another length.
    #[error("this key has {0} bits; only 2048, 3072 and 4096 can be sent to Azure. Make a new one")]
    Size(usize),
    /// The public exponent is too small.
    #[error("the public exponent of this key is smaller than 65537, which is weak. Make a new key")]
    SmallExponent,
    /// The private exponent is too small.
    #[error(
        "the private exponent of this key is so small that the key can be computed from its public half. Make a new key"
    )]
    SmallPrivateExponent,
    /// The primes are too near each other.
    #[error("the primes of this key are so close that it can be computed from its public half. Make a new key")]
    ClosePrimes,
    /// It was made by a library with a weakness.
    #[error(
        "this key was made by a chip with the ROCA weakness (CVE-2017-15361) and can be computed from its public half. Make a new key"
    )]
    Roca,
}

impl TargetKey {
    /// Reads a private key as PEM, unencrypted, PKCS#8 (RFC 5958) or PKCS#1 (RFC 8017 §A.1.2), and checks it: numbers
    /// that belong together, primes that are prime, and no known weakness. It takes up to a second of CPU.
    ///
    /// # Errors
    /// [`OwnKeyFault`], which says what is wrong and what to do.
    pub fn from_own_pem(pem: &str) -> Result<Self, OwnKeyFault> {
        let key = read(pem)?;
        let bits = key.n().bit_width_vartime() as usize;
        KeySize::from_bits(bits).map_err(|_| OwnKeyFault::Size(bits))?;
        check(&key, bits)?;
        let document = key.to_pkcs8_der().map_err(|_| OwnKeyFault::Inconsistent)?;
        let pair = aws_lc_rs::rsa::KeyPair::from_pkcs8(document.as_bytes()).map_err(|_| OwnKeyFault::Inconsistent)?;
        let canonical = encode(&pair).map_err(|_| OwnKeyFault::Inconsistent)?;
        Self::from_pkcs8(canonical.as_ref()).map_err(|error| match error {
            Error::UnsupportedSize { bits } => OwnKeyFault::Size(bits),
            _ => OwnKeyFault::Inconsistent,
        })
    }
}

fn read(pem: &str) -> Result<PrivateKey, OwnKeyFault> {
    let begin = pem.find("-----BEGIN ").ok_or(OwnKeyFault::NotPem)?;
    let pem = pem[begin..].trim_end();
    let label = pem["-----BEGIN ".len()..].split("-----").next().unwrap_or_default();
    match label {
        "ENCRYPTED PRIVATE KEY" => return Err(OwnKeyFault::Encrypted),
        "RSA PRIVATE KEY" if pem.contains("ENCRYPTED") => return Err(OwnKeyFault::Encrypted),
        "PRIVATE KEY" | "RSA PRIVATE KEY" => {}
        _ => return Err(OwnKeyFault::NoRsaKey),
    }
    let (_, document) = SecretDocument::from_pem(pem).map_err(|_| OwnKeyFault::Inconsistent)?;
    if label == "RSA PRIVATE KEY" {
        return numbers(document.as_bytes());
    }
    let info = PrivateKeyInfoRef::try_from(document.as_bytes()).map_err(|_| OwnKeyFault::Inconsistent)?;
    if info.algorithm.oid != rsa::pkcs1::ALGORITHM_OID {
        return Err(OwnKeyFault::NoRsaKey);
    }
    numbers(info.private_key.as_bytes())
}

/// Reads an `RSAPrivateKey` (RFC 8017 §A.1.2). Its last three numbers follow from the others, and must.
fn numbers(der: &[u8]) -> Result<PrivateKey, OwnKeyFault> {
    let key = PrivateKey::from_pkcs1_der(der).map_err(|_| OwnKeyFault::Inconsistent)?;
    let again = key.to_pkcs1_der().map_err(|_| OwnKeyFault::Inconsistent)?;
    if again.as_bytes() == der { Ok(key) } else { Err(OwnKeyFault::Inconsistent) }
}

fn check(key: &PrivateKey, bits: usize) -> Result<(), OwnKeyFault> {
    key.validate().map_err(|_| OwnKeyFault::Inconsistent)?;
    let [p, q] = key.primes() else { return Err(OwnKeyFault::Inconsistent) };
    let (p, q): (&BoxedUint, &BoxedUint) = (p, q);
    if !is_prime(Flavor::Any, p) || !is_prime(Flavor::Any, q) {
        return Err(OwnKeyFault::Inconsistent);
    }
    if *key.e() < BoxedUint::from(SMALLEST_EXPONENT) {
        return Err(OwnKeyFault::SmallExponent);
    }
    if key.d().bit_width() as usize <= bits / 2 {
        return Err(OwnKeyFault::SmallPrivateExponent);
    }
    let (large, small) = if p > q { (p, q) } else { (q, p) };
    if large.wrapping_sub(small).bit_width() as usize <= bits / 2 - MOST_EQUAL_BITS {
        return Err(OwnKeyFault::ClosePrimes);
    }
    if has_roca(&key.n_bytes()) { Err(OwnKeyFault::Roca) } else { Ok(()) }
}

/// Whether a modulus is a power of 65537 modulo each of the primes.
fn has_roca(modulus: &[u8]) -> bool {
    ROCA_PRIMES.iter().all(|prime| {
        let rest = modulus.iter().fold(0, |rest, byte| (rest * 256 + u64::from(*byte)) % prime);
        let mut power = 1;
        (0..*prime).any(|_| {
            power = power * SMALLEST_EXPONENT % prime;
            power == rest
        })
    })
}
