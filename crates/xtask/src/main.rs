//! The whole build.
fn main() {}
