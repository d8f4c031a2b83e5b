//! Namespaces: prefixes of paths with policies of their own.

use serde_json::{Value, json};
use support::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_namespace_is_made_read_changed_and_deleted() {
    let world = World::start().await;
    let root = world.vault().await;
    root.list("sys/namespaces").await.expect_errors(404, "");
    let made = root.write("sys/namespaces/team1", Value::Null).await.expect::<Value>(200);
    assert_eq!((&made["data"]["path"], &made["data"]["custom_metadata"]), (&json!("team1/"), &json!({})));
    root.write("sys/namespaces/team1", Value::Null).await.expect_errors(400, "already exists");
    root.write("sys/namespaces/a/b", Value::Null).await.expect_errors(400, "there is no namespace a/");
    root.write("sys/namespaces/team1/child", Value::Null).await.expect_status(200);
    let patch = json!({ "custom_metadata": { "a": "1", "b": "2" } });
    root.patch("sys/namespaces/team1", patch).await.expect_status(200);
    let patch = json!({ "custom_metadata": { "a": null } });
    let changed = root.patch("sys/namespaces/team1", patch).await.expect::<Value>(200);
    assert_eq!(changed["data"]["custom_metadata"], json!({ "b": "2" }));
    assert_eq!(root.read("sys/namespaces/team1").await.json()["data"], changed["data"]);
    assert_eq!(root.list("sys/namespaces").await.json()["data"]["keys"], json!(["team1/"]));
    let inner = root.within("team1/");
    assert_eq!(inner.list("sys/namespaces").await.json()["data"]["keys"], json!(["child/"]));

    root.delete("sys/namespaces/team1")
        .await
        .expect_errors(400, "is not empty, delete first: the namespace team1/child/");
    inner.delete("sys/namespaces/child").await.expect_nothing(204);
    root.delete("sys/namespaces/team1").await.expect_nothing(204);
    root.delete("sys/namespaces/team1").await.expect_nothing(204);
    root.read("sys/namespaces/team1").await.expect_errors(404, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn mounts_and_policies_of_a_namespace_are_its_own() {
    let world = World::start().await;
    let root = world.vault().await;
    for name in ["team1", "team2"] {
        root.write(&format!("sys/namespaces/{name}"), Value::Null).await.expect_status(200);
    }
    let (one, two) = (root.within("team1/"), root.within("team2"));
    for inner in [&one, &two] {
        inner.write("sys/mounts/keymgmt", json!({ "type": "keymgmt" })).await.expect_nothing(204);
        let mounts = inner.read("sys/mounts").await.json();
        assert_eq!(mounts["data"].as_object().unwrap().len(), 2, "{mounts}");
        inner.policy("readers", r#"path "keymgmt/*" { capabilities = ["read"] }"#).await;
    }
    assert!(root.read("sys/mounts").await.json()["data"].get("team1/keymgmt/").is_none());
    root.read("team1/sys/mounts/keymgmt").await.expect_status(200);
    root.read("sys/policies/acl/readers").await.expect_errors(404, "");

    let token = one.child(&["readers"]).await;
    assert_eq!(token.capabilities("keymgmt/key/pay").await, json!(["read"]));
    let elsewhere = token.within("team2");
    assert_eq!(elsewhere.capabilities("keymgmt/key/pay").await, json!(["deny"]));
    let above = token.within("");
    assert_eq!(above.capabilities("keymgmt/key/pay").await, json!(["deny"]));
    assert_eq!(above.capabilities("team1/keymgmt/key/pay").await, json!(["read"]));
    let facts = token.read("auth/token/lookup-self").await.json();
    assert_eq!(
        (&facts["data"]["policies"], &facts["data"]["namespace_path"]),
        (&json!(["default", "readers"]), &json!("team1/"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_rules_a_namespace_rules_no_other_and_no_user() {
    let world = World::start().await;
    let root = world.vault().await;
    root.write("sys/namespaces/team1", Value::Null).await.expect_status(200);
    let inner = root.within("team1");
    inner
        .policy(
            "rulers",
            r#"path "*" { capabilities = ["create", "read", "update", "patch", "delete", "list", "sudo"] }"#,
        )
        .await;
    let ruler = inner.child(&["rulers"]).await;
    ruler.write("sys/mounts/pay", json!({ "type": "keymgmt" })).await.expect_nothing(204);
    let outside = ruler.within("");
    for path in ["sys/mounts", "sys/policies/acl/default", "sys/namespaces/team1", "auth/userpass/users/admin"] {
        outside.read(path).await.expect_errors(403, "permission denied");
    }
    outside.write("sys/mounts/mine", json!({ "type": "keymgmt" })).await.expect_errors(403, "permission denied");
    let password = json!({ "password": "another good password" });
    ruler.write("auth/userpass/users/admin", password).await.expect_errors(400, "root namespace");
    let revoke = json!({ "token": root.token() });
    ruler.write("auth/token/revoke", revoke).await.expect_errors(400, "token not found");
    ruler.write("auth/token/create", json!({ "policies": ["root"] })).await.expect_errors(400, "root tokens");
    root.read("auth/token/lookup-self").await.expect_status(200);
}
