//! What is at a vault beside the versions that are known: others, and a rotation policy.

use azure::{Environment, Error};
use azure_sim::{Call, Permission};

use crate::support::{VAULT, World, credentials};

#[tokio::test]
async fn every_page_of_a_keys_versions_is_read() {
    let world = World::start().await;
    for _ in 0..51 {
        world.azure.put_foreign_key(VAULT, "orders");
    }
    let listed = world.vault(VAULT).list_versions("ORDERS").await.unwrap();

    let mut listed: Vec<String> = listed.into_iter().filter(|version| version.enabled).map(|v| v.version).collect();
    let there = world.azure.key(VAULT, "orders").unwrap().versions;
    let mut there: Vec<String> = there.into_iter().map(|version| version.version).collect();
    listed.sort_unstable();
    there.sort_unstable();
    assert_eq!((listed, world.count(Call::ListVersions)), (there, 3));
    assert!(world.vault(VAULT).list_versions("absent").await.unwrap().is_empty());
}

#[tokio::test]
async fn a_managed_hsm_lists_versions_too() {
    let world = World::start().await;
    world.azure.put_foreign_key("acme-hsm", "orders");
    let own = credentials(world.azure.service_principal("acme-hsm"));
    let hsm = world.seen_through(Environment::default(), own, "acme-hsm");
    assert_eq!(hsm.list_versions("orders").await.unwrap().len(), 1);
}

#[tokio::test]
async fn only_a_policy_that_rotates_is_told() {
    let world = World::start().await;
    let vault = world.vault(VAULT);
    world.azure.put_foreign_key(VAULT, "orders");
    assert_eq!(vault.rotates("orders").await.unwrap(), None);

    world.azure.set_rotation_policy(VAULT, "orders", "P90D");

    assert_eq!(vault.rotates("orders").await.unwrap().as_deref(), Some("P90D after creation"));
    assert!(vault.rotates("absent").await.unwrap_err().is_not_found());
    world.azure.set_permissions(VAULT, &[Permission::Get]);
    let Err(Error::Answered(answer)) = vault.rotates("orders").await else { panic!("it may not be read") };
    assert_eq!(answer.status, 403);
}
