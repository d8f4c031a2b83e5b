//! The simulator, driven over HTTPS as its clients drive it.

mod support;

mod exchange_keys;
mod imports;
mod tokens;
