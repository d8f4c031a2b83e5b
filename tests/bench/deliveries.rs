//! Sending many keys to many vaults, and to one that counts.

use std::time::{Duration, SystemTime};

use api::{Operation, OperationState, Provider};
use azure_sim::{Call, Received, Simulator};
use serde_json::{Value, json};

use crate::database::{self, Database};
use crate::figure::{Budget, millis, report};
use crate::keys::{self, READY};
use crate::node::{Node, Place};
use crate::pool;

/// Vaults enough that what one may be sent is no limit to all: each takes 29 imports a second, and 10 at once.
const FLEET: usize = 25;

/// How often to look.
const PAUSE: Duration = Duration::from_millis(20);

/// Imports that one vault may be sent in a second, by Azure's limits.
const LIMIT: f64 = 30.0;

const W: &str = "/workspaces/keymgmt";

/// Delivers keys that are ready to a fleet of vaults, with every distribution stored before the first is sent.
pub(crate) async fn unthrottled(database: Database) {
    let (place, azure, node) = start(database, FLEET, "none").await;
    let fleet: Vec<String> = (1..=FLEET).map(|number| format!("fleet-{number}")).collect();
    for vault in &fleet {
        connect(&node, &azure, vault).await;
    }
    let mut connection = database::connect(&place.url()).await;
    let far = i64::MAX / 2;
    database::execute(&place.url(), &format!("UPDATE pace SET not_before = {far}")).await;
    for (at, vault) in fleet.iter().enumerate() {
        let of_vault: Vec<String> = (at * READY / FLEET..(at + 1) * READY / FLEET).map(keys::name).collect();
        distribute(&node, vault, json!({ "keys": of_vault })).await;
    }
    let ready = i64::try_from(READY).expect("a thousand");
    eprintln!("Storing {READY} distributions in {database}");
    while database::number(&mut connection, "SELECT COUNT(*) FROM distributions").await < ready {
        tokio::time::sleep(PAUSE).await;
    }

    eprintln!("Delivering them to {FLEET} vaults");
    let (cpu, before) = (node.cpu(), imports(&azure).len());
    database::execute(&place.url(), "UPDATE pace SET not_before = 0").await;
    let in_sync = "SELECT COUNT(*) FROM distributions WHERE state = 'in_sync'";
    while database::number(&mut connection, in_sync).await < ready {
        tokio::time::sleep(PAUSE).await;
    }
    let took = imports(&azure)[before].at.elapsed().expect("the clock goes on").as_secs_f64();
    let cpu = millis(node.cpu().checked_sub(cpu).expect("time goes on"));
    let held = fleet.iter().map(|vault| azure.keys(vault).iter().filter(|key| key.versions.len() == 1).count());
    assert_eq!(held.sum::<usize>(), READY + FLEET, "each key is held once, beside the vaults' own");

    let of = |what: &str| format!("{what}, {READY} ready keys, {database}");
    report(&of("Deliveries to an unthrottled Azure"), count(READY) / took, "/s", Budget::AtLeast(200.0));
    report(&of("Processor time of the server for a delivery"), cpu / count(READY), "ms", Budget::None);
    report(&of("Memory at most while delivering"), node.memory("VmHWM"), "MB", Budget::None);
    node.stop();
}

/// Distributes keys that are ready to one vault that refuses what exceeds Azure's limits, and rotates them all.
pub(crate) async fn limited() {
    let (_place, azure, node) = start(Database::Sqlite, 0, &format!("rsa-2048={READY}")).await;
    connect(&node, &azure, "keyvault-name").await;
    azure.enforce_limits(true);
    eprintln!("Delivering {READY} keys to a vault that takes 300 in 10 s");
    let operation = distribute(&node, "keyvault-name", json!({ "filter": { "search": "ready-" } })).await;
    follow("Distributing", operation, &node, &azure).await;
    eprintln!("Rotating them, with as many pairs ready");
    pool::until_full(&node).await;
    let rotation = json!({ "action": { "kind": "rotate" }, "selection": { "filter": { "search": "ready-" } } });
    let operation = node.client.post(&format!("{W}/operations"), rotation).await.expect(202);
    follow("Rotating", operation, &node, &azure).await;
    let held = azure.keys("keyvault-name").into_iter().filter(|key| key.versions.len() == 2).count();
    assert_eq!(held, READY, "each key is held in both versions, once");
    node.stop();
}

/// Reports how an operation goes whose imports are limited by Azure.
async fn follow(what: &str, mut operation: Operation, node: &Node, azure: &Simulator) {
    let before = imports(azure).len();
    let mut estimate = None;
    while operation.state != OperationState::Finished {
        tokio::time::sleep(PAUSE).await;
        operation = node.client.get(&format!("{W}/operations/{}", operation.id)).await.expect(200);
        if estimate.is_none() && operation.counts.done * 9 >= operation.counts.waiting + operation.counts.started {
            estimate = operation.seconds_left.map(|seconds| (seconds, SystemTime::now()));
        }
    }
    let (estimate, then) = estimate.expect("an estimate was given on the way");
    let took = then.elapsed().expect("the clock goes on").as_secs_f64();

    let imports = imports(azure).split_off(before);
    let refused = imports.iter().filter(|import| import.status == Some(429)).count();
    let span = imports[imports.len() - 1].at.duration_since(imports[0].at).expect("in their order").as_secs_f64();
    let rate = count(imports.len() - refused - 1) / span;
    let of = |figure: &str| format!("{what} {READY} keys, {figure}");
    report(&of("part of Azure's limit that is used"), 100.0 * rate / LIMIT, "%", Budget::AtLeast(95.0));
    let refused = 100.0 * count(refused) / count(imports.len());
    report(&of("imports refused for their rate"), refused, "%", Budget::AtMost(1.0));
    #[expect(clippy::cast_precision_loss, reason = "seconds of a minute")]
    let off = (estimate as f64 - took).abs() / took;
    report(&of("error of the time left, told at a tenth"), 100.0 * off, "%", Budget::AtMost(10.0));
}

async fn start(database: Database, fleet: usize, pool: &str) -> (Place, Simulator, Node) {
    let place = keys::ready(database).await;
    let options = azure_sim::Options { reuse_keks: true, fleet, ..azure_sim::Options::default() };
    let azure = Simulator::start(options).await.expect("the simulator starts");
    let node = place.start(&azure, &["--pool", pool]).signed_in().await;
    (place, azure, node)
}

/// Connects a vault and has its key exchange key made.
async fn connect(node: &Node, azure: &Simulator, vault: &str) {
    node.client.connect(vault, vault, &azure.service_principal(vault)).await;
    node.client.act(&format!("{W}/providers/{vault}/kek")).await.expect_status(202);
    loop {
        let provider: Provider = node.client.get(&format!("{W}/providers/{vault}")).await.expect(200);
        if provider.kek_requested_at.is_none() {
            return;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn distribute(node: &Node, vault: &str, selection: Value) -> Operation {
    let action =
        json!({ "kind": "distribute", "provider": vault, "purposes": ["wrap", "unwrap"], "protection": "hsm" });
    node.client.post(&format!("{W}/operations"), json!({ "action": action, "selection": selection })).await.expect(202)
}

fn imports(azure: &Simulator) -> Vec<Received> {
    let mut received = azure.received();
    received.retain(|received| received.call == Some(Call::ImportKey));
    received
}

#[expect(clippy::cast_precision_loss, reason = "a few thousand")]
fn count(number: usize) -> f64 {
    number as f64
}
