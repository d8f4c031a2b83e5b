//! Who may sign in, and what they may do: users, members, sessions and tokens.

mod acl;
mod caller;
mod first_start;
mod members;
mod password;
mod roles;
mod sessions;
mod tokens;
mod users;

pub use caller::Caller;
pub use first_start::FirstPassword;
pub(crate) use password::Hashing;
pub(crate) use sessions::Refusals;
pub use sessions::StoredSession;
