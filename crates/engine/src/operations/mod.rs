//! Work on many keys at once: stored first, then worked off in the background.

mod plan;
mod work;

use api::{
    NewOperation, Operation, OperationKey, OperationKeyQuery, OperationKeyState, OperationPath, Outcome, Page,
    PageQuery, Plan, Selection, Slug,
};
use serde_json::json;

use crate::store::audit::Event;
use crate::store::operations::{self, OperationRow, SelectedKey};
use crate::store::{Change, distributions, key_lists, new_id};
use crate::{Actor, Engine, Error, clock};

/// How many keys may be selected.
const MOST_KEYS: usize = 20_000;

impl Engine {
    /// What an operation would do. Nothing is changed.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown workspace, [`Error::Invalid`] for a selection or an action that cannot be.
    pub async fn plan_operation(&self, workspace: &Slug, new: &NewOperation) -> Result<Plan, Error> {
        let selected = self.selected(workspace, &new.selection).await?;
        self.plan(workspace, &new.action, &selected).await
    }

    /// Starts an operation.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown workspace, [`Error::Invalid`] for a selection or an action that cannot be.
    pub async fn start_operation(
        &self,
        workspace: &Slug,
        new: &NewOperation,
        actor: &Actor,
    ) -> Result<Operation, Error> {
        let selected = self.selected(workspace, &new.selection).await?;
        self.check_action(workspace, &new.action).await?;
        let operation = OperationRow {
            id: new_id().parse().map_err(|_| Error::Internal("a UUID is no id of an operation"))?,
            workspace: workspace.clone(),
            action: new.action.clone(),
            requested_by: actor.name.clone(),
            source: actor.source.clone(),
            created_at: clock::now(),
            paused_at: None,
            cancelled_at: None,
            finished_at: None,
        };
        let mut change = self.store().change().await?;
        operations::insert(&mut change.transaction, &operation, &selected).await?;
        let detail = json!({"action": operation.action, "keys": selected.len()});
        change.record(actor, event("operation.create", &operation, detail)).await?;
        change.commit().await?;
        self.operation(&OperationPath { workspace: workspace.clone(), operation: operation.id }).await
    }

    /// A page of a workspace's operations, the newest first.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown workspace, [`Error::Invalid`] for a page that cannot be.
    pub async fn operations(&self, workspace: &Slug, query: &PageQuery) -> Result<Page<Operation>, Error> {
        let page = self.store().operations(workspace, query).await?;
        Ok(Page { items: self.progress(page.items).await?, next: page.next })
    }

    /// An operation with its progress.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn operation(&self, path: &OperationPath) -> Result<Operation, Error> {
        let row = operations::find(&mut *self.store().pool.acquire().await?, path).await?;
        self.progress(vec![row]).await?.pop().ok_or(Error::Internal("an operation has no progress"))
    }

    /// A page of an operation's keys, in order.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Invalid`] for a page that cannot be.
    pub async fn operation_keys(
        &self,
        path: &OperationPath,
        query: &OperationKeyQuery,
    ) -> Result<Page<OperationKey>, Error> {
        let row = operations::find(&mut *self.store().pool.acquire().await?, path).await?;
        self.store().operation_keys(&row.id, query).await
    }

    /// Begins no further key until the operation goes on.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Conflict`] for one that is finished.
    pub async fn pause_operation(&self, path: &OperationPath, actor: &Actor) -> Result<Operation, Error> {
        let (mut change, row) = self.unfinished(path).await?;
        if row.paused_at.is_none() {
            operations::set_moment(&mut change.transaction, &row.id, "paused_at", Some(clock::now())).await?;
            change.record(actor, event("operation.pause", &row, json!({}))).await?;
            change.commit().await?;
        }
        self.operation(path).await
    }

    /// Goes on.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Conflict`] for one that is finished.
    pub async fn resume_operation(&self, path: &OperationPath, actor: &Actor) -> Result<Operation, Error> {
        let (mut change, row) = self.unfinished(path).await?;
        if row.paused_at.is_some() {
            operations::set_moment(&mut change.transaction, &row.id, "paused_at", None).await?;
            change.record(actor, event("operation.resume", &row, json!({}))).await?;
            change.commit().await?;
        }
        self.operation(path).await
    }

    /// Leaves the keys that were not begun as they are. What was begun goes on.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Conflict`] for one that is finished.
    pub async fn cancel_operation(&self, path: &OperationPath, actor: &Actor) -> Result<Operation, Error> {
        let (mut change, row) = self.unfinished(path).await?;
        let now = clock::now();
        let cancelled = operations::cancel_waiting(&mut change.transaction, &row.id, now).await?;
        operations::set_moment(&mut change.transaction, &row.id, "cancelled_at", Some(now)).await?;
        change.record(actor, event("operation.cancel", &row, json!({"keys": cancelled}))).await?;
        change.commit().await?;
        self.operation(path).await
    }

    /// Tries the keys again that were refused: at once, where they were begun.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn retry_operation(&self, path: &OperationPath, actor: &Actor) -> Result<Operation, Error> {
        let mut change = self.store().change().await?;
        let row = operations::find(&mut change.transaction, path).await?;
        let refused = operations::key_ids(&mut change.transaction, &row.id, OperationKeyState::Refused).await?;
        let retried = operations::retry_refused(&mut change.transaction, &row.id).await?;
        for key in refused {
            distributions::restate_key(&mut change.transaction, &key).await?;
        }
        operations::set_moment(&mut change.transaction, &row.id, "finished_at", None).await?;
        change.record(actor, event("operation.retry", &row, json!({"keys": retried}))).await?;
        change.commit().await?;
        self.wake().notify_one();
        self.operation(path).await
    }

    async fn unfinished(&self, path: &OperationPath) -> Result<(Change, OperationRow), Error> {
        let mut change = self.store().change().await?;
        let row = operations::find(&mut change.transaction, path).await?;
        if row.finished_at.is_some() {
            return Err(Error::conflict("operation_finished", "every key of this operation has its outcome already"));
        }
        Ok((change, row))
    }

    /// The keys that a selection is about, by name.
    pub(crate) async fn selected(&self, workspace: &Slug, selection: &Selection) -> Result<Vec<SelectedKey>, Error> {
        let found = match (&selection.keys, &selection.filter) {
            (Some(names), None) => key_lists::named(self.store(), workspace, names, MOST_KEYS).await?,
            (None, Some(filter)) => key_lists::matching(self.store(), workspace, filter, MOST_KEYS).await?,
            _ => return Err(Error::invalid("selection", "name keys, or give a filter: one of the two")),
        };
        match found.len() {
            0 => Err(Error::invalid("selection", "it matches no key")),
            1..=MOST_KEYS => Ok(found),
            _ => Err(Error::invalid("selection", "it matches more than 20,000 keys: narrow it")),
        }
    }
}

fn event<'a>(action: &'static str, operation: &'a OperationRow, detail: serde_json::Value) -> Event<'a> {
    let (workspace, subject) = (Some(operation.workspace.as_str()), operation.id.to_string());
    Event { action, workspace, subject, outcome: Outcome::Done, detail }
}
