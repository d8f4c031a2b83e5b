//! Builds the console: Rust to WebAssembly, one style sheet, one page, names that are hashes.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use wasm_bindgen_cli_support::Bindgen;

use crate::assets::{self, Assets};
use crate::cargo::{self, Build};
use crate::{css, order, slim, system};

/// What all brotli files together may weigh, in bytes. The goal is 184,000; this number only goes down.
const LIMIT: usize = 255_000;

/// The standard library built anew, for size: 22,000 bytes less after compression. The compiler calls this unstable; the
/// toolchain is pinned, and `RUSTC_BOOTSTRAP` says that this is meant. Panics only trap, without their messages.
const SMALL_STD: &[&str] = &["-Z", "build-std=std,panic_abort", "-Z", "build-std-features=optimize_for_size"];
const SMALL_CODE: &str = "--cfg erase_components -Zunstable-options -Cpanic=immediate-abort -Zlocation-detail=none";

/// Where the built console lies.
pub(crate) fn folder() -> Result<PathBuf> {
    Ok(cargo::target()?.join("console"))
}

/// Builds the console into its folder, and as it ships also compresses and weighs it.
pub(crate) fn build(build: Build) -> Result<()> {
    system::need_wasm_target()?;
    let (program, script) = bind(&compile(build)?, build)?;
    let mut assets = Assets::default();
    add_program(&mut assets, program, &script);
    add_files(&mut assets, build)?;

    let shell = cargo::root().join("frontend/shell.html");
    let page = fs::read_to_string(&shell).with_context(|| format!("cannot read {}", shell.display()))?;
    let folder = folder()?;
    let fresh = folder.with_extension("new");
    remove_folder(&fresh)?;
    let page = assets.link(&page);
    assets.write(page, &fresh)?;
    if build == Build::Release {
        let sum = assets::compress(&fresh)?;
        ensure!(sum <= LIMIT, "the console weighs {sum} bytes, {LIMIT} are allowed");
    }
    remove_folder(&folder)?;
    fs::rename(&fresh, &folder)?;
    eprintln!("The console is in {}", folder.display());
    Ok(())
}

fn compile(build: Build) -> Result<PathBuf> {
    let (profile, profile_folder) = match build {
        Build::Dev => ("dev", "debug"),
        Build::Release => ("wasm-release", "wasm-release"),
    };
    let target = "wasm32-unknown-unknown";
    let arguments = ["build", "--package", "frontend", "--target", target, "--profile", profile];
    // Part of the program's text, so that a changed drawing gets a new URL.
    let icons = Assets::default().add("icons.svg", icons()?).to_owned();
    let mut command = cargo::cargo(&arguments);
    command.env("KEYFERRY_ICONS", icons);
    if build == Build::Release {
        system::need_rust_source()?;
        command.args(SMALL_STD).env("RUSTC_BOOTSTRAP", "1").env("RUSTFLAGS", SMALL_CODE);
    }
    cargo::run(&mut command)?;
    Ok(cargo::target()?.join(target).join(profile_folder).join("frontend.wasm"))
}

fn bind(program: &Path, build: Build) -> Result<(Vec<u8>, String)> {
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(program)
        .web(true)?
        .typescript(false)
        .debug(build == Build::Dev)
        .keep_debug(false)
        .remove_name_section(build == Build::Release)
        .remove_producers_section(true)
        .omit_default_module_path(true);
    let bound = bindgen.generate_output()?;
    ensure!(
        bound.snippets().values().all(Vec::is_empty) && bound.local_modules().is_empty(),
        "a dependency brings JavaScript of its own, which would need a hashed name"
    );
    let (program, script) = slim::slim(bound);
    Ok((if build == Build::Release { order::order(&program)? } else { program }, script))
}

fn add_program(assets: &mut Assets, program: Vec<u8>, script: &str) {
    let url = assets.add("console.wasm", program).to_owned();
    assets.add("console.js", format!("{script}__wbg_init({{ module_or_path: \"{url}\" }});\n"));
}

fn add_files(assets: &mut Assets, build: Build) -> Result<()> {
    let sheet = css::bundle(&cargo::root().join("style/index.css"))?;
    assets.add("console.css", if build == Build::Release { css::shrink(&sheet) } else { sheet });
    assets.add("icons.svg", icons()?);
    for entry in fs::read_dir(cargo::root().join("frontend/assets"))? {
        let entry = entry?;
        assets.add(&entry.file_name().to_string_lossy(), fs::read(entry.path())?);
    }
    Ok(())
}

fn icons() -> Result<Vec<u8>> {
    fs::read(cargo::root().join("style/icons.svg")).context("cannot read style/icons.svg")
}

fn remove_folder(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    Ok(())
}
