//! `cargo xtask test`: what the tests need, then the tests.

use anyhow::Result;

use crate::cargo::{self, Build};
use crate::postgres::Postgres;
use crate::{console, deny, system};

/// Runs the tests whose names match, against a console that was built quickly.
pub(crate) fn test(filters: &[&str]) -> Result<()> {
    prepare()?;
    run_tests(Build::Dev, filters)
}

/// Checks formatting, lints and dependencies, then runs the tests against the console as it ships,
/// which must also be small enough.
pub(crate) fn test_all(filters: &[&str]) -> Result<()> {
    prepare()?;
    cargo::run(&mut cargo::cargo(&["fmt", "--check"]))?;
    let warnings = ["--", "--deny", "warnings"];
    let native = ["clippy", "--workspace", "--exclude", "frontend", "--all-targets"];
    cargo::run(cargo::cargo(&native).args(warnings))?;
    let wasm = ["clippy", "--package", "frontend", "--all-targets", "--target", "wasm32-unknown-unknown"];
    cargo::run(cargo::cargo(&wasm).args(warnings))?;
    deny::check()?;
    run_tests(Build::Release, filters)
}

/// Says what is missing before anything is built.
fn prepare() -> Result<()> {
    system::need_wasm_target()?;
    system::need_openssl()?;
    system::need_postgres()?;
    system::need_chromium()?;
    Ok(())
}

fn run_tests(console: Build, filters: &[&str]) -> Result<()> {
    console::build(console)?;
    let postgres = Postgres::start(false)?;
    // No documentation tests: there are none, and each would be linked by itself.
    let tests = ["test", "--workspace", "--lib", "--bins", "--tests", "--"];
    cargo::run(
        cargo::cargo(&tests)
            .args(filters)
            .env("KEYFERRY_TEST_POSTGRES", postgres.url())
            .env("KEYFERRY_TEST_CHROMIUM", system::need_chromium()?),
    )
}
