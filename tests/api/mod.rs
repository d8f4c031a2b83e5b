//! Journeys through HTTP.

mod accounts;
mod chaos;
mod compromised;
mod drift;
mod events;
mod headers;
mod input;
mod journey;
mod operations;
mod rights;
mod sessions;
mod tokens;
mod vault;
mod vaults;
