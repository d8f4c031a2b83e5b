//! Workspaces: the rooms of teams.

use api::{NewWorkspace, Outcome, Page, PageQuery, Slug, Workspace};
use serde_json::json;

use crate::store::audit::Event;
use crate::store::workspaces;
use crate::{Actor, Caller, Engine, Error, clock};

/// How many segments a path may have: more are nowhere.
const DEEPEST: usize = 32;

/// A workspace as it is found by a path of the Vault-compatible API.
#[derive(Debug)]
pub struct Mount {
    /// The workspace.
    pub slug: Slug,
    /// Its mount path.
    pub path: String,
    /// What follows its mount path.
    pub rest: String,
}

impl Engine {
    /// The workspace whose mount path begins this path, by whole segments; of several, the one with the longest.
    ///
    /// # Errors
    /// [`Error::Database`] when it does not answer.
    pub async fn mount_at(&self, full_path: &str) -> Result<Option<Mount>, Error> {
        let full_path = full_path.trim_matches('/');
        let ends = full_path.match_indices('/').map(|(at, _)| at).chain([full_path.len()]).take(DEEPEST);
        let mut connection = self.store().pool.acquire().await?;
        let found = workspaces::longest(&mut connection, ends.map(|end| full_path[..end].to_owned())).await?;
        Ok(found.map(|(slug, path)| {
            let rest = full_path[path.len()..].trim_matches('/').to_owned();
            Mount { slug, path, rest }
        }))
    }

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
    /// [`Error::Conflict`] when its slug is taken.
    pub async fn create_workspace(&self, new: &NewWorkspace, actor: &Actor) -> Result<Workspace, Error> {
        let mut change = self.store().change().await?;
        workspaces::insert(&mut change.transaction, new, clock::now()).await?;
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
