//! The OpenSSL command line opens what we wrapped, step by step.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::{SIZES, ciphertext, kek, target, wrap};

#[test]
fn openssl_unwraps_every_target_under_every_kek() {
    let directory = tempfile::tempdir().unwrap();
    for kek_size in SIZES {
        for target_size in SIZES {
            let ciphertext = ciphertext(&wrap(target(target_size), kek(kek_size)).to_json());
            let der = unwrap_with_openssl(directory.path(), &ciphertext, kek(kek_size).pkcs8(), kek_size.bits() / 8);
            assert!(der == target(target_size).pkcs8(), "{target_size:?} under {kek_size:?}");
        }
    }
}

#[test]
fn openssl_reads_our_public_key_and_its_own_gives_the_same_pem() {
    let directory = tempfile::tempdir().unwrap();
    for size in SIZES {
        let private = directory.path().join("key.der");
        fs::write(&private, target(size).pkcs8()).unwrap();
        let pem = openssl(Command::new("openssl").args(["pkey", "-inform", "DER", "-pubout", "-in"]).arg(&private));
        assert_eq!(String::from_utf8(pem).unwrap(), target(size).public_key().to_pem());
    }
}

fn unwrap_with_openssl(directory: &Path, ciphertext: &[u8], kek_pkcs8: &[u8], kek_bytes: usize) -> Vec<u8> {
    let [kek, wrapped_aes, wrapped_target] = ["kek.der", "aes.bin", "target.bin"].map(|name| directory.join(name));
    fs::write(&kek, kek_pkcs8).unwrap();
    fs::write(&wrapped_aes, &ciphertext[..kek_bytes]).unwrap();
    fs::write(&wrapped_target, &ciphertext[kek_bytes..]).unwrap();

    let mut decrypt = Command::new("openssl");
    decrypt.args(["pkeyutl", "-decrypt", "-keyform", "DER", "-inkey"]).arg(&kek).arg("-in").arg(&wrapped_aes);
    for option in ["rsa_padding_mode:oaep", "rsa_oaep_md:sha1", "rsa_mgf1_md:sha1"] {
        decrypt.args(["-pkeyopt", option]);
    }
    let aes = openssl(&mut decrypt);

    let mut unwrap = Command::new("openssl");
    unwrap.args(["enc", "-d", "-id-aes256-wrap-pad", "-iv", "A65959A6", "-K"]).arg(hex::encode(aes));
    openssl(unwrap.arg("-in").arg(&wrapped_target))
}

/// Runs OpenSSL and answers what it printed.
fn openssl(command: &mut Command) -> Vec<u8> {
    let output = command.output().expect(
        "the OpenSSL command line is needed for this test and cannot be started; install the package `openssl`",
    );
    assert!(output.status.success(), "openssl failed: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}
