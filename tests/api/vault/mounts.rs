//! Mounts: each is a workspace.

use serde_json::{Value, json};
use support::World;

#[tokio::test(flavor = "multi_thread")]
async fn enabling_keymgmt_at_a_path_makes_a_workspace() {
    let world = World::start().await;
    let root = world.vault().await;
    let body = json!({ "type": "keymgmt", "description": "payments", "local": false, "seal_wrap": false,
        "external_entropy_access": false, "options": null,
        "config": { "options": null, "default_lease_ttl": "0s", "max_lease_ttl": "0s", "force_no_cache": false } });
    root.write("sys/mounts/nested/Pay.mount", body.clone()).await.expect_nothing(204);
    let workspace = world.admin().await.get("/workspaces/nested-pay-mount").await.expect::<Value>(200);
    assert_eq!((&workspace["path"], &workspace["title"]), (&json!("nested/Pay.mount"), &json!("nested/Pay.mount")));

    let read = root.read("sys/mounts/nested/Pay.mount").await.expect::<Value>(200);
    for place in [&read, &read["data"]] {
        assert_eq!((&place["type"], &place["description"]), (&json!("keymgmt"), &json!("payments")));
        assert_eq!((&place["config"]["default_lease_ttl"], &place["options"]), (&json!(0), &Value::Null));
    }
    let listed = root.read("sys/mounts").await.json();
    for place in [&listed, &listed["data"]] {
        for mount in ["keymgmt/", "nested/Pay.mount/", "sys/"] {
            assert!(place[mount]["type"].is_string(), "{mount} {place}");
        }
    }
    for taken in ["nested/Pay.mount", "nested/Pay.mount/below", "nested"] {
        let reply = root.write(&format!("sys/mounts/{taken}"), body.clone()).await;
        reply.expect_errors(400, "path is already in use at nested/Pay.mount/");
    }
    for reserved in ["sys", "auth/x", "a*", "a+b"] {
        root.write(&format!("sys/mounts/{reserved}"), body.clone()).await.expect_errors(400, "path");
    }
    root.write("sys/mounts/kv", json!({ "type": "kv" })).await.expect_errors(400, "plugin not found in the catalog");
    root.read("sys/mounts/absent").await.expect_errors(400, "No secret engine mount at absent/");
    root.read("absent/key/x").await.expect_errors(404, "no handler for route \"absent/key/x\". route entry not found.");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mount_is_tuned_moved_and_disabled() {
    let world = World::start().await;
    let root = world.vault().await;
    root.write("sys/mounts/pay", json!({ "type": "keymgmt" })).await.expect_nothing(204);
    let tune = json!({ "description": "tuned", "default_lease_ttl": "1h", "listing_visibility": "unauth" });
    root.write("sys/mounts/pay/tune", tune).await.expect_nothing(204);
    let tuned = root.read("sys/mounts/pay/tune").await.json();
    assert_eq!((&tuned["data"]["default_lease_ttl"], &tuned["data"]["description"]), (&json!(3600), &json!("tuned")));
    let read = root.read("sys/mounts/pay").await.json();
    assert_eq!(read["data"]["config"]["listing_visibility"], "unauth");

    let moved = root.write("sys/remount", json!({ "from": "pay", "to": "team/pay" })).await.expect::<Value>(200);
    let id = moved["data"]["migration_id"].as_str().unwrap();
    let status = root.read(&format!("sys/remount/status/{id}")).await.json();
    assert_eq!(status["data"]["migration_info"]["status"], "success");
    root.read("sys/mounts/pay").await.expect_errors(400, "No secret engine mount at pay/");
    assert_eq!(world.admin().await.get("/workspaces/pay").await.json()["path"], "team/pay");

    root.delete("sys/mounts/team/pay").await.expect_nothing(204);
    world.admin().await.get("/workspaces/pay").await.expect_problem(404, "not_found", None);
    world.admin().await.create_key("payments").await;
    let refused = root.delete("sys/mounts/keymgmt").await;
    refused.expect_errors(400, "keymgmt/ is not empty: it holds 1 key and 0 KMS providers");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workspace_of_the_console_takes_no_path_of_another() {
    let world = World::start().await;
    let root = world.vault().await;
    root.write("sys/mounts/team/pay", json!({ "type": "keymgmt" })).await.expect_nothing(204);
    let admin = world.admin().await;
    let new = |slug: &str| json!({ "slug": slug, "title": "Team" });
    admin.post("/workspaces", new("team")).await.expect_problem(409, "name_taken", Some("slug"));
    admin.post("/workspaces", new("sys")).await.expect_problem(400, "invalid", Some("slug"));
    admin.post("/workspaces", new("others")).await.expect_status(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn tools_ask_what_they_may_show() {
    let world = World::start().await;
    let root = world.vault().await;
    world.member("bob", "operator").await;
    let bob = world.log_in("bob").await;
    let facts = bob.read("auth/token/lookup-self").await.json();
    assert_eq!(facts["data"]["policies"], json!(["default", "workspace:keymgmt:operator"]));
    let mount = bob.read("sys/internal/ui/mounts/keymgmt/key/pay").await.expect::<Value>(200);
    assert_eq!((&mount["data"]["path"], &mount["data"]["type"]), (&json!("keymgmt/"), &json!("keymgmt")));
    bob.read("sys/mounts/keymgmt").await.expect_status(200);
    let acl = bob.read("sys/internal/ui/resultant-acl").await.json();
    assert_eq!(acl["data"]["root"], false);
    assert!(acl["data"]["glob_paths"]["keymgmt/key/"]["capabilities"].as_array().unwrap().len() == 4, "{acl}");
    assert_eq!(root.read("sys/internal/ui/resultant-acl").await.json()["data"]["root"], true);
    let features = root.read("sys/license/features").await.json();
    assert_eq!(features["features"][0], "Key Management Secrets Engine");
    let body = json!({ "paths": "keymgmt/key/a,keymgmt/kms/b", "token": bob.token() });
    let capabilities = root.write("sys/capabilities", body).await.json();
    assert_eq!(capabilities["data"]["keymgmt/key/a"], json!(["create", "list", "read", "update"]));
    assert_eq!(capabilities["keymgmt/kms/b"], json!(["list", "read"]));
}
