//! Requests as Vault's clients send them, in every spelling, and answers as they read them.

use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE};
use serde_json::{Value, json};
use support::{Vault, World};

#[tokio::test(flavor = "multi_thread")]
async fn a_body_is_read_however_it_is_labelled() {
    let world = World::start().await;
    let vault = world.vault().await;
    let form = "application/x-www-form-urlencoded";
    let bodies: [(&str, Option<&str>, &str, &str); 8] = [
        ("plain", None, r#"{"type":"ecdsa-p256","deletion_allowed":"true"}"#, "ecdsa-p256"),
        ("labelled", Some("application/json"), r#"{"type":"ecdsa-p256","deletion_allowed":true}"#, "ecdsa-p256"),
        ("charset", Some("application/json; charset=utf-8"), r#"{"type":"ecdsa-p256"}"#, "ecdsa-p256"),
        ("curl", Some(form), "\n{\"type\":\"ecdsa-p256\"}", "ecdsa-p256"),
        ("form", Some(form), "type=ecdsa-p256&deletion_allowed=1", "ecdsa-p256"),
        ("empty", None, "", "rsa-2048"),
        ("null", None, "null", "rsa-2048"),
        ("object", Some(form), "{}", "rsa-2048"),
    ];
    for (name, label, body, key_type) in bodies {
        for method in [Method::PUT, Method::POST] {
            let path = format!("keymgmt/key/{name}-{}", method.as_str().to_lowercase());
            let mut request = vault.request(method, &path).body(body);
            if let Some(label) = label {
                request = request.header(CONTENT_TYPE, label);
            }
            vault.answer(request).await.expect_nothing(204);
            let data = vault.data(&path).await;
            assert_eq!((&data["type"], &data["latest_version"]), (&json!(key_type), &json!(1)), "{name}");
            assert_eq!(data["deletion_allowed"], body.contains("deletion_allowed"), "{name}");
        }
    }
    for body in ["{", "[]", "\"text\"", "{\"type\":[]}", "{\"deletion_allowed\":\"perhaps\"}", "{\"type\":{\"a\":1}}"] {
        let reply = vault.answer(vault.request(Method::PUT, "keymgmt/key/bad").body(body)).await;
        reply.expect_errors(400, if body.len() > 6 { "fail" } else { "failed to parse JSON input" });
    }
    vault.read("keymgmt/key/bad").await.expect_errors(404, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_asked_for_in_every_spelling() {
    let world = World::start().await;
    let vault = world.vault().await;
    for path in ["keymgmt/key", "keymgmt/kms", "keymgmt/key/none/kms", "keymgmt/kms/none/key"] {
        vault.list(path).await.expect_errors(404, "");
    }
    for name in ["b", "a", "_", "Unicorns", "a.b-c"] {
        vault.put(&format!("keymgmt/key/{name}"), json!({ "type": "aes256-gcm96" })).await;
    }
    let names = json!(["Unicorns", "_", "a", "a.b-c", "b"]);
    for path in ["keymgmt/key", "keymgmt/key/", "/keymgmt//key/", "keymgmt/./key"] {
        let list = Method::from_bytes(b"LIST").unwrap();
        let reply = vault.answer(vault.request(list, path)).await;
        assert_eq!(reply.expect::<Value>(200)["data"]["keys"], names, "{path}");
        for value in ["true", "True", "TRUE", "t", "T", "1"] {
            let reply = vault.read(&format!("{path}?list={value}")).await;
            assert_eq!(reply.expect::<Value>(200)["data"]["keys"], names, "{path}?list={value}");
        }
    }
    vault.read("keymgmt/key?list=yes").await.expect_errors(400, "list");
    vault.read("keymgmt/key").await.expect_errors(405, "unsupported operation");
    vault.read("keymgmt/key?list=false").await.expect_errors(405, "unsupported operation");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_comes_in_either_header_and_nothing_else_is_an_identity() {
    let world = World::start().await;
    let vault = world.vault().await;
    vault.put("keymgmt/key/payments", json!({ "type": "ecdsa-p256" })).await;
    let anonymous = Vault::anonymous(&world.url());
    let get = || anonymous.request(Method::GET, "keymgmt/key/payments");
    for bad in ["", "kf_nothing", "s.12345"] {
        anonymous.answer(get().header("x-vault-token", bad)).await.expect_errors(403, "permission denied");
    }
    anonymous.answer(get()).await.expect_errors(403, "permission denied");
    let bearer = format!("Bearer {}", vault.token());
    anonymous.answer(get().header(AUTHORIZATION, &bearer)).await.expect_status(200);
    anonymous.answer(get().header(AUTHORIZATION, bearer.to_lowercase())).await.expect_errors(403, "permission denied");
    let both = get().header(AUTHORIZATION, &bearer).header("x-vault-token", "kf_nothing");
    anonymous.answer(both).await.expect_errors(403, "permission denied");
    let cookie = world.admin().await.cookie().unwrap();
    anonymous.answer(get().header(COOKIE, &cookie)).await.expect_errors(403, "permission denied");
    // A program that keeps cookies is no browser: its token counts.
    let write = anonymous.request(Method::PUT, "keymgmt/key/payments").header(COOKIE, &cookie);
    anonymous.answer(write.header("x-vault-token", vault.token())).await.expect_nothing(204);
    for namespace in ["", "/", "root", "root/"] {
        let request = vault.request(Method::GET, "keymgmt/key/payments").header("x-vault-namespace", namespace);
        vault.answer(request).await.expect_status(200);
    }
    let elsewhere = vault.request(Method::GET, "keymgmt/key/payments").header("x-vault-namespace", "team1/");
    vault.answer(elsewhere).await.expect_errors(404, "no handler for route \"team1/keymgmt/key/payments\"");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_an_envelope_or_errors_and_nothing_else() {
    let world = World::start().await;
    let vault = world.vault().await;
    vault.put("keymgmt/key/payments", json!({ "type": "aes256-gcm96" })).await;
    let reply = vault.read("keymgmt/key/payments").await;
    let body: Value = reply.expect(200);
    let mut members: Vec<&String> = body.as_object().unwrap().keys().collect();
    members.sort_unstable();
    let envelope = [
        "auth",
        "data",
        "lease_duration",
        "lease_id",
        "mount_type",
        "renewable",
        "request_id",
        "warnings",
        "wrap_info",
    ];
    assert_eq!(members, envelope);
    assert_eq!(
        (&body["lease_id"], &body["lease_duration"], &body["renewable"], &body["mount_type"]),
        (&json!(""), &json!(0), &json!(false), &json!("keymgmt"))
    );
    assert!(["auth", "warnings", "wrap_info"].iter().all(|name| body[name].is_null()));
    let id = body["request_id"].as_str().unwrap();
    assert_eq!(id.len(), 36);
    assert_eq!(id.replace('-', ""), reply.headers["x-request-id"].to_str().unwrap());
    assert_eq!(reply.headers["content-type"], "application/json");
    assert_eq!(reply.headers["cache-control"], "no-store");
    let head = vault.answer(vault.request(Method::HEAD, "keymgmt/key/payments")).await;
    head.expect_nothing(200);
    vault.answer(vault.request(Method::HEAD, "keymgmt/key/none")).await.expect_nothing(404);

    vault.read("keymgmt/key/none").await.expect_errors(404, "");
    vault
        .read("nothing/here")
        .await
        .expect_errors(404, "no handler for route \"nothing/here\". route entry not found.");
    vault.read("").await.expect_errors(404, "no handler for route");
    for path in ["keymgmt", "keymgmt/other", "keymgmt/key/a/b", "keymgmt/key/-bad", "keymgmt/kms/a%20b"] {
        vault.read(path).await.expect_errors(404, "unsupported path");
    }
    let patch = vault.request(Method::PATCH, "keymgmt/key/payments").body(r#"{"deletion_allowed":true}"#);
    let patch = vault.answer(patch.header(CONTENT_TYPE, "application/merge-patch+json")).await;
    patch.expect_errors(405, "unsupported operation");
    for (method, path) in
        [("DELETE", "keymgmt/key"), ("GET", "keymgmt/key/payments/rotate"), ("PURGE", "keymgmt/key/a")]
    {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        vault.answer(vault.request(method, path)).await.expect_errors(405, "unsupported operation");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_that_nobody_knows_are_told_where_there_is_a_body() {
    let world = World::start().await;
    let vault = world.vault().await;
    let body = json!({ "type": "aes256-gcm96", "name": "other", "exportable": true });
    vault.put("keymgmt/key/payments", body).await;
    assert_eq!(vault.data("keymgmt/key/payments").await["name"], "payments", "the path wins");
    let reply = vault.write("auth/token/create", json!({ "ttl": "5m", "zeal": 1, "colour": "red" })).await;
    let warnings = reply.expect::<Value>(200)["warnings"].take();
    let ignored = "Endpoint ignored these unrecognized parameters: [colour zeal]";
    assert!(warnings.as_array().unwrap().contains(&json!(ignored)), "{warnings}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_layers_refuse_has_the_same_shape() {
    let world = World::start().await;
    let vault = world.vault().await;
    let large = vault.request(Method::PUT, "keymgmt/key/large").body(vec![b' '; 33 * 1024 * 1024]);
    // The server may close the connection before all of it is sent.
    if let Ok(response) = large.send().await {
        assert_eq!(response.status(), 413);
        assert_eq!(response.json::<Value>().await.unwrap(), json!({ "errors": ["the body is larger than 32 MiB"] }));
    }
    let wide = json!({ "type": "aes256-gcm96", "padding": "x".repeat(2 * 1024 * 1024) });
    vault.put("keymgmt/key/wide", wide).await;
    let anonymous = Vault::anonymous(&world.url());
    let other_site =
        anonymous.request(Method::POST, "auth/userpass/login/admin").header("sec-fetch-site", "cross-site");
    anonymous.answer(other_site.body("password=x")).await.expect_errors(403, "another site");
    let login = async || anonymous.write("auth/userpass/login/nobody", json!({ "password": "wrong" })).await;
    for _ in 0..10 {
        login().await.expect_errors(400, "invalid username or password");
    }
    let refused = login().await;
    refused.expect_errors(429, "too many attempts");
    assert!(refused.headers.contains_key("retry-after"));
    for path in ["keymgmt/key/payments", "keymgmt/key?list=true", "sys/mounts"] {
        let wrapped = vault.request(Method::GET, path).header("x-vault-wrap-ttl", "60s");
        vault.answer(wrapped).await.expect_errors(400, "wrapping");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_says_how_it_is_to_anybody() {
    let world = World::start().await;
    let anyone = Vault::anonymous(&world.url());
    let health: Value = anyone.read("sys/health").await.expect(200);
    assert_eq!(
        (&health["initialized"], &health["sealed"], &health["standby"], &health["version"]),
        (&json!(true), &json!(false), &json!(false), &json!("2.1.0+ent"))
    );
    anyone.read("sys/health?standbyok=true&sealedcode=200&activecode=204").await.expect_status(204);
    anyone.answer(anyone.request(Method::HEAD, "sys/health?activecode=299")).await.expect_nothing(299);
    for code in ["600", "99", "abc", "-1"] {
        anyone.read(&format!("sys/health?activecode={code}")).await.expect_errors(400, "activecode");
    }
    let seal: Value = anyone.read("sys/seal-status").await.expect(200);
    assert_eq!(
        (&seal["sealed"], &seal["initialized"], &seal["version"]),
        (&json!(false), &json!(true), &json!("2.1.0+ent"))
    );
    assert!(seal["data"].is_null() && seal["t"].is_number(), "there is no envelope: {seal}");
    let leader: Value = anyone.read("sys/leader").await.expect(200);
    assert_eq!(leader["ha_enabled"], false);
    anyone.write("sys/seal-status", json!({})).await.expect_errors(405, "unsupported operation");
}
