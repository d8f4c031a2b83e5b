//! Sessions: signing in and out, and replacing one's own password.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use api::{Outcome, PasswordChange, SignIn, Timestamp, Username};
use aws_lc_rs::digest;
use serde_json::json;

use super::{Caller, password};
use crate::store::accounts::{sessions, users};
use crate::store::audit::Event;
use crate::{Actor, Engine, Error, clock};

/// How many milliseconds pass before another refused sign-in from the same address is recorded.
const REFUSAL_EVERY: i64 = 60_000;

/// A session as it rests in the database, without its id: only a hash of that is kept.
pub struct StoredSession {
    /// Whose it is.
    pub user_id: String,
    /// What the server keeps with it: JSON without secrets.
    pub data: String,
    /// When it ends unless it is used.
    pub expires_at: Timestamp,
}

/// When a refused sign-in was last recorded, by address.
#[derive(Default)]
pub(crate) struct Refusals(Mutex<HashMap<Option<String>, Timestamp>>);

impl Refusals {
    /// Whether a refusal now is to be recorded.
    fn admit(&self, source: Option<&String>, now: Timestamp) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.retain(|_, at| at.plus_millis(REFUSAL_EVERY) > now);
        let is_first = !last.contains_key(&source.cloned());
        if is_first {
            last.insert(source.cloned(), now);
        }
        is_first
    }
}

impl Engine {
    /// Checks user name and password. It takes the same time whether the user exists or not.
    ///
    /// # Errors
    /// [`Error::WrongCredentials`] for an unknown or disabled user and for a wrong password alike.
    pub async fn sign_in(&self, form: &SignIn, source: Option<String>) -> Result<Caller, Error> {
        let mut connection = self.store().pool.acquire().await?;
        let user = match form.username.parse::<Username>() {
            Ok(username) => users::by_name(&mut connection, &username).await?,
            Err(_) => None,
        };
        drop(connection);
        let hash = user.as_ref().map(|user| user.password_hash.clone());
        let is_right = self.is_password(&form.password, hash).await?;
        let Some(user) = user.as_ref().filter(|user| is_right && user.disabled_at.is_none()) else {
            // What was typed as a name is not recorded: people type passwords there.
            let subject = user.map_or_else(|| "unknown user".to_owned(), |user| user.username.to_string());
            self.record_refusal(subject, source).await?;
            return Err(Error::WrongCredentials);
        };

        let now = clock::now();
        let mut change = self.store().change().await?;
        if !users::note_sign_in(&mut change.transaction, user, now).await? {
            return Err(Error::WrongCredentials);
        }
        sessions::delete_expired(&mut change.transaction, now).await?;
        let actor = Actor { name: user.username.to_string(), source };
        change.record(&actor, event("user.sign_in", actor.name.clone(), Outcome::Done)).await?;
        change.commit().await?;
        self.caller_of_user(&user.id).await?.ok_or(Error::WrongCredentials)
    }

    async fn record_refusal(&self, subject: String, source: Option<String>) -> Result<(), Error> {
        if !self.refusals().admit(source.as_ref(), clock::now()) {
            return Ok(());
        }
        let mut change = self.store().change().await?;
        let actor = Actor { name: "anonymous".to_owned(), source };
        change.record(&actor, event("user.sign_in", subject, Outcome::Refused)).await?;
        change.commit().await
    }

    /// Ends a session because its user asks.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for a token.
    pub async fn sign_out(&self, session_id: &str, caller: &Caller, actor: &Actor) -> Result<(), Error> {
        caller.require_person()?;
        let mut change = self.store().change().await?;
        sessions::delete(&mut change.transaction, &hash(session_id)).await?;
        change.record(actor, event("user.sign_out", actor.name.clone(), Outcome::Done)).await?;
        change.commit().await
    }

    /// Replaces the caller's own password and ends all sessions of the user: the server gives the one that asked a new
    /// id.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a wrong current password or a weak new one, [`Error::Forbidden`] for a token.
    pub async fn change_password(&self, form: &PasswordChange, caller: &Caller, actor: &Actor) -> Result<(), Error> {
        caller.require_person()?;
        password::check("new_password", &form.new_password, caller.username())?;
        let gone = || Error::NotFound(format!("user {}", caller.username()));
        let mut connection = self.store().pool.acquire().await?;
        let user = users::by_id(&mut connection, caller.user_id()).await?.ok_or_else(gone)?;
        drop(connection);
        if !self.is_password(&form.current_password, Some(user.password_hash.clone())).await? {
            return Err(Error::invalid("current_password", "this is not your password so far"));
        }
        if form.new_password.expose() == form.current_password.expose() {
            return Err(Error::invalid("new_password", "this is your password so far: choose another one"));
        }
        let password_hash = self.hash_password(&form.new_password).await?;

        let mut change = self.store().change().await?;
        let mut now = users::by_id(&mut change.transaction, &user.id).await?.ok_or_else(gone)?;
        if now.password_hash != user.password_hash || now.disabled_at.is_some() {
            return Err(Error::conflict("changed_meanwhile", "the user was changed meanwhile: sign in again"));
        }
        now.password_hash = password_hash;
        now.password_expired_at = None;
        users::update(&mut change.transaction, &now).await?;
        sessions::delete_of_user(&mut change.transaction, &user.id).await?;
        change.record(actor, event("user.change_password", user.username.to_string(), Outcome::Done)).await?;
        change.commit().await
    }

    /// Stores a new session under its id, unless its user was disabled meanwhile.
    ///
    /// # Errors
    /// [`Error::Database`] when it does not answer.
    pub async fn create_session(&self, id: &str, session: &StoredSession) -> Result<(), Error> {
        sessions::insert(self.store().writer(), &hash(id), session, clock::now()).await
    }

    /// Stores a session again. One that was ended meanwhile stays ended.
    ///
    /// # Errors
    /// [`Error::Database`] when it does not answer.
    pub async fn save_session(&self, id: &str, session: &StoredSession) -> Result<(), Error> {
        sessions::update(self.store().writer(), &hash(id), session).await
    }

    /// The session with this id, if it has not ended.
    ///
    /// # Errors
    /// [`Error::Database`] when it does not answer.
    pub async fn load_session(&self, id: &str) -> Result<Option<StoredSession>, Error> {
        let mut connection = self.store().pool.acquire().await?;
        sessions::find(&mut connection, &hash(id), clock::now()).await
    }

    /// Ends a session without a word in the audit trail: it is replaced by another one.
    ///
    /// # Errors
    /// [`Error::Database`] when it does not answer.
    pub async fn end_session(&self, id: &str) -> Result<(), Error> {
        let mut connection = self.store().writer().acquire().await?;
        sessions::delete(&mut connection, &hash(id)).await
    }
}

fn hash(id: &str) -> String {
    hex::encode(digest::digest(&digest::SHA256, id.as_bytes()))
}

fn event(action: &'static str, subject: String, outcome: Outcome) -> Event<'static> {
    Event { action, workspace: None, subject, outcome, detail: json!({}) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_refused_sign_in_per_address_and_minute_is_recorded() {
        let refusals = Refusals::default();
        let (here, there) = ("192.0.2.1".to_owned(), "192.0.2.2".to_owned());
        let at = Timestamp::from_millis;
        assert!(refusals.admit(Some(&here), at(0)));
        assert!(!refusals.admit(Some(&here), at(59_999)));
        assert!(refusals.admit(Some(&there), at(59_999)));
        assert!(refusals.admit(Some(&here), at(60_000)));
    }

    #[tokio::test]
    async fn a_session_that_has_ended_is_not_found_and_not_stored_again() {
        let data = tempfile::tempdir().unwrap();
        let engine = Engine::start(crate::Options::new(data.path().to_owned())).await.unwrap();
        let password = || api::SecretInput::new("ferry boats leave at nine".to_owned());
        engine.first_start(Some(&password()), false).await.unwrap();
        let form = SignIn { username: "admin".to_owned(), password: password() };
        let caller = engine.sign_in(&form, None).await.unwrap();
        let now = clock::now();
        let until = |millis| StoredSession {
            user_id: caller.user_id().to_owned(),
            data: "{}".to_owned(),
            expires_at: now.plus_millis(millis),
        };
        engine.create_session("expired", &until(0)).await.unwrap();
        engine.create_session("living", &until(60_000)).await.unwrap();
        assert!(engine.load_session("expired").await.unwrap().is_none());
        assert!(engine.load_session("living").await.unwrap().is_some());

        engine.sign_out("living", &caller, &caller.actor(None)).await.unwrap();
        engine.save_session("living", &until(60_000)).await.unwrap();
        assert!(engine.load_session("living").await.unwrap().is_none());
    }
}
