//! A key exchange key that was asked for before any key is distributed.

use api::{Cure, Explanation, Outcome};
use serde_json::json;

use super::Lease;
use super::outcome::{Failure, Stop, millis};
use super::site::Site;
use crate::store::audit::Event;
use crate::store::keks::{self, DueKek, Tried};
use crate::store::{Change, pace, providers};
use crate::{Actor, Engine, Error, clock};

/// The size that may carry every kind of key.
const BITS: usize = 4096;

impl Engine {
    /// Makes a key exchange key that was asked for, or stores why there is none.
    pub(super) async fn make_requested_kek(&self, due: &DueKek, lease: &Lease) {
        if let Err(error) = self.try_requested_kek(due, lease).await {
            // Nothing is lost: it is still due, and the next attempt finds what became of this one.
            tracing::error!(
                error = &error as &dyn std::error::Error,
                provider = due.id,
                "an attempt could not be stored"
            );
        }
    }

    async fn try_requested_kek(&self, due: &DueKek, lease: &Lease) -> Result<(), Error> {
        let provider = {
            let mut connection = self.store().pool.acquire().await?;
            match providers::by_id(&mut connection, &due.id).await {
                Err(Error::NotFound(_)) => return Ok(()),
                found => found?,
            }
        };
        let site = Site::new(self, lease, due.workspace.clone(), provider)?;
        let result = site.kek_anew(BITS).await;
        let mut change = self.store().change().await?;
        if let Some(permissions) = site.learned() {
            providers::store_permissions(&mut change.transaction, &due.id, &permissions).await?;
        }
        let now = clock::now();
        match result {
            Ok(_) => keks::settle(&mut change.transaction, due, None).await.map(|_| ())?,
            Err(Stop::Failed { failure, .. }) => self.store_kek_failure(&mut change, &site, due, &failure).await?,
            Err(Stop::WaitUntil(moment)) => keks::wait(&mut change.transaction, due, moment).await?,
            Err(Stop::LeaseLost | Stop::NotImported(_)) => {
                keks::wait(&mut change.transaction, due, now.plus_millis(1000)).await?;
            }
            Err(Stop::Broken(error)) => {
                tracing::error!(error = &error as &dyn std::error::Error, provider = due.id, "no KEK could be made");
                keks::wait(&mut change.transaction, due, now.plus_millis(60_000)).await?;
            }
        }
        change.commit().await
    }

    /// What time heals is tried again; what a person has to change stays until the key is asked for again.
    async fn store_kek_failure(
        &self,
        change: &mut Change,
        site: &Site<'_>,
        due: &DueKek,
        failure: &Failure,
    ) -> Result<(), Error> {
        let Explanation { code, cure, kms, .. } = &failure.explanation;
        let next = clock::now().plus_millis(millis(failure.delay(self.first_delay(), due.attempts + 1)));
        if failure.throttled {
            pace::pause(&mut change.transaction, &due.host, next).await?;
        }
        let again = (*cure == Cure::Time).then_some(next);
        let tried = Tried { error: &failure.explanation, again };
        if !keks::settle(&mut change.transaction, due, Some(tried)).await? {
            return Ok(());
        }
        let request_id = kms.as_ref().and_then(|kms| kms.request_id.as_deref());
        let event = Event {
            action: "kek.attempt",
            workspace: Some(due.workspace.as_str()),
            subject: site.provider.name.to_string(),
            outcome: if *cure == Cure::Person { Outcome::Refused } else { Outcome::Failed },
            detail: json!({"code": code, "attempt": due.attempts + 1, "request_id": request_id}),
        };
        change.record(&Actor::keyferry(), event).await
    }
}
