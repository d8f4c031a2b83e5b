//! Distributions: which provider holds which key.

mod attributes;
mod choices;
mod consequences;
mod create;
mod delivery;
mod detail;
mod drift;
mod list;
mod trouble;
mod withdraw;

pub(crate) use attributes::{Attributes, attributes};
pub(crate) use choices::{Protections, Providers, Purposes};
pub(crate) use create::{Wish, create, protection};
pub(crate) use delivery::DeliveryState;
pub(crate) use detail::detail;
pub(crate) use drift::board;
pub(crate) use list::{Table, list};
