//! `cargo xtask run`: console and server, then the demo.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::cargo::{self, Build};
use crate::console;

/// Builds the product and becomes `keyferry serve --demo`.
pub(crate) fn run(build: Build, rest: &[&str]) -> Result<()> {
    let program = self::build(build)?;
    let arguments = rest.strip_prefix(&["--"]).unwrap_or(rest);
    become_program(Command::new(program).args(["serve", "--demo"]).args(arguments))
}

/// Builds the product and returns its program.
pub(crate) fn build(build: Build) -> Result<PathBuf> {
    console::build(build)?;
    let mut server = cargo::cargo(&["build", "--package", "server", "--bin", "keyferry"]);
    if build == Build::Release {
        server.args(["--release", "--features", "embed"]).env("KEYFERRY_CONSOLE", console::folder()?);
    }
    cargo::run(&mut server)?;
    let profile = if build == Build::Release { "release" } else { "debug" };
    Ok(cargo::target()?.join(profile).join("keyferry"))
}

/// Replaces this process, so that signals reach the server and its exit code is ours.
#[cfg(unix)]
fn become_program(command: &mut Command) -> Result<()> {
    use std::os::unix::process::CommandExt;
    Err(anyhow::Error::new(command.exec()).context("cannot start the server"))
}

#[cfg(not(unix))]
fn become_program(command: &mut Command) -> Result<()> {
    cargo::run(command)
}
