//! Policies: what they allow, and how they are written.

use serde_json::json;
use support::World;

use super::access::{Vault, expect_denied, expect_errors};

#[tokio::test(flavor = "multi_thread")]
async fn deny_wins_and_the_more_specific_rule_counts() {
    let world = World::start().await;
    let root = Vault::root(&world).await;
    root.policy("wide", r#"path "keymgmt/*" { capabilities = ["create", "read", "update", "delete", "list"] }"#).await;
    root.policy("never", r#"path "keymgmt/key/secret" { capabilities = ["deny"] }"#).await;
    root.policy("one", r#"path "keymgmt/kms/+/key/pay" { capabilities = ["read"] }"#).await;

    let token = root.child(&world, &["wide", "never", "one"]).await;
    assert_eq!(token.capabilities("keymgmt/key/secret").await, json!(["deny"]));
    assert_eq!(token.capabilities("keymgmt/kms/north/key/pay").await, json!(["read"]));
    assert_eq!(token.capabilities("keymgmt/key/other").await, json!(["create", "delete", "list", "read", "update"]));
    assert_eq!(token.capabilities("other/key/pay").await, json!(["deny"]));
    assert_eq!(root.capabilities("anything").await, json!(["root"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_is_changed_counts_at_once() {
    let world = World::start().await;
    let root = Vault::root(&world).await;
    root.policy("readers", r#"path "keymgmt/key/*" { capabilities = ["read"] }"#).await;
    let token = root.child(&world, &["readers"]).await;
    assert_eq!(token.capabilities("keymgmt/key/pay").await, json!(["read"]));
    root.policy("readers", r#"{"path": {"keymgmt/key/*": {"capabilities": ["list"]}}}"#).await;
    assert_eq!(token.capabilities("keymgmt/key/pay").await, json!(["list"]));
    root.delete("sys/policies/acl/readers").await.expect_nothing(204);
    assert_eq!(token.capabilities("keymgmt/key/pay").await, json!(["deny"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn creating_is_told_apart_from_updating() {
    let world = World::start().await;
    let root = Vault::root(&world).await;
    root.policy("makers", r#"path "sys/policies/acl/*" { capabilities = ["create"] }"#).await;
    root.policy("changers", r#"path "sys/policies/acl/*" { capabilities = ["update"] }"#).await;
    let (maker, changer) = (root.child(&world, &["makers"]).await, root.child(&world, &["changers"]).await);

    let text = json!({ "policy": "" });
    let some = json!({ "policy": "path \"a\" { policy = \"read\" }" });
    expect_denied(&changer.write("sys/policies/acl/new", some.clone()).await);
    maker.write("sys/policies/acl/new", some.clone()).await.expect_nothing(204);
    expect_denied(&maker.write("sys/policies/acl/new", some.clone()).await);
    changer.write("sys/policies/acl/new", some).await.expect_nothing(204);
    expect_errors(&changer.write("sys/policies/acl/new", text).await, 400, "'policy' parameter not supplied");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_is_read_as_it_was_written_in_both_places() {
    let world = World::start().await;
    let root = Vault::root(&world).await;
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
    expect_errors(&root.read("sys/policies/acl/absent").await, 404, "");
    root.delete("sys/policies/acl/absent").await.expect_nothing(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_policy_is_refused_with_its_line() {
    let world = World::start().await;
    let root = Vault::root(&world).await;
    let write =
        async |name: &str, text: &str| root.write(&format!("sys/policies/acl/{name}"), json!({ "policy": text })).await;
    expect_errors(
        &write("p", "path \"a\" {\n  capabilities = [\"reed\"]\n}").await,
        400,
        "line 2: capability \"reed\"",
    );
    expect_errors(&write("p", "path \"a\" {").await, 400, "line 1");
    expect_errors(&write("root", "path \"a\" { policy = \"read\" }").await, 400, "cannot update \"root\" policy");
    expect_errors(&write("workspace:keymgmt:admin", "path \"a\" { policy = \"read\" }").await, 400, "built in");
    expect_errors(&root.delete("sys/policies/acl/default").await, 400, "cannot delete \"default\" policy");
    expect_errors(&root.read("sys/policies/acl/p").await, 404, "");
}
