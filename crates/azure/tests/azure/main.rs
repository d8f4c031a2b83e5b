//! The client against the simulator, and against hosts that mean no good.

mod blob;
mod deletion;
mod hostile;
mod import;
mod kek;
mod keys;
mod reach;
mod support;
mod tokens;
