//! Licences, sources and advisories of the dependencies.

use anyhow::{Context, Result};

use crate::cargo;

/// Checks the dependencies; advisories only where the network lets them be read.
pub(crate) fn check() -> Result<()> {
    let is_installed = cargo::cargo(&["deny", "--version"]).output().is_ok_and(|output| output.status.success());
    if !is_installed {
        cargo::run(&mut cargo::cargo(&["install", "--locked", "cargo-deny"]))?;
    }
    cargo::run(&mut cargo::cargo(&["deny", "check", "bans", "licenses", "sources"]))?;
    advisories()
}

/// Advisories come from a database on the network; that it cannot be fetched is no fault of the code.
fn advisories() -> Result<()> {
    let mut fetch = cargo::cargo(&["deny", "fetch", "db"]);
    if cargo::run(&mut fetch).is_err() {
        eprintln!("The advisory database cannot be fetched here: known vulnerabilities were not looked for.");
        return Ok(());
    }
    cargo::run(&mut cargo::cargo(&["deny", "check", "--disable-fetch", "advisories"]))
        .context("a dependency has a known vulnerability")
}
