//! Key pairs made ahead of need.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use api::KeyType;
use engine::{Engine, SealingKey};

use crate::support::{Node, World, on_both_databases, options, sealing_key};

async fn until_full(engine: &Engine) {
    let deadline = Instant::now() + Duration::from_mins(1);
    while engine.pool().await.unwrap().iter().any(|pooled| pooled.ready < pooled.wanted) {
        assert!(Instant::now() < deadline, "not in time");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

on_both_databases! {
    async fn a_full_pool_gives_each_pair_once_and_fills_again(world: World) {
        let World { azure, database, node, .. } = world;
        node.stop().await;
        let data = tempfile::tempdir().unwrap();
        let mut with_pool = options(&azure, &database, &data);
        with_pool.pool = vec![(KeyType::Rsa2048, 4)];
        let node = Node::start_with(data, with_pool).await;
        until_full(&node.engine).await;
        let world = World::of(azure, node, database, tempfile::tempdir().unwrap());

        let keys = ["a", "b", "c", "d", "e", "f"];
        let keys = futures::future::join_all(keys.iter().map(|key| world.create_key(key))).await;
        let made: BTreeSet<_> = keys.iter().map(|key| key.versions[0].thumbprint.clone()).collect();
        assert_eq!(made.len(), keys.len(), "no pair is used twice");
        world.rotate("a").await;
        until_full(&world.node.engine).await;

        world.connect("keyvault-name").await;
        world.distribute("a", "keyvault-name").await;
        world.settle().await;
        world.assert_held("keyvault-name", "a").await;
    }

    async fn a_new_sealing_key_throws_the_pool_away(world: World) {
        let World { azure, database, node, .. } = world;
        node.stop().await;
        let (data, new) = (tempfile::tempdir().unwrap(), SealingKey::generate());
        let mut with_pool = options(&azure, &database, &data);
        with_pool.pool = vec![(KeyType::Rsa2048, 2)];
        let node = Node::start_with(data, with_pool).await;
        until_full(&node.engine).await;
        node.stop().await;

        let data = tempfile::tempdir().unwrap();
        let mut replaced = options(&azure, &database, &data);
        (replaced.sealing_key, replaced.previous_sealing_key) = (Some(new), Some(sealing_key()));
        replaced.pool = vec![(KeyType::Rsa2048, 2)];
        let node = Node::start_with(data, replaced).await;
        let world = World::of(azure, node, database, tempfile::tempdir().unwrap());
        world.connect("keyvault-name").await;
        world.create_key("payments").await;
        world.distribute("payments", "keyvault-name").await;
        world.settle().await;
        world.assert_held("keyvault-name", "payments").await;
    }
}
