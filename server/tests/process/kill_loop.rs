//! A bad day: everything is rotated while the process dies again and again and Azure fails one call in five.

use std::hash::{BuildHasher as _, RandomState};
use std::time::{Duration, Instant};

use api::{Distribution, DistributionState, Operation, OperationState, Page};
use azure_sim::Fault;
use engine::Chain;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Node, Process, postgres};

const VAULT: &str = "keyvault-name";
const KEYS: usize = 200;
const KILLS: usize = 10;

/// How long an operation may take.
const PATIENCE: Duration = Duration::from_mins(3);

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_keys_are_rotated_on_a_bad_day_on_sqlite() {
    rotate_on_a_bad_day(Node::new(None).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_keys_are_rotated_on_a_bad_day_on_postgresql() {
    if let Some(database) = postgres::new_database().await {
        rotate_on_a_bad_day(Node::new(Some(database)).await).await;
    }
}

async fn rotate_on_a_bad_day(node: Node) {
    let mut process = node.start();
    process.make_token().await;
    process.connect(&node, VAULT).await;
    for key in 0..KEYS {
        let new = json!({ "name": format!("key-{key}"), "type": "rsa-2048" });
        process.call::<Value>(Method::POST, "/keys", Some(new)).await;
    }
    let distribute =
        json!({ "kind": "distribute", "provider": "acme", "purposes": ["wrap", "unwrap"], "protection": "hsm" });
    let distribute = begin(&process, distribute).await;
    await_end(&process, &distribute).await;

    let rotate = begin(&process, json!({ "kind": "rotate" })).await;
    node.azure.fail_one_in(5, faults());
    for _ in 0..KILLS {
        tokio::time::sleep(about_a_second()).await;
        let token = process.kill();
        process = node.start().with_token(token);
    }
    node.azure.clear_faults();
    await_end(&process, &rotate).await;
    process.settle().await;
    node.azure.idle().await;

    let distributions: Page<Distribution> = process.call(Method::GET, "/distributions?limit=200", None).await;
    assert_eq!(distributions.items.len(), KEYS);
    for distribution in &distributions.items {
        assert_eq!(distribution.state, DistributionState::InSync, "{distribution:#?}");
        let key = distribution.key.as_str();
        process.assert_held_once(&node, VAULT, key, distribution.name_in_kms.as_str()).await;
        assert_eq!(process.key(key).await.versions.len(), 2, "{key} was rotated once");
    }
    process.terminate();
    assert!(matches!(node.audit_chain().await, Chain::Whole(_)));
}

/// What goes wrong at Azure, in turn, by itself: nothing that a person has to mend.
fn faults() -> Vec<Fault> {
    vec![
        Fault::ResetAfter,
        Fault::internal_error(),
        Fault::ReplyLostWorkDoneLater(Duration::from_millis(800)),
        Fault::ResetBefore,
        Fault::Garbled,
        Fault::unavailable(),
        Fault::Delay(Duration::from_millis(400)),
    ]
}

/// Any time around a second.
fn about_a_second() -> Duration {
    Duration::from_millis(700 + RandomState::new().hash_one(()) % 600)
}

async fn begin(process: &Process, action: Value) -> String {
    let new = json!({ "action": action, "selection": { "filter": {} } });
    process.call::<Operation>(Method::POST, "/operations", Some(new)).await.id.to_string()
}

/// Waits until every key of an operation has its outcome; what failed before and waits longer and longer is tried again at
/// once, as people do when Azure is well again.
async fn await_end(process: &Process, operation: &str) {
    let deadline = Instant::now() + PATIENCE;
    while !is_finished(process, operation).await {
        assert!(Instant::now() < deadline, "carried out in time");
        let waiting: Page<Distribution> =
            process.call(Method::GET, "/distributions?state=pending&limit=200", None).await;
        for failed in waiting.items.iter().filter(|distribution| distribution.last_error.is_some()) {
            let path = format!("/keys/{}/distributions/{}/retry", failed.key, failed.provider);
            process.call::<Distribution>(Method::POST, &path, None).await;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn is_finished(process: &Process, operation: &str) -> bool {
    let operation: Operation = process.call(Method::GET, &format!("/operations/{operation}"), None).await;
    operation.state == OperationState::Finished
}
