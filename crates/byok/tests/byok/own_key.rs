//! Which keys that were made elsewhere are taken.

use byok::{KeySize, OwnKeyFault, TargetKey};
use crypto_primes::{Flavor, is_prime};
use rsa::pkcs1::{EncodeRsaPrivateKey as _, LineEnding};
use rsa::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _};
use rsa::traits::PrivateKeyParts as _;
use rsa::{BoxedUint, PrivateKey};

use crate::support::{SIZES, target};

const E: u64 = 65537;

fn fault(pem: &str) -> OwnKeyFault {
    TargetKey::from_own_pem(pem).err().expect("it is refused")
}

fn pem(key: &PrivateKey) -> String {
    key.to_pkcs8_pem(LineEnding::LF).unwrap().to_string()
}

/// The first prime from here on, in these steps.
fn next_prime(from: &BoxedUint, step: &BoxedUint) -> BoxedUint {
    let mut candidate = from.clone();
    while !is_prime(Flavor::Any, &candidate) {
        candidate = candidate.wrapping_add(step);
    }
    candidate
}

fn primes(key: &PrivateKey) -> Vec<BoxedUint> {
    key.primes().iter().map(|prime| BoxedUint::clone(prime)).collect()
}

#[test]
fn a_good_key_is_taken_in_both_forms_of_pem() {
    for size in SIZES {
        let key = target(size);
        let parsed = PrivateKey::from_pkcs8_der(key.pkcs8()).unwrap();
        let windows = pem(&parsed).replace('\n', "\r\n");
        let commented = format!("Bag Attributes\n    friendlyName: payments\n{}\n\n", pem(&parsed));
        for text in [pem(&parsed), parsed.to_pkcs1_pem(LineEnding::LF).unwrap().to_string(), windows, commented] {
            let taken = TargetKey::from_own_pem(&text).unwrap();
            assert_eq!(taken.public_key(), key.public_key());
            assert_eq!(taken.pkcs8(), key.pkcs8());
        }
    }
}

#[test]
fn what_is_no_rsa_key_is_told_with_the_way_out() {
    assert_eq!(fault(""), OwnKeyFault::NotPem);
    assert_eq!(fault("MIIEvQIBADANBgkqhkiG9w0BAQEFAASC"), OwnKeyFault::NotPem);
    assert!(fault("").to_string().contains("openssl pkcs12 -in key.p12 -nocerts -noenc -out key.pem"));
    for label in ["CERTIFICATE", "PUBLIC KEY", "EC PRIVATE KEY", "OPENSSH PRIVATE KEY"] {
        assert_eq!(fault(&format!("-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n")), OwnKeyFault::NoRsaKey);
    }
    let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    assert_eq!(fault(encrypted), OwnKeyFault::Encrypted);
    let old = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n";
    assert_eq!(fault(old), OwnKeyFault::Encrypted);
    let curve = aws_lc_rs::signature::EcdsaKeyPair::generate_pkcs8(
        &aws_lc_rs::signature::ECDSA_P256_SHA256_ASN1_SIGNING,
        &aws_lc_rs::rand::SystemRandom::new(),
    );
    let curve = rsa::pkcs8::SecretDocument::try_from(curve.unwrap().as_ref()).unwrap();
    assert_eq!(fault(&curve.to_pem("PRIVATE KEY", LineEnding::LF).unwrap()), OwnKeyFault::NoRsaKey);
    assert_eq!(fault("-----BEGIN PRIVATE KEY-----\n!!!!\n-----END PRIVATE KEY-----\n"), OwnKeyFault::Inconsistent);
}

#[test]
fn a_damaged_key_is_refused() {
    let key = PrivateKey::from_pkcs8_der(target(KeySize::Rsa2048).pkcs8()).unwrap();
    let text = pem(&key);
    let mut taken = 0;
    for (at, _) in text.char_indices().filter(|(at, c)| at % 97 == 5 && c.is_ascii_alphanumeric()) {
        let mut changed = text.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        taken += usize::from(TargetKey::from_own_pem(std::str::from_utf8(&changed).unwrap()).is_ok());
    }
    assert_eq!(taken, 0);
}

#[test]
fn a_key_of_another_size_is_refused() {
    let pair = PrivateKey::from_primes(
        [7_u8, 9]
            .map(|byte| {
                next_prime(
                    &BoxedUint::from_be_slice_vartime(&[&[0xc0 | byte; 63][..], &[1]].concat()),
                    &BoxedUint::from(2_u64),
                )
            })
            .to_vec(),
        BoxedUint::from(E),
    );
    assert_eq!(fault(&pem(&pair.unwrap())), OwnKeyFault::Size(1024));
}

#[test]
fn a_small_exponent_is_refused() {
    let key = PrivateKey::from_pkcs8_der(target(KeySize::Rsa2048).pkcs8()).unwrap();
    for exponent in [3_u64, 5, 7, 11, 13, 17, 257] {
        if let Ok(weak) = PrivateKey::from_primes(primes(&key), BoxedUint::from(exponent)) {
            assert_eq!(fault(&pem(&weak)), OwnKeyFault::SmallExponent);
            return;
        }
    }
    panic!("no small exponent fits these primes");
}

#[test]
fn close_primes_are_refused() {
    let key = PrivateKey::from_pkcs8_der(target(KeySize::Rsa2048).pkcs8()).unwrap();
    let p = primes(&key).swap_remove(0);
    let two = BoxedUint::one_with_precision(p.bits_precision()).wrapping_add(BoxedUint::one());
    let q = next_prime(&p.wrapping_add(&two), &two);
    let close = PrivateKey::from_primes(vec![p, q], BoxedUint::from(E)).unwrap();
    assert_eq!(fault(&pem(&close)), OwnKeyFault::ClosePrimes);
}

#[test]
fn a_key_from_a_chip_with_roca_is_refused() {
    // As that library made them: k·M + (65537^a mod M), M being the product of the first 126 primes.
    let mut product = BoxedUint::one_with_precision(1024);
    let mut primes = 0;
    for number in 2_u64.. {
        if (2..number).take_while(|divisor| divisor * divisor <= number).any(|divisor| number % divisor == 0) {
            continue;
        }
        product = product.wrapping_mul(BoxedUint::from(number));
        primes += 1;
        if primes == 126 {
            break;
        }
    }
    let modulus = product.to_nz().unwrap();
    let most = BoxedUint::max(1024).wrapping_div(&modulus);
    let primes = [(5, 100_000_u64), (9, 50_000)].map(|(power, below)| {
        let power = (0..power)
            .fold(BoxedUint::one_with_precision(1024), |power, _| power.wrapping_mul(BoxedUint::from(E)).rem(&modulus));
        let k = most.wrapping_sub(BoxedUint::from(below));
        next_prime(&product.wrapping_mul(&k).wrapping_add(&power), &product)
    });
    let weak = PrivateKey::from_primes(primes.to_vec(), BoxedUint::from(E)).unwrap();
    assert_eq!(fault(&pem(&weak)), OwnKeyFault::Roca);
}
