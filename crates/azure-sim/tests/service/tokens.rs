//! Who gets a token, and which tokens a vault takes.

use std::time::Duration;

use azure_sim::ServicePrincipal;
use reqwest::Method;
use serde_json::json;

use crate::support::{VAULT, World, read};

const SCOPE: &str = "https://vault.azure.net/.default";

#[tokio::test]
async fn a_service_principal_gets_a_bearer_token() {
    let world = World::start().await;

    let reply = world.ask_token(&world.azure.service_principal(VAULT), SCOPE).await;

    let token = reply.ok();
    assert_eq!(token["token_type"], "Bearer");
    assert_eq!(token["expires_in"], 3599);
    assert_eq!(token["access_token"].as_str().unwrap().split('.').count(), 3);
}

#[tokio::test]
async fn entra_names_what_is_wrong_with_the_credentials() {
    let world = World::start().await;
    let right = world.azure.service_principal(VAULT);
    let with = |change: fn(&mut ServicePrincipal)| {
        let mut wrong = right.clone();
        change(&mut wrong);
        wrong
    };
    let cases = [
        (with(|wrong| wrong.client_secret = "8Q~guessed".to_owned()), SCOPE, 401, "invalid_client", 7_000_215),
        (with(|wrong| wrong.client_secret.clear()), SCOPE, 401, "invalid_client", 7_000_216),
        (with(|wrong| wrong.client_id = wrong.tenant_id.clone()), SCOPE, 400, "unauthorized_client", 700_016),
        (with(|wrong| wrong.client_id.clear()), SCOPE, 400, "invalid_request", 900_144),
        (with(|wrong| wrong.tenant_id = wrong.client_id.clone()), SCOPE, 400, "invalid_request", 90_002),
        (with(|wrong| wrong.tenant_id = "acme".to_owned()), SCOPE, 400, "invalid_request", 900_023),
        (right.clone(), "https://vault.azure.cn/.default", 400, "invalid_resource", 500_011),
        (right.clone(), "https://vault.azure.net", 400, "invalid_scope", 1_002_012),
    ];

    for (principal, scope, status, error, code) in cases {
        let reply = world.ask_token(&principal, scope).await;

        assert_eq!((reply.status, &reply.body["error"]), (status, &json!(error)), "{}", reply.body);
        assert_eq!(reply.body["error_codes"], json!([code]));
        let description = reply.body["error_description"].as_str().unwrap();
        assert!(description.starts_with(&format!("AADSTS{code}: ")), "{description}");
        assert!(description.contains("\r\nTrace ID: "), "{description}");
    }
}

#[tokio::test]
async fn the_published_endpoints_lead_to_the_token() {
    let world = World::start().await;
    let tenant = world.azure.service_principal(VAULT).tenant_id;
    let url = format!("https://login.microsoftonline.com/{tenant}/v2.0/.well-known/openid-configuration");

    let found = read(world.http.get(url).send().await.unwrap()).await.ok();

    let token_endpoint = format!("https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token");
    assert_eq!(found["token_endpoint"], token_endpoint);
    let keys = read(world.http.get(found["jwks_uri"].as_str().unwrap()).send().await.unwrap()).await.ok();
    assert_eq!(keys["keys"][0]["kty"], "RSA");
}

#[tokio::test]
async fn a_vault_challenges_a_caller_without_a_token() {
    let world = World::start().await;
    let url = format!("https://{VAULT}.vault.azure.net/keys/any?api-version=7.4");

    let response = world.http.get(url).send().await.unwrap();

    let challenge = response.headers()["www-authenticate"].to_str().unwrap().to_owned();
    let tenant = world.azure.service_principal(VAULT).tenant_id;
    assert_eq!(
        challenge,
        format!(
            "Bearer authorization=\"https://login.microsoftonline.com/{tenant}\", resource=\"https://vault.azure.net\""
        )
    );
    let reply = read(response).await;
    assert_eq!(reply.refusal(), (401, "Unauthorized", "", "AKV10000: Request is missing a Bearer or PoP token."));
}

#[tokio::test]
async fn a_vault_takes_only_tokens_for_its_audience_and_tenant() {
    let world = World::start().await;
    let mut vault = world.vault(VAULT).await;
    let right = vault.token.clone();
    let other_audience =
        world.ask_token(&world.azure.service_principal(VAULT), "https://management.azure.com/.default").await;
    let (text, signature) = right.rsplit_once('.').unwrap();
    let forged = format!("{text}.{}", signature.chars().rev().collect::<String>());
    let cases = [
        (other_audience.body["access_token"].as_str().unwrap().to_owned(), "AKV10022"),
        (world.token(&world.azure.other_tenant()).await, "AKV10032"),
        (forged, "Signature validation failed"),
        ("not.a.token".to_owned(), "Signature validation failed"),
        (String::from("x"), "Signature validation failed"),
    ];

    for (token, reason) in cases {
        vault.token = token;
        let reply = vault.get("/keys").await;

        assert_eq!((reply.status, reply.refusal().1), (401, "Unauthorized"));
        assert!(reply.refusal().3.contains(reason), "{}", reply.body);
    }
}

#[tokio::test]
async fn a_token_ends_with_its_lifetime() {
    let world = World::start().await;
    world.azure.set_token_lifetime(Duration::ZERO);
    let vault = world.vault(VAULT).await;

    let reply = vault.get("/keys").await;

    assert_eq!(reply.status, 401);
    assert!(reply.refusal().3.contains("expired"), "{}", reply.body);
}

#[tokio::test]
async fn the_identity_of_one_vault_has_no_rights_on_another() {
    let world = World::start().await;
    let mut vault = world.vault(VAULT).await;
    vault.name = "acme-payments".to_owned();

    let reply = vault.get("/keys/any").await;

    let (status, code, inner, message) = reply.refusal();
    assert_eq!((status, code, inner), (403, "Forbidden", "ForbiddenByRbac"));
    assert!(message.contains("Action: 'Microsoft.KeyVault/vaults/keys/read'"), "{message}");
    assert!(message.contains(&format!("appid={}", world.azure.service_principal(VAULT).client_id)), "{message}");
}

#[tokio::test]
async fn a_version_of_the_interface_must_be_named() {
    let world = World::start().await;
    let vault = world.vault(VAULT).await;
    let ask = |query: &str| {
        let url = format!("https://{VAULT}.vault.azure.net/keys{query}");
        world.http.get(url).bearer_auth(&vault.token)
    };

    for refused in ["", "?api-version=", "?api-version=6.0"] {
        let reply = read(ask(refused).send().await.unwrap()).await;
        assert_eq!((reply.status, reply.refusal().1), (400, "BadParameter"), "{refused}");
    }
    for accepted in ["?api-version=7.4", "/?api-version=7.6", "?api%2Dversion=2025-07-01"] {
        let reply = read(ask(accepted).send().await.unwrap()).await;
        assert_eq!(reply.status, 200, "{accepted}: {}", reply.body);
    }
}

#[tokio::test]
async fn a_machine_of_its_own_answers_for_the_default_vault_and_for_entra() {
    let world = World::start().await;
    let port = world.azure.address().port();
    let principal = world.azure.service_principal(VAULT);
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", &principal.client_id),
        ("client_secret", &principal.client_secret),
        ("scope", SCOPE),
    ];
    let url = format!("https://localhost:{port}/{}/oauth2/v2.0/token", principal.tenant_id);
    let token = read(world.http.post(url).form(&form).send().await.unwrap()).await.ok();

    let created = world
        .http
        .request(Method::POST, format!("https://localhost:{port}/keys/here/create?api-version=7.4"))
        .bearer_auth(token["access_token"].as_str().unwrap())
        .json(&json!({ "kty": "RSA" }))
        .send()
        .await
        .unwrap();

    let kid = read(created).await.ok()["key"]["kid"].as_str().unwrap().to_owned();
    assert!(kid.starts_with(&format!("https://localhost:{port}/keys/here/")), "{kid}");
    assert!(world.azure.key(VAULT, "here").is_some());
}

#[tokio::test]
async fn a_machine_of_its_own_tells_the_command_line_where_all_is_and_which_subscription_there_is() {
    let world = World::start().await;
    let here = format!("https://localhost:{}", world.azure.address().port());
    let principal = world.azure.service_principal(VAULT);

    let endpoints = read(world.http.get(format!("{here}/metadata/endpoints")).send().await.unwrap()).await.ok();
    let audience = endpoints["authentication"]["audiences"][0].as_str().unwrap();
    let scope = format!("{audience}/.default");
    let token = world.ask_token_at(here.trim_start_matches("https://"), &principal, &scope).await.ok();
    let request = || world.http.get(format!("{here}/subscriptions?api-version=2022-12-01"));
    let bearer = token["access_token"].as_str().unwrap();
    let subscriptions = read(request().bearer_auth(bearer).send().await.unwrap()).await.ok();

    assert_eq!(endpoints["authentication"]["loginEndpoint"], here);
    assert_eq!(subscriptions["value"][0]["tenantId"], principal.tenant_id);
    assert_eq!(read(request().send().await.unwrap()).await.status, 401);
}
