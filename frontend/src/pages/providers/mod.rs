//! KMS providers.

mod check;
mod create;
mod credentials;
mod delete;
mod detail;
mod list;

pub(crate) use check::Health;
pub(crate) use create::create;
pub(crate) use detail::detail;
pub(crate) use list::list;
