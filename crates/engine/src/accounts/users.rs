//! People who sign in.

use api::{GlobalRole, NewUser, Outcome, Page, PageQuery, PolicyName, SecretInput, User, UserChange, Username};
use serde_json::{Value, json};

use super::{Caller, password, roles};
use crate::store::accounts::users::{self, UserRow};
use crate::store::accounts::{members, sessions, tokens};
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
        self.add_user(new, &[], actor).await
    }

    /// Makes a user, changes its password or its policies: what is absent stays. One that was deleted begins anew.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a weak password, and for a new user without one; [`Error::Forbidden`] for a user with a
    /// global role, unless the caller may do everything.
    pub async fn write_user(
        &self,
        username: &Username,
        password: Option<SecretInput>,
        token_policies: Option<Vec<PolicyName>>,
        caller: &Caller,
        actor: &Actor,
    ) -> Result<(), Error> {
        let mut connection = self.store().pool.acquire().await?;
        let user = users::by_name(&mut connection, username).await?;
        drop(connection);
        let missing = || Error::invalid("password", "missing password: a new user needs one");
        match user {
            None => {
                let password = password.ok_or_else(missing)?;
                let new = NewUser { username: username.clone(), password, global_role: GlobalRole::None };
                self.add_user(&new, &token_policies.unwrap_or_default(), actor).await?;
            }
            Some(user) => {
                refuse_above(&user, caller)?;
                let is_disabled = user.disabled_at.is_some();
                if is_disabled && password.is_none() {
                    return Err(missing());
                }
                let disabled = is_disabled.then_some(false);
                let wanted = UserChange { password, token_policies, disabled, ..UserChange::default() };
                self.change_user(username, &wanted, actor).await?;
            }
        }
        Ok(())
    }

    /// The names of all users who can sign in, sorted.
    ///
    /// # Errors
    /// [`Error::Database`] when it does not answer.
    pub async fn usernames(&self) -> Result<Vec<String>, Error> {
        let mut connection = self.store().pool.acquire().await?;
        users::names(&mut connection).await
    }

    /// The user with this name who can sign in.
    ///
    /// # Errors
    /// [`Error::NotFound`], also when the user is disabled.
    pub async fn user(&self, username: &Username) -> Result<User, Error> {
        let mut connection = self.store().pool.acquire().await?;
        let user = users::by_name(&mut connection, username).await?.filter(|user| user.disabled_at.is_none());
        user.map(User::from).ok_or_else(|| Error::NotFound(format!("user {username}")))
    }

    /// Takes everything from a user: sessions, tokens, roles and policies. The name stays, disabled, for the trail.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Conflict`] when it would leave nobody to administrate, [`Error::Forbidden`] for a
    /// user with a global role, unless the caller may do everything.
    pub async fn delete_user(&self, username: &Username, caller: &Caller, actor: &Actor) -> Result<(), Error> {
        let now = clock::now();
        let mut change = self.store().change().await?;
        let mut user = users::named(&mut change.transaction, username).await?;
        refuse_above(&user, caller)?;
        user.global_role = GlobalRole::None;
        user.token_policies = Vec::new();
        user.disabled_at = Some(user.disabled_at.unwrap_or(now));
        users::update(&mut change.transaction, &user).await?;
        refuse_last_administrator(&mut change.transaction).await?;
        sessions::delete_of_user(&mut change.transaction, &user.id).await?;
        tokens::revoke_of_user(&mut change.transaction, &user.id, now).await?;
        members::delete_of_user(&mut change.transaction, &user.id).await?;
        change.record(actor, event("user.delete", username, json!({}))).await?;
        change.commit().await
    }

    async fn add_user(&self, new: &NewUser, token_policies: &[PolicyName], actor: &Actor) -> Result<User, Error> {
        refuse_roles(token_policies)?;
        password::check("password", &new.password, &new.username)?;
        let password_hash = self.hash_password(&new.password).await?;
        let user = UserRow {
            id: new_id(),
            username: new.username.clone(),
            password_hash,
            password_expired_at: None,
            global_role: new.global_role,
            token_policies: token_policies.to_vec(),
            created_at: clock::now(),
            last_signed_in_at: None,
            disabled_at: None,
        };
        let mut change = self.store().change().await?;
        users::insert(&mut change.transaction, &user).await?;
        let mut detail = json!({ "global_role": user.global_role });
        if !token_policies.is_empty() {
            detail["token_policies"] = json!(token_policies);
        }
        change.record(actor, event("user.create", &user.username, detail)).await?;
        change.commit().await?;
        Ok(user.into())
    }

    /// Changes a user. Another role, a new password and disabling end all sessions of the user at once.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Invalid`] for a weak password, [`Error::Conflict`] when it would leave nobody to
    /// administrate.
    pub async fn change_user(&self, username: &Username, wanted: &UserChange, actor: &Actor) -> Result<User, Error> {
        refuse_roles(wanted.token_policies.as_deref().unwrap_or_default())?;
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
        if let Some(policies) = wanted.token_policies.as_ref().filter(|policies| **policies != user.token_policies) {
            detail.insert("token_policies".to_owned(), json!({ "from": user.token_policies, "to": policies }));
            user.token_policies.clone_from(policies);
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

/// Who has a global role is changed only by those who may do everything.
fn refuse_above(user: &UserRow, caller: &Caller) -> Result<(), Error> {
    if user.global_role == GlobalRole::None || caller.is_root() {
        return Ok(());
    }
    Err(Error::Forbidden("a user with a global role is changed by administrators only".to_owned()))
}

/// Roles are given as roles: a policy's name would be a second way around their rules.
fn refuse_roles(policies: &[PolicyName]) -> Result<(), Error> {
    match policies.iter().find(|name| name.as_str() != roles::DEFAULT && roles::is_reserved(name.as_str())) {
        Some(name) => {
            let sentence = format!("{name} is a role, not a policy: an administrator gives it as a role");
            Err(Error::invalid("token_policies", sentence))
        }
        None => Ok(()),
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
