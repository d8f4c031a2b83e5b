//! Who asks, and with which rights.

use std::collections::BTreeSet;

use api::{Capability, GlobalRole, PolicyName, Right, Role, Slug, Timestamp, TokenId, Username, WorkspaceAccess};
use sqlx::AnyConnection;

use super::acl::Acl;
use super::roles;
use crate::store::accounts::members;
use crate::store::accounts::tokens::{self, TokenRow};
use crate::store::accounts::users::{self, UserRow};
use crate::{Actor, Engine, Error, clock, policies};

/// How old a token's last use gets before it is noted again.
const TOUCH_AFTER: i64 = 60_000;

/// Who asks, and with which rights: read from the database for each request, never kept.
pub struct Caller {
    user_id: String,
    username: Username,
    global_role: GlobalRole,
    must_change_password: bool,
    workspaces: Vec<WorkspaceAccess>,
    policies: Vec<PolicyName>,
    /// What may be done below `/v1`: whatever each of them allows.
    acls: Vec<Acl>,
    token: Option<UsedToken>,
}

struct UsedToken {
    id: TokenId,
    name: String,
    namespace: String,
    expires_at: Timestamp,
    has_policies: bool,
    is_counted: bool,
}

impl Caller {
    /// The user's id, for the session.
    #[must_use]
    pub fn user_id(&self) -> &str {
        &self.user_id
    }

    /// The user, or the owner of the token.
    #[must_use]
    pub fn username(&self) -> &Username {
        &self.username
    }

    /// The role outside and above workspaces; a token has none.
    #[must_use]
    pub fn global_role(&self) -> GlobalRole {
        self.global_role
    }

    /// The role that counts in a workspace: the higher one of the member's and what the global role gives. With a
    /// token, the lower one of that and the token's.
    #[must_use]
    pub fn role_in(&self, workspace: &Slug) -> Option<Role> {
        self.workspaces.iter().find(|access| access.slug == *workspace).map(|access| access.role)
    }

    /// Whether everything may be read, also what belongs to no workspace.
    #[must_use]
    pub fn reads_everything(&self) -> bool {
        self.global_role != GlobalRole::None
    }

    /// Whether users and workspaces may be managed.
    #[must_use]
    pub fn is_administrator(&self) -> bool {
        self.global_role == GlobalRole::Administrator
    }

    /// Whether the password has to be replaced before anything else.
    #[must_use]
    pub fn must_change_password(&self) -> bool {
        self.must_change_password
    }

    /// The workspaces that are open to the caller, by title.
    #[must_use]
    pub fn workspaces(&self) -> &[WorkspaceAccess] {
        &self.workspaces
    }

    /// Whether a path below `/v1` may be used so.
    #[must_use]
    pub fn may(&self, path: &str, capability: Capability) -> bool {
        !self.acls.is_empty() && self.acls.iter().all(|acl| acl.allows(path, capability))
    }

    /// Whether everything may be done.
    #[must_use]
    pub fn is_root(&self) -> bool {
        !self.acls.is_empty() && self.acls.iter().all(Acl::is_root)
    }

    /// What a path below `/v1` may be used for, in Vault's words: only `root` for those who may do everything, only
    /// `deny` where there is nothing.
    #[must_use]
    pub fn capabilities(&self, path: &str) -> Vec<&'static str> {
        if self.is_root() {
            return vec!["root"];
        }
        let common = self.common(path);
        if common.is_empty() { vec!["deny"] } else { common.into_iter().map(Capability::as_str).collect() }
    }

    /// Whether there is anything that the caller, who has these rights, may do below a mount path.
    #[must_use]
    pub fn opens(&self, mount: &str, rights: &[Right]) -> bool {
        let below = format!("{mount}/");
        let allows = |capability: &Capability| *capability != Capability::Deny;
        let is_there = |right: &Right| right.path.starts_with(&below) && right.capabilities.iter().any(allows);
        !self.common(&format!("{below}key/any")).is_empty() || rights.iter().any(is_there)
    }

    /// Every pattern of paths that some rule names, with what all rules together leave of it.
    #[must_use]
    pub fn rights(&self) -> Vec<Right> {
        let patterns: BTreeSet<&str> = self.acls.iter().flat_map(Acl::patterns).collect();
        let right = |path: &str| {
            let common = self.common(path);
            let capabilities = if common.is_empty() { vec![Capability::Deny] } else { common.into_iter().collect() };
            Right { path: path.to_owned(), capabilities }
        };
        if self.is_root() { vec![right("*")] } else { patterns.into_iter().map(right).collect() }
    }

    fn common(&self, path: &str) -> BTreeSet<Capability> {
        let each = self.acls.iter().map(|acl| acl.capabilities(path));
        each.reduce(|a, b| a.intersection(&b).copied().collect()).unwrap_or_default()
    }

    /// The policies that the caller has, roles among them, by name.
    #[must_use]
    pub fn policies(&self) -> &[PolicyName] {
        &self.policies
    }

    /// The token that the caller uses; a person has none.
    #[must_use]
    pub fn token_id(&self) -> Option<&TokenId> {
        self.token.as_ref().map(|token| &token.id)
    }

    /// The namespace of the token that the caller uses.
    #[must_use]
    pub fn namespace(&self) -> &str {
        self.token.as_ref().map_or("", |token| &token.namespace)
    }

    /// Whether the caller uses a token that carries policies: one of the Vault-compatible API only.
    #[must_use]
    pub fn has_policy_token(&self) -> bool {
        self.token.as_ref().is_some_and(|token| token.has_policies)
    }

    /// Whether the token that the caller uses is good for a number of requests only.
    pub(crate) fn has_counted_token(&self) -> bool {
        self.token.as_ref().is_some_and(|token| token.is_counted)
    }

    /// When the token ends that the caller uses; a person has none.
    #[must_use]
    pub fn token_expires_at(&self) -> Option<Timestamp> {
        self.token.as_ref().map(|token| token.expires_at)
    }

    /// The caller as the audit trail names it.
    #[must_use]
    pub fn actor(&self, source: Option<String>) -> Actor {
        let name = match &self.token {
            Some(token) => format!("token:{}/{}", self.username, token.name),
            None => self.username.to_string(),
        };
        Actor { name, source }
    }

    /// Refuses a token where a person is wanted.
    pub(crate) fn require_person(&self) -> Result<(), Error> {
        match self.token {
            None => Ok(()),
            Some(_) => Err(Error::Forbidden("a token cannot do this: sign in with user name and password".to_owned())),
        }
    }
}

impl Engine {
    /// The caller behind a session; `None` when the user is disabled or gone.
    ///
    /// # Errors
    /// [`Error::Database`] when it does not answer.
    pub async fn caller_of_user(&self, user_id: &str) -> Result<Option<Caller>, Error> {
        let mut connection = self.store().pool.acquire().await?;
        let user = users::by_id(&mut connection, user_id).await?;
        match user.filter(|user| user.disabled_at.is_none()) {
            Some(user) => Ok(Some(person(&mut connection, user).await?)),
            None => Ok(None),
        }
    }

    /// The same caller with the rights of this moment; `None` when the user or the token may no longer enter.
    ///
    /// # Errors
    /// [`Error::Database`] when it does not answer.
    pub async fn caller_again(&self, caller: &Caller) -> Result<Option<Caller>, Error> {
        let Some(id) = caller.token_id() else { return self.caller_of_user(&caller.user_id).await };
        let mut connection = self.store().pool.acquire().await?;
        match tokens::find(&mut connection, id).await? {
            Some(token) => bearer(&mut connection, &token, clock::now()).await,
            None => Ok(None),
        }
    }

    /// The caller behind a token, which is used by that; `None` when it or one of its ancestors is unknown, expired,
    /// revoked or used up, or its owner may no longer enter.
    ///
    /// # Errors
    /// [`Error::Database`] when it does not answer.
    pub async fn caller_of_token(&self, secret: &str) -> Result<Option<Caller>, Error> {
        let now = clock::now();
        let mut connection = self.store().pool.acquire().await?;
        let Some(token) = tokens::by_secret(&mut connection, &super::tokens::hash(secret)).await? else {
            return Ok(None);
        };
        let Some(caller) = bearer(&mut connection, &token, now).await? else { return Ok(None) };
        drop(connection);
        if token.uses_left.is_some() && !tokens::use_once(self.store().writer(), &token.id).await? {
            return Ok(None);
        }
        if token.last_used_at.is_none_or(|used| used.plus_millis(TOUCH_AFTER) <= now) {
            tokens::touch(self.store().writer(), &token.id, now).await?;
        }
        Ok(Some(caller))
    }
}

/// Whoever holds a token, with what it is worth at this moment; `None` when it is dead.
pub(super) async fn bearer(
    connection: &mut AnyConnection,
    token: &TokenRow,
    now: Timestamp,
) -> Result<Option<Caller>, Error> {
    if !super::tokens::lives(connection, token, now).await? {
        return Ok(None);
    }
    let owner = users::by_id(connection, &token.user_id).await?;
    let Some(owner) = owner.filter(|owner| owner.disabled_at.is_none()) else { return Ok(None) };
    let owner = person(connection, owner).await?;
    let mut used = UsedToken {
        id: token.id.clone(),
        name: token.name.to_string(),
        namespace: token.namespace.clone(),
        expires_at: token.expires_at,
        has_policies: token.policies.is_some(),
        is_counted: token.uses_left.is_some(),
    };
    let (workspaces, policies, acls) = if let Some(policies) = &token.policies {
        let acl = policies::acl(connection, policies).await?;
        (Vec::new(), policies.clone(), owner.acls.into_iter().chain([acl]).collect())
    } else {
        let mut workspaces = owner.workspaces;
        workspaces.retain(|access| Some(&access.slug) == token.workspace.as_ref());
        let mut acl = roles::default();
        for access in &mut workspaces {
            access.role = token.role.map_or(access.role, |role| access.role.min(role));
            acl.extend(roles::workspace(&access.path, access.role));
        }
        used.has_policies = false;
        (workspaces.clone(), names(GlobalRole::None, &workspaces, &[])?, vec![acl])
    };
    let global_role = GlobalRole::None;
    let token = Some(used);
    Ok(Some(Caller { global_role, must_change_password: false, workspaces, policies, acls, token, ..owner }))
}

/// Somebody who signs in.
async fn person(connection: &mut AnyConnection, user: UserRow) -> Result<Caller, Error> {
    let everywhere = match user.global_role {
        GlobalRole::None => None,
        GlobalRole::Auditor => Some(Role::Auditor),
        GlobalRole::Administrator => Some(Role::Admin),
    };
    let workspaces = members::accesses(connection, &user.id, everywhere).await?;
    let mut acl = roles::global(user.global_role);
    acl.extend(roles::default());
    if !acl.is_root() {
        for access in &workspaces {
            acl.extend(roles::workspace(&access.path, access.role));
        }
    }
    acl.extend(policies::acl(connection, &user.token_policies).await?);
    Ok(Caller {
        policies: names(user.global_role, &workspaces, &user.token_policies)?,
        user_id: user.id,
        username: user.username,
        global_role: user.global_role,
        must_change_password: user.password_expired_at.is_some(),
        workspaces,
        acls: vec![acl],
        token: None,
    })
}

/// The policies that roles are, and those given beside them, by name.
fn names(role: GlobalRole, workspaces: &[WorkspaceAccess], given: &[PolicyName]) -> Result<Vec<PolicyName>, Error> {
    let mut names = match role {
        GlobalRole::Administrator => vec![roles::ROOT.to_owned()],
        GlobalRole::Auditor => vec![roles::DEFAULT.to_owned(), roles::GLOBAL_AUDITOR.to_owned()],
        GlobalRole::None => vec![roles::DEFAULT.to_owned()],
    };
    let least = if role == GlobalRole::Auditor { Role::Operator } else { Role::Auditor };
    if role != GlobalRole::Administrator {
        names.extend(workspaces.iter().filter(|access| access.role >= least).map(roles::name));
    }
    let names = names.iter().map(|name| name.parse().map_err(|_| Error::Internal("a role makes no policy name")));
    let mut names = names.collect::<Result<Vec<PolicyName>, Error>>()?;
    names.extend_from_slice(given);
    names.sort_unstable();
    names.dedup();
    Ok(names)
}
