//! The simulator, driven over HTTPS as its clients drive it.

mod support;

mod clouds;
mod deletion;
mod exchange_keys;
mod faults;
mod hsm;
mod imports;
mod keys;
mod limits;
mod lists;
mod machine;
mod proofs;
mod refusals;
mod state;
mod tokens;
mod usage;
