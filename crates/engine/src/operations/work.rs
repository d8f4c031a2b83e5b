//! Working operations off: one key after the other, each begun in one transaction, then watched until it has arrived.

use std::collections::BTreeMap;
use std::time::Duration;

use api::{
    Action, Cure, DistributionPath, DistributionState, KeyChange, KeyPath, NewDistribution, OperationCounts,
    OperationKeyState, OperationPath, Timestamp,
};
use serde_json::json;

use super::event;
use crate::background::keep_at;
use crate::store::conditions::Conditions;
use crate::store::distributions::DistributionRow;
use crate::store::keys::NewVersion;
use crate::store::operations::{self, OperationRow, WaitingKey};
use crate::store::{Change, distributions as rows};
use crate::{Actor, Engine, Error, clock, distributions, keys};

/// How often to look for work, and for what has arrived.
const PAUSE: Duration = Duration::from_millis(200);

/// Keys of one operation that are begun before others have their turn.
const TURN: usize = 10;

/// Keys of one operation that are on their way at once, so that it can be paused and cancelled.
const UNDER_WAY: usize = 200;

/// Keys that are looked at together.
const CHUNK: usize = 500;

impl Engine {
    /// Works off what is stored, for as long as it runs; may be dropped at any time.
    pub(crate) async fn work_off_operations(&self) {
        keep_at("an operation goes on later", PAUSE, || self.work_off_some()).await;
    }

    /// A turn for each operation. Returns whether anything was begun.
    async fn work_off_some(&self) -> Result<bool, Error> {
        let mut began = false;
        for operation in self.store().unfinished_operations().await? {
            let under_way = self.settle(&operation).await?;
            for _ in under_way..UNDER_WAY.min(under_way + TURN) {
                if !self.begin_next(&operation).await? {
                    break;
                }
                began = true;
            }
        }
        Ok(began)
    }

    /// Begins the next key. Returns whether there was one.
    async fn begin_next(&self, operation: &OperationRow) -> Result<bool, Error> {
        let mut connection = self.store().pool.acquire().await?;
        let Some(next) = operations::next_waiting(&mut connection, &operation.id).await? else { return Ok(false) };
        drop(connection);
        let version = match (&operation.action, next.key_type) {
            (Action::Rotate, Some(key_type)) => Some(self.generate(key_type, &operation.actor()).await?),
            _ => None,
        };
        let mut change = self.store().change().await?;
        // Looked at again under the lock: another node may have begun it, and somebody may have paused or cancelled.
        let still = operations::next_waiting(&mut change.transaction, &operation.id).await?;
        if still.is_none_or(|still| still.seq != next.seq) {
            return Ok(true);
        }
        let step = (OperationKeyState::Waiting, OperationKeyState::Started);
        operations::advance(&mut change.transaction, &operation.id, next.seq, step, None, clock::now()).await?;
        match carry_out(&mut change, operation, &next, version.as_ref()).await {
            Ok(()) => {
                change.commit().await?;
                self.wake().notify_one();
            }
            Err(Error::Database(error)) => return Err(error.into()),
            Err(refusal) => {
                drop(change);
                let step = (OperationKeyState::Waiting, OperationKeyState::Refused);
                self.end_key(operation, next.seq, step, Some(&refusal.to_string())).await?;
            }
        }
        Ok(true)
    }

    /// Ends what has arrived or was refused, and the operation with its last key. Returns how many keys are under way.
    async fn settle(&self, operation: &OperationRow) -> Result<usize, Error> {
        let mut connection = self.store().pool.acquire().await?;
        let started = operations::started(&mut connection, &operation.id).await?;
        let mut under_way = 0;
        for chunk in started.chunks(CHUNK) {
            let of_chunk = Conditions::default()
                .and_in("d.key_id", chunk.iter().map(|(_, key)| key.clone()))
                .and("d.removed_at IS NULL", []);
            let mut held: BTreeMap<String, Vec<DistributionRow>> = BTreeMap::new();
            for (row, _) in rows::select(&mut connection, of_chunk, "ORDER BY d.id").await? {
                held.entry(row.key_id.clone()).or_default().push(row);
            }
            for (seq, key) in chunk {
                match standing(&operation.action, held.get(key).map_or(&[][..], Vec::as_slice), clock::now()) {
                    Standing::UnderWay => under_way += 1,
                    Standing::Arrived => {
                        let step = (OperationKeyState::Started, OperationKeyState::Done);
                        self.end_key(operation, *seq, step, None).await?;
                    }
                    Standing::Refused(reason) => {
                        let step = (OperationKeyState::Started, OperationKeyState::Refused);
                        self.end_key(operation, *seq, step, Some(&reason)).await?;
                    }
                }
            }
        }
        drop(connection);
        if under_way == 0 {
            self.finish_if_done(operation).await?;
        }
        Ok(under_way)
    }

    /// The outcome of a key. What was changed is in the audit trail already.
    async fn end_key(
        &self,
        operation: &OperationRow,
        seq: i64,
        step: (OperationKeyState, OperationKeyState),
        reason: Option<&str>,
    ) -> Result<(), Error> {
        let mut connection = self.store().writer().acquire().await?;
        operations::advance(&mut connection, &operation.id, seq, step, reason, clock::now()).await?;
        Ok(())
    }

    async fn finish_if_done(&self, operation: &OperationRow) -> Result<(), Error> {
        let left = |counts: &OperationCounts| counts.waiting + counts.started;
        let counts = operations::counts(&mut *self.store().pool.acquire().await?, [&operation.id]).await?;
        if counts.get(&operation.id).is_none_or(|counts| left(counts) > 0) {
            return Ok(());
        }
        // Looked at again under the lock: another node may have ended it, or a person may have asked for more.
        let mut change = self.store().change().await?;
        let path = OperationPath { workspace: operation.workspace.clone(), operation: operation.id.clone() };
        let mut counts = operations::counts(&mut change.transaction, [&operation.id]).await?;
        let Some(counts) = counts.remove(&operation.id).filter(|counts| left(counts) == 0) else { return Ok(()) };
        if operations::find(&mut change.transaction, &path).await?.finished_at.is_some() {
            return Ok(());
        }
        operations::set_moment(&mut change.transaction, &operation.id, "finished_at", Some(clock::now())).await?;
        let detail = json!({"done": counts.done, "refused": counts.refused, "cancelled": counts.cancelled});
        change.record(&Actor::keyferry(), event("operation.finish", operation, detail)).await?;
        change.commit().await
    }
}

/// Stores what is wanted of one key, in the name of whoever asked for the operation.
async fn carry_out(
    change: &mut Change,
    operation: &OperationRow,
    next: &WaitingKey,
    version: Option<&NewVersion>,
) -> Result<(), Error> {
    let actor = operation.actor();
    let path = KeyPath { workspace: operation.workspace.clone(), key: next.name.clone() };
    let at = |provider: &api::ProviderName| DistributionPath {
        workspace: path.workspace.clone(),
        key: path.key.clone(),
        provider: provider.clone(),
    };
    match &operation.action {
        Action::Rotate => match version {
            Some(version) => keys::rotate(change, &path, version, &actor).await,
            None => Err(Error::NotFound(format!("key {}", path.key))),
        },
        Action::Distribute { provider, purposes, protection, expires_after, tags } => {
            let new = NewDistribution {
                provider: provider.clone(),
                purposes: purposes.clone(),
                protection: *protection,
                name_in_kms: None,
                expires_after: *expires_after,
                tags: tags.clone(),
            };
            distributions::distribute(change, &path, &new, &actor).await.map(drop)
        }
        Action::Withdraw { provider } => distributions::withdraw(change, &at(provider), &actor).await.map(drop),
        Action::SetMinEnabledVersion { min_enabled_version } => {
            let latest = crate::store::keys::find(&mut change.transaction, &path).await?.latest_version;
            let minimum = min_enabled_version.unwrap_or(latest);
            let wanted = KeyChange { min_enabled_version: Some(minimum), ..KeyChange::default() };
            keys::update(change, &path, &wanted, &actor).await
        }
        Action::Verify => {
            let key = crate::store::keys::find(&mut change.transaction, &path).await?;
            for held in rows::of_key(&mut change.transaction, &key.id).await? {
                distributions::verify(change, &at(&held.provider), &actor).await?;
            }
            Ok(())
        }
        Action::Delete => keys::delete(change, &path, &actor).await,
    }
}

/// How a key stands that was begun.
#[derive(Debug, Eq, PartialEq)]
enum Standing {
    UnderWay,
    Arrived,
    Refused(String),
}

fn standing(action: &Action, held: &[DistributionRow], now: Timestamp) -> Standing {
    let concerned = |row: &&DistributionRow| match action {
        Action::Distribute { provider, .. } | Action::Withdraw { provider } => row.provider == *provider,
        _ => row.withdrawn_at.is_none(),
    };
    let mut all = Standing::Arrived;
    for row in held.iter().filter(concerned) {
        match of_one(action, row, now) {
            Standing::Arrived => {}
            Standing::UnderWay => all = Standing::UnderWay,
            refused @ Standing::Refused(_) => return refused,
        }
    }
    all
}

fn of_one(action: &Action, row: &DistributionRow, now: Timestamp) -> Standing {
    let why = || {
        let title = row.last_error.as_ref().map_or("no reason is known", |error| error.title.as_str());
        Standing::Refused(format!("{}: {title}", row.provider))
    };
    match row.state {
        DistributionState::Withdrawing => match &row.last_error {
            Some(error) if error.cure != Cure::Time => why(),
            _ => Standing::UnderWay,
        },
        DistributionState::Pending => Standing::UnderWay,
        DistributionState::Refused => why(),
        DistributionState::Drifted => {
            Standing::Refused(format!("{}: it holds something else than is wanted", row.provider))
        }
        // What is to be compared is due until it was.
        DistributionState::InSync if *action == Action::Verify && row.due_at.is_some_and(|due| due <= now) => {
            Standing::UnderWay
        }
        DistributionState::InSync => Standing::Arrived,
    }
}
