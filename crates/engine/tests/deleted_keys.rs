//! Deleted keys of ours: brought back with all versions, or destroyed for good.

use api::{DeletedKeyPath, DistributionState, PageQuery, ProviderPath};
use azure_sim::Permission;
use engine::Error;

use crate::support::{World, on_both_databases, path, workspace};

const VAULT: &str = "keyvault-name";

fn provider() -> ProviderPath {
    ProviderPath { workspace: workspace(), provider: VAULT.parse().unwrap() }
}

fn deleted(name: &str) -> DeletedKeyPath {
    DeletedKeyPath { workspace: workspace(), provider: VAULT.parse().unwrap(), name_in_kms: name.parse().unwrap() }
}

/// A key that was distributed, rotated and withdrawn.
async fn withdrawn(world: &World) {
    world.connect(VAULT).await;
    world.create_key("payments").await;
    world.distribute("payments", VAULT).await;
    world.rotate("payments").await;
    world.settle().await;
    world.node.engine.withdraw_key(&path("payments", VAULT), &world.actor).await.unwrap();
    world.settle().await;
}

on_both_databases! {
    async fn a_deleted_key_is_listed_and_brought_back(world: World) {
        withdrawn(&world).await;
        let engine = &world.node.engine;
        let listed = engine.deleted_keys(&provider(), &PageQuery::default()).await.unwrap().items;
        assert_eq!(listed.len(), 1);
        assert!(listed[0].purge_at > Some(listed[0].deleted_at));

        engine.recover_deleted_key(&deleted("payments"), &world.actor).await.unwrap();
        world.until_there("payments", VAULT).await;
        world.until("payments", VAULT, DistributionState::InSync).await;

        world.assert_held(VAULT, "payments").await;
        assert!(engine.deleted_keys(&provider(), &PageQuery::default()).await.unwrap().items.is_empty());
    }

    async fn a_purged_key_frees_its_name(world: World) {
        withdrawn(&world).await;
        let engine = &world.node.engine;
        engine.purge_deleted_key(&deleted("payments"), &world.actor).await.unwrap();
        world.until_purged(&provider()).await;

        world.distribute("payments", VAULT).await;
        world.settle().await;
        world.assert_held(VAULT, "payments").await;
    }

    async fn without_the_permission_it_stays_and_says_why(world: World) {
        withdrawn(&world).await;
        let five = [Permission::Create, Permission::Import, Permission::Get, Permission::Update, Permission::Delete];
        world.azure.set_permissions(VAULT, &five);
        world.node.engine.purge_deleted_key(&deleted("payments"), &world.actor).await.unwrap();

        let error = world.until_refused(&provider()).await;

        assert_eq!(error.code, "permission_missing");
        assert!(error.title.contains("purge keys"), "{}", error.title);
        assert_eq!(world.azure.deleted_keys(VAULT).len(), 1);
        let unknown = world.node.engine.purge_deleted_key(&deleted("other"), &world.actor).await;
        assert!(matches!(unknown, Err(Error::NotFound(_))));
    }
}
