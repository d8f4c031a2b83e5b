//! Killed at any moment: nothing is lost and nothing doubled.

use std::time::Duration;

use api::{Distribution, Key};
use azure_sim::{Call, Fault};
use engine::Chain;
use reqwest::Method;
use serde_json::json;

use crate::support::{Node, postgres};

const VAULT: &str = "keyvault-name";
const KEYS: usize = 3;
const ROUNDS: usize = 5;

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_importing_nothing_is_lost_and_nothing_doubled_on_sqlite() {
    kill_while_importing(Node::new(None).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_importing_nothing_is_lost_and_nothing_doubled_on_postgresql() {
    if let Some(database) = postgres::new_database().await {
        kill_while_importing(Node::new(Some(database)).await).await;
    }
}

async fn kill_while_importing(node: Node) {
    let mut process = node.start();
    process.make_token().await;
    process.connect(&node, VAULT).await;
    for key in 0..KEYS {
        let name = format!("key-{key}");
        let new = json!({ "name": name, "type": "rsa-2048" });
        process.call::<Key>(Method::POST, "/keys", Some(new)).await;
        let new = json!({ "provider": "acme", "purposes": ["sign"], "protection": "hsm", "name_in_kms": name });
        process.call::<Distribution>(Method::POST, &format!("/keys/{name}/distributions"), Some(new)).await;
    }
    process.settle().await;

    for round in 0..ROUNDS {
        let before = imports(&node);
        let delay = Duration::from_millis(if round % 2 == 0 { 100 } else { 600 });
        node.azure.fail_times(Call::ImportKey, Fault::Delay(delay), KEYS);
        for key in 0..KEYS {
            process.call::<Key>(Method::POST, &format!("/keys/key-{key}/rotate"), None).await;
        }
        // Each round it dies with another number of imports begun. Azure finishes what it has received, before the
        // server is there again or while it looks.
        node.azure.wait_for(Call::ImportKey, before + 1 + round % KEYS).await;
        let token = process.kill();
        node.azure.clear_faults();
        process = node.start().with_token(token);
        process.settle().await;
        for key in 0..KEYS {
            let name = format!("key-{key}");
            process.assert_held_once(&node, VAULT, &name, &name).await;
        }
    }
    process.terminate();
    assert!(matches!(node.audit_chain().await, Chain::Whole(_)));
}

fn imports(node: &Node) -> usize {
    node.azure.received().iter().filter(|received| received.call == Some(Call::ImportKey)).count()
}
