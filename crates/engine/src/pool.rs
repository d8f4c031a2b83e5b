//! The key pool: pairs made ahead of need, while nobody waits for one.

use std::time::Duration;

use api::{KeyType, PooledKeys};

use crate::background::keep_at;
use crate::store::keys::NewVersion;
use crate::{Actor, Engine, Error};

/// How often to look whether the pool is full.
const PAUSE: Duration = Duration::from_secs(1);

impl Engine {
    /// How full the pool is, for each type that it has.
    ///
    /// # Errors
    /// [`Error::Database`] when it does not answer.
    pub async fn pool(&self) -> Result<Vec<PooledKeys>, Error> {
        let mut pool = Vec::new();
        for (key_type, wanted) in self.pool_sizes() {
            let ready = self.store().pooled(*key_type).await?;
            pool.push(PooledKeys { key_type: *key_type, ready, wanted: *wanted });
        }
        Ok(pool)
    }

    /// Keeps the pool full, for as long as it runs; may be dropped at any time.
    pub(crate) async fn fill_pool(&self) {
        keep_at("the key pool is filled later", PAUSE, || self.fill_one()).await;
    }

    /// Makes one pair, if one is wanted and nobody waits for a core. Returns whether it did.
    async fn fill_one(&self) -> Result<bool, Error> {
        if !self.turns().are_free() {
            return Ok(false);
        }
        for PooledKeys { key_type, ready, wanted } in self.pool().await? {
            if ready < wanted {
                let version = self.make(key_type, &Actor::keyferry()).await?;
                self.store().put_into_pool(key_type, &version).await?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The number of pairs wanted of a type.
    fn wanted(&self, key_type: KeyType) -> u64 {
        self.pool_sizes().iter().find(|(pooled, _)| *pooled == key_type).map_or(0, |(_, wanted)| *wanted)
    }

    /// New key material for a row: out of the pool if it has some, else made now.
    pub(crate) async fn generate(&self, key_type: KeyType, actor: &Actor) -> Result<NewVersion, Error> {
        if self.wanted(key_type) > 0
            && let Some(version) = self.store().take_from_pool(key_type).await?
        {
            return Ok(version);
        }
        self.make(key_type, actor).await
    }
}
