//! The client against the simulator, and against hosts that mean no good.

mod assertions;
mod beside;
mod blob;
mod clouds;
mod deletion;
mod host;
mod hostile;
mod identity;
mod import;
mod kek;
mod keys;
mod managed;
mod managed_hsm;
mod permission;
mod proofs;
mod reach;
mod refusals;
mod software;
mod support;
mod tokens;
