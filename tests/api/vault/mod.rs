//! Journeys through the Vault-compatible API.

mod chaos;
mod distributions;
mod keys;
mod kms;
mod mounts;
mod namespaces;
mod policies;
mod requests;
mod rights;
mod tokens;
mod users;
mod waiting;

/// A vault that takes HSM keys.
const VAULT: &str = "keyvault-name";
