//! Two nodes, one of which stands still for longer than its lease.

use std::time::Duration;

use api::{Distribution, Key};
use azure_sim::{Call, Fault, StoredVersion};
use reqwest::Method;
use serde_json::json;
use sqlx::{Connection as _, Executor as _, PgConnection};

use crate::support::{Node, Process, postgres};

const VAULT: &str = "keyvault-name";

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_stood_still_after_its_request_left_sends_nothing_twice() {
    stand_still_at(Call::ImportKey).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_stood_still_between_claim_and_request_sends_nothing_twice() {
    // What the vault holds is read after the claim and before an import.
    stand_still_at(Call::GetKey).await;
}

/// A node is stopped while it waits for the answer to a call, and goes on after another has done its work.
async fn stand_still_at(call: Call) {
    let Some(database) = postgres::new_database().await else { return };
    let node = Node::new(Some(database.clone())).await;
    let mut first = node.start();
    first.make_token().await;
    first.connect(&node, VAULT).await;
    first.call::<Key>(Method::POST, "/keys", Some(json!({ "name": "payments", "type": "rsa-2048" }))).await;
    let new = json!({ "provider": "acme", "purposes": ["sign"], "protection": "hsm", "name_in_kms": "payments" });
    first.call::<Distribution>(Method::POST, "/keys/payments/distributions", Some(new)).await;
    first.settle().await;

    let (before, imports) = (count(&node, call), count(&node, Call::ImportKey));
    node.azure.fail_next(call, Fault::Delay(Duration::from_millis(500)));
    first.call::<Key>(Method::POST, "/keys/payments/rotate", None).await;
    node.azure.wait_for(call, before + 1).await;
    first.pause();
    node.azure.idle().await;
    end_leases(&database).await;
    let beside = node.beside();
    let second = beside.start().with_token(first.token());
    second.settle().await;
    assert_held_once(&node, &second).await;

    first.resume();
    // It ends what it was about to do before it ends itself.
    first.terminate();
    node.azure.idle().await;
    assert_held_once(&node, &second).await;
    assert_eq!(count(&node, Call::ImportKey), imports + 1, "the new version was sent once");

    second.call::<Key>(Method::POST, "/keys/payments/rotate", None).await;
    second.settle().await;
    assert_held_once(&node, &second).await;
    second.terminate();
}

/// Lets all leases be over, as they are after three minutes.
async fn end_leases(database: &str) {
    let mut connection = PgConnection::connect(database).await.unwrap();
    let ended = connection.execute("UPDATE distributions SET lease_until = 1 WHERE lease_until > 1").await.unwrap();
    assert_eq!(ended.rows_affected(), 1, "the stopped node holds a lease");
}

fn count(node: &Node, call: Call) -> usize {
    node.azure.received().iter().filter(|received| received.call == Some(call)).count()
}

/// Every version of ours is in the vault exactly once, in order.
async fn assert_held_once(node: &Node, process: &Process) {
    let ours = process.key("payments").await;
    let wanted: Vec<&str> = ours.versions.iter().rev().map(|version| version.public_key.as_deref().unwrap()).collect();
    let held = node.azure.key(VAULT, "payments").expect("the vault holds the key");
    let held: Vec<String> = held.versions.iter().map(StoredVersion::public_key_pem).collect();
    assert_eq!(held, wanted);
}
