//! What steps have to store goes through one task of the node: up to 64 changes, with their events, in one transaction.

use api::Timestamp;
use tokio::sync::{mpsc, oneshot};

use super::outcome::Outcome;
use crate::store::{Change, deliveries, leases};
use crate::{Engine, Error, clock};

/// Changes that are made durable together.
const TOGETHER: usize = 64;

/// What a step has to store.
pub(super) enum Write {
    /// An import is about to be sent.
    ImportStarted { distribution: String, version: u32, expires_at: Option<Timestamp> },
    /// The step has ended.
    Ended(Box<Outcome>),
}

/// A write, and whom to tell whether the lease was still ours; nobody is told when it could not be stored.
type Asked = (Write, oneshot::Sender<bool>);

/// Where steps hand in what they have to store.
#[derive(Clone)]
pub(super) struct Writer(mpsc::Sender<Asked>);

impl Writer {
    /// A writer, and the task that stores what is handed in until no writer is left.
    pub(super) fn new(engine: Engine) -> (Self, impl Future<Output = ()>) {
        let (writer, mut asked) = mpsc::channel(TOGETHER);
        let work = async move {
            let mut group = Vec::with_capacity(TOGETHER);
            while asked.recv_many(&mut group, TOGETHER).await > 0 {
                engine.write(std::mem::take(&mut group)).await;
            }
        };
        (Self(writer), work)
    }

    /// Stores something. Returns whether the lease was still ours, and an import still wanted: if not, nothing was stored.
    pub(super) async fn store(&self, write: Write) -> Result<bool, Error> {
        const NOT_STORED: Error = Error::Internal("what a step had to store was not stored");
        let (tell, told) = oneshot::channel();
        self.0.send((write, tell)).await.map_err(|_| NOT_STORED)?;
        told.await.map_err(|_| NOT_STORED)
    }
}

impl Engine {
    /// Stores all or, where one of them fails, each for itself.
    async fn write(&self, group: Vec<Asked>) {
        if group.len() > 1 {
            match self.write_together(&group).await {
                Ok(held) => return tell(group, held),
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::error!(error, steps = group.len(), "steps are stored each for itself");
                }
            }
        }
        for asked in group.into_iter().map(|asked| [asked]) {
            match self.write_together(&asked).await {
                Ok(held) => tell(asked, held),
                Err(error) => tracing::error!(error = &error as &dyn std::error::Error, "a step is not stored"),
            }
        }
    }

    async fn write_together(&self, group: &[Asked]) -> Result<Vec<bool>, Error> {
        let mut change = self.store().change().await?;
        let mut held = Vec::with_capacity(group.len());
        for (write, _) in group {
            held.push(write.store(self, &mut change).await?);
        }
        change.commit().await?;
        Ok(held)
    }
}

fn tell(group: impl IntoIterator<Item = Asked>, held: Vec<bool>) {
    for ((_, tell), held) in group.into_iter().zip(held) {
        // A step that was dropped meanwhile wants to know nothing.
        let _ = tell.send(held);
    }
}

impl Write {
    async fn store(&self, engine: &Engine, change: &mut Change) -> Result<bool, Error> {
        match self {
            Self::ImportStarted { distribution, version, expires_at } => {
                let held = leases::may_import(&mut change.transaction, distribution, *version, engine.node()).await?;
                if held {
                    let (connection, now) = (&mut change.transaction, clock::now());
                    deliveries::start_import(connection, distribution, *version, *expires_at, now).await?;
                }
                Ok(held)
            }
            Self::Ended(outcome) => outcome.store(engine, change).await,
        }
    }
}
