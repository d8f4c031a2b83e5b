//! Workspaces: the rooms of teams.

use api::{NewWorkspace, Outcome, Page, PageQuery, Slug, Workspace};
use serde_json::json;

use crate::mounts::check_path;
use crate::store::audit::Event;
use crate::store::workspaces;
use crate::{Actor, Caller, Engine, Error, clock};

impl Engine {
    /// A page of the workspaces that are open to the caller, by slug.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a page that cannot be.
    pub async fn workspaces(&self, query: &PageQuery, caller: &Caller) -> Result<Page<Workspace>, Error> {
        let open = caller.workspaces().iter().map(|access| access.slug.to_string());
        let mut connection = self.store().pool.acquire().await?;
        workspaces::list(&mut connection, open, query).await
    }

    /// A workspace, with how much is in it.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn workspace(&self, slug: &Slug) -> Result<Workspace, Error> {
        let mut connection = self.store().pool.acquire().await?;
        let found = workspaces::list(&mut connection, [slug.to_string()], &PageQuery::default()).await?;
        found.items.into_iter().next().ok_or_else(|| Error::NotFound(format!("workspace {slug}")))
    }

    /// Makes a workspace.
    ///
    /// # Errors
    /// [`Error::Conflict`] when its slug or its mount path is taken, [`Error::Invalid`] when it is reserved.
    pub async fn create_workspace(&self, new: &NewWorkspace, actor: &Actor) -> Result<Workspace, Error> {
        let mut change = self.store().change().await?;
        let path = new.slug.as_str();
        if workspaces::path(&mut change.transaction, &new.slug).await?.is_none() {
            check_path(&mut change.transaction, path, None).await.map_err(|error| error.about("slug"))?;
        }
        workspaces::insert(&mut change.transaction, new, path, clock::now()).await?;
        change.record(actor, created(new)).await?;
        change.commit().await?;
        self.workspace(&new.slug).await
    }
}

/// The event of a new workspace.
pub(crate) fn created(new: &NewWorkspace) -> Event<'_> {
    Event {
        action: "workspace.create",
        workspace: Some(new.slug.as_str()),
        subject: new.slug.to_string(),
        outcome: Outcome::Done,
        detail: json!({ "title": new.title }),
    }
}
