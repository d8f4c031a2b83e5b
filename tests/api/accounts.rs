//! Users and passwords.

use serde_json::json;
use support::World;

#[tokio::test(flavor = "multi_thread")]
async fn weak_passwords_are_refused_wherever_one_is_set() {
    let world = World::start().await;
    let admin = world.admin().await;
    let new = |password: &str| json!({ "username": "bob", "password": password });
    for weak in ["short", "password1234", "aaaaaaaaaaaaaaaa"] {
        admin.post("/users", new(weak)).await.expect_problem(400, "invalid", Some("password"));
    }
    assert_eq!(admin.get("/users").await.json()["items"].as_array().unwrap().len(), 1, "nobody was made");
    let bob = world.member("bob", "operator").await;
    admin.patch("/users/bob", json!({ "password": "short" })).await.expect_problem(400, "invalid", Some("password"));
    let change = |current: &str, new: &str| json!({ "current_password": current, "new_password": new });
    let path = "/session/password";
    bob.post(path, change(World::PASSWORD, "short")).await.expect_problem(400, "invalid", Some("new_password"));
    let same = change(World::PASSWORD, World::PASSWORD);
    bob.post(path, same).await.expect_problem(400, "invalid", Some("new_password"));
    let wrong = change("not my password", "a barge with forty crates");
    bob.post(path, wrong).await.expect_problem(400, "invalid", Some("current_password"));
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_is_always_left_to_administrate() {
    let world = World::start().await;
    let admin = world.admin().await;
    let last = "last_administrator";
    admin.patch("/users/admin", json!({ "global_role": "none" })).await.expect_problem(409, last, None);
    admin.patch("/users/admin", json!({ "disabled": true })).await.expect_problem(409, last, None);
    admin.get("/users").await.expect_status(200);

    world.user("second", "administrator").await;
    admin.patch("/users/second", json!({ "disabled": true })).await.expect_status(200);
    admin.patch("/users/admin", json!({ "global_role": "auditor" })).await.expect_problem(409, last, None);
    admin.patch("/users/second", json!({ "disabled": false })).await.expect_status(200);
    admin.patch("/users/admin", json!({ "global_role": "auditor" })).await.expect_status(200);
    let second = world.sign_in("second").await;
    second.patch("/users/second", json!({ "disabled": true })).await.expect_problem(409, last, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn users_and_members_are_listed_page_by_page() {
    let world = World::start().await;
    let admin = world.admin().await;
    for username in ["bob", "ann", "cyd"] {
        let user = json!({ "username": username, "password": World::PASSWORD });
        admin.post("/users", user.clone()).await.expect_status(201);
        admin.post("/users", user).await.expect_problem(409, "name_taken", Some("username"));
        let path = format!("/workspaces/keymgmt/members/{username}");
        admin.put(&path, json!({ "role": "operator" })).await.expect_status(200);
    }
    for path in ["/users", "/workspaces/keymgmt/members"] {
        let mut names = Vec::new();
        let mut after = String::new();
        loop {
            let page = admin.get(&format!("{path}?limit=2{after}")).await.json();
            let items = page["items"].as_array().unwrap();
            names.extend(items.iter().map(|item| item["username"].as_str().unwrap().to_owned()));
            let Some(next) = page["next"].as_str() else { break };
            after = format!("&after={next}");
        }
        names.retain(|name| name != "admin");
        assert_eq!(names, ["ann", "bob", "cyd"], "{path}");
    }
    let nobody = "/workspaces/keymgmt/members/nobody";
    admin.put(nobody, json!({ "role": "operator" })).await.expect_problem(404, "not_found", None);
    admin.delete(nobody).await.expect_problem(404, "not_found", None);
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_passwords_is_slowed_down_and_recorded_once() {
    let world = World::start().await;
    let admin = world.admin().await;
    world.user("bob", "none").await;
    let guesser = world.anonymous();
    for _ in 0..9 {
        guesser.sign_in("bob", "a wrong password").await.expect_problem(401, "wrong_credentials", None);
    }
    let reply = guesser.sign_in("bob", World::PASSWORD).await;
    reply.expect_problem(429, "too_many_attempts", None);
    let wait: u64 = reply.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=6).contains(&wait));

    let trail = admin.get("/audit-events?limit=200").await.text;
    assert_eq!(trail.matches("\"outcome\":\"refused\"").count(), 1, "{trail}");
}
