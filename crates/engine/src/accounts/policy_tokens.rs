//! Tokens of the Vault-compatible API: they carry policies, and die with the token that made them.

use std::collections::BTreeMap;

use api::{Capability, PolicyName, SignIn, Timestamp, TokenId, TokenName};
use zeroize::Zeroizing;

use super::caller::bearer;
use super::tokens::{blank, event, hash, lives, new_secret};
use super::{Caller, roles};
use crate::namespaces::join;
use crate::policies::full_name;
use crate::store::accounts::tokens::{self, TokenRow};
use crate::{Actor, Engine, Error, clock};

/// How long a token lives unless somebody says otherwise: 32 days, in seconds.
const DEFAULT_TTL: i64 = 32 * 86_400;

/// How long a token may live, renewed or not: 366 days, in seconds.
const LONGEST_TTL: i64 = 366 * 86_400;

/// How many ancestors a token may have.
const MOST_ANCESTORS: i64 = 20;

/// How long a token that has ended is remembered, in milliseconds: 30 days.
const REMEMBERED: i64 = 30 * 86_400_000;

/// Whether a token dies with the one that makes it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Lineage {
    /// It does.
    #[default]
    Child,
    /// It does not, which needs "sudo".
    Orphan,
    /// It does not, as the path says whose rules are about that alone.
    OrphanByPath,
}

/// A token to be made by another one.
#[derive(Debug, Default)]
pub struct NewPolicyToken {
    /// The names of its policies; none are the parent's.
    pub policies: Vec<String>,
    /// Leaves the policy `default` out.
    pub no_default_policy: bool,
    /// Whether it outlives its parent.
    pub lineage: Lineage,
    /// Its life in seconds; 0 is the usual one.
    pub ttl: i64,
    /// Its longest life with all renewals, in seconds; 0 is the usual one.
    pub explicit_max_ttl: i64,
    /// Whether it can be renewed.
    pub renewable: bool,
    /// For how many requests it is good; 0 is without limit.
    pub num_uses: u32,
    /// What it is for.
    pub display_name: String,
    /// What people keep with it.
    pub meta: BTreeMap<String, String>,
}

/// A token as it can be looked up: without its secret.
#[derive(Clone, Debug)]
pub struct PolicyToken {
    /// Names it without being its secret.
    pub accessor: TokenId,
    /// Whose it is.
    pub owner: String,
    /// What it is for.
    pub display_name: String,
    /// Its policies, those of its own namespace by their short name.
    pub policies: Vec<String>,
    /// Its namespace.
    pub namespace: String,
    /// Where it was made.
    pub path: String,
    /// What people keep with it.
    pub meta: BTreeMap<String, String>,
    /// Whether it outlives the token that made it.
    pub orphan: bool,
    /// Whether it can be renewed.
    pub renewable: bool,
    /// For how many requests more it is good; 0 is without limit.
    pub num_uses: i64,
    /// The life it was made with, in seconds.
    pub creation_ttl: i64,
    /// Its longest life, in seconds; 0 where nobody set it.
    pub explicit_max_ttl: i64,
    /// How many seconds it lives from now, rounded up.
    pub ttl: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// Whether it was renewed.
    pub last_renewal: bool,
}

/// A token just made, with its secret.
pub struct IssuedPolicyToken {
    /// The token.
    pub token: PolicyToken,
    secret: Zeroizing<String>,
}

impl IssuedPolicyToken {
    /// The secret in clear, for the one reply that shows it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.secret
    }
}

impl Engine {
    /// Makes a child of the caller's token.
    ///
    /// # Errors
    /// [`Error::Invalid`] for more than the parent has, and for lives that cannot be; [`Error::Forbidden`] without a
    /// token.
    pub async fn create_policy_token(
        &self,
        new: &NewPolicyToken,
        namespace: &str,
        caller: &Caller,
        actor: &Actor,
    ) -> Result<IssuedPolicyToken, Error> {
        let parent = caller.token_id().ok_or_else(|| Error::Forbidden("only a token makes another one".to_owned()))?;
        if caller.has_counted_token() {
            return Err(Error::invalid("num_uses", "restricted use token cannot generate child tokens"));
        }
        let path = join(namespace, "auth/token/create");
        let is_sudo = caller.is_root() || caller.may(&path, Capability::Sudo);
        if new.lineage == Lineage::Orphan && !is_sudo {
            return Err(Error::invalid("no_parent", "root or sudo privileges required to create orphan token"));
        }
        let ttl = if new.ttl == 0 { DEFAULT_TTL } else { new.ttl };
        let ttl = if new.explicit_max_ttl == 0 { ttl } else { ttl.min(new.explicit_max_ttl) };
        for (field, seconds) in [("ttl", ttl), ("explicit_max_ttl", new.explicit_max_ttl)] {
            if !(0..=LONGEST_TTL).contains(&seconds) {
                return Err(Error::invalid(field, "choose at most 366 days (8784h)"));
            }
        }
        let token = TokenRow {
            policies: Some(chosen_policies(new, namespace, caller, is_sudo)?),
            namespace: namespace.to_owned(),
            parent: (new.lineage == Lineage::Child).then(|| parent.clone()),
            path: "auth/token/create".to_owned(),
            meta: checked_meta(&new.meta)?,
            explicit_max_ttl: new.explicit_max_ttl * 1000,
            renewable: new.renewable,
            uses_left: (new.num_uses > 0).then(|| i64::from(new.num_uses)),
            ..blank(display_name(&["token", &new.display_name])?, caller, ttl * 1000)?
        };
        self.issue(token, actor).await
    }

    /// Signs in with user name and password, and makes a token with all that the user has.
    ///
    /// # Errors
    /// [`Error::WrongCredentials`], [`Error::Conflict`] when the password has to be replaced first.
    pub async fn log_in(
        &self,
        form: &SignIn,
        namespace: &str,
        source: Option<String>,
    ) -> Result<IssuedPolicyToken, Error> {
        let caller = self.sign_in(form, source.clone()).await?;
        if caller.must_change_password() {
            let sentence = "the password was made for the first sign-in only: sign in to the console and replace it";
            return Err(Error::conflict("password_change_required", sentence));
        }
        let username = caller.username().to_string();
        let token = TokenRow {
            policies: Some(caller.policies().to_vec()),
            namespace: namespace.to_owned(),
            path: format!("auth/userpass/login/{username}"),
            meta: BTreeMap::from([("username".to_owned(), username.clone())]),
            renewable: true,
            ..blank(display_name(&["userpass", &username])?, &caller, DEFAULT_TTL * 1000)?
        };
        self.issue(token, &caller.actor(source)).await
    }

    /// The living token with this secret, if it belongs to the namespace or one below.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn token_by_secret(&self, secret: &str, namespace: &str) -> Result<PolicyToken, Error> {
        let mut connection = self.store().pool.acquire().await?;
        let found = tokens::by_secret(&mut connection, &hash(secret)).await?;
        living(&mut connection, found, namespace).await.map(|token| facts(&token))
    }

    /// The token that the caller uses, perhaps for the last time.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a person.
    pub async fn own_token(&self, caller: &Caller) -> Result<PolicyToken, Error> {
        let mut connection = self.store().pool.acquire().await?;
        let accessor = caller.token_id().ok_or_else(gone)?;
        tokens::find(&mut connection, accessor).await?.map(|token| facts(&token)).ok_or_else(gone)
    }

    /// The living token with this accessor, if it belongs to the namespace or one below.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn token_by_accessor(&self, accessor: &TokenId, namespace: &str) -> Result<PolicyToken, Error> {
        let mut connection = self.store().pool.acquire().await?;
        let found = tokens::find(&mut connection, accessor).await?;
        living(&mut connection, found, namespace).await.map(|token| facts(&token))
    }

    /// Whoever holds a living token, without using it.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn caller_of_accessor(&self, accessor: &TokenId, namespace: &str) -> Result<Caller, Error> {
        let mut connection = self.store().pool.acquire().await?;
        let found = tokens::find(&mut connection, accessor).await?;
        let token = living(&mut connection, found, namespace).await?;
        bearer(&mut connection, &token, clock::now()).await?.ok_or_else(gone)
    }

    /// The accessors of the living tokens of a namespace and those below.
    ///
    /// # Errors
    /// [`Error::Database`] when it does not answer.
    pub async fn token_accessors(&self, namespace: &str) -> Result<Vec<TokenId>, Error> {
        let mut connection = self.store().pool.acquire().await?;
        let now = clock::now();
        let mut accessors = Vec::new();
        for token in tokens::living(&mut connection, namespace, now).await? {
            if lives(&mut connection, &token, now).await? {
                accessors.push(token.id);
            }
        }
        Ok(accessors)
    }

    /// Lets a token live longer: `increment` seconds from now, or as long as it was made for.
    ///
    /// # Errors
    /// [`Error::NotFound`] when it is dead, [`Error::Invalid`] when it cannot be renewed.
    pub async fn renew_token(&self, accessor: &TokenId, increment: i64, actor: &Actor) -> Result<PolicyToken, Error> {
        let now = clock::now();
        let mut change = self.store().change().await?;
        let found = tokens::find(&mut change.transaction, accessor).await?;
        let mut token = living(&mut change.transaction, found, "").await?;
        if !token.renewable {
            return Err(Error::invalid("token", "lease is not renewable"));
        }
        if increment < 0 {
            return Err(Error::invalid("increment", "choose 0 or more seconds"));
        }
        let longest = if token.explicit_max_ttl > 0 { token.explicit_max_ttl } else { LONGEST_TTL * 1000 };
        let wanted = if increment == 0 { token.ttl } else { increment.saturating_mul(1000) };
        token.expires_at = now.plus_millis(wanted).min(token.created_at.plus_millis(longest));
        tokens::renew(&mut change.transaction, accessor, token.expires_at).await?;
        change.record(actor, event("token.renew", &token)).await?;
        change.commit().await?;
        Ok(facts(&token))
    }

    /// Ends a token, and with it all that it made, unless those become independent. What is dead stays so.
    ///
    /// # Errors
    /// [`Error::Database`] when it does not answer.
    pub async fn end_token(&self, accessor: &TokenId, spares_children: bool, actor: &Actor) -> Result<(), Error> {
        let mut change = self.store().change().await?;
        let Some(token) = tokens::find(&mut change.transaction, accessor).await? else { return Ok(()) };
        if token.revoked_at.is_some() {
            return Ok(());
        }
        if spares_children {
            tokens::orphan_children(&mut change.transaction, accessor).await?;
        }
        tokens::revoke(&mut change.transaction, accessor, clock::now()).await?;
        change.record(actor, event("token.revoke", &token)).await?;
        change.commit().await
    }

    async fn issue(&self, token: TokenRow, actor: &Actor) -> Result<IssuedPolicyToken, Error> {
        let (secret, secret_hash) = new_secret()?;
        let mut change = self.store().change().await?;
        let connection = &mut change.transaction;
        tokens::delete_ended(connection, token.created_at.plus_millis(-REMEMBERED)).await?;
        match tokens::living_ancestors(connection, &token, token.created_at).await? {
            None => return Err(Error::Forbidden("the token that makes another one has ended".to_owned())),
            Some(number) if number > MOST_ANCESTORS => {
                return Err(Error::invalid("token", "this token has too many ancestors to make another one"));
            }
            Some(_) => {}
        }
        tokens::insert(connection, &token, &secret_hash, None).await?;
        change.record(actor, event("token.create", &token)).await?;
        change.commit().await?;
        Ok(IssuedPolicyToken { token: facts(&token), secret })
    }
}

/// Only what the parent has, unless the parent may do everything.
fn chosen_policies(
    new: &NewPolicyToken,
    namespace: &str,
    caller: &Caller,
    is_sudo: bool,
) -> Result<Vec<PolicyName>, Error> {
    let default = full_name("", roles::DEFAULT)?;
    let root = full_name("", roles::ROOT)?;
    if new.policies.len() > 100 {
        return Err(Error::invalid("policies", "a token has at most 100 policies"));
    }
    let mut policies = if new.policies.is_empty() {
        caller.policies().to_vec()
    } else {
        let name = |name: &String| full_name(namespace, &name.trim().to_lowercase());
        new.policies.iter().map(name).collect::<Result<Vec<_>, _>>().map_err(|error| error.about("policies"))?
    };
    if policies.contains(&root) && !caller.is_root() {
        let sentence = "root tokens may not be created without parent token being root";
        return Err(Error::invalid("policies", sentence));
    }
    if !is_sudo && policies.iter().any(|policy| !caller.policies().contains(policy)) {
        return Err(Error::invalid("policies", "child policies must be subset of parent"));
    }
    let may_add = is_sudo || caller.policies().contains(&default);
    if new.no_default_policy {
        policies.retain(|policy| *policy != default);
    } else if may_add && !policies.contains(&root) {
        policies.push(default);
    }
    policies.sort_unstable();
    policies.dedup();
    Ok(policies)
}

fn checked_meta(meta: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>, Error> {
    let size: usize = meta.iter().map(|(key, value)| key.len() + value.len()).sum();
    if meta.len() > 64 || size > 16 * 1024 {
        return Err(Error::invalid("meta", "keep at most 64 entries of 16 KiB together"));
    }
    Ok(meta.clone())
}

/// A name of letters, digits and hyphens, with what made the token before it.
fn display_name(parts: &[&str]) -> Result<TokenName, Error> {
    let parts: Vec<&str> = parts.iter().copied().filter(|part| !part.is_empty()).collect();
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '@');
    let name = parts.join("-").replace(|c: char| !allowed(c), "-");
    let name: String = name.chars().take(100).collect();
    name.parse().map_err(|_| Error::Internal("a name is no token name"))
}

fn gone() -> Error {
    Error::NotFound("the token".to_owned())
}

async fn living(
    connection: &mut sqlx::AnyConnection,
    token: Option<TokenRow>,
    namespace: &str,
) -> Result<TokenRow, Error> {
    let token = token.ok_or_else(gone)?;
    let is_within =
        namespace.is_empty() || token.namespace == namespace || token.namespace.starts_with(&format!("{namespace}/"));
    if is_within && lives(connection, &token, clock::now()).await? { Ok(token) } else { Err(gone()) }
}

fn facts(token: &TokenRow) -> PolicyToken {
    let namespace = join(&token.namespace, "");
    let short = |name: &PolicyName| name.as_str().strip_prefix(&namespace).unwrap_or(name.as_str()).to_owned();
    let policies = match (&token.policies, &token.workspace, token.role) {
        (Some(policies), ..) => policies.iter().map(short).collect(),
        (None, Some(slug), Some(role)) => vec![roles::DEFAULT.to_owned(), format!("workspace:{slug}:{role}")],
        _ => Vec::new(),
    };
    PolicyToken {
        accessor: token.id.clone(),
        owner: token.owner.to_string(),
        display_name: token.name.to_string(),
        policies,
        namespace: token.namespace.clone(),
        path: token.path.clone(),
        meta: token.meta.clone(),
        orphan: token.parent.is_none(),
        renewable: token.renewable,
        num_uses: token.uses_left.unwrap_or(0),
        creation_ttl: token.ttl / 1000,
        explicit_max_ttl: token.explicit_max_ttl / 1000,
        ttl: (token.expires_at.millis() - clock::now().millis() + 999).max(0) / 1000,
        created_at: token.created_at,
        expires_at: token.expires_at,
        last_renewal: token.expires_at != token.created_at.plus_millis(token.ttl),
    }
}
