//! The simulator, driven over HTTPS as its clients drive it.

mod support;

mod clouds;
mod deletion;
mod exchange_keys;
mod faults;
mod imports;
mod keys;
mod lists;
mod state;
mod tokens;
