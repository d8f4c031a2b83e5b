//! The audit trail, followed as it grows.

use serde_json::{Value, json};
use support::World;

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_is_told_at_once_and_from_any_row_on() {
    let world = World::start().await;
    let admin = world.admin().await;
    let mut live = admin.follow("").await;
    admin.create_key("payments").await;
    let created = live.until("key.create").await;
    assert_eq!(created.event.as_ref().unwrap().subject, "payments");
    admin.create_key("billing").await;
    let next = live.next().await.unwrap();
    assert_eq!((next.seq, next.event.as_ref().unwrap().subject.as_str()), (created.seq + 1, "billing"));

    let again = admin.follow(&format!("?after={}", created.seq - 1)).await.next().await;
    assert_eq!(again, Some(created), "the rows since then, first to last");
    admin.get("/events?after=some").await.expect_problem(400, "invalid", Some("after"));
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_others_are_told_without_their_event() {
    let world = World::start().await;
    let admin = world.admin().await;
    admin.post("/workspaces", json!({ "slug": "others", "title": "Others" })).await.expect_status(201);
    world.user("eve", "none").await;
    admin.put("/workspaces/others/members/eve", json!({ "role": "admin" })).await.expect_status(200);
    let mut live = world.sign_in("eve").await.follow("").await;

    admin.create_key("payments").await;
    admin.post("/workspaces/others/keys", json!({ "name": "own", "type": "rsa-2048" })).await.expect_status(201);
    let hidden = live.next().await.unwrap();
    assert_eq!((hidden.event, hidden.hash.len()), (None, 64));
    let own = live.next().await.unwrap();
    assert_eq!((own.seq, own.event.unwrap().subject.as_str()), (hidden.seq + 1, "own"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_with_the_session_the_token_the_role_and_the_account() {
    let world = World::start().await;
    let admin = world.admin().await;
    let member = world.member("ann", "operator").await;
    let token = json!({ "name": "watch", "workspace": "keymgmt", "role": "auditor", "expires_in_days": 1 });
    let token: Value = admin.post("/tokens", token).await.expect(201);
    let mut by_session = member.follow("").await;
    let mut by_token = admin.with_token(token["secret"].as_str().unwrap()).follow("").await;
    let other_session = world.sign_in("ann").await;
    let mut of_disabled = other_session.follow("").await;

    member.delete("/session").await.expect_status(204);
    while by_session.next().await.is_some() {}
    admin.create_key("payments").await;
    assert!(of_disabled.until("key.create").await.event.is_some(), "another session goes on");
    by_token.until("key.create").await;

    admin.delete(&format!("/tokens/{}", token["token"]["id"].as_str().unwrap())).await.expect_status(204);
    while by_token.next().await.is_some() {}

    admin.patch("/users/ann", json!({ "disabled": true })).await.expect_status(200);
    while of_disabled.next().await.is_some() {}
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_loses_a_role_sees_no_more_of_that_workspace() {
    let world = World::start().await;
    let admin = world.admin().await;
    let member = world.member("ann", "operator").await;
    let mut live = member.follow("").await;
    admin.delete("/workspaces/keymgmt/members/ann").await.expect_status(204);
    admin.create_key("payments").await;
    while let Some(entry) = live.next().await {
        assert_eq!(entry.event, None, "the session ended with the role");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_ends_the_streams() {
    let world = World::start().await;
    let admin = world.admin().await;
    let mut live = admin.follow("").await;
    world.stop().await;
    assert_eq!(live.next().await, None);
}
