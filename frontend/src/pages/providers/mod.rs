//! KMS providers.

mod check;
mod create;
mod credentials;
mod delete;
mod deleted_keys;
mod detail;
mod identity;
mod kek;
mod list;
mod vault;

pub(crate) use check::Health;
pub(crate) use create::create;
pub(crate) use detail::detail;
pub(crate) use list::list;
pub(crate) use vault::kind_words;
