//! What a vault's refusals say: who asked, what was missing, from where, and which tenants.

use azure::{Answer, Environment, Error, Permission, Vault};
use azure_sim::{AccessModel, Network};

use crate::blob::import;
use crate::support::{VAULT, World, credentials};

async fn refusal(vault: &Vault) -> Answer {
    match vault.import_key("orders", &import("eHg")).await.unwrap_err() {
        Error::Answered(answer) => *answer,
        error => panic!("{error:?}"),
    }
}

#[tokio::test]
async fn a_missing_right_is_named_with_its_caller_in_every_model() {
    let world = World::start().await;
    for (name, model) in
        [("acme-forbids", Some(AccessModel::Rbac)), ("acme-forbids", Some(AccessModel::Policies)), ("acme-hsm", None)]
    {
        match model {
            Some(model) => world.azure.set_access_model(name, model),
            None => world.azure.set_permissions(name, &[]),
        }
        let principal = world.azure.service_principal(name);
        let vault = world.seen_through(Environment::default(), credentials(principal.clone()), name);
        let answer = refusal(&vault).await;
        let facts = answer.facts();
        assert_eq!(answer.status, 403, "{answer}");
        assert_eq!(facts.missing, Some(Permission::Import), "{answer}");
        assert_eq!(facts.caller.app_id, Some(principal.client_id), "{answer}");
        assert_eq!(facts.caller.tenant_id, Some(principal.tenant_id), "{answer}");
        assert!(facts.caller.object_id.is_some_and(|id| id.len() == 36), "{answer}");
        assert!(answer.request_id.is_some());
    }
}

#[tokio::test]
async fn the_address_that_the_network_rules_refused_is_known() {
    let world = World::start().await;
    for network in [Network::Firewall(vec!["203.0.113.7".parse().unwrap()]), Network::PrivateLink] {
        world.azure.set_network(VAULT, network);
        let answer = refusal(&world.vault(VAULT)).await;
        assert_eq!(answer.facts().source_address, Some("127.0.0.1".parse().unwrap()), "{answer}");
    }
}

#[tokio::test]
async fn a_token_of_another_tenant_tells_both() {
    let world = World::start().await;
    let stranger = world.azure.other_tenant();
    let tenant = stranger.tenant_id.clone();
    let vault = world.client.vault(VAULT, credentials(stranger)).unwrap();
    let tenants = refusal(&vault).await.facts().tenants.unwrap();
    assert_eq!(tenants.token, Some(tenant));
    assert_eq!(tenants.vault, world.azure.service_principal(VAULT).tenant_id);
}
