//! The audit trail: reading it within one's rights, and checking that it is whole.

use std::time::Duration;

use api::{AuditEntry, AuditQuery, Page};
use tokio::sync::watch;

use crate::background::keep_at;
use crate::store::audit::hash;
use crate::{Caller, Engine, Error};

/// New rows, also those of other nodes, are noticed after this time.
const POLL: Duration = Duration::from_millis(300);

/// How many rows are handed on at once.
const PIECE: u32 = 200;

/// What a check of the whole chain found.
#[derive(Debug, Eq, PartialEq)]
pub enum Chain {
    /// Every row is there and as it was written: so many.
    Whole(u64),
    /// The first row that is missing, changed or out of place.
    BrokenAt(u64),
}

/// The trail as it grows, from some row on.
pub struct Trail {
    engine: Engine,
    head: watch::Receiver<u64>,
    seq: u64,
}

impl Trail {
    /// Waits until there may be rows to read, or nobody shall wait any longer. It may be dropped at any time.
    pub async fn grown(&mut self) {
        let (seq, engine) = (self.seq, &self.engine);
        // The sender lives as long as the engine, which this has.
        let _ = self.head.wait_for(|head| *head > seq || engine.is_stopping()).await;
    }

    /// The next rows, oldest first: some of them, or none. Those outside the caller's rights come without their event.
    ///
    /// # Errors
    /// [`Error::Database`] when it does not answer.
    pub async fn read(&mut self, caller: &Caller) -> Result<Vec<AuditEntry>, Error> {
        let mut entries = self.engine.store().audit_from(self.seq, PIECE).await?;
        hide_foreign(&mut entries, caller);
        self.seq = entries.last().map_or(self.seq, |entry| entry.seq);
        Ok(entries)
    }
}

impl Engine {
    /// Follows the trail from behind `after`, or from now on.
    ///
    /// # Errors
    /// [`Error::Database`] when it does not answer.
    pub async fn follow_trail(&self, after: Option<u64>) -> Result<Trail, Error> {
        let now = self.store().audit_head().await?.0;
        Ok(Trail { engine: self.clone(), head: self.trail_head().subscribe(), seq: after.unwrap_or(now).min(now) })
    }

    /// Tells those who follow the trail how long it is, for as long as this runs.
    pub(crate) async fn watch_trail(&self) {
        let look = || async {
            if self.trail_head().receiver_count() > 0 {
                let now = self.store().audit_head().await?.0;
                self.trail_head().send_if_modified(|head| std::mem::replace(head, now) != now);
            }
            Ok(false)
        };
        keep_at("the audit trail cannot be followed", POLL, look).await;
    }

    /// A page of the trail, newest first. Rows outside the caller's rights come without their event, so that anyone
    /// can follow the chain; a query for a workspace answers only to those who may read it.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a workspace that is not open to the caller.
    pub async fn audit_events(&self, query: &AuditQuery, caller: &Caller) -> Result<Page<AuditEntry>, Error> {
        if let Some(slug) = &query.workspace {
            caller.role_in(slug).ok_or_else(|| Error::NotFound(format!("workspace {slug}")))?;
        } else if query.subject.is_some() && !caller.reads_everything() {
            return Err(Error::invalid("subject", "name the workspace too"));
        }
        let mut page = self.store().audit_entries(query).await?;
        hide_foreign(&mut page.items, caller);
        Ok(page)
    }

    /// Recomputes every hash from the first row to the head.
    ///
    /// # Errors
    /// [`Error::Database`] when it does not answer.
    pub async fn check_audit_chain(&self) -> Result<Chain, Error> {
        let (head, head_hash) = self.store().audit_head().await?;
        let mut previous = (0, "0".repeat(64));
        while previous.0 < head {
            let entries = self.store().audit_from(previous.0, 1000).await?;
            if entries.is_empty() {
                return Ok(Chain::BrokenAt(previous.0 + 1));
            }
            for entry in entries {
                let expected = entry.event.map(|event| hash(&event, entry.seq, &previous.1));
                if entry.seq != previous.0 + 1 || expected.as_ref() != Some(&entry.hash) {
                    return Ok(Chain::BrokenAt(previous.0 + 1));
                }
                previous = (entry.seq, entry.hash);
            }
        }
        Ok(if previous.1 == head_hash { Chain::Whole(head) } else { Chain::BrokenAt(head) })
    }
}

/// Takes out the events that the caller may not read.
fn hide_foreign(entries: &mut [AuditEntry], caller: &Caller) {
    for entry in entries {
        entry.event = entry.event.take().filter(|event| match &event.workspace {
            Some(slug) => caller.role_in(slug).is_some(),
            None => caller.reads_everything(),
        });
    }
}
