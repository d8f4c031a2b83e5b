//! Policies: what they allow, and how they are written.

use serde_json::json;
use support::World;

#[tokio::test(flavor = "multi_thread")]
async fn deny_wins_and_the_more_specific_rule_counts() {
    let world = World::start().await;
    let root = world.vault().await;
    root.policy("wide", r#"path "keymgmt/*" { capabilities = ["create", "read", "update", "delete", "list"] }"#).await;
    root.policy("never", r#"path "keymgmt/key/secret" { capabilities = ["deny"] }"#).await;
    root.policy("one", r#"path "keymgmt/kms/+/key/pay" { capabilities = ["read"] }"#).await;

    let token = root.child(&["wide", "never", "one"]).await;
    assert_eq!(token.capabilities("keymgmt/key/secret").await, json!(["deny"]));
    assert_eq!(token.capabilities("keymgmt/kms/north/key/pay").await, json!(["read"]));
    assert_eq!(token.capabilities("keymgmt/key/other").await, json!(["create", "delete", "list", "read", "update"]));
    assert_eq!(token.capabilities("other/key/pay").await, json!(["deny"]));
    assert_eq!(root.capabilities("anything").await, json!(["root"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_is_changed_counts_at_once() {
    let world = World::start().await;
    let root = world.vault().await;
    root.policy("readers", r#"path "keymgmt/key/*" { capabilities = ["read"] }"#).await;
    let token = root.child(&["readers"]).await;
    assert_eq!(token.capabilities("keymgmt/key/pay").await, json!(["read"]));
    root.policy("readers", r#"{"path": {"keymgmt/key/*": {"capabilities": ["list"]}}}"#).await;
    assert_eq!(token.capabilities("keymgmt/key/pay").await, json!(["list"]));
    root.delete("sys/policies/acl/readers").await.expect_nothing(204);
    assert_eq!(token.capabilities("keymgmt/key/pay").await, json!(["deny"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn creating_is_told_apart_from_updating() {
    let world = World::start().await;
    let root = world.vault().await;
    root.policy("makers", r#"path "sys/policies/acl/*" { capabilities = ["create"] }"#).await;
    root.policy("changers", r#"path "sys/policies/acl/*" { capabilities = ["update"] }"#).await;
    let (maker, changer) = (root.child(&["makers"]).await, root.child(&["changers"]).await);

    let text = json!({ "policy": "" });
    let some = json!({ "policy": "path \"a\" { policy = \"read\" }" });
    changer.write("sys/policies/acl/new", some.clone()).await.expect_errors(403, "permission denied");
    maker.write("sys/policies/acl/new", some.clone()).await.expect_nothing(204);
    maker.write("sys/policies/acl/new", some.clone()).await.expect_errors(403, "permission denied");
    changer.write("sys/policies/acl/new", some).await.expect_nothing(204);
    changer.write("sys/policies/acl/new", text).await.expect_errors(400, "'policy' parameter not supplied");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_is_read_as_it_was_written_in_both_places() {
    let world = World::start().await;
    let root = world.vault().await;
    let text = "# readers\npath \"keymgmt/*\" {\n  capabilities = [\"read\"]\n}\n";
    root.policy("Readers", text).await;
    let new = root.read("sys/policies/acl/readers").await.json();
    assert_eq!(new["data"], json!({ "name": "readers", "policy": text }));
    let old = root.read("sys/policy/readers").await.json();
    assert_eq!((&old["rules"], &old["data"]["rules"]), (&json!(text), &json!(text)));
    let names = json!(["default", "global-auditor", "readers", "root"]);
    assert_eq!(root.list("sys/policies/acl").await.json()["data"]["keys"], names);
    assert_eq!(root.read("sys/policy").await.json()["policies"], names);
    let default = root.read("sys/policies/acl/default").await.json();
    assert!(default["data"]["policy"].as_str().unwrap().contains("auth/token/lookup-self"), "{default}");
    root.read("sys/policies/acl/absent").await.expect_errors(404, "");
    root.delete("sys/policies/acl/absent").await.expect_nothing(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_policy_is_refused_with_its_line() {
    let world = World::start().await;
    let root = world.vault().await;
    let write =
        async |name: &str, text: &str| root.write(&format!("sys/policies/acl/{name}"), json!({ "policy": text })).await;
    write("p", "path \"a\" {\n  capabilities = [\"reed\"]\n}").await.expect_errors(400, "line 2: capability \"reed\"");
    write("p", "path \"a\" {").await.expect_errors(400, "line 1");
    write("root", "path \"a\" { policy = \"read\" }").await.expect_errors(400, "cannot update \"root\" policy");
    write("workspace:keymgmt:admin", "path \"a\" { policy = \"read\" }").await.expect_errors(400, "built in");
    root.delete("sys/policies/acl/default").await.expect_errors(400, "cannot delete \"default\" policy");
    root.read("sys/policies/acl/p").await.expect_errors(404, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_decides_over_keys() {
    let world = World::start().await;
    let root = world.vault().await;
    root.policy("makers", r#"path "keymgmt/key/*" { capabilities = ["create", "list"] }"#).await;
    root.policy("rotators", r#"path "keymgmt/key/+/rotate" { capabilities = ["update"] }"#).await;
    root.policy("never", r#"path "keymgmt/key/secret/*" { capabilities = ["deny"] }"#).await;
    let maker = root.child(&["makers"]).await;
    let rotator = root.child(&["rotators", "never"]).await;

    maker.put("keymgmt/key/pay", json!({ "type": "rsa-2048" })).await;
    maker.put("keymgmt/key/secret", json!({ "type": "rsa-2048" })).await;
    maker.write("keymgmt/key/pay", json!({ "deletion_allowed": true })).await.expect_errors(403, "permission denied");
    maker.read("keymgmt/key/pay").await.expect_errors(403, "permission denied");
    maker.delete("keymgmt/key/pay").await.expect_errors(403, "permission denied");
    assert_eq!(maker.list("keymgmt/key").await.json()["data"]["keys"], json!(["pay", "secret"]));
    maker.write("keymgmt/key/pay/rotate", json!({})).await.expect_errors(403, "permission denied");
    rotator.put("keymgmt/key/pay/rotate", json!({})).await;
    rotator.write("keymgmt/key/secret/rotate", json!({})).await.expect_errors(403, "permission denied");
    rotator.list("keymgmt/key").await.expect_errors(403, "permission denied");
}
