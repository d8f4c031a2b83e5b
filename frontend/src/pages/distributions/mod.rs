//! Distributions: which provider holds which key.

mod choices;
mod consequences;
mod create;
mod delivery;
mod detail;
mod list;
mod trouble;
mod withdraw;

pub(crate) use create::create;
pub(crate) use delivery::DeliveryState;
pub(crate) use detail::detail;
pub(crate) use list::{Table, list};
