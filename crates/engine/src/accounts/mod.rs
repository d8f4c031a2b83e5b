//! Who may sign in, and what they may do: users, members, sessions and tokens.

pub(crate) mod acl;
mod caller;
mod first_start;
mod members;
mod password;
mod policy_reader;
pub(crate) mod policy_text;
mod policy_tokens;
pub(crate) mod roles;
mod sessions;
mod tokens;
mod users;

pub use caller::Caller;
pub use first_start::FirstPassword;
pub(crate) use password::Hashing;
pub use policy_tokens::{IssuedPolicyToken, Lineage, NewPolicyToken, PolicyToken};
pub(crate) use sessions::Refusals;
pub use sessions::StoredSession;
