//! Memory of a server that has nothing to do.

use std::time::Duration;

use azure_sim::Simulator;

use crate::database::Database;
use crate::figure::{Budget, report};
use crate::node::Place;
use crate::pool;

/// How long it rests before it is looked at.
const REST: Duration = Duration::from_secs(5);

pub(crate) async fn measure() {
    eprintln!("Looking at the memory of a server at rest");
    let place = Place::new(Database::Sqlite).await;
    let azure = Simulator::start(azure_sim::Options::default()).await.expect("the simulator starts");
    let node = place.start(&azure, &[]).signed_in().await;
    pool::until_full(&node).await;
    node.stop();

    let node = place.start(&azure, &[]);
    tokio::time::sleep(REST).await;
    report("Memory at rest, started", node.memory("VmRSS"), "MB", Budget::AtMost(30.0));
    let node = node.signed_in().await;
    for page in ["/workspaces/keymgmt/keys", "/workspaces/keymgmt/distributions", "/audit-events"] {
        node.client.get(page).await.expect_status(200);
    }
    tokio::time::sleep(REST).await;
    report("Memory at rest, after a sign-in and some pages", node.memory("VmRSS"), "MB", Budget::AtMost(30.0));
    node.stop();
}
