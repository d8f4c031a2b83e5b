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

    async fn a_key_goes_on_under_its_old_name_or_starts_again_under_a_new_one(world: World) {
        withdrawn(&world).await;
        let deleted_at = world.key("payments").await.deleted[0].clone();
        assert_eq!((deleted_at.provider.as_str(), deleted_at.name_in_kms.as_str()), (VAULT, "payments"));
        world.rotate("payments").await;
        world.set_minimum("payments", 2).await;

        world.node.engine.recover_deleted_key(&deleted("payments"), &world.actor).await.unwrap();
        world.until_there("payments", VAULT).await;
        world.settle().await;
        assert_eq!(world.enabled(VAULT, "payments"), [false, true, true], "version 3 came, and version 1 is off");
        world.assert_held(VAULT, "payments").await;
        assert!(world.key("payments").await.deleted.is_empty());

        world.node.engine.withdraw_key(&path("payments", VAULT), &world.actor).await.unwrap();
        world.settle().await;
        let anew = world.distribute_anew("payments", VAULT).await.unwrap();
        world.settle().await;
        world.assert_held_as(VAULT, "payments", anew.name_in_kms.as_str()).await;
        let conflict = world.node.engine.recover_deleted_key(&deleted("payments"), &world.actor).await;
        assert!(matches!(conflict, Err(Error::Conflict { code: "already_distributed", .. })));
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
