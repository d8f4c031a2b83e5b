//! Users, and how they sign in.

use serde_json::{Value, json};
use support::{Vault, World};

#[tokio::test(flavor = "multi_thread")]
async fn a_user_is_written_signs_in_and_is_deleted() {
    let world = World::start().await;
    let root = world.vault().await;
    root.policy("readers", r#"path "keymgmt/*" { capabilities = ["read", "list"] }"#).await;
    let body = json!({ "password": World::PASSWORD, "token_policies": "readers" });
    root.write("auth/userpass/users/Ann", body.clone()).await.expect_nothing(204);
    let read = root.read("auth/userpass/users/ann").await.expect::<Value>(200);
    assert_eq!(read["data"]["token_policies"], json!(["readers"]));
    assert_eq!(root.list("auth/userpass/users").await.json()["data"]["keys"], json!(["admin", "ann"]));

    let ann = world.log_in("ann").await;
    assert_eq!(ann.capabilities("keymgmt/key/pay").await, json!(["list", "read"]));
    root.write("auth/userpass/users/ann/policies", json!({ "token_policies": "" })).await.expect_nothing(204);
    assert_eq!(ann.capabilities("keymgmt/key/pay").await, json!(["deny"]));
    let other = json!({ "password": "a barge with forty crates" });
    root.write("auth/userpass/users/ann/password", other).await.expect_nothing(204);
    Vault::anonymous(&world.url())
        .log_in("ann", World::PASSWORD)
        .await
        .expect_errors(400, "invalid username or password");

    root.delete("auth/userpass/users/ann").await.expect_nothing(204);
    ann.read("auth/token/lookup-self").await.expect_errors(403, "permission denied");
    root.read("auth/userpass/users/ann").await.expect_errors(404, "");
    root.write("auth/userpass/users/ann", body).await.expect_nothing(204);
    ann.read("auth/token/lookup-self").await.expect_errors(403, "permission denied");
    world.log_in("ann").await.read("auth/token/lookup-self").await.expect_status(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_in_has_the_limits_of_the_console() {
    let world = World::start().await;
    for _ in 0..10 {
        let wrong = Vault::anonymous(&world.url()).log_in("ann", "wrong").await;
        wrong.expect_errors(400, "invalid username or password");
    }
    let refused = Vault::anonymous(&world.url()).log_in("ann", "wrong").await;
    assert_eq!(refused.status, 429, "{}", refused.text);
    assert!(refused.headers.contains_key("retry-after"));
    Vault::anonymous(&world.url())
        .write("auth/userpass/login/bob", json!({}))
        .await
        .expect_errors(400, "missing password");
    Vault::anonymous(&world.url()).read("auth/userpass/login/bob").await.expect_errors(405, "unsupported operation");
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_are_not_given_around_their_rules() {
    let world = World::start().await;
    let root = world.vault().await;
    root.policy("clerks", r#"path "auth/userpass/users/*" { capabilities = ["create", "update", "delete"] }"#).await;
    let clerk = root.child(&["clerks"]).await;
    let body = |policy: &str| json!({ "password": World::PASSWORD, "token_policies": [policy] });
    clerk.write("auth/userpass/users/bob", body("clerks")).await.expect_nothing(204);
    for role in ["root", "global-auditor", "workspace:keymgmt:admin"] {
        clerk.write("auth/userpass/users/bob", body(role)).await.expect_errors(400, "is a role, not a policy");
    }
    let password = json!({ "password": "a barge with forty crates" });
    clerk.write("auth/userpass/users/admin", password).await.expect_errors(403, "permission denied");
    clerk.delete("auth/userpass/users/admin").await.expect_errors(403, "permission denied");
    clerk.write("auth/userpass/users/cyd", json!({})).await.expect_errors(400, "missing password");
    clerk
        .write("auth/userpass/users/no one", json!({ "password": World::PASSWORD }))
        .await
        .expect_errors(400, "username");
    root.delete("auth/userpass/users/admin").await.expect_errors(400, "last administrator");
}
