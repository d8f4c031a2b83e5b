//! Calls about the installation, sessions, users and tokens.

use ::api::{
    IssuedToken, NewToken, NewUser, Page, PageQuery, PasswordChange, Right, Session, SignIn, System, Token, TokenId,
    User, UserChange, Username,
};

use super::providers::paging;
use super::{Call, body, delete, get, patch, post};

/// What runs, and how it is sealed.
pub(crate) fn system() -> Call<System> {
    get("/system")
}

/// Who is signed in.
pub(crate) fn session() -> Call<Session> {
    get("/session")
}

/// Signs in.
pub(crate) fn sign_in(who: &SignIn) -> Call<Session> {
    post("/session", Some(body(who)))
}

/// Signs out.
pub(crate) fn sign_out() -> Call<()> {
    delete("/session")
}

/// Replaces one's own password.
pub(crate) fn change_password(change: &PasswordChange) -> Call<()> {
    post("/session/password", Some(body(change)))
}

/// Lists users.
pub(crate) fn users(wanted: &PageQuery) -> Call<Page<User>> {
    get(&format!("/users{}", paging(wanted)))
}

/// Makes a user.
pub(crate) fn create_user(new: &NewUser) -> Call<User> {
    post("/users", Some(body(new)))
}

/// Changes a user.
pub(crate) fn change_user(user: &Username, change: &UserChange) -> Call<User> {
    patch(&format!("/users/{user}"), body(change))
}

/// Lists one's own tokens, or for those who may see them, all.
pub(crate) fn tokens(wanted: &PageQuery) -> Call<Page<Token>> {
    get(&format!("/tokens{}", paging(wanted)))
}

/// Makes a token for oneself.
pub(crate) fn create_token(new: &NewToken) -> Call<IssuedToken> {
    post("/tokens", Some(body(new)))
}

/// What a token may do at this moment.
pub(crate) fn token_rights(token: &TokenId) -> Call<Vec<Right>> {
    get(&format!("/tokens/{token}/rights"))
}

/// Revokes a token.
pub(crate) fn revoke_token(token: &TokenId) -> Call<()> {
    delete(&format!("/tokens/{token}"))
}
