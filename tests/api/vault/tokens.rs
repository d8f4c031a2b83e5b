//! Tokens: what children may be, and when they end.

use reqwest::Method;
use serde_json::{Value, json};
use support::{Vault, World};

#[tokio::test(flavor = "multi_thread")]
async fn terraform_signs_in_and_makes_itself_a_child() {
    let world = World::start().await;
    let login = Vault::anonymous(&world.url()).log_in("admin", World::PASSWORD).await.expect::<Value>(200);
    let auth = &login["auth"];
    assert_eq!((&auth["policies"], &auth["token_policies"]), (&json!(["root"]), &json!(["root"])));
    assert_eq!((&auth["metadata"], &auth["renewable"]), (&json!({ "username": "admin" }), &json!(true)));
    assert_eq!((&auth["token_type"], &auth["orphan"], &auth["num_uses"]), (&json!("service"), &json!(true), &json!(0)));

    let root = world.vault().await;
    let facts = root.read("auth/token/lookup-self").await.expect::<Value>(200);
    assert_eq!((facts["data"]["id"].as_str(), &facts["data"]["policies"]), (Some(root.token()), &json!(["root"])));
    let body = json!({ "display_name": "terraform", "ttl": "1200s", "explicit_max_ttl": "1200s", "renewable": false,
        "num_uses": 0, "type": "", "entity_alias": "" });
    let made = root.write("auth/token/create", body).await.expect::<Value>(200);
    assert_eq!((&made["auth"]["renewable"], &made["auth"]["orphan"]), (&json!(false), &json!(false)));
    assert!(matches!(made["auth"]["lease_duration"].as_i64(), Some(1190..=1200)), "{made}");
    let child = root.with_token(made["auth"]["client_token"].as_str().unwrap());
    let facts = child.read("auth/token/lookup-self").await.json();
    assert_eq!(
        (&facts["data"]["display_name"], &facts["data"]["explicit_max_ttl"]),
        (&json!("token-terraform"), &json!(1200))
    );
    assert_eq!((&facts["data"]["creation_ttl"], &facts["data"]["path"]), (&json!(1200), &json!("auth/token/create")));
    child.write("auth/token/renew-self", json!({})).await.expect_errors(400, "lease is not renewable");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_stops_at_once_with_all_it_made() {
    let world = World::start().await;
    let root = world.vault().await;
    let parent = root.child(&["root"]).await;
    let child = parent.child(&["root"]).await;
    let grandchild = child.child(&["root"]).await;
    let orphan = parent.with_token(&parent.write("auth/token/create-orphan", json!({})).await.secret());
    grandchild.read("auth/token/lookup-self").await.expect_status(200);

    parent.write("auth/token/revoke-self", Value::Null).await.expect_nothing(204);
    for dead in [&parent, &child, &grandchild] {
        dead.read("auth/token/lookup-self").await.expect_errors(403, "permission denied");
        dead.write("auth/token/create", json!({})).await.expect_errors(403, "permission denied");
    }
    orphan.read("auth/token/lookup-self").await.expect_status(200);
    root.read("auth/token/lookup-self").await.expect_status(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parent_can_be_revoked_without_its_children() {
    let world = World::start().await;
    let root = world.vault().await;
    let parent = root.child(&["root"]).await;
    let child = parent.child(&["root"]).await;
    root.write("auth/token/revoke-orphan", json!({ "token": parent.token() })).await.expect_nothing(204);
    parent.read("auth/token/lookup-self").await.expect_errors(403, "permission denied");
    let facts = child.read("auth/token/lookup-self").await.expect::<Value>(200);
    assert_eq!(facts["data"]["orphan"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_has_no_more_than_its_parent_and_its_owner() {
    let world = World::start().await;
    let root = world.vault().await;
    root.policy("readers", r#"path "keymgmt/key/*" { capabilities = ["read"] }"#).await;
    root.policy("makers", r#"path "auth/token/create" { capabilities = ["update"] }"#).await;
    root.policy("more", r#"path "keymgmt/*" { capabilities = ["create", "update"] }"#).await;
    let token = root.child(&["readers", "makers"]).await;

    let ask = async |body: Value| token.write("auth/token/create", body).await;
    ask(json!({ "policies": ["more"] })).await.expect_errors(400, "child policies must be subset of parent");
    ask(json!({ "policies": "root" })).await.expect_errors(400, "root tokens may not be created");
    ask(json!({ "no_parent": true })).await.expect_errors(400, "root or sudo privileges required");
    let child = ask(json!({ "policies": "readers" })).await;
    assert_eq!(child.expect::<Value>(200)["auth"]["policies"], json!(["default", "readers"]));
    let bare = ask(json!({ "policies": ["readers"], "no_default_policy": true })).await;
    let bare = token.with_token(&bare.secret());
    bare.read("auth/token/lookup-self").await.expect_errors(403, "permission denied");

    // A member's token with the policy `more` may not do more than the member.
    let bob = world.member("bob", "auditor").await;
    drop(bob);
    world.admin().await.patch("/users/bob", json!({ "token_policies": ["more"] })).await.expect_status(200);
    let bob = world.log_in("bob").await;
    assert_eq!(bob.capabilities("keymgmt/key/pay").await, json!(["create", "list", "read", "update"]));
    world.admin().await.patch("/users/bob", json!({ "token_policies": [] })).await.expect_status(200);
    assert_eq!(bob.capabilities("keymgmt/key/pay").await, json!(["list", "read"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_without_a_policy_may_do_nothing() {
    let world = World::start().await;
    let root = world.vault().await;
    let token = root.child(&["absent"]).await;
    assert_eq!(token.capabilities("keymgmt/key/pay").await, json!(["deny"]));
    token.read("sys/mounts").await.expect_errors(403, "permission denied");
    token.list("keymgmt/key").await.expect_errors(403, "permission denied");
    for nobody in [Vault::anonymous(&world.url()), root.with_token("kf_wrong"), root.with_token("hvs.x")] {
        nobody.read("auth/token/lookup-self").await.expect_errors(403, "permission denied");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_one_mount_can_do_nothing_in_another() {
    let world = World::start().await;
    let root = world.vault().await;
    root.write("sys/mounts/other", json!({ "type": "keymgmt" })).await.expect_nothing(204);
    let ann = world.member("ann", "admin").await;
    let new = json!({ "name": "ci", "workspace": "keymgmt", "role": "admin", "expires_in_days": 1 });
    let issued = ann.post("/tokens", new).await.expect::<Value>(201);
    let role_token = root.with_token(issued["secret"].as_str().unwrap());
    root.policy("all", r#"path "keymgmt/*" { capabilities = ["create", "read", "update", "delete", "list", "sudo"] }"#)
        .await;
    let policy_token = root.child(&["all"]).await;
    for token in [&role_token, &policy_token] {
        assert_ne!(token.capabilities("keymgmt/key/pay").await, json!(["deny"]));
        for path in ["other/key/pay", "other/key", "other/kms/north/key/pay", "sys/mounts/other", "keymgmt2/key/pay"] {
            assert_eq!(token.capabilities(path).await, json!(["deny"]), "{path}");
        }
        token.read("sys/mounts/other").await.expect_errors(403, "permission denied");
        token.delete("sys/mounts/other").await.expect_errors(403, "permission denied");
        let open = token.read("sys/internal/ui/mounts").await.json();
        assert!(open["data"]["secret"].get("keymgmt/").is_some(), "{open}");
        assert!(open["data"]["secret"].get("other/").is_none(), "{open}");
        token.read("sys/internal/ui/mounts/other/key").await.expect_errors(403, "preflight capability check");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_of_uses_is_counted_down() {
    let world = World::start().await;
    let root = world.vault().await;
    let token = root.write("auth/token/create", json!({ "num_uses": "3", "policies": "root" })).await.secret();
    let token = root.with_token(&token);
    assert_eq!(token.read("auth/token/lookup-self").await.json()["data"]["num_uses"], 2);
    token.write("auth/token/create", json!({})).await.expect_errors(400, "restricted use token");
    token.read("auth/token/lookup-self").await.expect_status(200);
    token.read("auth/token/lookup-self").await.expect_errors(403, "permission denied");
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_found_renewed_and_revoked_by_accessor_too() {
    let world = World::start().await;
    let root = world.vault().await;
    let body = json!({ "ttl": "1h", "policies": [], "meta": ["team=pay"], "display_name": "a b" });
    let made = root.write("auth/token/create", body).await.expect::<Value>(200);
    let (token, accessor) = (&made["auth"]["client_token"], &made["auth"]["accessor"]);
    let by_accessor = json!({ "accessor": accessor });
    let facts = root.write("auth/token/lookup-accessor", by_accessor.clone()).await.json();
    assert_eq!((&facts["data"]["id"], &facts["data"]["meta"]), (&json!(""), &json!({ "team": "pay" })));
    assert_eq!(facts["data"]["display_name"], "token-a-b");
    let facts = root.write("auth/token/lookup", json!({ "token": token })).await.json();
    assert_eq!(&facts["data"]["accessor"], accessor);
    let listed = root.list("auth/token/accessors").await.json();
    assert!(listed["data"]["keys"].as_array().unwrap().contains(accessor), "{listed}");
    let renewed = root.write("auth/token/renew", json!({ "token": token, "increment": "2h" })).await.json();
    assert!(matches!(renewed["auth"]["lease_duration"].as_i64(), Some(7190..=7200)), "{renewed}");
    root.write("auth/token/revoke-accessor", by_accessor.clone()).await.expect_nothing(204);
    root.write("auth/token/lookup-accessor", by_accessor).await.expect_errors(403, "invalid accessor");
    root.write("auth/token/lookup", json!({ "token": token })).await.expect_errors(403, "bad token");
    root.write("auth/token/lookup", json!({})).await.expect_errors(400, "missing token");
    let audit = world.admin().await.get("/audit-events?limit=200").await.text;
    assert!(audit.contains("token.renew") && audit.contains("token.revoke"), "{audit}");
    assert!(!audit.contains(token.as_str().unwrap()), "no secret in the trail");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_two_apis_keep_their_tokens_apart() {
    let world = World::start().await;
    let root = world.vault().await;
    let console = world.anonymous().with_token(root.token());
    let reply = console.get("/workspaces").await;
    reply.expect_problem(403, "forbidden", None);
    assert!(reply.text.contains("/v1"), "{}", reply.text);

    let admin = world.admin().await;
    let cookie_only = admin.answer(admin.request(Method::GET, "/v1/sys/mounts")).await;
    cookie_only.expect_errors(403, "permission denied");
    let listed = admin.get("/tokens").await.json();
    let (id, policies) = (&listed["items"][0]["id"], &listed["items"][0]["policies"]);
    assert_eq!((policies, &listed["items"][0]["workspace"]), (&json!(["root"]), &Value::Null));
    let rights = admin.get(&format!("/tokens/{}/rights", id.as_str().unwrap())).await.json();
    assert_eq!(rights[0]["path"], "*");
    admin.delete(&format!("/tokens/{}", id.as_str().unwrap())).await.expect_nothing(204);
    root.read("auth/token/lookup-self").await.expect_errors(403, "permission denied");
    assert_eq!(admin.get(&format!("/tokens/{}/rights", id.as_str().unwrap())).await.json(), json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_token_cannot_be_is_refused() {
    let world = World::start().await;
    let root = world.vault().await;
    let ask = async |body: Value| root.write("auth/token/create", body).await;
    ask(json!({ "period": "24h" })).await.expect_errors(400, "periodic tokens are not offered");
    ask(json!({ "type": "batch" })).await.expect_errors(400, "only service tokens");
    ask(json!({ "ttl": "9000h" })).await.expect_errors(400, "at most 366 days");
    ask(json!({ "ttl": "soon" })).await.expect_errors(400, "Field validation failed");
    ask(json!({ "num_uses": -1 })).await.expect_errors(400, "number of uses cannot be negative");
    ask(json!({ "policies": ["no spaces"] })).await.expect_errors(400, "policies");
    root.write("auth/token/roles/x", json!({})).await.expect_errors(404, "unsupported path");
    root.read("auth/token/create").await.expect_errors(405, "unsupported operation");
}
