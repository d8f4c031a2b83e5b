//! What can go wrong with a key or its transfer. No variant carries key material.

/// Why a key or a key transfer blob could not be made.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Error {
    /// The modulus has a length that BYOK does not transfer.
    #[error("RSA keys of {bits} bits are not supported; use 2048, 3072 or 4096")]
    UnsupportedSize {
        /// The length of the modulus in bits.
        bits: usize,
    },
    /// The bytes are not an RSA private key in unencrypted PKCS#8 DER.
    #[error("the private key is not valid unencrypted PKCS#8 DER of an RSA key")]
    InvalidPrivateKey,
    /// Two implementations disagree about a private key, which must then not be used.
    #[error("the second implementation does not accept the private key")]
    NotConfirmed,
    /// The modulus and exponent, or the PEM text, are not an RSA public key.
    #[error("the RSA public key is not valid")]
    InvalidPublicKey,
    /// The identifier of the KEK is not the full URL of one version of a key.
    #[error("the key identifier of the KEK must be its full URL with its version")]
    InvalidKid,
    /// The cryptographic library failed, for example because the system has no randomness.
    #[error("the cryptographic library failed")]
    Cryptography,
}
