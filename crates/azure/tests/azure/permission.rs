//! Permissions, told apart without using them.

use azure::{Environment, Error, Permission, Probe, Vault};
use azure_sim::AccessModel;

use crate::support::{VAULT, World, credentials};

fn simulated(permission: Permission) -> azure_sim::Permission {
    match permission {
        Permission::Create => azure_sim::Permission::Create,
        Permission::Import => azure_sim::Permission::Import,
        Permission::Get => azure_sim::Permission::Get,
        Permission::Update => azure_sim::Permission::Update,
        Permission::Delete => azure_sim::Permission::Delete,
        Permission::List => azure_sim::Permission::List,
        Permission::Recover => azure_sim::Permission::Recover,
        Permission::Purge => azure_sim::Permission::Purge,
    }
}

async fn missing(vault: &Vault, permission: Permission) -> Option<Permission> {
    match vault.probe(permission).await {
        Err(Error::Answered(answer)) if answer.status == 403 => Some(answer.facts().missing.unwrap()),
        Err(error) => panic!("{error:?}"),
        Ok(probe) => {
            let untold = matches!(permission, Permission::Create | Permission::Import);
            assert_eq!(probe, if untold { Probe::Untold } else { Probe::Granted }, "{permission:?}");
            None
        }
    }
}

#[tokio::test]
async fn a_permission_that_is_missing_is_found_without_using_it() {
    let world = World::start().await;
    for (name, model) in [(VAULT, Some(AccessModel::Rbac)), (VAULT, Some(AccessModel::Policies)), ("acme-hsm", None)] {
        if let Some(model) = model {
            world.azure.set_access_model(name, model);
        }
        let principal = world.azure.service_principal(name);
        let vault = world.seen_through(Environment::default(), credentials(principal), name);
        for taken in Permission::ALL {
            let left: Vec<_> = Permission::ALL.into_iter().filter(|other| *other != taken).map(simulated).collect();
            world.azure.set_permissions(name, &left);
            for asked in Permission::ALL {
                let told = missing(&vault, asked).await;
                let expected = (asked == taken && asked != Permission::Create).then_some(asked);
                // Roles know one action for reading and listing.
                let is_reading = |permission| matches!(permission, Some(Permission::Get | Permission::List));
                assert!(told == expected || is_reading(told), "{name} {taken:?} {asked:?}: {told:?}");
            }
        }
        assert!(world.azure.keys(name).is_empty() && world.azure.deleted_keys(name).is_empty());
    }
}
