//! The key exchange key: always fit for what it carries, whatever became of the one before.

use azure_sim::{Call, Permission};

use crate::support::{World, on_both_databases};

const VAULT: &str = "keyvault-name";
const KEK: &str = "keyferry-kek";

on_both_databases! {
    async fn one_kek_serves_all_keys_of_a_vault(world: World) {
        world.connect(VAULT).await;
        for key in ["one", "two", "three", "four"] {
            world.create_key(key).await;
            world.distribute(key, VAULT).await;
        }
        world.settle().await;
        assert_eq!(world.azure.key(VAULT, KEK).unwrap().versions.len(), 1);
    }

    async fn a_kek_that_was_deleted_is_recovered(world: World) {
        world.connect(VAULT).await;
        world.create_key("one").await;
        world.create_key("two").await;
        world.distribute("one", VAULT).await;
        world.settle().await;
        world.delete_in_azure(VAULT, KEK).await;

        world.distribute("two", VAULT).await;
        world.settle().await;

        world.assert_held(VAULT, "two").await;
        assert!(world.azure.key(VAULT, KEK).is_some(), "it is there again");
    }

    async fn a_kek_that_may_not_be_recovered_is_replaced_under_another_name(world: World) {
        world.connect(VAULT).await;
        world.create_key("one").await;
        world.create_key("two").await;
        world.distribute("one", VAULT).await;
        world.settle().await;
        world.delete_in_azure(VAULT, KEK).await;
        let five = [Permission::Create, Permission::Import, Permission::Get, Permission::Update, Permission::Delete];
        world.azure.set_permissions(VAULT, &five);

        world.distribute("two", VAULT).await;
        world.settle().await;

        world.assert_held(VAULT, "two").await;
        assert!(world.azure.key(VAULT, "keyferry-kek-2").is_some());
    }

    async fn a_foreign_key_of_the_keks_name_is_left_alone_and_reported(world: World) {
        world.connect(VAULT).await;
        world.azure.put_foreign_key(VAULT, KEK);
        world.create_key("one").await;
        let imports = world.seen(Call::ImportKey);
        world.distribute("one", VAULT).await;

        let refused = world.until("one", VAULT, api::DistributionState::Refused).await;

        assert_eq!(refused.last_error.unwrap().code, "unusable_kek");
        assert_eq!(world.azure.key(VAULT, KEK).unwrap().versions.len(), 1);
        assert_eq!(world.seen(Call::ImportKey), imports, "nothing was sent");
    }
}
