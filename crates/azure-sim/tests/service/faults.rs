//! Failures on demand, and the record of what was received.

use std::time::{Duration, Instant};

use azure_sim::{Call, Fault};
use reqwest::Method;
use serde_json::json;

use crate::support::{VAULT, Vault, World, read};

async fn create(vault: &Vault<'_>) -> Result<reqwest::Response, reqwest::Error> {
    vault.request(Method::POST, "/keys/rsa/create").json(&json!({ "kty": "RSA-HSM" })).send().await
}

fn versions(world: &World) -> usize {
    world.azure.key(VAULT, "rsa").map_or(0, |key| key.versions.len())
}

#[tokio::test]
async fn a_status_is_answered_once_with_its_headers_and_nothing_is_done() {
    let world = World::start().await;
    let vault = world.vault(VAULT).await;
    world.azure.fail_next(Call::CreateKey, Fault::throttled(Some(7)));

    let response = create(&vault).await.unwrap();

    assert_eq!(response.headers()["retry-after"], "7");
    assert_eq!(read(response).await.refusal().1, "Throttled");
    assert_eq!(versions(&world), 0);
    assert_eq!(create(&vault).await.unwrap().status(), 200);
}

#[tokio::test]
async fn statuses_come_in_the_envelope_of_the_service_that_fails() {
    let world = World::start().await;
    let vault = world.vault(VAULT).await;
    world.azure.fail_next(Call::GetKey, Fault::internal_error());
    world.azure.fail_next(Call::GetKey, Fault::forbidden_by_rbac());
    world.azure.fail_next(Call::GetKey, Fault::forbidden_by_firewall());
    world.azure.fail_next(Call::Token, Fault::entra_unavailable());

    assert_eq!(vault.get("/keys/rsa").await.refusal().0, 500);
    assert_eq!(vault.get("/keys/rsa").await.refusal().2, "ForbiddenByRbac");
    assert_eq!(vault.get("/keys/rsa").await.refusal().2, "ForbiddenByFirewall");
    let reply = world.ask_token(&world.azure.service_principal(VAULT), "https://vault.azure.net/.default").await;
    assert_eq!((reply.status, &reply.body["error_codes"]), (503, &json!([90_033])));
}

#[tokio::test]
async fn faults_wait_for_their_call_as_often_as_asked_and_can_be_forgotten() {
    let world = World::start().await;
    let vault = world.vault(VAULT).await;
    world.azure.fail_times(Call::GetKey, Fault::unavailable(), 2);
    world.azure.fail_times(Call::CreateKey, Fault::unavailable(), 9);
    world.azure.clear_faults();
    world.azure.fail_times(Call::GetKey, Fault::unavailable(), 2);

    assert_eq!(create(&vault).await.unwrap().status(), 200);
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(vault.get("/keys/rsa").await.status);
    }
    assert_eq!(statuses, [503, 503, 200]);
}

#[tokio::test]
async fn a_reset_before_the_work_leaves_nothing_and_one_after_it_leaves_a_version() {
    let world = World::start().await;
    let vault = world.vault(VAULT).await;

    world.azure.fail_next(Call::CreateKey, Fault::ResetBefore);
    assert!(create(&vault).await.is_err());
    assert_eq!(versions(&world), 0);

    world.azure.fail_next(Call::CreateKey, Fault::ResetAfter);
    assert!(create(&vault).await.is_err());
    assert_eq!(versions(&world), 1);

    assert_eq!(create(&vault).await.unwrap().status(), 200);
}

#[tokio::test]
async fn work_whose_reply_was_lost_is_done_later() {
    let world = World::start().await;
    let vault = world.vault(VAULT).await;
    world.azure.fail_next(Call::CreateKey, Fault::ReplyLostWorkDoneLater(Duration::from_millis(100)));

    let lost = create(&vault).await;

    assert!(lost.is_err());
    assert_eq!(versions(&world), 0);
    world.azure.idle().await;
    assert_eq!(versions(&world), 1);
}

#[tokio::test]
async fn a_slow_call_is_finished_although_its_caller_went_away() {
    let world = World::start().await;
    let vault = world.vault(VAULT).await;
    let delay = Duration::from_millis(200);
    world.azure.fail_times(Call::CreateKey, Fault::Delay(delay), 2);

    let started = Instant::now();
    assert_eq!(create(&vault).await.unwrap().status(), 200);
    assert!(started.elapsed() >= delay);

    let request = vault.request(Method::POST, "/keys/rsa/create").json(&json!({ "kty": "RSA-HSM" }));
    let caller = tokio::spawn(request.send());
    world.azure.wait_for(Call::CreateKey, 2).await;
    caller.abort();
    assert_eq!(versions(&world), 1);
    world.azure.idle().await;
    assert_eq!(versions(&world), 2);
}

#[tokio::test]
async fn a_garbled_answer_comes_after_the_work() {
    let world = World::start().await;
    let vault = world.vault(VAULT).await;
    world.azure.fail_next(Call::CreateKey, Fault::Garbled);

    let response = create(&vault).await.unwrap();

    assert_eq!(response.status(), 200);
    assert!(response.json::<serde_json::Value>().await.is_err());
    assert_eq!(versions(&world), 1);
}

#[tokio::test]
async fn an_expired_token_is_challenged() {
    let world = World::start().await;
    let vault = world.vault(VAULT).await;
    world.azure.fail_next(Call::CreateKey, Fault::ExpiredToken);

    let response = create(&vault).await.unwrap();

    assert_eq!(response.status(), 401);
    assert!(response.headers()["www-authenticate"].to_str().unwrap().starts_with("Bearer authorization="));
    assert_eq!(versions(&world), 0);
}

#[tokio::test]
async fn a_vault_that_does_not_exist_does_not_answer() {
    let world = World::start().await;
    let mut vault = world.vault(VAULT).await;
    vault.name = "nobody-has-this".to_owned();

    assert!(vault.request(Method::GET, "/keys").send().await.is_err());

    let received = world.azure.received();
    let last = received.last().unwrap();
    assert_eq!((last.host.as_str(), last.call, last.status), ("nobody-has-this.vault.azure.net", None, None));
}

#[tokio::test]
async fn the_record_shows_what_came_and_what_was_answered_but_no_secret() {
    let world = World::start().await;
    let vault = world.vault(VAULT).await;
    vault.put("/keys/rsa", json!({ "key": { "kty": "RSA", "key_hsm": "kept" } })).await;

    let received = world.azure.received();

    let seen: Vec<_> = received.iter().map(|one| (one.method.as_str(), one.call, one.status)).collect();
    assert_eq!(seen, [("POST", Some(Call::Token), Some(200)), ("PUT", Some(Call::ImportKey), Some(400))]);
    let principal = world.azure.service_principal(VAULT);
    assert!(received[0].body.contains(&principal.client_id));
    let whole = format!("{received:?}");
    assert!(!whole.contains(&principal.client_secret) && !whole.contains(&vault.token));
    assert!(received[1].body.contains("\"key_hsm\":\"kept\""));
    assert_eq!(received[1].host, format!("{VAULT}.vault.azure.net"));
    assert_eq!(received[1].path, "/keys/rsa");
}
