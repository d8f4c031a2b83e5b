//! `CKM_RSA_AES_KEY_WRAP` (PKCS #11 v3.1): an ephemeral AES-256 key wraps the target key, the KEK wraps the AES key.

use aes_kw::cipher::{BlockCipherEncrypt, consts::U16};
use aes_kw::{AesKwp, IV_LEN, InnerInit, KeyInit, aes::Aes256};
use aws_lc_rs::rand;
use sha1::Sha1;
use zeroize::{Zeroize, Zeroizing};

use crate::{Error, PublicKey, TargetKey};

/// Wraps the target key's PKCS#8 document: `RSA-OAEP(KEK, wrapping key) || AES-KWP(wrapping key, PKCS#8)`.
pub(crate) fn wrap_target(target: &TargetKey, kek: &PublicKey) -> Result<Vec<u8>, Error> {
    let mut wrapping_key = Zeroizing::new([0; 32]);
    rand::fill(&mut *wrapping_key).map_err(|_| Error::Cryptography)?;
    // SHA-1 for the hash and for MGF1 is what Microsoft's BYOK format prescribes. It does not weaken the wrap: OAEP does
    // not depend on collision resistance. A stronger hash here gives a blob that Azure cannot open.
    let mut ciphertext = kek.parsed().oaep_encrypt::<Sha1>(&*wrapping_key).map_err(|_| Error::Cryptography)?;
    ciphertext.extend(wrap_padded::<Aes256>(&*wrapping_key, target.pkcs8())?);
    Ok(ciphertext)
}

/// AES key wrap with padding (RFC 5649 §4.1); the result is 8 octets longer than the padded plaintext.
pub(crate) fn wrap_padded<C>(wrapping_key: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, Error>
where
    C: KeyInit + BlockCipherEncrypt<BlockSize = U16>,
{
    if plaintext.is_empty() {
        return Err(Error::InvalidPrivateKey);
    }
    let cipher = C::new_from_slice(wrapping_key).map_err(|_| Error::Cryptography)?;
    // `aes-kw` does not write the padding octets itself: the buffer has to be zero.
    let mut wrapped = vec![0; plaintext.len().next_multiple_of(IV_LEN) + IV_LEN];
    if AesKwp::inner_init(cipher).wrap_key(plaintext, &mut wrapped).is_err() {
        wrapped.zeroize();
        return Err(Error::Cryptography);
    }
    Ok(wrapped)
}

#[cfg(test)]
mod tests {
    use aes_kw::aes::Aes192;
    use aws_lc_rs::key_wrap::{AES_256, AesKek, KeyWrapPadded};
    use proptest::prelude::*;

    use super::*;

    /// RFC 5649 §6.
    #[test]
    fn the_examples_of_the_rfc_come_out() {
        let kek = hex::decode("5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8").unwrap();
        for (plaintext, wrapped) in [
            (
                "c37b7e6492584340bed12207808941155068f738",
                "138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a",
            ),
            ("466f7250617369", "afbeb0f07dfbf5419200f2ccb50bb24f"),
        ] {
            let result = wrap_padded::<Aes192>(&kek, &hex::decode(plaintext).unwrap()).unwrap();
            assert_eq!(hex::encode(result), wrapped);
        }
    }

    #[test]
    fn nothing_cannot_be_wrapped() {
        assert_eq!(wrap_padded::<Aes256>(&[7; 32], &[]), Err(Error::InvalidPrivateKey));
    }

    proptest! {
        #[test]
        fn a_second_implementation_unwraps_any_length(
            key in any::<[u8; 32]>(),
            plaintext in proptest::collection::vec(any::<u8>(), 1..3000),
        ) {
            let wrapped = wrap_padded::<Aes256>(&key, &plaintext).unwrap();
            let kek = AesKek::new(&AES_256, &key).unwrap();
            let mut output = vec![0; wrapped.len()];
            let unwrapped = kek.unwrap_with_padding(&wrapped, &mut output).unwrap();
            prop_assert_eq!(&*unwrapped, &plaintext[..]);
        }
    }
}
