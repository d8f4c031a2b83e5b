//! Bearer tokens for programs.

use std::collections::BTreeMap;

use api::{IssuedToken, NewToken, Outcome, Page, PageQuery, Right, Role, Slug, Timestamp, Token, TokenId, TokenName};
use aws_lc_rs::{digest, rand};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::json;
use sqlx::AnyConnection;
use zeroize::Zeroizing;

use super::Caller;
use crate::store::accounts::tokens::{self, TokenRow};
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
        let (secret, secret_hash) = new_secret()?;
        let lifetime = i64::from(new.expires_in_days) * DAY;
        let token = TokenRow {
            workspace: Some(new.workspace.clone()),
            role: Some(new.role),
            ..blank(new.name.clone(), caller, lifetime)?
        };
        let mut change = self.store().change().await?;
        let workspace = workspace_id(&mut change.transaction, &new.workspace).await?;
        tokens::insert(&mut change.transaction, &token, &secret_hash, Some(&workspace)).await?;
        change.record(actor, event("token.create", &token)).await?;
        change.commit().await?;
        Ok(IssuedToken { token: token.into(), secret: secret.to_string() })
    }

    /// Ends a token for ever. One that was revoked before stays so.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such token of the caller, [`Error::Forbidden`] for a token.
    pub async fn revoke_token(&self, id: &TokenId, caller: &Caller, actor: &Actor) -> Result<(), Error> {
        caller.require_person()?;
        let mut change = self.store().change().await?;
        let found = tokens::find(&mut change.transaction, id).await?;
        let may_revoke = |token: &TokenRow| token.owner == *caller.username() || caller.is_administrator();
        let Some(token) = found.filter(may_revoke) else { return Err(Error::NotFound(format!("token {id}"))) };
        if token.revoked_at.is_some() {
            return Ok(());
        }
        tokens::revoke(&mut change.transaction, id, clock::now()).await?;
        change.record(actor, event("token.revoke", &token)).await?;
        change.commit().await
    }

    /// What a token may do at this moment below `/v1`: nothing when it is dead.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such token that the caller may see, [`Error::Forbidden`] for a token.
    pub async fn token_rights(&self, id: &TokenId, caller: &Caller) -> Result<Vec<Right>, Error> {
        caller.require_person()?;
        let mut connection = self.store().pool.acquire().await?;
        let found = tokens::find(&mut connection, id).await?;
        let may_see = |token: &TokenRow| token.owner == *caller.username() || caller.reads_everything();
        let Some(token) = found.filter(may_see) else { return Err(Error::NotFound(format!("token {id}"))) };
        let bearer = super::caller::bearer(&mut connection, &token, clock::now()).await?;
        Ok(bearer.map(|bearer| bearer.rights()).unwrap_or_default())
    }
}

/// A new secret, and what is kept of it.
pub(super) fn new_secret() -> Result<(Zeroizing<String>, String), Error> {
    let mut random = Zeroizing::new([0; 32]);
    rand::fill(random.as_mut_slice()).map_err(|_| Error::Internal("the system gives no randomness"))?;
    let secret = Zeroizing::new(format!("kf_{}", BASE64_URL_SAFE_NO_PAD.encode(random.as_slice())));
    let hash = hash(&secret);
    Ok((secret, hash))
}

/// A token of the caller that opens nothing yet.
pub(super) fn blank(name: TokenName, caller: &Caller, lifetime: i64) -> Result<TokenRow, Error> {
    let now = clock::now();
    Ok(TokenRow {
        id: new_id().parse().map_err(|_| Error::Internal("a UUID is no token id"))?,
        name,
        user_id: caller.user_id().to_owned(),
        owner: caller.username().clone(),
        workspace: None,
        role: None,
        policies: None,
        namespace: String::new(),
        parent: None,
        path: String::new(),
        meta: BTreeMap::new(),
        ttl: lifetime,
        explicit_max_ttl: 0,
        renewable: false,
        uses_left: None,
        created_at: now,
        expires_at: now.plus_millis(lifetime),
        last_used_at: None,
        revoked_at: None,
    })
}

/// Whether a token and all its ancestors live.
pub(super) async fn lives(connection: &mut AnyConnection, token: &TokenRow, now: Timestamp) -> Result<bool, Error> {
    if token.revoked_at.is_some() || token.expires_at <= now || token.uses_left == Some(0) {
        return Ok(false);
    }
    Ok(tokens::living_ancestors(connection, token, now).await?.is_some())
}

/// What is kept of a token's secret: its SHA-256 in hexadecimal. The secret has 256 random bits, so that needs no salt.
pub(super) fn hash(secret: &str) -> String {
    hex::encode(digest::digest(&digest::SHA256, secret.as_bytes()))
}

pub(super) fn event<'a>(action: &'static str, token: &'a TokenRow) -> Event<'a> {
    let detail = match &token.policies {
        None => json!({ "id": token.id, "role": token.role, "expires_at": token.expires_at }),
        Some(policies) => json!({ "id": token.id, "policies": policies, "expires_at": token.expires_at }),
    };
    Event {
        action,
        workspace: token.workspace.as_ref().map(Slug::as_str),
        subject: format!("{}/{}", token.owner, token.name),
        outcome: Outcome::Done,
        detail,
    }
}
