//! Key exchange keys that are loaded: opening one costs more than decrypting with it.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use aws_lc_rs::rsa::{OaepPrivateDecryptingKey, PrivateDecryptingKey};

/// So many stay loaded; then all are dropped.
const MOST: usize = 256;

type Loaded = HashMap<Vec<u8>, Arc<OaepPrivateDecryptingKey>>;

static LOADED: LazyLock<Mutex<Loaded>> = LazyLock::new(Mutex::default);

/// A key exchange key, by its private key as PKCS#8 DER; none if that is no RSA key.
pub(crate) fn load(pkcs8: &[u8]) -> Option<Arc<OaepPrivateDecryptingKey>> {
    let loaded = || LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(key) = loaded().get(pkcs8) {
        return Some(Arc::clone(key));
    }
    let key = PrivateDecryptingKey::from_pkcs8(pkcs8).ok()?;
    let key = Arc::new(OaepPrivateDecryptingKey::new(key).ok()?);
    let mut loaded = loaded();
    if loaded.len() == MOST {
        loaded.clear();
    }
    loaded.insert(pkcs8.to_vec(), Arc::clone(&key));
    Some(key)
}
