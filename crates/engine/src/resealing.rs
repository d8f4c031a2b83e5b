//! Replacing the sealing key: everything is sealed anew in the background, by whichever nodes have both keys.

use std::time::Duration;

use api::{Outcome, Sealing};
use serde_json::json;

use crate::generate::SEALED_PRIVATE_KEY;
use crate::providers::{CERTIFICATE, CLIENT_SECRET};
use crate::seal::{Place, SealingKey};
use crate::store::audit::Event;
use crate::store::{pool, sealed};
use crate::{Actor, Engine, Error};

/// Every sealed column.
const COLUMNS: [&str; 3] = [SEALED_PRIVATE_KEY, CLIENT_SECRET, CERTIFICATE];

/// Values that are sealed anew in one transaction.
const BATCH: u32 = 200;

/// How long to wait after a failure, and for nodes that still seal with the previous key.
const PAUSE: Duration = Duration::from_secs(5);

impl Engine {
    /// Which key seals, and how much is still sealed with the previous one.
    ///
    /// # Errors
    /// [`Error::Database`] when it does not answer.
    pub async fn sealing(&self) -> Result<Sealing, Error> {
        let keys = self.sealing_keys();
        let mut left = 0;
        if let Some(previous) = &keys.previous {
            for column in COLUMNS {
                left += self.store().count_sealed(column, &previous.id()).await?;
            }
        }
        Ok(Sealing { key: keys.current.id(), left_to_reseal: left })
    }

    /// Seals everything anew that is sealed with the previous key. Ends when nothing is left; may be dropped at any time.
    pub(crate) async fn reseal(&self) {
        let Some(previous) = &self.sealing_keys().previous else { return };
        loop {
            match self.reseal_all(previous).await {
                Ok(true) => return,
                Ok(false) => {}
                Err(error) => tracing::error!(error = &error as &dyn std::error::Error, "sealing anew goes on later"),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// One walk over everything. Returns whether nothing is left.
    async fn reseal_all(&self, previous: &SealingKey) -> Result<bool, Error> {
        for column in COLUMNS {
            let mut after = String::new();
            loop {
                let found = self.store().sealed_values(column, &previous.id(), &after, BATCH).await?;
                let Some(last) = found.last() else { break };
                after.clone_from(&last.row);
                let mut anew = Vec::with_capacity(found.len());
                for value in found {
                    let place = Place { column, row: &value.row };
                    let sealed = self.sealing_keys().seal(place, &previous.open(place, &value.text)?)?;
                    anew.push((value, sealed));
                }
                self.store().replace_sealed(column, &anew).await?;
                tracing::info!(column, values = anew.len(), "sealed anew");
            }
        }
        if self.sealing().await?.left_to_reseal > 0 {
            return Ok(false);
        }
        let mut change = self.store().change().await?;
        if sealed::end_resealing(&mut change).await? {
            change
                .record(&Actor::keyferry(), event("sealing_key.retire", &self.sealing_keys().current, previous))
                .await?;
            change.commit().await?;
        }
        Ok(true)
    }

    /// From now on everything is sealed with another key.
    pub(crate) async fn begin_resealing(&self, previous: &SealingKey) -> Result<(), Error> {
        let current = &self.sealing_keys().current;
        let mut change = self.store().change().await?;
        sealed::begin_resealing(&mut change, &current.id(), &previous.id()).await?;
        pool::empty(&mut change.transaction).await?;
        change.record(&Actor::keyferry(), event("sealing_key.replace", current, previous)).await?;
        change.commit().await
    }
}

fn event(action: &'static str, current: &SealingKey, previous: &SealingKey) -> Event<'static> {
    let detail = json!({"previous": previous.id()});
    Event { action, workspace: None, subject: current.id(), outcome: Outcome::Done, detail }
}
