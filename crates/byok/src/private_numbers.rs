//! The numbers of a private key, for vaults that keep it in software and take it without BYOK.

use rsa::pkcs1::RsaPrivateKeyRef;
use rsa::pkcs8::PrivateKeyInfoRef;
use zeroize::Zeroizing;

use crate::TargetKey;

/// The eight numbers of an RSA key pair (RFC 8017 §3.2), big-endian, without leading zeros. Whoever reads them holds the
/// key. They cannot be printed, copied or serialized, and are wiped when dropped.
pub struct PrivateNumbers {
    /// The modulus, `n`.
    pub modulus: Vec<u8>,
    /// The public exponent, `e`.
    pub exponent: Vec<u8>,
    /// The private exponent, `d`.
    pub private_exponent: Zeroizing<Vec<u8>>,
    /// The first prime, `p`.
    pub p: Zeroizing<Vec<u8>>,
    /// The second prime, `q`.
    pub q: Zeroizing<Vec<u8>>,
    /// `d mod (p − 1)`.
    pub dp: Zeroizing<Vec<u8>>,
    /// `d mod (q − 1)`.
    pub dq: Zeroizing<Vec<u8>>,
    /// The inverse of `q` modulo `p`.
    pub qi: Zeroizing<Vec<u8>>,
}

impl TargetKey {
    /// The numbers of the key, as its document holds them: nothing is computed.
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "a target key holds a document that was read before")]
    pub fn numbers(&self) -> PrivateNumbers {
        const READ: &str = "a target key holds a document that was read before";
        let document = PrivateKeyInfoRef::try_from(self.pkcs8()).expect(READ);
        let key = RsaPrivateKeyRef::try_from(document.private_key.as_bytes()).expect(READ);
        let secret = |number: &[u8]| Zeroizing::new(number.to_vec());
        PrivateNumbers {
            modulus: key.modulus.as_bytes().to_vec(),
            exponent: key.public_exponent.as_bytes().to_vec(),
            private_exponent: secret(key.private_exponent.as_bytes()),
            p: secret(key.prime1.as_bytes()),
            q: secret(key.prime2.as_bytes()),
            dp: secret(key.exponent1.as_bytes()),
            dq: secret(key.exponent2.as_bytes()),
            qi: secret(key.coefficient.as_bytes()),
        }
    }
}
