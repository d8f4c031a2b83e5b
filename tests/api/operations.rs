//! Work on many keys at once, schedules and own keys, as programs ask for them.

use std::time::{Duration, Instant};

use api::{Operation, OperationState, Page, Plan, ScheduledKey};
use serde_json::{Value, json};
use support::{Client, World};

const OPERATIONS: &str = "/workspaces/keymgmt/operations";
const SCHEDULE: &str = "/workspaces/keymgmt/schedule";

/// Waits until every key of an operation has its outcome.
async fn finished(client: &Client, id: &str) -> Operation {
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        let operation: Operation = client.get(&format!("{OPERATIONS}/{id}")).await.expect(200);
        if operation.state == OperationState::Finished {
            return operation;
        }
        assert!(Instant::now() < deadline, "not in time: {operation:#?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_rotates_what_a_filter_matches_and_an_auditor_follows() {
    let world = World::start().await;
    let admin = world.admin().await;
    let (operator, auditor) = (world.member("olga", "operator").await, world.member("ann", "auditor").await);
    admin.connect("acme", "keyvault-name", &world.azure.service_principal("keyvault-name")).await;
    for key in ["pay-in", "pay-out", "ledger"] {
        admin.create_key(key).await;
    }
    let action = json!({ "kind": "distribute", "provider": "acme", "purposes": ["sign"], "protection": "hsm" });
    let distribute = json!({ "action": action, "selection": { "filter": { "search": "PAY" } } });

    let plan: Plan = operator.post(&format!("{OPERATIONS}/plan"), distribute.clone()).await.expect(200);
    assert_eq!((plan.keys, plan.refused, plan.calls[0].imports), (2, 0, 2));
    let started: Operation = operator.post(OPERATIONS, distribute.clone()).await.expect(202);
    let done = finished(&auditor, started.id.as_str()).await;
    assert_eq!((done.counts.done, done.requested_by.as_str()), (2, "olga"));
    let listed: Page<Operation> = auditor.get(OPERATIONS).await.expect(200);
    assert_eq!(listed.items, [done]);
    let keys = auditor.get(&format!("{OPERATIONS}/{}/keys?state=done", started.id)).await.json();
    assert_eq!((&keys["items"][0]["key"], &keys["items"][1]["key"]), (&json!("pay-in"), &json!("pay-out")));

    auditor.post(OPERATIONS, distribute).await.expect_problem(403, "forbidden", None);
    let delete = json!({ "action": { "kind": "delete" }, "selection": { "keys": ["ledger"] } });
    operator.post(OPERATIONS, delete.clone()).await.expect_problem(403, "forbidden", None);
    admin.post(OPERATIONS, delete).await.expect_status(202);
    let pause = format!("{OPERATIONS}/{}/pause", started.id);
    operator.act(&pause).await.expect_problem(409, "operation_finished", None);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_that_cannot_be_says_what_is_wrong() {
    let world = World::start().await;
    let admin = world.admin().await;
    admin.create_key("payments").await;
    let start = async |action: Value, selection: Value| {
        admin.post(OPERATIONS, json!({ "action": action, "selection": selection })).await
    };
    let rotate = json!({ "kind": "rotate" });
    start(rotate.clone(), json!({})).await.expect_problem(400, "invalid", Some("selection"));
    let both = json!({ "keys": ["payments"], "filter": {} });
    start(rotate.clone(), both).await.expect_problem(400, "invalid", Some("selection"));
    start(rotate, json!({ "keys": ["gone"] })).await.expect_problem(400, "invalid", Some("selection.keys"));
    let withdraw = json!({ "kind": "withdraw", "provider": "gone" });
    start(withdraw, json!({ "filter": {} })).await.expect_problem(400, "invalid", Some("action.provider"));
    let reply = start(json!({ "kind": "explode" }), json!({ "filter": {} })).await;
    assert_eq!((reply.status, reply.code().as_str()), (400, "invalid"));
    admin.get(&format!("{OPERATIONS}/nothing")).await.expect_problem(400, "invalid", Some("operation"));
    let unknown = format!("{OPERATIONS}/01a213d7-5484-7077-9752-c670836f4754");
    admin.get(&unknown).await.expect_problem(404, "not_found", None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_is_set_for_many_keys_and_read_by_day() {
    let world = World::start().await;
    let (operator, auditor) = (world.member("olga", "operator").await, world.member("ann", "auditor").await);
    for key in ["a", "b"] {
        operator.create_key(key).await;
    }
    let monthly = json!({ "selection": { "keys": ["a", "b"] }, "period_days": 30, "keep_versions": 2 });
    auditor.put(SCHEDULE, monthly.clone()).await.expect_problem(403, "forbidden", None);
    operator.put(SCHEDULE, monthly).await.expect_nothing(204);
    let comes: Page<ScheduledKey> = auditor.get(SCHEDULE).await.expect(200);
    assert_eq!(comes.items.len(), 2);
    assert_eq!(operator.key("a").await.rotation.map(|rotation| rotation.period_days), Some(30));
    let weekly = json!({ "selection": { "keys": ["a"] }, "period_days": 1 });
    operator.put(SCHEDULE, weekly).await.expect_problem(400, "invalid", Some("period_days"));
    operator.put(SCHEDULE, json!({ "selection": { "filter": {} } })).await.expect_nothing(204);
    assert_eq!(auditor.get(SCHEDULE).await.expect::<Page<ScheduledKey>>(200).items, []);
}
