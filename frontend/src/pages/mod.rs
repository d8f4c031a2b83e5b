//! One page a file, one folder a noun.

pub(crate) mod audit;
pub(crate) mod distributions;
mod filters;
mod first_steps;
pub(crate) mod keys;
pub(crate) mod members;
pub(crate) mod operations;
pub(crate) mod overview;
pub(crate) mod password;
pub(crate) mod providers;
mod rights;
pub(crate) mod schedule;
pub(crate) mod sign_in;
pub(crate) mod system;
pub(crate) mod tokens;
pub(crate) mod users;
