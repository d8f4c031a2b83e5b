//! Bearer tokens: what they open, and when they end.

use serde_json::{Value, json};
use support::{Client, World};

async fn token(client: &Client, role: &str) -> (String, String) {
    let new = json!({ "name": "deploy", "workspace": "keymgmt", "role": role, "expires_in_days": 30 });
    let issued: Value = client.post("/tokens", new).await.expect(201);
    (issued["token"]["id"].as_str().unwrap().to_owned(), issued["secret"].as_str().unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_acts_as_its_owner_with_its_own_role_at_most() {
    let world = World::start().await;
    let bob = world.member("bob", "operator").await;
    let (_, operator) = token(&bob, "operator").await;
    let program = bob.with_token(&operator);
    program.create_key("payments").await;
    program.delete("/workspaces/keymgmt/keys/payments").await.expect_problem(403, "forbidden", None);
    let (_, auditor) = token(&bob, "auditor").await;
    let reader = bob.with_token(&auditor);
    reader.get("/workspaces/keymgmt/keys/payments").await.expect_status(200);
    reader.act("/workspaces/keymgmt/keys/payments/rotate").await.expect_problem(403, "forbidden", None);

    let role = json!({ "role": "auditor" });
    world.admin().await.put("/workspaces/keymgmt/members/bob", role).await.expect_status(200);
    program.get("/workspaces/keymgmt/keys").await.expect_status(200);
    let new = json!({ "name": "other", "type": "rsa-2048" });
    program.post("/workspaces/keymgmt/keys", new).await.expect_problem(403, "forbidden", None);
    let event = world.admin().await.get("/audit-events?workspace=keymgmt&subject=payments").await.text;
    assert!(event.contains("\"actor\":\"token:bob/deploy\""), "{event}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_opens_one_workspace_and_nothing_global() {
    let world = World::start().await;
    let admin = world.admin().await;
    admin.post("/workspaces", json!({ "slug": "others", "title": "Others" })).await.expect_status(201);
    let (id, secret) = token(&admin, "admin").await;
    let program = admin.with_token(&secret);

    let session: Value = program.get("/session").await.expect(200);
    assert_eq!((&session["global_role"], session["workspaces"].as_array().unwrap().len()), (&json!("none"), 1));
    program.get("/workspaces/others/keys").await.expect_problem(404, "not_found", None);
    program.get("/users").await.expect_problem(403, "forbidden", None);
    program.get("/tokens").await.expect_problem(403, "forbidden", None);
    program.delete("/session").await.expect_problem(403, "forbidden", None);
    program.delete(&format!("/tokens/{id}")).await.expect_problem(403, "forbidden", None);
    let change = json!({ "current_password": World::PASSWORD, "new_password": "a barge with forty crates" });
    program.post("/session/password", change).await.expect_problem(403, "forbidden", None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_ends_when_it_is_revoked_or_its_owner_disabled() {
    let world = World::start().await;
    let admin = world.admin().await;
    let bob = world.member("bob", "operator").await;
    let ann = world.member("ann", "operator").await;
    let (first, secret) = token(&bob, "operator").await;
    let program = bob.with_token(&secret);
    program.get("/workspaces/keymgmt").await.expect_status(200);
    let listed = bob.get("/tokens").await.json();
    assert!(listed["items"][0]["last_used_at"].is_string(), "{listed}");

    ann.delete(&format!("/tokens/{first}")).await.expect_problem(404, "not_found", None);
    assert_eq!(ann.get("/tokens").await.json()["items"], json!([]));
    bob.delete(&format!("/tokens/{first}")).await.expect_nothing(204);
    bob.delete(&format!("/tokens/{first}")).await.expect_nothing(204);
    program.get("/workspaces/keymgmt").await.expect_problem(401, "no_session", None);

    let (second, secret) = token(&bob, "operator").await;
    let program = bob.with_token(&secret);
    admin.patch("/users/bob", json!({ "disabled": true })).await.expect_status(200);
    program.get("/workspaces/keymgmt").await.expect_problem(401, "no_session", None);
    let all = admin.get("/tokens").await.json();
    assert_eq!(all["items"].as_array().unwrap().len(), 2, "{all}");
    admin.delete(&format!("/tokens/{second}")).await.expect_nothing(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_token_may_not_be_is_refused() {
    let world = World::start().await;
    let bob = world.member("bob", "operator").await;
    let new = |role: &str, days: u32| json!({ "name": "deploy", "workspace": "keymgmt", "role": role, "expires_in_days": days });
    bob.post("/tokens", new("admin", 30)).await.expect_problem(400, "invalid", Some("role"));
    bob.post("/tokens", new("operator", 0)).await.expect_problem(400, "invalid", Some("expires_in_days"));
    bob.post("/tokens", new("operator", 367)).await.expect_problem(400, "invalid", Some("expires_in_days"));
    let ann = world.member("ann", "auditor").await;
    ann.post("/tokens", new("auditor", 30)).await.expect_problem(403, "forbidden", None);
    assert_eq!(world.admin().await.get("/tokens").await.json()["items"], json!([]));
}
