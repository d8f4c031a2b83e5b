//! Sealing: how private keys and credentials rest in the database.
//!
//! AES-256-GCM under a key derived (HKDF-SHA-256, RFC 5869) from the sealing key for each table and column. The
//! associated data names table, column and row, so that a sealed value moved to another row does not open.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::{digest, hkdf, rand};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use zeroize::Zeroizing;

use crate::Error;

/// The key that seals private keys and credentials at rest: 256 bits.
pub struct SealingKey(Zeroizing<[u8; 32]>);

/// The keys that open what is sealed: one, or two while it is being replaced.
pub(crate) struct SealingKeys {
    pub(crate) current: SealingKey,
    pub(crate) previous: Option<SealingKey>,
}

impl SealingKeys {
    pub(crate) fn seal(&self, place: Place<'_>, plain: &[u8]) -> Result<String, Error> {
        self.current.seal(place, plain)
    }

    pub(crate) fn open(&self, place: Place<'_>, text: &str) -> Result<Zeroizing<Vec<u8>>, Error> {
        match &self.previous {
            Some(previous) if previous.has_sealed(text) => previous.open(place, text),
            _ => self.current.open(place, text),
        }
    }
}

/// Where a sealed value rests: it opens only there.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    /// Table and column: `key_versions.sealed_private_key`.
    pub(crate) column: &'static str,
    /// The row's id.
    pub(crate) row: &'a str,
}

impl SealingKey {
    /// Makes a new sealing key.
    ///
    /// # Panics
    /// When the operating system has no randomness to give.
    #[must_use]
    pub fn generate() -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        rand::fill(bytes.as_mut_slice()).expect("the system gives randomness");
        Self(bytes)
    }

    /// Reads a sealing key written by [`SealingKey::to_text`]: 43 characters of base64url.
    ///
    /// # Errors
    /// When the text is anything else.
    pub fn from_text(text: &str) -> Result<Self, Error> {
        let decoded = Zeroizing::new(BASE64.decode(text.trim()).unwrap_or_default());
        let bytes = <[u8; 32]>::try_from(decoded.as_slice());
        let sentence = "the sealing key is not 43 characters of base64url (32 bytes): give the key that Keyferry wrote";
        bytes.map(|bytes| Self(Zeroizing::new(bytes))).map_err(|_| Error::Start(sentence.to_owned()))
    }

    /// The key as text, for its file.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(BASE64.encode(self.0.as_slice()))
    }

    /// Names the key without telling anything about it: the start of a SHA-256 over it and a fixed prefix.
    #[must_use]
    pub fn id(&self) -> String {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(b"keyferry sealing key id\0");
        context.update(self.0.as_slice());
        BASE64.encode(&context.finish().as_ref()[..6])
    }

    fn has_sealed(&self, text: &str) -> bool {
        text.split_once('.').is_some_and(|(id, _)| id == self.id())
    }

    pub(crate) fn seal(&self, place: Place<'_>, plain: &[u8]) -> Result<String, Error> {
        let mut nonce = [0; NONCE_LEN];
        rand::fill(&mut nonce).map_err(|_| Error::Internal("the system gives no randomness"))?;
        let mut sealed = nonce.to_vec();
        // Encrypted in place in a buffer that is large enough: plain text is never copied by a growing vector.
        let mut body = Vec::with_capacity(plain.len() + AES_256_GCM.tag_len());
        body.extend_from_slice(plain);
        self.cipher(place.column)?
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), associated(place), &mut body)
            .map_err(|_| Error::Internal("sealing failed"))?;
        sealed.extend_from_slice(&body);
        Ok(format!("{}.{}", self.id(), BASE64.encode(sealed)))
    }

    pub(crate) fn open(&self, place: Place<'_>, text: &str) -> Result<Zeroizing<Vec<u8>>, Error> {
        const BROKEN: Error =
            Error::Internal("a sealed value does not open: it was changed, moved or sealed with another key");
        let (id, body) = text.split_once('.').ok_or(BROKEN)?;
        if id != self.id() {
            return Err(BROKEN);
        }
        let mut sealed = Zeroizing::new(BASE64.decode(body).map_err(|_| BROKEN)?);
        let (nonce, body) = sealed.split_at_mut_checked(NONCE_LEN).ok_or(BROKEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| BROKEN)?;
        let plain = self.cipher(place.column)?.open_in_place(nonce, associated(place), body).map_err(|_| BROKEN)?;
        Ok(Zeroizing::new(plain.to_vec()))
    }

    fn cipher(&self, column: &'static str) -> Result<LessSafeKey, Error> {
        const BROKEN: Error = Error::Internal("key derivation failed");
        let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, b"keyferry sealing");
        let pseudorandom = salt.extract(self.0.as_slice());
        let mut key = Zeroizing::new([0; 32]);
        let info = [column.as_bytes()];
        let expanded = pseudorandom.expand(&info, &AES_256_GCM).map_err(|_| BROKEN)?;
        expanded.fill(key.as_mut_slice()).map_err(|_| BROKEN)?;
        UnboundKey::new(&AES_256_GCM, key.as_slice()).map(LessSafeKey::new).map_err(|_| BROKEN)
    }
}

fn associated(place: Place<'_>) -> Aad<Vec<u8>> {
    Aad::from(format!("{}:{}", place.column, place.row).into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Place<'static> = Place { column: "key_versions.sealed_private_key", row: "1" };

    #[test]
    fn what_was_sealed_opens_in_its_place_only() {
        let key = SealingKey::generate();
        let sealed = key.seal(HERE, b"prime").unwrap();
        assert_eq!(key.open(HERE, &sealed).unwrap().as_slice(), b"prime");
        assert!(key.open(Place { row: "2", ..HERE }, &sealed).is_err());
        assert!(key.open(Place { column: "providers.sealed_client_secret", ..HERE }, &sealed).is_err());
        assert!(SealingKey::generate().open(HERE, &sealed).is_err());
    }

    #[test]
    fn one_changed_bit_keeps_it_shut() {
        let key = SealingKey::generate();
        let sealed = key.seal(HERE, b"prime").unwrap();
        let (id, body) = sealed.split_once('.').unwrap();
        let bytes = BASE64.decode(body).unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert!(key.open(HERE, &format!("{id}.{}", BASE64.encode(changed))).is_err(), "byte {at}");
        }
    }

    #[test]
    fn a_sealing_key_reads_back_from_its_text() {
        let key = SealingKey::generate();
        assert_eq!(SealingKey::from_text(&key.to_text()).unwrap().id(), key.id());
        assert!(SealingKey::from_text("short").is_err());
    }
}
