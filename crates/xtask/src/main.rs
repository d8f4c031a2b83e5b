//! The whole build: `cargo xtask run`, `test`, `console` and `bench`.

mod assets;
mod bench;
mod cargo;
mod console;
mod css;
mod deny;
mod figure;
mod order;
mod postgres;
mod run;
mod slim;
mod system;
mod test;

use std::process::ExitCode;

use anyhow::{Result, bail};

const USAGE: &str = "\
Usage: cargo xtask <command>

  run [--release] [-- arguments…]   build everything, start `keyferry serve --demo` with these arguments
  test [--all] [filter…]            run the tests; --all: formatting, lints and dependencies first
  console [--release]               build the console into target/console
  bench [--json <file>] [chapter…]  measure every budget; chapters: pool memory lists deliveries limits";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match obey(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Without a backtrace: what failed is a tool or a test, which said so above.
            eprintln!("\n{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn obey(words: &[&str]) -> Result<()> {
    match words {
        ["run", "--release", rest @ ..] => run::run(cargo::Build::Release, rest),
        ["run", rest @ ..] => run::run(cargo::Build::Dev, rest),
        ["test", "--all", filters @ ..] => test::test_all(filters),
        ["test", filters @ ..] => test::test(filters),
        ["console", "--release"] => console::build(cargo::Build::Release),
        ["bench", "--json", file, chapters @ ..] => bench::bench(Some(file), chapters),
        ["bench", chapters @ ..] => bench::bench(None, chapters),
        ["console"] => console::build(cargo::Build::Dev),
        ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            Ok(())
        }
        _ => bail!("{USAGE}"),
    }
}
