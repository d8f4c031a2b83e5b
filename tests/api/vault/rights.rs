//! Every path below `/v1` needs a token, and the capability it names: a walk.

use reqwest::Method;
use serde_json::{Value, json};
use support::{Reply, Vault, World};

/// Verbs and paths of what is there, with the capability that each needs.
const ROUTES: [(&str, &str, &str); 53] = [
    ("LIST", "keymgmt/key", "list"),
    ("GET", "keymgmt/key/pay", "read"),
    ("PUT", "keymgmt/key/pay", "update"),
    ("POST", "keymgmt/key/new", "create"),
    ("DELETE", "keymgmt/key/pay", "delete"),
    ("LIST", "keymgmt/key/pay/kms", "list"),
    ("PUT", "keymgmt/key/pay/rotate", "update"),
    ("LIST", "keymgmt/kms", "list"),
    ("GET", "keymgmt/kms/acme", "read"),
    ("PUT", "keymgmt/kms/acme", "update"),
    ("PUT", "keymgmt/kms/new", "create"),
    ("DELETE", "keymgmt/kms/acme", "delete"),
    ("LIST", "keymgmt/kms/acme/key", "list"),
    ("GET", "keymgmt/kms/acme/key/pay", "read"),
    ("PUT", "keymgmt/kms/acme/key/pay", "update"),
    ("DELETE", "keymgmt/kms/acme/key/pay", "delete"),
    ("PUT", "keymgmt/kms/acme/key/pay/replicate", "update"),
    ("GET", "sys/mounts", "read"),
    ("GET", "sys/mounts/keymgmt", "read"),
    ("PUT", "sys/mounts/new", "create"),
    ("PUT", "sys/mounts/keymgmt", "update"),
    ("DELETE", "sys/mounts/keymgmt", "delete"),
    ("GET", "sys/mounts/keymgmt/tune", "read"),
    ("PUT", "sys/mounts/keymgmt/tune", "update"),
    ("PUT", "sys/remount", "update"),
    ("GET", "sys/remount/status/x", "read"),
    ("GET", "sys/auth", "read"),
    ("LIST", "sys/namespaces", "list"),
    ("GET", "sys/namespaces/team1", "read"),
    ("PUT", "sys/namespaces/team1", "update"),
    ("PUT", "sys/namespaces/new", "create"),
    ("PATCH", "sys/namespaces/team1", "patch"),
    ("DELETE", "sys/namespaces/team1", "delete"),
    ("LIST", "sys/policies/acl", "list"),
    ("GET", "sys/policies/acl/default", "read"),
    ("PUT", "sys/policies/acl/new", "create"),
    ("PUT", "sys/policies/acl/default", "update"),
    ("DELETE", "sys/policies/acl/default", "delete"),
    ("GET", "sys/policy", "read"),
    ("PUT", "sys/capabilities", "update"),
    ("PUT", "sys/capabilities-accessor", "update"),
    ("LIST", "auth/userpass/users", "list"),
    ("GET", "auth/userpass/users/ann", "read"),
    ("PUT", "auth/userpass/users/new", "create"),
    ("DELETE", "auth/userpass/users/ann", "delete"),
    ("PUT", "auth/userpass/users/ann/password", "update"),
    ("PUT", "auth/userpass/users/ann/policies", "update"),
    ("PUT", "auth/token/create", "update"),
    ("LIST", "auth/token/accessors", "list"),
    ("PUT", "auth/token/lookup", "update"),
    ("PUT", "auth/token/renew", "update"),
    ("PUT", "auth/token/revoke", "update"),
    ("PUT", "auth/token/revoke-accessor", "update"),
];

/// What everybody with a token may do, by the policy `default`.
const OWN: [(&str, &str); 7] = [
    ("GET", "auth/token/lookup-self"),
    ("PUT", "auth/token/renew-self"),
    ("PUT", "auth/token/revoke-self"),
    ("PUT", "sys/capabilities-self"),
    ("GET", "sys/internal/ui/mounts"),
    ("GET", "sys/internal/ui/resultant-acl"),
    ("GET", "sys/license/features"),
];

async fn call(vault: &Vault, method: &str, path: &str) -> Reply {
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    vault.answer(vault.request(method, path).body("{}")).await
}

async fn prepared(world: &World) -> Vault {
    let root = world.vault().await;
    root.put("keymgmt/key/pay", json!({ "type": "rsa-2048" })).await;
    let provider = json!({ "provider": "azurekeyvault", "key_collection": "keyvault-name" });
    root.put("keymgmt/kms/acme", provider).await;
    root.put("auth/userpass/users/ann", json!({ "password": World::PASSWORD })).await;
    root.write("sys/namespaces/team1", Value::Null).await.expect_status(200);
    root
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_answered_without_a_living_token() {
    let world = World::start().await;
    let root = prepared(&world).await;
    let revoked = root.child(&["root"]).await;
    revoked.put("auth/token/revoke-self", json!({})).await;
    let nobodies = [Vault::anonymous(&world.url()), root.with_token("kf_wrong"), revoked];
    let own = OWN.iter().map(|(method, path)| (*method, *path));
    for (method, path) in ROUTES.iter().map(|(method, path, _)| (*method, *path)).chain(own) {
        for nobody in &nobodies {
            call(nobody, method, path).await.expect_errors(403, "permission denied");
        }
    }
    let cookie = world.admin().await;
    for (method, path, _) in ROUTES {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let reply = cookie.answer(cookie.request(method, &format!("/v1/{path}")).body("{}")).await;
        assert_eq!(reply.status, 403, "{path} {}", reply.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_path_needs_its_own_capability_and_no_other() {
    let world = World::start().await;
    let root = prepared(&world).await;
    let bare = root.child(&["default"]).await;
    for (method, path) in OWN.iter().filter(|(_, path)| !path.contains("revoke")) {
        assert_ne!(call(&bare, method, path).await.status, 403, "{method} {path}");
    }
    let all = ["create", "read", "update", "patch", "delete", "list", "sudo"];
    for (method, path, needed) in ROUTES {
        call(&bare, method, path).await.expect_errors(403, "permission denied");
        let others: Vec<&str> = all.into_iter().filter(|capability| *capability != needed).collect();
        root.policy("others", &rule(path, &others)).await;
        let others = root.child(&["others"]).await;
        call(&others, method, path).await.expect_errors(403, "permission denied");
    }
    // Those that change nothing with an empty body, or nothing that later ones need.
    for (method, path, needed) in ROUTES.iter().filter(|(method, ..)| *method != "DELETE") {
        root.policy("needed", &rule(path, &[needed])).await;
        let token = root.child(&["needed"]).await;
        let reply = call(&token, method, path).await;
        assert!(reply.status < 500 && !reply.text.contains("permission denied"), "{method} {path} {}", reply.text);
    }
}

fn rule(path: &str, capabilities: &[&str]) -> String {
    json!({ "path": { path: { "capabilities": capabilities } } }).to_string()
}
