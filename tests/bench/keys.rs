//! Keys with real material, and as many pairs in the pool: made once, kept as a backup beside the program, restored
//! wherever they are needed.

use std::path::PathBuf;
use std::process::Command;

use azure_sim::Simulator;

use crate::database::Database;
use crate::node::{Place, program};
use crate::pool;

/// How many.
pub(crate) const READY: usize = 1_000;

/// The name of one of them.
pub(crate) fn name(number: usize) -> String {
    format!("ready-{number:04}")
}

/// A place where they are, ready to be delivered.
pub(crate) async fn ready(database: Database) -> Place {
    let file = program().with_file_name("bench-keys-and-pairs.backup");
    if !file.exists() {
        make(&file).await;
    }
    let place = Place::new(database).await;
    run(place.command("restore").arg(&file));
    place
}

async fn make(file: &PathBuf) {
    eprintln!("Making {READY} RSA-2048 keys and as many pairs; they are kept in {}", file.display());
    let place = Place::new(Database::Sqlite).await;
    let azure = Simulator::start(azure_sim::Options::default()).await.expect("the simulator starts");
    let node = place.start(&azure, &["--pool", &format!("rsa-2048={READY}")]).signed_in().await;
    pool::until_full(&node).await;
    for number in 0..READY {
        node.client.create_key(&name(number)).await;
    }
    pool::until_full(&node).await;
    node.stop();
    run(place.command("backup").arg(file));
}

fn run(command: &mut Command) {
    let done = command.output().expect("the program starts");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}
