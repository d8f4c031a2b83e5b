//! Other clouds than the public one, and both versions of the token endpoint.

use serde_json::json;

use crate::support::{LOGIN, LOGIN_US_GOVERNMENT, VAULT, World, access_token, read};

const GOVERNMENT: &str = "acme-gov";

#[tokio::test]
async fn a_vault_of_another_cloud_is_reached_by_the_names_of_that_cloud() {
    let world = World::start().await;
    let vault = world.vault(GOVERNMENT).await;

    let created = vault.post("/keys/rsa/create", json!({ "kty": "RSA" })).await.ok();

    let kid = created["key"]["kid"].as_str().unwrap();
    assert!(kid.starts_with("https://acme-gov.vault.usgovcloudapi.net/keys/rsa/"), "{kid}");
    let url = "https://acme-gov.vault.usgovcloudapi.net/keys?api-version=7.4";
    let challenge =
        world.http.get(url).send().await.unwrap().headers()["www-authenticate"].to_str().unwrap().to_owned();
    let tenant = world.azure.service_principal(GOVERNMENT).tenant_id;
    assert!(challenge.contains(&format!("\"https://login.microsoftonline.us/{tenant}\"")), "{challenge}");
    assert!(challenge.contains("resource=\"https://vault.usgovcloudapi.net\""), "{challenge}");
}

#[tokio::test]
async fn a_vault_is_in_one_cloud_only() {
    let world = World::start().await;

    for host in ["acme-gov.vault.azure.net", "keyvault-name.vault.usgovcloudapi.net", "acme-gov.vault.azure.cn"] {
        assert!(world.http.get(format!("https://{host}/keys?api-version=7.4")).send().await.is_err(), "{host}");
    }
}

#[tokio::test]
async fn a_login_host_knows_the_tenants_and_the_resources_of_its_cloud() {
    let world = World::start().await;
    let government = world.azure.service_principal(GOVERNMENT);
    let public = world.azure.service_principal(VAULT);
    let scope = "https://vault.usgovcloudapi.net/.default";
    let cases = [
        (LOGIN, &government, scope, 90_002),
        (LOGIN_US_GOVERNMENT, &public, scope, 90_002),
        ("login.chinacloudapi.cn", &public, scope, 90_002),
        ("login.partner.microsoftonline.cn", &public, scope, 90_002),
        ("login.microsoftonline.de", &public, scope, 90_002),
        (LOGIN_US_GOVERNMENT, &government, "https://vault.azure.net/.default", 500_011),
        (LOGIN, &public, scope, 500_011),
    ];

    for (host, principal, scope, code) in cases {
        let reply = world.ask_token_at(host, principal, scope).await;
        assert_eq!(reply.body["error_codes"], json!([code]), "{host} {scope}: {}", reply.body);
    }
    access_token(&world.ask_token_at(LOGIN_US_GOVERNMENT, &government, scope).await);
    access_token(&world.ask_token_at("login.windows.net", &public, "https://vault.azure.net/.default").await);
}

#[tokio::test]
async fn the_first_version_of_the_token_endpoint_takes_a_resource_and_writes_numbers_as_text() {
    let world = World::start().await;
    let principal = world.azure.service_principal(VAULT);
    let path = format!("{}/oauth2/token", principal.tenant_id);
    let form = |resource: &'static str| {
        vec![
            ("grant_type", "client_credentials"),
            ("client_id", &*principal.client_id),
            ("client_secret", &*principal.client_secret),
            (resource, "https://vault.azure.net"),
        ]
    };

    let token = world.post_form(LOGIN, &path, &form("resource")).await.ok();

    assert_eq!((&token["expires_in"], &token["resource"]), (&json!("3599"), &json!("https://vault.azure.net")));
    let url = format!("https://{VAULT}.vault.azure.net/keys?api-version=7.4");
    let bearer = token["access_token"].as_str().unwrap();
    read(world.http.get(url).bearer_auth(bearer).send().await.unwrap()).await.ok();

    let scope = world.post_form(LOGIN, &path, &form("scope")).await;
    assert_eq!(scope.body["error_codes"], json!([900_144]));
    let second = format!("{}/oauth2/v2.0/token", principal.tenant_id);
    assert_eq!(world.post_form(LOGIN, &second, &form("resource")).await.body["error_codes"], json!([901_002]));
}

#[tokio::test]
async fn a_token_for_key_vault_as_an_application_is_taken_too() {
    let world = World::start().await;
    let mut vault = world.vault(VAULT).await;
    let scope = "cfa8b339-82a2-471a-a3c9-0fc0be7a4093/.default";

    vault.token = access_token(&world.ask_token(&world.azure.service_principal(VAULT), scope).await);

    vault.get("/keys").await.ok();
}

#[tokio::test]
async fn a_login_host_names_its_aliases_to_a_client_that_asks() {
    let world = World::start().await;
    let url = "https://login.chinacloudapi.cn/common/discovery/instance?api-version=1.1";

    let found = read(world.http.get(url).send().await.unwrap()).await.ok();

    let aliases = &found["metadata"][0]["aliases"];
    assert_eq!(aliases, &json!(["login.chinacloudapi.cn", "login.partner.microsoftonline.cn"]));
}
