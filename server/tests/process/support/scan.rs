//! Looking for secrets where none may be.

use base64::Engine as _;
use base64::alphabet::{Alphabet, STANDARD, URL_SAFE};
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};
use rsa::BoxedUint;

/// PKCS#8 of an RSA key after its outer length: version 0, `rsaEncryption`, and the octet string's tag (RFC 5208).
const PKCS8: [u8; 20] = [
    0x02, 0x01, 0x00, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00, 0x04,
    0x82,
];

/// In PKCS#1 the modulus is followed by the exponent 65537 and then, in a private key only, by another integer.
const AFTER_MODULUS: [u8; 7] = [0x02, 0x03, 0x01, 0x00, 0x01, 0x02, 0x82];

/// What to look for, in every form it could take.
#[derive(Default)]
pub(crate) struct Secrets {
    needles: Vec<(String, String)>,
    moduli: Vec<BoxedUint>,
}

impl Secrets {
    /// A secret text.
    pub(crate) fn add(&mut self, what: &str, secret: &str) {
        assert!(secret.len() >= 12, "{what} is long enough not to be found by chance");
        self.add_bytes(what, secret.as_bytes());
    }

    /// Private keys in general, and those of these public keys in particular.
    pub(crate) fn add_private_keys(&mut self, moduli: Vec<Vec<u8>>) {
        self.add_bytes("PEM", b"PRIVATE KEY");
        self.add_bytes("PKCS#8", &PKCS8);
        for modulus in moduli {
            let tail = [&modulus[modulus.len() - 16..], &AFTER_MODULUS].concat();
            self.add_bytes("PKCS#1", &tail);
            self.moduli.push(number(&modulus));
        }
    }

    fn add_bytes(&mut self, what: &str, secret: &[u8]) {
        let mut forms = vec![secret.to_vec(), hex::encode(secret).into_bytes()];
        for alphabet in [STANDARD, URL_SAFE] {
            forms.extend((0..3).map(|offset| base64(secret, offset, &alphabet).into_bytes()));
        }
        let needles = forms.iter().map(|form| (what.to_owned(), letters(form)));
        self.needles.extend(needles);
    }

    /// Asserts that no secret is in these bytes.
    pub(crate) fn assert_absent(&self, place: &str, bytes: &[u8]) {
        let text = letters(bytes);
        for (what, needle) in &self.needles {
            let found = text.find(needle.as_str());
            assert!(found.is_none(), "{place} has {what}: …{:?}", found.map(|at| &text[at.saturating_sub(200)..at]));
        }
        for part in std::iter::once(bytes.to_vec()).chain(encoded(bytes)) {
            assert!(!self.has_prime(&part), "{place} has a prime of a private key");
        }
    }

    /// Whether some bytes, read as a number, divide one of the moduli.
    fn has_prime(&self, bytes: &[u8]) -> bool {
        self.moduli.iter().any(|modulus| {
            let length = modulus.bit_width() as usize / 16;
            bytes.windows(length).any(|window| {
                // A prime of an RSA key is odd, and its two highest bits are set (FIPS 186-5, A.1.1).
                let is_candidate = window[0] >= 0xc0 && window[length - 1] & 1 == 1;
                is_candidate && divides(window, modulus)
            })
        })
    }
}

fn number(bytes: &[u8]) -> BoxedUint {
    BoxedUint::from_be_slice(bytes, u32::try_from(bytes.len() * 8).unwrap()).unwrap()
}

fn divides(candidate: &[u8], modulus: &BoxedUint) -> bool {
    let divisor = number(candidate).to_nz().expect("its highest bits are set");
    modulus.rem_vartime(&divisor).is_zero().into()
}

/// Bytes as letters of the same numbers: searching a text is quick also in a build for debugging.
fn letters(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

/// Base64 of a secret that begins `offset` bytes after a group of three, without the characters that depend on what
/// stands around it.
fn base64(secret: &[u8], offset: usize, alphabet: &Alphabet) -> String {
    let padded = [&vec![0; offset], secret].concat();
    let text = GeneralPurpose::new(alphabet, NO_PAD).encode(&padded[..padded.len() / 3 * 3]);
    let unsteady = [0, 2, 3][offset];
    text[unsteady..].to_owned()
}

/// What long runs of base64 in a text stand for.
fn encoded(bytes: &[u8]) -> Vec<Vec<u8>> {
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(byte);
    let runs = bytes.split(|byte| !is_digit(byte)).filter(|run| run.len() >= 160);
    let decode = |run: &[u8], alphabet| {
        let whole = &run[..run.len() / 4 * 4];
        GeneralPurpose::new(alphabet, NO_PAD).decode(whole).ok()
    };
    runs.flat_map(|run| [decode(run, &STANDARD), decode(run, &URL_SAFE)]).flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_looked_for_is_found_in_every_form() {
        let mut secrets = Secrets::default();
        secrets.add("a password", "ferry boats leave at nine");
        let is_found = |text: &str| secrets.needles.iter().any(|(_, needle)| text.contains(needle));
        assert!(is_found("password=ferry boats leave at nine;"));
        for before in ["", "a", "ab", "abc"] {
            let plain = format!("{before}ferry boats leave at nine, and more");
            assert!(is_found(&GeneralPurpose::new(&STANDARD, NO_PAD).encode(plain)), "after {before:?}");
        }
        assert!(!is_found("ferry boats leave at eight"));
    }

    #[test]
    fn a_factor_of_a_modulus_is_found_raw_and_encoded() {
        let (p, q) = ([0xc5; 128], [0xd3; 128]);
        let wide = |bytes: &[u8]| BoxedUint::from_be_slice(&[&[0; 128], bytes].concat(), 2048).unwrap();
        let secrets = Secrets { moduli: vec![wide(&p).wrapping_mul(wide(&q))], ..Secrets::default() };
        let place = [&b"before"[..], &p, b"after"].concat();
        assert!(secrets.has_prime(&place));
        let text = format!("\"{}\"", GeneralPurpose::new(&URL_SAFE, NO_PAD).encode(&place));
        assert!(encoded(text.as_bytes()).iter().any(|part| secrets.has_prime(part)));
        assert!(!secrets.has_prime(&[0xc7; 500]));
    }
}
