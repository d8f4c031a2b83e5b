//! Keys.

mod create;
mod delete;
mod deleted;
mod detail;
mod facts;
mod import;
mod lanes;
mod list;
mod matrix;
mod minimum;
mod selection;
mod versions;
mod withhold;

pub(crate) use create::create;
pub(crate) use detail::{detail, versions};
pub(crate) use import::import;
pub(crate) use list::list;
