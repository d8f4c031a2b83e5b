//! `cargo xtask bench`: measures every budget of the product as it ships.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use anyhow::{Context, Result, ensure};

use crate::cargo::{self, Build};
use crate::figure::{self, Figure};
use crate::postgres::Postgres;
use crate::{assets, console, run, system};

/// Measures, prints a table, and writes the same as JSON where that is wanted. Only chapters whose names contain one of
/// the words are measured, if there are any.
pub(crate) fn bench(json: Option<&str>, chapters: &[&str]) -> Result<()> {
    system::need_postgres()?;
    let program = run::build(Build::Release)?;
    let mut figures = vec![Figure::weight(assets::weight(&console::folder()?)?)];

    let postgres = Postgres::start(true)?;
    let mut command = cargo::cargo(&["bench", "--package", "byok", "--package", "tests", "--bench", "*", "--"]);
    command.args(chapters).env("KEYFERRY_PROGRAM", program).env("KEYFERRY_TEST_POSTGRES", postgres.url());
    let mut benches = command.stdout(Stdio::piped()).spawn().context("cannot start cargo")?;
    for line in BufReader::new(benches.stdout.take().expect("it was asked for")).lines() {
        let figure = Figure::read(&line?)?;
        eprintln!("{figure}");
        figures.push(figure);
    }
    let status = benches.wait()?;

    println!("{}", figure::table(&figures));
    if let Some(file) = json {
        fs::write(file, figure::json(&figures)).with_context(|| format!("cannot write {file}"))?;
    }
    ensure!(status.success(), "not everything was measured: {status}");
    Ok(())
}
