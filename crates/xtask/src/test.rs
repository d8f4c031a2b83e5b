//! `cargo xtask test`: what the tests need, then the tests.

use anyhow::Result;

use crate::cargo::{self, Build};
use crate::postgres::Postgres;
use crate::{console, deny, system};

/// Runs the tests whose names match, against a console that was built quickly.
pub(crate) fn test(filters: &[&str]) -> Result<()> {
    run_tests(Build::Dev, filters)
}

/// Checks formatting, lints and dependencies, then runs the tests against the console as it ships,
/// which must also be small enough.
pub(crate) fn test_all(filters: &[&str]) -> Result<()> {
    cargo::run(&mut cargo::cargo(&["fmt", "--check"]))?;
    let warnings = ["--", "--deny", "warnings"];
    let native = ["clippy", "--workspace", "--exclude", "frontend", "--all-targets"];
    cargo::run(cargo::cargo(&native).args(warnings))?;
    let wasm = ["clippy", "--package", "frontend", "--target", "wasm32-unknown-unknown"];
    system::need_wasm_target()?;
    cargo::run(cargo::cargo(&wasm).args(warnings))?;
    deny::check()?;
    run_tests(Build::Release, filters)
}

fn run_tests(console: Build, filters: &[&str]) -> Result<()> {
    let chromium = system::need_chromium()?;
    system::need_openssl()?;
    let postgres = Postgres::start()?;
    console::build(console)?;
    // No documentation tests: there are none, and each would be linked by itself.
    let tests = ["test", "--workspace", "--exclude", "frontend", "--lib", "--bins", "--tests", "--"];
    cargo::run(
        cargo::cargo(&tests)
            .args(filters)
            .env("KEYFERRY_TEST_POSTGRES", postgres.url())
            .env("KEYFERRY_TEST_CHROMIUM", chromium),
    )
}
