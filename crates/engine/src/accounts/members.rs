//! Who may do what in a workspace.

use api::{Member, MemberChange, MemberPath, Outcome, Page, PageQuery, Slug};
use serde_json::{Value, json};

use crate::store::accounts::{members, sessions, users};
use crate::store::audit::Event;
use crate::store::workspace_id;
use crate::{Actor, Engine, Error, clock};

impl Engine {
    /// A page of a workspace's members, by name.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Invalid`] for a page that cannot be.
    pub async fn members(&self, workspace: &Slug, query: &PageQuery) -> Result<Page<Member>, Error> {
        let mut connection = self.store().pool.acquire().await?;
        let id = workspace_id(&mut connection, workspace).await?;
        members::list(&mut connection, &id, query).await
    }

    /// Gives a role in a workspace. Another role than before ends all sessions of the user.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such workspace or user.
    pub async fn set_member(&self, path: &MemberPath, wanted: &MemberChange, actor: &Actor) -> Result<Member, Error> {
        let mut change = self.store().change().await?;
        let workspace = workspace_id(&mut change.transaction, &path.workspace).await?;
        let user = users::named(&mut change.transaction, &path.username).await?;
        let before = members::find(&mut change.transaction, &workspace, &user).await?;
        if let Some(same) = before.as_ref().filter(|member| member.role == wanted.role) {
            return Ok(same.clone());
        }
        let since = before.as_ref().map_or_else(clock::now, |member| member.since);
        let member = Member { username: path.username.clone(), role: wanted.role, since };
        members::put(&mut change.transaction, &workspace, &user, &member).await?;
        if before.is_some() {
            sessions::delete_of_user(&mut change.transaction, &user.id).await?;
        }
        let from = before.map(|member| member.role);
        change.record(actor, event("member.set", path, json!({ "from": from, "to": wanted.role }))).await?;
        change.commit().await?;
        Ok(member)
    }

    /// Takes the role in a workspace away and ends all sessions of the user.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such member.
    pub async fn remove_member(&self, path: &MemberPath, actor: &Actor) -> Result<(), Error> {
        let mut change = self.store().change().await?;
        let workspace = workspace_id(&mut change.transaction, &path.workspace).await?;
        let user = users::named(&mut change.transaction, &path.username).await?;
        if !members::delete(&mut change.transaction, &workspace, &user).await? {
            return Err(Error::NotFound(format!("member {}", path.username)));
        }
        sessions::delete_of_user(&mut change.transaction, &user.id).await?;
        change.record(actor, event("member.remove", path, json!({}))).await?;
        change.commit().await
    }
}

fn event<'a>(action: &'static str, path: &'a MemberPath, detail: Value) -> Event<'a> {
    Event {
        action,
        workspace: Some(path.workspace.as_str()),
        subject: path.username.to_string(),
        outcome: Outcome::Done,
        detail,
    }
}
