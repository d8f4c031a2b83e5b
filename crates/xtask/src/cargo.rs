//! Calls cargo, and knows where it puts things.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// How a part of the product is built.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) enum Build {
    /// Quick to build, for the person who changes it.
    Dev,
    /// As it ships.
    Release,
}

/// The workspace's folder.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("xtask lies two levels below the root")
}

/// Cargo's target folder, wherever configuration or environment put it.
pub(crate) fn target() -> Result<PathBuf> {
    let this = env::current_exe().context("cannot find the running xtask")?;
    let target = this.ancestors().nth(2);
    Ok(target.context("xtask runs outside a target folder")?.to_owned())
}

/// Cargo in the workspace's root, without what the outer cargo tells about xtask:
/// it would make every build script and macro that reads it run again.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let program = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.current_dir(root()).args(arguments);
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(name);
        }
    }
    command
}

/// Runs a command, says which, and fails if it fails.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = describe(command);
    eprintln!("\n$ {line}");
    let status = command.status().with_context(|| format!("cannot start `{line}`"))?;
    ensure!(status.success(), "`{line}` failed: {status}");
    Ok(())
}

fn describe(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default();
    let mut line = program.to_string_lossy().into_owned();
    for argument in command.get_args() {
        line.push(' ');
        line.push_str(&argument.to_string_lossy());
    }
    line
}
