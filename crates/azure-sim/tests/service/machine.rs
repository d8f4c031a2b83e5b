//! The identities of the machine: instance metadata and the App Service endpoint.

use azure_sim::{Call, Fault};
use serde_json::json;

use crate::support::{Reply, VAULT, World, access_token, read};

const RESOURCE: &str = "resource=https%3A%2F%2Fvault.azure.net";

async fn imds(world: &World, query: &str) -> Reply {
    let url = format!("http://{}/metadata/identity/oauth2/token?{query}", world.azure.imds_address());
    read(world.http.get(url).header("Metadata", "true").send().await.unwrap()).await
}

async fn app_service(world: &World, header: &str, query: &str) -> Reply {
    let url = format!("{}?{query}", world.azure.identity_endpoint());
    read(world.http.get(url).header("X-IDENTITY-HEADER", header).send().await.unwrap()).await
}

#[tokio::test]
async fn instance_metadata_gives_a_token_of_the_machines_own_identity_with_numbers_as_text() {
    let world = World::start().await;
    let mut vault = world.vault(VAULT).await;

    let reply = imds(&world, &format!("api-version=2018-02-01&{RESOURCE}")).await;

    vault.token = access_token(&reply);
    vault.get("/keys").await.ok();
    let token = reply.ok();
    assert_eq!((&token["expires_in"], &token["token_type"]), (&json!("3599"), &json!("Bearer")));
    assert!(token["expires_on"].as_str().unwrap().parse::<u64>().is_ok());
    assert_eq!(token["client_id"], world.azure.service_principal(VAULT).client_id);
    assert_eq!(token["resource"], "https://vault.azure.net");
}

#[tokio::test]
async fn an_assigned_identity_is_named_by_one_of_its_ids() {
    let world = World::start().await;
    let mut vault = world.vault("acme-payments").await;
    let client_id = &world.azure.service_principal("acme-payments").client_id;
    let path = "%2Fsubscriptions%2F00000000-0000-0000-0000-000000000000%2FresourceGroups%2Fsimulator%2Fproviders\
                %2FMicrosoft.ManagedIdentity%2FuserAssignedIdentities%2Facme-payments";
    let header = world.azure.identity_header();

    for reply in [
        imds(&world, &format!("api-version=2018-02-01&{RESOURCE}&client_id={client_id}")).await,
        imds(&world, &format!("api-version=2018-02-01&{RESOURCE}&msi_res_id={path}")).await,
        app_service(&world, header, &format!("api-version=2019-08-01&{RESOURCE}&client_id={client_id}")).await,
        app_service(&world, header, &format!("api-version=2019-08-01&{RESOURCE}&mi_res_id={path}")).await,
    ] {
        vault.token = access_token(&reply);
        vault.get("/keys").await.ok();
    }
}

#[tokio::test]
async fn instance_metadata_says_what_is_wrong_with_a_request() {
    let world = World::start().await;
    let right = format!("api-version=2018-02-01&{RESOURCE}");
    let url = format!("http://{}/metadata/identity/oauth2/token?{right}", world.azure.imds_address());
    let without_header = read(world.http.get(&url).send().await.unwrap()).await;
    assert_eq!((without_header.status, &without_header.body["error"]), (400, &json!("invalid_request")));
    assert_eq!(world.http.post(&url).header("Metadata", "true").send().await.unwrap().status(), 405);

    world.azure.set_machine_identity(None);
    for (query, error, description) in [
        (right.as_str(), "invalid_request", "Identity not found"),
        (&format!("{right}&client_id=nobody"), "invalid_request", "Identity not found"),
        ("api-version=2018-02-01", "invalid_request", "Required query variable 'resource' is missing"),
    ] {
        let reply = imds(&world, query).await;
        assert_eq!((reply.status, &reply.body["error"]), (400, &json!(error)), "{query}");
        assert_eq!(reply.body["error_description"], description);
    }
    assert_eq!(imds(&world, RESOURCE).await.status, 400);
    world.azure.set_machine_identity(Some(VAULT));
    let unknown = imds(&world, "api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.cn").await;
    assert_eq!((unknown.status, &unknown.body["error"]), (400, &json!("invalid_resource")));
}

#[tokio::test]
async fn app_service_answers_its_own_callers_only_and_says_when_a_token_ends() {
    let world = World::start().await;
    let header = world.azure.identity_header();
    let right = format!("api-version=2019-08-01&{RESOURCE}");

    let token = app_service(&world, header, &right).await.ok();

    assert!(token["expires_on"].as_str().unwrap().parse::<u64>().is_ok());
    assert!(token.get("expires_in").is_none());
    assert_eq!(app_service(&world, "guessed", &right).await.status, 401);
    assert_eq!(app_service(&world, header, RESOURCE).await.status, 400);
    let nobody = app_service(&world, header, &format!("{right}&client_id=nobody")).await;
    assert_eq!((nobody.status, &nobody.body["statusCode"]), (400, &json!(400)));
}

#[tokio::test]
async fn instance_metadata_can_be_away_for_a_while() {
    let world = World::start().await;
    let query = format!("api-version=2018-02-01&{RESOURCE}");
    world.azure.fail_next(Call::ManagedIdentity, Fault::status(410, "gone", None, "being updated"));

    assert_eq!(imds(&world, &query).await.status, 410);
    imds(&world, &query).await.ok();
    assert_eq!(world.azure.received().iter().filter(|one| one.call == Some(Call::ManagedIdentity)).count(), 2);
}

#[tokio::test]
async fn the_port_of_the_machine_serves_no_vault_and_the_others_no_metadata() {
    let world = World::start().await;
    let imds = world.azure.imds_address();

    for url in [
        format!("http://{imds}/keys?api-version=7.4"),
        format!("http://{imds}/metadata/instance"),
        format!("https://localhost:{}/metadata/identity/oauth2/token", world.azure.address().port()),
    ] {
        let reply = read(world.http.get(&url).header("Metadata", "true").send().await.unwrap()).await;
        assert!([401, 404].contains(&reply.status), "{url}: {}", reply.status);
    }
}
