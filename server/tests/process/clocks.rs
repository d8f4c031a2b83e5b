//! A machine whose clock is wrong.

use std::time::{Duration, Instant, SystemTime};

use api::{Distribution, Key};
use azure_sim::{Call, Received};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

use crate::support::{Node, Process, postgres};

const VAULT: &str = "keyvault-name";

/// Lets the database's clock be so many seconds ahead.
async fn turn_clock(database: &str, seconds: i32) {
    let mut connection = PgConnection::connect(database).await.unwrap();
    let sql = format!(
        "CREATE OR REPLACE FUNCTION turned.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS
         $$ SELECT pg_catalog.clock_timestamp() + INTERVAL '{seconds} seconds' $$"
    );
    connection.execute(sqlx::query(AssertSqlSafe(sql))).await.unwrap();
}

async fn ready(process: &Process) -> (u16, Value) {
    let reply = reqwest::get(format!("{}/ready", process.url())).await.unwrap();
    (reply.status().as_u16(), reply.json().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_whose_clock_is_wrong_says_so_and_sends_nothing_until_it_is_right() {
    let Some(database) = postgres::new_database().await else { return };
    let mut connection = PgConnection::connect(&database).await.unwrap();
    connection.execute("CREATE SCHEMA turned").await.unwrap();
    turn_clock(&database, 5).await;
    let name = database.rsplit_once('/').unwrap().1;
    // The database's own function comes after ours.
    let path = format!("ALTER DATABASE {name} SET search_path = public, turned, pg_catalog");
    connection.execute(sqlx::query(AssertSqlSafe(path))).await.unwrap();
    let node = Node::new(Some(database.clone())).await;
    let mut process = node.start();
    process.make_token().await;
    process.connect(&node, VAULT).await;
    process.call::<Key>(Method::POST, "/keys", Some(json!({ "name": "payments", "type": "rsa-2048" }))).await;
    let new = json!({ "provider": "acme", "purposes": ["sign"], "protection": "hsm", "name_in_kms": "payments" });
    process.call::<Distribution>(Method::POST, "/keys/payments/distributions", Some(new)).await;

    let (status, body) = ready(&process).await;
    assert_eq!((status, &body["status"]), (503, &json!("not_ready")));
    assert!(body["reason"].as_str().unwrap().contains("the clocks of this machine and of the database"), "{body}");

    let turned_back = SystemTime::now();
    turn_clock(&database, 1).await;
    let deadline = Instant::now() + Duration::from_mins(1);
    while ready(&process).await.0 != 200 {
        assert!(Instant::now() < deadline, "it is ready again in time");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    process.settle().await;
    let received = node.azure.received();
    let is_import = |call: &&Received| call.call == Some(Call::ImportKey) && call.path.starts_with("/keys/payments");
    let import = received.iter().find(is_import).expect("it is sent now");
    assert!(import.at > turned_back, "nothing was sent before");
    process.terminate();
}
