//! Sessions of browsers: how they begin and how they end.

use serde_json::{Value, json};
use support::{Client, World};

async fn is_signed_in(client: &Client) -> bool {
    client.get("/session").await.status == 200
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_gives_a_new_session_whatever_cookie_was_there() {
    let world = World::start().await;
    let planted = world.anonymous().with_cookie(Some("keyferry=AAAAAAAAAAAAAAAAAAAAAA".to_owned()));
    let before = planted.cookie();
    planted.sign_in("admin", World::PASSWORD).await.expect_status(200);
    assert_ne!(planted.cookie(), before);
    assert!(!is_signed_in(&planted.with_cookie(before)).await);

    let first = planted.cookie();
    planted.sign_in("admin", World::PASSWORD).await.expect_status(200);
    assert_ne!(planted.cookie(), first);
    assert!(!is_signed_in(&planted.with_cookie(first)).await, "the session before has ended");
    assert!(is_signed_in(&planted).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cookie_is_for_this_server_and_no_script() {
    let world = World::start().await;
    let reply = world.anonymous().sign_in("admin", World::PASSWORD).await;
    let cookie = reply.headers["set-cookie"].to_str().unwrap();
    for attribute in ["keyferry=", "HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=1800"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    let again = world.sign_in("admin").await.get("/workspaces").await;
    assert!(again.headers.get("set-cookie").is_none(), "it is not sent again within a minute");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_was_signed_out_cannot_be_used_again() {
    let world = World::start().await;
    let client = world.sign_in("admin").await;
    let copy = client.with_cookie(client.cookie());
    client.delete("/session").await.expect_nothing(204);
    assert!(!is_signed_in(&copy).await);
    assert_eq!(client.cookie(), None, "the browser forgets the cookie");
}

#[tokio::test(flavor = "multi_thread")]
async fn disabling_a_user_and_another_role_end_all_sessions() {
    let world = World::start().await;
    let admin = world.admin().await;
    let bob = world.member("bob", "operator").await;
    let second = world.sign_in("bob").await;

    let role = json!({ "role": "auditor" });
    admin.put("/workspaces/keymgmt/members/bob", role).await.expect_status(200);
    assert!(!is_signed_in(&bob).await && !is_signed_in(&second).await);

    let bob = world.sign_in("bob").await;
    admin.patch("/users/bob", json!({ "global_role": "auditor" })).await.expect_status(200);
    assert!(!is_signed_in(&bob).await);

    let bob = world.sign_in("bob").await;
    admin.patch("/users/bob", json!({ "disabled": true })).await.expect_status(200);
    assert!(!is_signed_in(&bob).await);
    world.anonymous().sign_in("bob", World::PASSWORD).await.expect_problem(401, "wrong_credentials", None);

    admin.patch("/users/bob", json!({ "disabled": false })).await.expect_status(200);
    assert!(!is_signed_in(&bob).await, "what has ended does not begin again");
    let bob = world.sign_in("bob").await;
    admin.delete("/workspaces/keymgmt/members/bob").await.expect_nothing(204);
    assert!(!is_signed_in(&bob).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_ends_the_other_sessions_and_renews_this_one() {
    let world = World::start().await;
    let bob = world.member("bob", "operator").await;
    let (other, before) = (world.sign_in("bob").await, bob.cookie());
    let new = "a barge with forty crates";
    let change = json!({ "current_password": World::PASSWORD, "new_password": new });
    bob.post("/session/password", change).await.expect_nothing(204);

    assert!(is_signed_in(&bob).await);
    assert_ne!(bob.cookie(), before);
    assert!(!is_signed_in(&other).await && !is_signed_in(&bob.with_cookie(before)).await);
    world.anonymous().sign_in("bob", World::PASSWORD).await.expect_problem(401, "wrong_credentials", None);
    world.anonymous().sign_in("bob", new).await.expect_status(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_says_who_and_with_which_rights() {
    let world = World::start().await;
    let ann = world.member("ann", "auditor").await;
    let session: Value = ann.get("/session").await.expect(200);
    assert_eq!(session["username"], "ann");
    assert_eq!(session["global_role"], "none");
    let access = json!([{ "slug": "keymgmt", "path": "keymgmt", "title": "Key management", "role": "auditor" }]);
    assert_eq!(session["workspaces"], access);
    assert_eq!((&session["must_change_password"], &session["demo"]), (&json!(false), &json!(false)));
    ann.get("/demo").await.expect_problem(404, "not_found", None);
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_from_other_sites_are_refused() {
    let world = World::start().await;
    let admin = world.admin().await;
    let own = world.url();
    let new = json!({ "name": "payments", "type": "rsa-2048" });
    let request = || admin.request(reqwest::Method::POST, "/api/v1/workspaces/keymgmt/keys").json(&new);
    admin.answer(request()).await.expect_problem(403, "cross_site", None);
    for site in ["cross-site", "same-site", "none"] {
        admin.answer(request().header("sec-fetch-site", site)).await.expect_problem(403, "cross_site", None);
    }
    let foreign = request().header("origin", "http://evil.example");
    admin.answer(foreign).await.expect_problem(403, "cross_site", None);
    let form = admin.request(reqwest::Method::POST, "/api/v1/workspaces/keymgmt/keys").body(new.to_string());
    let form = form.header("sec-fetch-site", "same-origin").header("content-type", "text/plain");
    admin.answer(form).await.expect_problem(415, "media_type", None);
    assert_eq!(admin.get("/workspaces/keymgmt/keys").await.json()["items"], json!([]), "nothing was made");

    admin.answer(request().header("origin", own)).await.expect_status(201);
}
