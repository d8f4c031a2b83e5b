//! What a key pair and its public half promise.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaPublicKeyComponents};
use byok::{Error, KeyExchangeKey, KeySize, PublicKey, TargetKey};
use proptest::prelude::*;
use rsa::BoxedUint;
use rsa::traits::PrivateKeyParts as _;

use crate::support::{KID, SIZES, target};

#[test]
fn a_new_key_has_the_size_asked_for_and_signs_for_its_public_half() {
    for size in SIZES {
        let key = target(size);
        assert_eq!(key.public_key().bits(), size.bits());
        assert_eq!(key.public_key().exponent(), [1, 0, 1]);

        let pair = KeyPair::from_pkcs8(key.pkcs8()).unwrap();
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), b"freight", &mut signature).unwrap();
        RsaPublicKeyComponents { n: key.public_key().modulus(), e: key.public_key().exponent() }
            .verify(&RSA_PKCS1_2048_8192_SHA256, b"freight", &signature)
            .unwrap();
    }
}

#[test]
fn a_kept_key_opens_as_it_was() {
    for size in SIZES {
        let key = target(size);
        let opened = TargetKey::from_pkcs8(key.pkcs8()).unwrap();
        assert_eq!(opened.public_key(), key.public_key());
        assert_eq!(opened.pkcs8(), key.pkcs8());
    }
}

#[test]
fn the_numbers_of_a_key_belong_together() {
    for size in SIZES {
        let key = target(size);
        let numbers = key.numbers();
        assert_eq!((&numbers.modulus[..], &numbers.exponent[..]), (key.public_key().modulus(), &[1, 0, 1][..]));
        let number = |bytes: &[u8]| BoxedUint::from_be_slice_vartime(bytes);
        let (p, q, d) = (number(&numbers.p), number(&numbers.q), number(&numbers.private_exponent));
        let second = rsa::PrivateKey::from_components(number(&numbers.modulus), number(&[1, 0, 1]), d, vec![p, q]);
        let second = second.unwrap();
        second.validate().unwrap();
        assert_eq!(*second.dp().unwrap(), number(&numbers.dp));
        assert_eq!(*second.dq().unwrap(), number(&numbers.dq));
        assert_eq!(second.crt_coefficient().unwrap(), number(&numbers.qi));
        for bytes in [&numbers.private_exponent, &numbers.p, &numbers.q, &numbers.dp, &numbers.dq, &numbers.qi] {
            assert_ne!(bytes[0], 0);
        }
    }
}

#[test]
fn a_public_key_survives_pem_and_its_own_numbers() {
    let key = target(KeySize::Rsa2048).public_key();
    let pem = key.to_pem();
    assert!(pem.starts_with("-----BEGIN PUBLIC KEY-----\n") && pem.ends_with("-----END PUBLIC KEY-----\n"));
    assert_eq!(&PublicKey::from_pem(&pem).unwrap(), key);

    let padded = [&[0, 0], key.modulus()].concat();
    assert_eq!(&PublicKey::new(&padded, &[0, 1, 0, 1]).unwrap(), key);
}

/// RFC 7638 §3.1.
#[test]
fn the_thumbprint_is_that_of_the_rfc() {
    let modulus = concat!(
        "d2fc7b6a0a1e6c67104aeb8f88b257669b4df679ddad099b5c4a6cd9a88015b5a133bf0b856c7871b6df000b554fceb3c2ed512bb68f145c",
        "6e8434752fab52a1cfc124408f79b58a4578c16428855789f7a249e384cb2d9fae2d67fd96fb926c198e077399fdc815c0af097dde5aadef",
        "f44de70e827f4878432439bfeeb96068d0474fc50d6d90bf3a98dfaf1040c89c02d692ab3b3c2896609d86fd73b774ce0740647ceeeaa310",
        "bd12f985a8eb9f59fdd426cea5b2120f4f2a34bcab764b7e6c54d6840238bcc40587a59e66ed1f33894577635c470af75cf92c20d1da43e1",
        "bfc419e222a6f0d0bb358c5e38f9cb050aeafe904814f1ac1aa49cca9ea0ca83",
    );
    let key = PublicKey::new(&hex::decode(modulus).unwrap(), &[1, 0, 1]).unwrap();
    assert_eq!(key.thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

#[test]
fn a_key_of_another_size_is_neither_target_nor_kek() {
    assert_eq!(KeySize::from_bits(1024), Err(Error::UnsupportedSize { bits: 1024 }));

    let mut modulus = vec![0xff; 640];
    modulus[0] = 0x80;
    let public_key = PublicKey::new(&modulus, &[1, 0, 1]).unwrap();
    assert_eq!(KeyExchangeKey::new(KID, public_key), Err(Error::UnsupportedSize { bits: 5120 }));
}

#[test]
fn a_kek_without_its_version_is_refused() {
    let public_key = target(KeySize::Rsa2048).public_key().clone();
    let kid = "https://acme.vault.azure.net/keys/keyferry-kek";
    assert_eq!(KeyExchangeKey::new(kid, public_key), Err(Error::InvalidKid));
}

#[test]
fn a_document_with_anything_behind_it_is_not_a_key() {
    let longer = [target(KeySize::Rsa2048).pkcs8(), &[0]].concat();
    assert_eq!(TargetKey::from_pkcs8(&longer).err(), Some(Error::InvalidPrivateKey));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_damaged_key_never_opens(at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let mut der = target(KeySize::Rsa2048).pkcs8().to_vec();
        let index = at.index(der.len());
        der[index] ^= 1 << bit;
        prop_assert!(TargetKey::from_pkcs8(&der).is_err());
    }

    #[test]
    fn no_bytes_make_the_parsers_panic(bytes in proptest::collection::vec(any::<u8>(), 0..700), text in ".{0,300}") {
        prop_assert!(TargetKey::from_pkcs8(&bytes).is_err());
        prop_assert!(PublicKey::from_pem(&text).is_err());
        if let Ok(key) = PublicKey::new(&bytes, &[1, 0, 1]) {
            prop_assert_eq!(PublicKey::from_pem(&key.to_pem()).unwrap(), key);
        }
    }
}
