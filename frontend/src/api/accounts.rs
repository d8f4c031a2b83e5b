//! Calls about sessions, users and tokens.

use ::api::{
    IssuedToken, NewToken, NewUser, Page, PageQuery, PasswordChange, Session, SignIn, Token, TokenId, User, UserChange,
    Username,
};

use super::providers::paging;
use super::{Reply, body, delete, fetch, get, patch, post, silent};

/// Who is signed in.
pub(crate) fn session() -> Reply<Session> {
    get("/session")
}

/// Signs in.
pub(crate) fn sign_in(who: &SignIn) -> Reply<Session> {
    post("/session", Some(body(who)))
}

/// Signs out.
pub(crate) fn sign_out() -> Reply<()> {
    delete("/session")
}

/// Replaces one's own password.
pub(crate) fn change_password(change: &PasswordChange) -> Reply<()> {
    silent(fetch("POST", "/session/password", Some(body(change))))
}

/// Lists users.
pub(crate) fn users(wanted: &PageQuery) -> Reply<Page<User>> {
    get(&format!("/users{}", paging(wanted)))
}

/// Makes a user.
pub(crate) fn create_user(new: &NewUser) -> Reply<User> {
    post("/users", Some(body(new)))
}

/// Changes a user.
pub(crate) fn change_user(user: &Username, change: &UserChange) -> Reply<User> {
    patch(&format!("/users/{user}"), body(change))
}

/// Lists one's own tokens, or for those who may see them, all.
pub(crate) fn tokens(wanted: &PageQuery) -> Reply<Page<Token>> {
    get(&format!("/tokens{}", paging(wanted)))
}

/// Makes a token for oneself.
pub(crate) fn create_token(new: &NewToken) -> Reply<IssuedToken> {
    post("/tokens", Some(body(new)))
}

/// Revokes a token.
pub(crate) fn revoke_token(token: &TokenId) -> Reply<()> {
    delete(&format!("/tokens/{token}"))
}
