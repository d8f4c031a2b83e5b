//! Journeys through the Vault-compatible API.

mod chaos;
mod distributions;
mod keys;
mod kms;
mod requests;
mod waiting;

/// A vault that takes HSM keys.
const VAULT: &str = "keyvault-name";
