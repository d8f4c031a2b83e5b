//! The audit trail: reading it within one's rights, and checking that it is whole.

use api::{AuditEntry, AuditQuery, Page};

use crate::store::audit::hash;
use crate::{Caller, Engine, Error};

/// What a check of the whole chain found.
#[derive(Debug, Eq, PartialEq)]
pub enum Chain {
    /// Every row is there and as it was written: so many.
    Whole(u64),
    /// The first row that is missing, changed or out of place.
    BrokenAt(u64),
}

impl Engine {
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
        for entry in &mut page.items {
            entry.event = entry.event.take().filter(|event| match &event.workspace {
                Some(slug) => caller.role_in(slug).is_some(),
                None => caller.reads_everything(),
            });
        }
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
