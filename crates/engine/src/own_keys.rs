//! Keys that somebody brings: read, checked, and from then on kept as our own.

use api::{Key, KeyPath, KeyType, NewKey, OwnKey};
use byok::{OwnKeyFault, TargetKey};
use serde_json::json;

use crate::generate::Material;
use crate::keys::event;
use crate::store::{distributions, keys};
use crate::{Actor, Engine, Error, clock};

impl Engine {
    /// Takes an RSA key as the next version of a key, or as the first version of a new one.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a private key that is none, weak, of another type than the key, or a version of it already.
    pub async fn import_own_key(&self, path: &KeyPath, own: &OwnKey, actor: &Actor) -> Result<Key, Error> {
        let pem = zeroize::Zeroizing::new(own.private_key.expose().to_owned());
        let checked = self.off_the_async_threads(actor, move || TargetKey::from_own_pem(&pem)).await?;
        let target = checked.map_err(|fault: OwnKeyFault| Error::invalid("private_key", fault.to_string()))?;
        let key_type = key_type(&target)?;
        let version = self.sealed(Material::from(&target))?;

        let mut change = self.store().change().await?;
        let found = match keys::find(&mut change.transaction, path).await {
            Err(Error::NotFound(_)) => {
                let new = NewKey::new(path.key.clone(), key_type);
                keys::insert(&mut change.transaction, path, &new, clock::now()).await?;
                keys::find(&mut change.transaction, path).await?
            }
            found => found?,
        };
        if found.key_type != key_type {
            let sentence = format!("{} is {}, and this key is {key_type}", path.key, found.key_type);
            return Err(Error::invalid("private_key", sentence));
        }
        let versions = keys::versions(&mut change.transaction, &found).await?;
        let same = versions.iter().find(|known| known.thumbprint.as_ref() == Some(&version.thumbprint));
        if let Some(known) = same {
            return Err(Error::invalid(
                "private_key",
                format!("this is version {} of {} already", known.number, path.key),
            ));
        }
        let number = keys::add_version(&mut change.transaction, &found.id, &version, clock::now()).await?;
        distributions::restate_key(&mut change.transaction, &found.id).await?;
        let detail = json!({"version": number, "type": key_type, "thumbprint": version.thumbprint});
        change.record(actor, event("key.import", path, detail)).await?;
        self.finish_key(change, path).await
    }
}

fn key_type(target: &TargetKey) -> Result<KeyType, Error> {
    match target.public_key().bits() {
        2048 => Ok(KeyType::Rsa2048),
        3072 => Ok(KeyType::Rsa3072),
        4096 => Ok(KeyType::Rsa4096),
        _ => Err(Error::Internal("a target key has another size")),
    }
}
