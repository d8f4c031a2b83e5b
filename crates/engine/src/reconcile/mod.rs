//! The reconciler: the only part that changes anything in Azure.
//!
//! It leases due distributions, takes the one step that each needs next, computed from what is stored, and stores the
//! outcome with its audit event. Handlers only write intent and wake it.

mod amend;
mod decide;
mod inspect;
mod kek;
mod learn;
mod outcome;
mod removal;
mod request;
mod site;
mod step;
mod transfer;
mod writer;

use std::collections::HashMap;
use std::pin::pin;
use std::time::{Duration, Instant};

use api::Timestamp;
use tokio::task::{Id, JoinSet};

use crate::store::leases::LEASE_MILLIS;
use crate::{Engine, Error, clock};

use writer::Writer;

pub(crate) use kek::{KEK_NAME, ReadKek};
pub(crate) use learn::NEEDED;

/// Steps at once for one vault, so that a slow one never holds up another.
const STEPS_PER_VAULT: usize = 4;

/// Other nodes' changes are noticed after this time at the latest.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// What must be left of a lease before anything is sent to Azure.
const NEEDED_MILLIS: i64 = 90_000;

/// A claim on a distribution.
struct Lease {
    /// By the wall clock, as stored.
    until: Timestamp,
    /// By the monotonic clock, which no one can turn back.
    ends: Instant,
}

impl Lease {
    fn starting_now(until: Timestamp) -> Self {
        Self { until, ends: Instant::now() + Duration::from_millis(LEASE_MILLIS.unsigned_abs()) }
    }

    /// Whether enough is left, by both clocks, to send something and receive the answer.
    fn suffices(&self) -> bool {
        let needed = Duration::from_millis(NEEDED_MILLIS.unsigned_abs());
        self.until >= clock::now().plus_millis(NEEDED_MILLIS)
            && self.ends.checked_duration_since(Instant::now() + needed).is_some()
    }
}

/// A step under way.
struct Underway {
    host: String,
    /// The provider whose key exchange key is made, if that is what it does.
    kek_of: Option<String>,
}

impl Engine {
    /// Carries out what is wanted, until `shutdown` resolves; returns when the steps under way have ended.
    pub async fn reconcile(&self, shutdown: impl Future<Output = ()>) {
        let mut shutdown = pin!(shutdown);
        // Ended when dropped; each of their transactions is whole.
        let mut background = JoinSet::new();
        background.spawn({
            let engine = self.clone();
            async move { engine.reseal().await }
        });
        background.spawn({
            let engine = self.clone();
            async move { engine.keep_schedule().await }
        });
        background.spawn({
            let engine = self.clone();
            async move { engine.work_off_operations().await }
        });
        background.spawn({
            let engine = self.clone();
            async move { engine.fill_pool().await }
        });
        background.spawn({
            let engine = self.clone();
            async move { engine.watch_trail().await }
        });
        let mut writing = JoinSet::new();
        let (writer, work) = Writer::new(self.clone());
        writing.spawn(work);
        let mut steps = JoinSet::new();
        let mut vaults: HashMap<Id, Underway> = HashMap::new();
        loop {
            let pause = match self.claim_due(&mut steps, &mut vaults, &writer).await {
                Ok(pause) => pause,
                Err(error) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "the reconciler cannot claim work");
                    LONGEST_PAUSE
                }
            };
            tokio::select! {
                () = &mut shutdown => break,
                () = self.wake().notified() => {}
                Some(ended) = steps.join_next_with_id() => { vaults.remove(&ended_id(ended)); }
                () = tokio::time::sleep(pause) => {}
            }
            // Steps end together, as what they store does.
            while let Some(ended) = steps.try_join_next_with_id() {
                vaults.remove(&ended_id(ended));
            }
        }
        background.abort_all();
        while let Some(ended) = steps.join_next_with_id().await {
            ended_id(ended);
        }
        drop(writer);
        while writing.join_next().await.is_some() {}
    }

    /// Starts a step for each due distribution, as far as its vault has room, and says how long to wait.
    async fn claim_due(
        &self,
        steps: &mut JoinSet<()>,
        vaults: &mut HashMap<Id, Underway>,
        writer: &Writer,
    ) -> Result<Duration, Error> {
        let mut pause = LONGEST_PAUSE;
        if self.clocks_apart().await?.is_some() {
            return Ok(pause);
        }
        for host in self.store().due_hosts().await? {
            let busy = vaults.values().filter(|step| step.host == host).count();
            let room = STEPS_PER_VAULT.saturating_sub(busy);
            if room == 0 {
                continue;
            }
            let room = u32::try_from(room).expect("a few steps");
            let claim = self.store().claim(&host, self.node(), room).await?;
            pause = pause.min(claim.again_in.unwrap_or(LONGEST_PAUSE));
            for id in claim.ids {
                let (engine, lease, writer) = (self.clone(), Lease::starting_now(claim.until), writer.clone());
                let step = steps.spawn(async move { engine.take_step(&id, &lease, &writer).await });
                vaults.insert(step.id(), Underway { host: host.clone(), kek_of: None });
            }
        }
        self.take_up_keks(steps, vaults).await?;
        let until_next = self.store().next_due().await?.map_or(i64::MAX, |next| next.millis() - clock::now().millis());
        Ok(Duration::from_millis(until_next.max(1).unsigned_abs()).min(pause))
    }

    /// Starts a step for each key exchange key that was asked for and is due. Other nodes may do so too: only one at a time
    /// makes one, and the others find it.
    async fn take_up_keks(&self, steps: &mut JoinSet<()>, vaults: &mut HashMap<Id, Underway>) -> Result<(), Error> {
        for due in self.store().due_keks().await? {
            if vaults.values().all(|step| step.kek_of.as_ref() != Some(&due.id)) {
                let (engine, lease) = (self.clone(), Lease::starting_now(clock::now().plus_millis(LEASE_MILLIS)));
                let underway = Underway { host: due.host.clone(), kek_of: Some(due.id.clone()) };
                let step = steps.spawn(async move { engine.make_requested_kek(&due, &lease).await });
                vaults.insert(step.id(), underway);
            }
        }
        Ok(())
    }
}

fn ended_id(ended: Result<(Id, ()), tokio::task::JoinError>) -> Id {
    match ended {
        Ok((id, ())) => id,
        Err(error) => {
            tracing::error!(%error, "a step of the reconciler ended early; its lease runs out by itself");
            error.id()
        }
    }
}
