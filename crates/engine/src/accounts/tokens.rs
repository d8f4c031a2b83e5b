//! Bearer tokens for programs.

use api::{IssuedToken, NewToken, Outcome, Page, PageQuery, Role, Token, TokenId};
use aws_lc_rs::{digest, rand};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::json;

use super::Caller;
use crate::store::accounts::tokens;
use crate::store::audit::Event;
use crate::store::{new_id, workspace_id};
use crate::{Actor, Engine, Error, clock};

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

impl Engine {
    /// A page of tokens, the newest first: the caller's own, or all for those who read everything.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for a token, [`Error::Invalid`] for a page that cannot be.
    pub async fn tokens(&self, query: &PageQuery, caller: &Caller) -> Result<Page<Token>, Error> {
        caller.require_person()?;
        let owner = if caller.reads_everything() { None } else { Some(caller.user_id()) };
        let mut connection = self.store().pool.acquire().await?;
        tokens::list(&mut connection, owner, query).await
    }

    /// Makes a token for the caller. Only a hash of its secret is kept.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a workspace that is not open to the caller, [`Error::Forbidden`] for auditors and
    /// tokens, [`Error::Invalid`] for more than the caller's own role and for a time that cannot be.
    pub async fn create_token(&self, new: &NewToken, caller: &Caller, actor: &Actor) -> Result<IssuedToken, Error> {
        caller.require_person()?;
        let own =
            caller.role_in(&new.workspace).ok_or_else(|| Error::NotFound(format!("workspace {}", new.workspace)))?;
        if own < Role::Operator {
            let sentence = "making a token needs the role operator in the workspace; its admins can give it";
            return Err(Error::Forbidden(sentence.to_owned()));
        }
        if new.role > own {
            return Err(Error::invalid("role", format!("your own role here is {own}: choose that or a lower one")));
        }
        if !(1..=366).contains(&new.expires_in_days) {
            return Err(Error::invalid("expires_in_days", "choose 1 to 366 days"));
        }
        let mut random = [0; 32];
        rand::fill(&mut random).map_err(|_| Error::Internal("the system gives no randomness"))?;
        let secret = format!("kf_{}", BASE64_URL_SAFE_NO_PAD.encode(random));
        let now = clock::now();
        let token = Token {
            id: new_id().parse().map_err(|_| Error::Internal("a UUID is no token id"))?,
            name: new.name.clone(),
            owner: caller.username().clone(),
            workspace: new.workspace.clone(),
            role: new.role,
            created_at: now,
            expires_at: now.plus_millis(i64::from(new.expires_in_days) * DAY),
            last_used_at: None,
            revoked_at: None,
        };
        let mut change = self.store().change().await?;
        let workspace = workspace_id(&mut change.transaction, &new.workspace).await?;
        tokens::insert(&mut change.transaction, &token, &hash(&secret), caller.user_id(), &workspace).await?;
        change.record(actor, event("token.create", &token)).await?;
        change.commit().await?;
        Ok(IssuedToken { token, secret })
    }

    /// Ends a token for ever. One that was revoked before stays so.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such token of the caller, [`Error::Forbidden`] for a token.
    pub async fn revoke_token(&self, id: &TokenId, caller: &Caller, actor: &Actor) -> Result<(), Error> {
        caller.require_person()?;
        let mut change = self.store().change().await?;
        let found = tokens::find(&mut change.transaction, id).await?;
        let may_revoke = |token: &Token| token.owner == *caller.username() || caller.is_administrator();
        let Some(token) = found.filter(may_revoke) else { return Err(Error::NotFound(format!("token {id}"))) };
        if token.revoked_at.is_some() {
            return Ok(());
        }
        tokens::revoke(&mut change.transaction, id, clock::now()).await?;
        change.record(actor, event("token.revoke", &token)).await?;
        change.commit().await
    }
}

/// What is kept of a token's secret: its SHA-256 in hexadecimal. The secret has 256 random bits, so that needs no salt.
pub(super) fn hash(secret: &str) -> String {
    hex::encode(digest::digest(&digest::SHA256, secret.as_bytes()))
}

fn event<'a>(action: &'static str, token: &'a Token) -> Event<'a> {
    Event {
        action,
        workspace: Some(token.workspace.as_str()),
        subject: format!("{}/{}", token.owner, token.name),
        outcome: Outcome::Done,
        detail: json!({ "id": token.id, "role": token.role, "expires_at": token.expires_at }),
    }
}
