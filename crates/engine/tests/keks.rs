//! The key exchange key: always fit for what it carries, whatever became of the one before.

use std::time::Duration;

use api::{Provider, ProviderPath};
use azure_sim::{Call, Fault, Permission};
use sqlx::{AnyConnection, Connection as _};

use crate::support::{Node, World, on_both_databases, workspace};

const VAULT: &str = "keyvault-name";
const KEK: &str = "keyferry-kek";
const STANDARD: &str = "acme-standard";

fn provider_path(vault: &str) -> ProviderPath {
    ProviderPath { workspace: workspace(), provider: vault.parse().unwrap() }
}

impl World {
    async fn ask_for_kek(&self, vault: &str) -> Provider {
        self.node.engine.request_kek(&provider_path(vault), &self.actor).await.unwrap()
    }

    /// How many versions of our key exchange key the vault holds.
    fn kek_versions(&self) -> usize {
        self.azure.key(VAULT, KEK).map_or(0, |kek| kek.versions.len())
    }

    /// How many events of this kind the audit trail has.
    async fn recorded(&self, action: &str) -> usize {
        let mut database = AnyConnection::connect(&self.database).await.unwrap();
        let count = sqlx::query_scalar::<_, i64>("SELECT COUNT(*) FROM audit_events WHERE action = $1").bind(action);
        usize::try_from(count.fetch_one(&mut database).await.unwrap()).unwrap()
    }
}

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

    async fn many_imports_do_not_read_the_kek_each(world: World) {
        world.connect(VAULT).await;
        world.ask_for_kek(VAULT).await;
        world.until_kek_settled(VAULT).await;
        let of_kek = format!("/keys/{KEK}");
        let reads = || world.azure.received().iter().filter(|received| received.path == of_kek).count();
        let before = reads();
        for key in ["one", "two", "three", "four", "five", "six"] {
            world.create_key(key).await;
            world.distribute(key, VAULT).await;
        }
        world.settle().await;
        assert!((1..=2).contains(&(reads() - before)), "{}", reads() - before);
    }

    async fn a_kek_that_was_replaced_since_it_was_read_is_read_again(world: World) {
        world.connect(VAULT).await;
        for key in ["one", "two"] {
            world.create_key(key).await;
        }
        world.distribute("one", VAULT).await;
        world.settle().await;
        world.replace_kek_in_azure(VAULT, KEK).await;

        world.distribute("two", VAULT).await;
        world.settle().await;

        world.assert_held(VAULT, "two").await;
        assert_eq!(world.kek_versions(), 2, "no more are made");
        assert_eq!(world.recorded("distribution.attempt").await, 0, "nobody is told of a failure");
    }

    async fn a_kek_that_was_switched_off_since_it_was_read_is_reported(world: World) {
        world.connect(VAULT).await;
        for key in ["one", "two"] {
            world.create_key(key).await;
        }
        world.distribute("one", VAULT).await;
        world.settle().await;
        world.switch_off_in_azure(VAULT, KEK).await;

        world.distribute("two", VAULT).await;

        let refused = world.until("two", VAULT, api::DistributionState::Refused).await;
        assert_eq!(refused.last_error.unwrap().code, "unusable_kek");
        assert_eq!(refused.deliveries[0].delivered_at, None);
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

    async fn a_kek_that_is_asked_for_is_made_once_and_shown(world: World) {
        world.connect(VAULT).await;
        let asked = world.ask_for_kek(VAULT).await;
        assert!(asked.kek.is_none() && asked.kek_requested_at.is_some(), "nothing is changed in Azure meanwhile");

        let provider = world.until_kek_settled(VAULT).await;

        assert_eq!(provider.kek_error, None);
        let kek = provider.kek.expect("it is there");
        assert!(kek.kid.contains(KEK) && kek.bits == 4096, "{kek:?}");
        world.ask_for_kek(VAULT).await;
        assert_eq!(world.until_kek_settled(VAULT).await.kek, Some(kek));
        world.create_key("payments").await;
        world.distribute("payments", VAULT).await;
        world.settle().await;
        world.assert_held(VAULT, "payments").await;
        assert_eq!((world.kek_versions(), world.recorded("kek.create").await), (1, 1));
        assert_eq!(world.recorded("kek.request").await, 2);
    }

    async fn requests_and_distributions_on_two_nodes_make_one_kek(world: World) {
        world.connect(VAULT).await;
        let other = Node::start(&world.azure, &world.database).await;
        world.azure.fail_next(Call::CreateKey, Fault::Delay(Duration::from_millis(300)));
        for key in ["one", "two", "three"] {
            world.create_key(key).await;
        }
        world.ask_for_kek(VAULT).await;
        other.engine.request_kek(&provider_path(VAULT), &world.actor).await.unwrap();
        for key in ["one", "two", "three"] {
            world.distribute(key, VAULT).await;
        }
        world.until_kek_settled(VAULT).await;
        world.settle().await;
        assert_eq!((world.kek_versions(), world.recorded("kek.create").await), (1, 1));
        other.stop().await;
    }

    async fn a_standard_vault_says_why_it_makes_no_kek_until_it_is_asked_again(world: World) {
        world.connect(STANDARD).await;
        for attempts in 1..=2 {
            let asked = world.ask_for_kek(STANDARD).await;
            assert_eq!(asked.kek_error, None, "it is tried anew");
            let provider = world.until_kek_settled(STANDARD).await;
            let error = provider.kek_error.expect("it says why");
            assert_eq!((error.code.as_str(), provider.kek), ("standard_vault", None));
            assert_eq!(world.recorded("kek.attempt").await, attempts, "it is left alone until it is asked for");
        }
        world.create_key("payments").await;
        assert!(world.try_distribute("payments", STANDARD).await.is_err(), "it is known now");
    }

    async fn what_time_heals_delays_a_kek_and_no_more(world: World) {
        world.connect(VAULT).await;
        for fault in [Fault::internal_error(), Fault::unavailable(), Fault::throttled(None), Fault::ResetBefore] {
            world.azure.fail_next(Call::CreateKey, fault);
        }
        world.ask_for_kek(VAULT).await;
        let provider = world.until_kek_settled(VAULT).await;
        assert_eq!((provider.kek_error, provider.kek.is_some()), (None, true));
        assert_eq!(world.kek_versions(), 1);
    }

    async fn a_node_killed_while_it_makes_a_kek_finds_it_again(world: World) {
        world.connect(VAULT).await;
        let seen = world.seen(Call::CreateKey);
        world.azure.fail_next(Call::CreateKey, Fault::ReplyLostWorkDoneLater(Duration::ZERO));
        world.ask_for_kek(VAULT).await;
        world.azure.wait_for(Call::CreateKey, seen + 1).await;
        world.azure.idle().await;
        let world = world.crash_and_restart().await;
        let provider = world.until_kek_settled(VAULT).await;
        assert_eq!((provider.kek_error, provider.kek.is_some()), (None, true));
        assert_eq!(world.kek_versions(), 1);
    }
}
