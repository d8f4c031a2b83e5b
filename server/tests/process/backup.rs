//! Backing up a server that runs, and starting it again from that.

use std::path::Path;
use std::process::{Command, Output};

use reqwest::Method;
use serde_json::json;

use crate::support::{Node, complaint};

fn keyferry(what: &str, file: &Path, data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keyferry"));
    command.arg(what).arg(file).arg("--data").arg(data);
    command
}

fn said(output: &Output) -> &str {
    assert!(output.status.success(), "{output:?}");
    std::str::from_utf8(&output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_server_is_there_again_from_its_backup_and_its_sealing_key() {
    let node = Node::new(None).await;
    let mut process = node.start();
    process.make_token().await;
    let new = json!({ "name": "payments", "type": "rsa-2048" });
    let made: api::Key = process.call(Method::POST, "/keys", Some(new)).await;
    let (data, file) = (node.data.path().join("node"), node.data.path().join("backup"));

    let output = keyferry("backup", &file, &data).output().unwrap();
    assert!(said(&output).contains("Keep the sealing key"), "{output:?}");
    let again = complaint(piped(keyferry("backup", &file, &data)));
    assert!(again.0.contains("cannot be made") && again.1 == Some(1), "a backup is never overwritten: {again:?}");
    let in_use = complaint(piped(keyferry("restore", &file, &data)));
    assert!(in_use.0.contains("is in use by another keyferry process"), "{in_use:?}");

    let token = process.kill();
    std::fs::remove_dir_all(&data).unwrap();
    let output = keyferry("restore", &file, &data).output().unwrap();
    assert!(said(&output).contains("Start it with the sealing key"), "{output:?}");
    let process = node.start().with_token(token);
    let restored = process.key("payments").await;
    assert_eq!(restored.versions, made.versions);
    process.call::<api::Key>(Method::POST, "/keys/payments/rotate", None).await;
    process.terminate();
}

fn piped(mut command: Command) -> Command {
    command.stderr(std::process::Stdio::piped());
    command
}
