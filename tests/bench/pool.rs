//! Making keys while pairs are ready.

use std::time::{Duration, Instant};

use azure_sim::Simulator;
use serde_json::{Value, json};

use crate::database::Database;
use crate::figure::{Budget, quantile, report};
use crate::node::{Node, Place};

/// How many keys of each size are made.
const KEYS: usize = 31;

pub(crate) async fn measure() {
    eprintln!("Filling a pool with {KEYS} pairs of each size");
    let place = Place::new(Database::Sqlite).await;
    let azure = Simulator::start(azure_sim::Options::default()).await.expect("the simulator starts");
    let pool = format!("rsa-2048={KEYS},rsa-3072={KEYS},rsa-4096={KEYS}");
    let node = place.start(&azure, &["--pool", &pool]).signed_in().await;
    until_full(&node).await;
    for size in [2048, 3072, 4096] {
        let mut times = Vec::with_capacity(KEYS);
        for number in 0..KEYS {
            let new = json!({ "name": format!("key-{size}-{number}"), "type": format!("rsa-{size}") });
            let begin = Instant::now();
            node.client.post("/workspaces/keymgmt/keys", new).await.expect_status(201);
            times.push(begin.elapsed());
        }
        let what = format!("Create an RSA-{size} key from the pool, p50");
        report(&what, quantile(&mut times, 0.5), "ms", Budget::AtMost(5.0));
    }
    node.stop();
}

/// Waits until as many pairs are ready as are wanted.
pub(crate) async fn until_full(node: &Node) {
    loop {
        let system = node.client.get("/system").await.json();
        let pools = system["pool"].as_array().expect("the server tells of its pool");
        if pools.iter().all(|pool: &Value| pool["ready"] == pool["wanted"]) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
