//! People who sign in.

use api::{GlobalRole, NewUser, Outcome, Page, PageQuery, User, UserChange, Username};
use serde_json::{Value, json};

use super::password;
use crate::store::accounts::sessions;
use crate::store::accounts::users::{self, UserRow};
use crate::store::audit::Event;
use crate::store::new_id;
use crate::{Actor, Engine, Error, clock};

impl Engine {
    /// A page of users, by name.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a page that cannot be.
    pub async fn users(&self, query: &PageQuery) -> Result<Page<User>, Error> {
        let mut connection = self.store().pool.acquire().await?;
        users::list(&mut connection, query).await
    }

    /// Makes a user.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a weak password, [`Error::Conflict`] when the name is taken.
    pub async fn create_user(&self, new: &NewUser, actor: &Actor) -> Result<User, Error> {
        password::check("password", &new.password, &new.username)?;
        let password_hash = self.hash_password(&new.password).await?;
        let user = UserRow {
            id: new_id(),
            username: new.username.clone(),
            password_hash,
            password_expired_at: None,
            global_role: new.global_role,
            created_at: clock::now(),
            last_signed_in_at: None,
            disabled_at: None,
        };
        let mut change = self.store().change().await?;
        users::insert(&mut change.transaction, &user).await?;
        change.record(actor, event("user.create", &user.username, json!({ "global_role": user.global_role }))).await?;
        change.commit().await?;
        Ok(user.into())
    }

    /// Changes a user. Another role, a new password and disabling end all sessions of the user at once.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Invalid`] for a weak password, [`Error::Conflict`] when it would leave nobody to
    /// administrate.
    pub async fn change_user(&self, username: &Username, wanted: &UserChange, actor: &Actor) -> Result<User, Error> {
        let password_hash = match &wanted.password {
            Some(password) => {
                password::check("password", password, username)?;
                Some(self.hash_password(password).await?)
            }
            None => None,
        };
        let mut change = self.store().change().await?;
        let mut user = users::named(&mut change.transaction, username).await?;
        let mut detail = serde_json::Map::new();
        let mut ends_sessions = false;
        if let Some(role) = wanted.global_role.filter(|role| *role != user.global_role) {
            detail.insert("global_role".to_owned(), json!({ "from": user.global_role, "to": role }));
            user.global_role = role;
            ends_sessions = true;
        }
        if let Some(password_hash) = password_hash {
            detail.insert("password".to_owned(), json!("replaced"));
            user.password_hash = password_hash;
            user.password_expired_at = None;
            ends_sessions = true;
        }
        if let Some(disabled) = wanted.disabled.filter(|disabled| *disabled != user.disabled_at.is_some()) {
            detail.insert("disabled".to_owned(), json!(disabled));
            user.disabled_at = disabled.then(clock::now);
            ends_sessions |= disabled;
        }
        if detail.is_empty() {
            return Ok(user.into());
        }
        users::update(&mut change.transaction, &user).await?;
        if user.global_role != GlobalRole::Administrator || user.disabled_at.is_some() {
            refuse_last_administrator(&mut change.transaction).await?;
        }
        if ends_sessions {
            sessions::delete_of_user(&mut change.transaction, &user.id).await?;
        }
        change.record(actor, event("user.change", username, Value::Object(detail))).await?;
        change.commit().await?;
        Ok(user.into())
    }
}

/// Somebody must be left who can sign in and administrate.
async fn refuse_last_administrator(connection: &mut sqlx::AnyConnection) -> Result<(), Error> {
    if users::count_administrators(connection).await? > 0 {
        return Ok(());
    }
    let sentence = "this is the last administrator who can sign in: make another user administrator first";
    Err(Error::conflict("last_administrator", sentence))
}

fn event(action: &'static str, username: &Username, detail: Value) -> Event<'static> {
    Event { action, workspace: None, subject: username.to_string(), outcome: Outcome::Done, detail }
}
