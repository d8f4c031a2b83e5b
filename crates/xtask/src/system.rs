//! What the machine must have, installed where that is allowed.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::cargo;

/// Finds a program on the `PATH`, links resolved.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).find_map(|folder| folder.join(program).canonicalize().ok())
}

/// Whether this process may do everything.
pub(crate) fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n")
}

/// Adds the compiler's WebAssembly target if it is missing.
pub(crate) fn need_wasm_target() -> Result<()> {
    let target = "wasm32-unknown-unknown";
    need_rust("lib/rustlib/wasm32-unknown-unknown", &["target", "add", target])
}

/// Adds the source of the standard library, which the console as it ships is built with.
pub(crate) fn need_rust_source() -> Result<()> {
    need_rust("lib/rustlib/src/rust/library", &["component", "add", "rust-src"])
}

/// Lets rustup add what is not in the toolchain's folder.
fn need_rust(folder: &str, rustup: &[&str]) -> Result<()> {
    let sysroot = Command::new("rustc").current_dir(cargo::root()).args(["--print", "sysroot"]).output();
    let sysroot = String::from_utf8(sysroot.context("cannot start rustc")?.stdout)?;
    if PathBuf::from(sysroot.trim()).join(folder).is_dir() {
        return Ok(());
    }
    cargo::run(Command::new("rustup").current_dir(cargo::root()).args(rustup))
        .with_context(|| format!("the Rust toolchain lacks what `rustup {}` adds", rustup.join(" ")))
}

/// The path of Chromium.
pub(crate) fn need_chromium() -> Result<PathBuf> {
    need("Chromium", "chromium", || find("chromium").or_else(|| find("google-chrome")))
}

/// The path of the OpenSSL command.
pub(crate) fn need_openssl() -> Result<PathBuf> {
    need("OpenSSL", "openssl", || find("openssl"))
}

/// The folder of PostgreSQL's programs.
pub(crate) fn need_postgres() -> Result<PathBuf> {
    need("PostgreSQL", "postgresql", || {
        let on_path = find("initdb").and_then(|initdb| Some(initdb.parent()?.to_owned()));
        on_path.or_else(newest_debian_postgres)
    })
}

/// Debian keeps the server's programs off the `PATH`, in a folder for each version.
fn newest_debian_postgres() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    let mut folders: Vec<PathBuf> = versions.map(|path| path.join("bin")).collect();
    folders.retain(|folder| folder.join("initdb").is_file());
    folders.sort();
    folders.pop()
}

/// Finds something, else installs a Debian package that brings it.
fn need(what: &str, package: &str, find: impl Fn() -> Option<PathBuf>) -> Result<PathBuf> {
    if let Some(path) = find() {
        return Ok(path);
    }
    if !is_root() || self::find("apt-get").is_none() {
        bail!("The tests need {what}: install it (Debian's package is called `{package}`) and try again.");
    }
    cargo::run(Command::new("apt-get").arg("update"))?;
    cargo::run(
        Command::new("apt-get")
            .args(["install", "--yes", "--no-install-recommends", package])
            .env("DEBIAN_FRONTEND", "noninteractive"),
    )?;
    find().with_context(|| format!("{what} is still missing although `{package}` was installed"))
}
