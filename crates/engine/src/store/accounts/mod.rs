//! Users, members, sessions and tokens.

pub(crate) mod members;
pub(crate) mod sessions;
pub(crate) mod tokens;
pub(crate) mod users;
