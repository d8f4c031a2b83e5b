//! Waiting for Azure: also for what another node does, and what is undone while a step is under way.

use std::time::Duration;

use api::{NewDistribution, Protection, Purpose, Tags};
use azure_sim::{Call, Fault};
use engine::{Arrival, Engine, Error};

use crate::support::{Node, World, key_path, on_both_databases, options, path};

fn asked_for(provider: &str) -> NewDistribution {
    NewDistribution {
        provider: provider.parse().unwrap(),
        purposes: vec![Purpose::Sign],
        protection: Protection::Hsm,
        name_in_kms: None,
        expires_after: None,
        tags: Tags::default(),
    }
}

/// A node that takes requests, and whose reconciler does not run.
async fn without_reconciler(world: &World, data: &tempfile::TempDir) -> Engine {
    Engine::start(options(&world.azure, &world.database, data)).await.unwrap()
}

on_both_databases! {
    async fn a_node_waits_for_what_another_does(world: World) {
        world.connect("keyvault-name").await;
        world.create_key("payments").await;
        let data = tempfile::tempdir().unwrap();
        let other = without_reconciler(&world, &data).await;
        let (key, held) = (key_path("payments"), path("payments", "keyvault-name"));
        let new = asked_for("keyvault-name");
        assert_eq!(other.distribute_key_and_wait(&key, &new, &world.actor).await.unwrap(), Arrival::Done);
        assert_eq!(other.rotate_key_and_wait(&key, &world.actor).await.unwrap(), Arrival::Done);
        let name = world.distribution("payments", "keyvault-name").await.name_in_kms;
        world.assert_held_as("keyvault-name", "payments", name.as_str()).await;
        assert_eq!(other.withdraw_key_and_wait(&held, &world.actor).await.unwrap(), Arrival::Done);
        assert!(world.azure.key("keyvault-name", name.as_str()).is_none());
        other.close().await;
    }

    async fn what_is_undone_while_a_step_is_under_way_is_never_sent(mut world: World) {
        world.connect("keyvault-name").await;
        world.create_key("payments").await;
        let data = tempfile::tempdir().unwrap();
        // What a person has to change is tried again after 60 ms here, long before the other node looks again.
        let mut hasty = options(&world.azure, &world.database, &data);
        hasty.first_delay = Duration::from_micros(100);
        let node = Node::start_with(data, hasty).await;
        std::mem::replace(&mut world.node, node).stop().await;
        let data = tempfile::tempdir().unwrap();
        let other = without_reconciler(&world, &data).await;

        // How often a delivery reads the vault, once its key exchange key is made.
        let (new, mut reads) = (asked_for("keyvault-name"), 0);
        for key in ["first", "second"] {
            world.create_key(key).await;
            let before = world.seen(Call::GetKey);
            other.distribute_key_and_wait(&key_path(key), &new, &world.actor).await.unwrap();
            reads = world.seen(Call::GetKey) - before;
        }
        // The first attempt is refused, looks whether that was because of its key exchange key, and the second one hangs
        // in its first read.
        let (key, imports) = (key_path("payments"), world.seen(Call::ImportKey));
        world.azure.fail_times(Call::GetKey, Fault::Delay(Duration::from_millis(1)), reads + 1);
        world.azure.fail_next(Call::GetKey, Fault::Delay(Duration::from_secs(2)));
        world.azure.fail_next(Call::ImportKey, Fault::forbidden_by_rbac());
        let refused = other.distribute_key_and_wait(&key, &new, &world.actor).await;
        assert!(matches!(refused, Err(Error::Refused { .. })), "{refused:?}");
        let gone = world.node.engine.distribution(&path("payments", "keyvault-name")).await;
        assert!(matches!(gone, Err(Error::NotFound(_))));

        // The step under way reads the vault to its end, and then finds that it has lost its lease.
        world.azure.idle().await;
        let node = Node::start(&world.azure, &world.database).await;
        std::mem::replace(&mut world.node, node).stop().await;
        assert_eq!(world.seen(Call::ImportKey), imports + 1);
        assert!(world.azure.keys("keyvault-name").iter().all(|key| !key.name.starts_with("payments")));
        assert!(world.node.engine.check_standings().await.unwrap().is_empty());
        assert_eq!(other.distribute_key_and_wait(&key, &new, &world.actor).await.unwrap(), Arrival::Done);
        other.close().await;
    }
}
