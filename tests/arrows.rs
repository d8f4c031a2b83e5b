//! What the packages and files of this repository may look like.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

/// Which packages of ours each package may use, as drawn in the README.
const ARROWS: [(&str, &[&str]); 10] = [
    ("api", &[]),
    ("azure", &[]),
    ("azure-sdk-tests", &[]),
    ("azure-sim", &[]),
    ("byok", &[]),
    ("engine", &["api", "azure", "byok"]),
    ("frontend", &["api"]),
    ("server", &["api", "azure-sim", "engine"]),
    ("tests", &["api", "azure-sim", "engine", "server"]),
    ("xtask", &[]),
];

/// Tests may break, question and fill the simulator wherever they are.
const TESTS_MAY_USE: [&str; 1] = ["azure-sim"];

const LONGEST_FILE: usize = 400;

fn metadata() -> Metadata {
    let mut command = MetadataCommand::new();
    command.manifest_path(root().join("Cargo.toml")).no_deps().exec().unwrap()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The packages of ours that a package names as its dependencies, for its own code or for its tests.
fn ours<'a>(package: &'a Package, names: &BTreeSet<&str>, for_tests: bool) -> BTreeSet<&'a str> {
    let dependencies = package.dependencies.iter();
    let of_kind = dependencies.filter(|dependency| (dependency.kind == DependencyKind::Development) == for_tests);
    of_kind.map(|dependency| dependency.name.as_str()).filter(|name| names.contains(name)).collect()
}

#[test]
fn packages_use_only_what_the_design_allows() {
    let metadata = metadata();
    let packages = metadata.workspace_packages();
    let names: BTreeSet<&str> = packages.iter().map(|package| package.name.as_str()).collect();
    let drawn: BTreeSet<&str> = ARROWS.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, drawn, "every package has its place in the drawing");

    for package in packages {
        let allowed = ARROWS.iter().find(|(name, _)| *name == package.name.as_str()).unwrap().1;
        for used in ours(package, &names, false) {
            assert!(allowed.contains(&used), "{} must not use {used}", package.name);
        }
        for used in ours(package, &names, true) {
            let is_allowed = allowed.contains(&used) || TESTS_MAY_USE.contains(&used);
            assert!(is_allowed, "the tests of {} must not use {used}", package.name);
        }
    }
}

/// A shared misreading of the specification could pass if both sides wrapped with the same code.
#[test]
fn the_simulator_unwraps_with_other_libraries_than_we_wrap_with() {
    let metadata = metadata();
    let packages = metadata.workspace_packages();
    let simulator = packages.iter().find(|package| package.name.as_str() == "azure-sim").unwrap();
    for dependency in &simulator.dependencies {
        assert!(!["rsa", "aes-kw"].contains(&dependency.name.as_str()), "{}", dependency.name);
    }
}

#[test]
fn every_file_is_short_and_finished() {
    let forbidden = [
        concat!("#[al", "low("),
        concat!("#![al", "low("),
        concat!("to", "do!("),
        concat!("unimplem", "ented!("),
        concat!("db", "g!("),
        concat!("#[ig", "nore"),
    ];
    let files = sources();
    assert!(files.len() > 20, "the sources were not found");
    for path in files {
        let text = fs::read_to_string(&path).unwrap();
        let lines = text.lines().count();
        assert!(lines <= LONGEST_FILE, "{} has {lines} lines: split it by noun", path.display());
        for word in forbidden {
            assert!(!text.contains(word), "{} has `{word}`", path.display());
        }
        if path.extension().is_some_and(|extension| extension == "rs") {
            assert!(text.starts_with("//! "), "{} does not say what it is", path.display());
        }
    }
}

/// Every Rust source and style sheet of the repository.
fn sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> =
        ["crates", "frontend", "server", "style", "tests"].map(|name| root().join(name)).into();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs" || extension == "css") {
                found.push(path);
            }
        }
    }
    found
}
