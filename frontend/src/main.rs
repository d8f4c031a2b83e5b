//! The Keyferry console.
fn main() {}
