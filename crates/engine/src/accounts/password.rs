//! Passwords: which are accepted, and how they are kept.

use api::{SecretInput, Username};
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use crate::{Engine, Error};

/// The least length in characters.
const LEAST: usize = 12;

/// The greatest length in bytes: hashing must not become a burden.
const GREATEST: usize = 1024;

/// Passwords of at least [`LEAST`] characters that everybody tries first, in lower case.
const COMMON: [&str; 40] = [
    "000000000000",
    "012345678910",
    "111111111111",
    "123123123123",
    "123412341234",
    "1234567890ab",
    "123456789012",
    "1234567890123",
    "12345678901234",
    "123456789012345",
    "1234567890qwerty",
    "123456789abc",
    "1q2w3e4r5t6y",
    "1q2w3e4r5t6y7u8i",
    "1qaz2wsx3edc",
    "1qaz2wsx3edc4rfv",
    "abcd12345678",
    "abcdefghijkl",
    "abcdefghijklm",
    "administrator",
    "administrator1",
    "adminadminadmin",
    "changemechangeme",
    "changeme1234",
    "correcthorsebatterystaple",
    "iloveyou1234",
    "letmeinletmein",
    "p@ssw0rd1234",
    "passw0rd1234",
    "password1234",
    "password12345",
    "password123456",
    "password1234567",
    "passwordpassword",
    "qazwsxedcrfv",
    "qwerty123456",
    "qwertyqwerty",
    "qwertyuiop12",
    "qwertyuiop123",
    "qwertyuiopasdfghjkl",
];

/// As many permits as passwords may be hashed at once: each takes 19 MiB and some 20 ms of a core.
pub(crate) struct Hashing(Semaphore);

impl Default for Hashing {
    fn default() -> Self {
        Self(Semaphore::new(2))
    }
}

/// Refuses passwords that are too short, too long or well known.
pub(super) fn check(field: &str, password: &SecretInput, username: &Username) -> Result<(), Error> {
    let text = Zeroizing::new(password.expose().to_lowercase());
    if text.chars().count() < LEAST {
        return Err(Error::invalid(field, format!("use at least {LEAST} characters; 15 or more are better")));
    }
    if password.expose().len() > GREATEST {
        return Err(Error::invalid(field, format!("use at most {GREATEST} bytes")));
    }
    let first = text.chars().next();
    let is_one_character = text.chars().all(|c| Some(c) == first);
    if is_one_character || COMMON.contains(&text.as_str()) || text.as_str() == username.as_str() {
        return Err(Error::invalid(field, "this is among the first that anybody would try: choose another one"));
    }
    Ok(())
}

impl Engine {
    /// Hashes a password for keeping.
    pub(super) async fn hash_password(&self, password: &SecretInput) -> Result<String, Error> {
        self.hash(password, |password| argon2().hash_password(password).ok().map(|hash| hash.to_string())).await
    }

    /// Whether it is the password that was kept as `hash`. Without one the same work is done, so that nobody can tell
    /// by the time it takes whether a user exists.
    pub(super) async fn is_password(&self, password: &SecretInput, hash: Option<String>) -> Result<bool, Error> {
        let verify = move |password: &[u8]| {
            Some(match hash {
                Some(hash) => argon2().verify_password(password, hash.as_str()).is_ok(),
                None => argon2().hash_password(password).is_err(),
            })
        };
        self.hash(password, verify).await
    }

    async fn hash<T: Send + 'static>(
        &self,
        password: &SecretInput,
        work: impl FnOnce(&[u8]) -> Option<T> + Send + 'static,
    ) -> Result<T, Error> {
        const BROKEN: Error = Error::Internal("a password could not be hashed");
        let _permit = self.hashing().0.acquire().await.map_err(|_| BROKEN)?;
        tracing::debug!("a password is hashed");
        let password = Zeroizing::new(password.expose().to_owned());
        let hashed = tokio::task::spawn_blocking(move || work(password.as_bytes())).await;
        hashed.map_err(|_| BROKEN)?.ok_or(BROKEN)
    }
}

/// Argon2id as OWASP's Password Storage Cheat Sheet asks: 19 MiB, two passes, one lane.
fn argon2() -> Argon2<'static> {
    let params = Params::new(19_456, 2, 1, None).expect("the parameters are in range");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(password: &str) -> Option<String> {
        let username = "somebody@acme.example".parse().unwrap();
        match check("password", &SecretInput::new(password.to_owned()), &username) {
            Err(Error::Invalid(error)) => Some(error.message),
            Err(_) => unreachable!("only fields are refused"),
            Ok(()) => None,
        }
    }

    #[test]
    fn short_common_and_repeated_passwords_are_refused() {
        assert!(refusal("eleven char").unwrap().starts_with("use at least 12 characters"));
        assert!(refusal(&"long".repeat(257)).unwrap().starts_with("use at most 1024 bytes"));
        for common in ["Password1234", "aaaaaaaaaaaaaaaa", "Somebody@acme.example"] {
            assert!(refusal(common).unwrap().contains("anybody would try"), "{common}");
        }
        assert_eq!(refusal("ferry boats leave at nine"), None);
        assert_eq!(refusal("zwölf Zeichen"), None);
    }
}
