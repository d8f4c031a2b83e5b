//! Who asks, and with which rights.

use std::collections::BTreeSet;

use api::{Capability, GlobalRole, Right, Role, Slug, Timestamp, Username, WorkspaceAccess};

use super::acl::Acl;
use super::roles;
use crate::store::accounts::users::UserRow;
use crate::store::accounts::{members, tokens, users};
use crate::{Actor, Engine, Error, clock};

/// How old a token's last use gets before it is noted again.
const TOUCH_AFTER: i64 = 60_000;

/// Who asks, and with which rights: read from the database for each request, never kept.
pub struct Caller {
    user_id: String,
    username: Username,
    global_role: GlobalRole,
    must_change_password: bool,
    workspaces: Vec<WorkspaceAccess>,
    /// What may be done below `/v1`: whatever each of them allows.
    acls: Vec<Acl>,
    token: Option<UsedToken>,
}

struct UsedToken {
    name: String,
    expires_at: Timestamp,
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
            Some(user) => {
                let workspaces = accesses(&mut connection, &user).await?;
                Ok(Some(caller(user, workspaces)))
            }
            None => Ok(None),
        }
    }

    /// The caller behind a token; `None` when it is unknown, expired or revoked, or its owner may no longer enter.
    ///
    /// # Errors
    /// [`Error::Database`] when it does not answer.
    pub async fn caller_of_token(&self, secret: &str) -> Result<Option<Caller>, Error> {
        let now = clock::now();
        let mut connection = self.store().pool.acquire().await?;
        let Some(token) = tokens::by_secret(&mut connection, &super::tokens::hash(secret)).await? else {
            return Ok(None);
        };
        if token.revoked_at.is_some() || token.expires_at <= now {
            return Ok(None);
        }
        let owner = users::by_id(&mut connection, &token.user_id).await?;
        let Some(owner) = owner.filter(|owner| owner.disabled_at.is_none()) else { return Ok(None) };
        let mut workspaces = accesses(&mut connection, &owner).await?;
        drop(connection);

        workspaces.retain(|access| access.slug == token.workspace);
        for access in &mut workspaces {
            access.role = access.role.min(token.role);
        }
        if token.last_used_at.is_none_or(|used| used.plus_millis(TOUCH_AFTER) <= now) {
            tokens::touch(self.store().writer(), &token.id, now).await?;
        }
        let owner = caller(UserRow { global_role: GlobalRole::None, ..owner }, workspaces);
        let token = Some(UsedToken { name: token.name, expires_at: token.expires_at });
        Ok(Some(Caller { must_change_password: false, token, ..owner }))
    }
}

fn caller(user: UserRow, workspaces: Vec<WorkspaceAccess>) -> Caller {
    let mut acl = roles::global(user.global_role);
    acl.extend(roles::default());
    for access in &workspaces {
        acl.extend(roles::workspace(&access.path, access.role));
    }
    Caller {
        user_id: user.id,
        username: user.username,
        global_role: user.global_role,
        must_change_password: user.password_expired_at.is_some(),
        workspaces,
        acls: vec![acl],
        token: None,
    }
}

async fn accesses(connection: &mut sqlx::AnyConnection, user: &UserRow) -> Result<Vec<WorkspaceAccess>, Error> {
    let everywhere = match user.global_role {
        GlobalRole::None => None,
        GlobalRole::Auditor => Some(Role::Auditor),
        GlobalRole::Administrator => Some(Role::Admin),
    };
    members::accesses(connection, &user.id, everywhere).await
}
