//! The audit chain: whole after everything, and found broken when it is.

use std::time::Duration;

use api::{SecretInput, SignIn};
use engine::Chain;
use sqlx::{AnyConnection, Connection as _};

use crate::support::{Node, World, key_path, on_both_databases};

on_both_databases! {
    async fn a_changed_removed_or_reordered_event_is_found(world: World) {
        for key in ["a", "b", "c"] {
            world.create_key(key).await;
        }
        let Chain::Whole(events) = world.node.engine.check_audit_chain().await.unwrap() else { panic!("broken") };
        let mut database = AnyConnection::connect(&world.database).await.unwrap();
        let mut seen = async |sql: &'static str| {
            sqlx::query(sql).execute(&mut database).await.unwrap();
            world.node.engine.check_audit_chain().await.unwrap()
        };
        assert_eq!(seen("UPDATE audit_events SET outcome = 'failed' WHERE seq = 2").await, Chain::BrokenAt(2));
        assert_eq!(seen("UPDATE audit_events SET outcome = 'done' WHERE seq = 2").await, Chain::Whole(events));
        assert_eq!(seen("UPDATE audit_events SET seq = 5 - seq + 1000 WHERE seq IN (2, 3)").await, Chain::BrokenAt(2));
        assert_eq!(seen("UPDATE audit_events SET seq = seq - 1000 WHERE seq > 1000").await, Chain::BrokenAt(2), "swapped");
        assert_eq!(seen("UPDATE audit_events SET seq = 5 - seq + 1000 WHERE seq IN (2, 3)").await, Chain::BrokenAt(2));
        assert_eq!(seen("UPDATE audit_events SET seq = seq - 1000 WHERE seq > 1000").await, Chain::Whole(events), "back");
        assert_eq!(seen("DELETE FROM audit_events WHERE seq = 3").await, Chain::BrokenAt(3));
        assert_eq!(seen("DELETE FROM audit_events WHERE seq > 3").await, Chain::BrokenAt(3), "the end is cut off");
    }
}

/// Changes by one engine, each with an event of its own.
async fn change(node: &Node, world: &World, times: u32) {
    for number in 0..times {
        let allowed = api::KeyChange { deletion_allowed: Some(number % 2 == 0), ..api::KeyChange::default() };
        node.engine.change_key(&key_path("payments"), &allowed, &world.actor).await.unwrap();
        node.engine.rotate_key(&key_path("payments"), &world.actor).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_engines_on_one_postgresql_write_one_chain_and_deliver_each_version_once() {
    let Some(world) = World::on_postgresql().await else { return };
    let second = Node::start(&world.azure, &world.database).await;
    world.connect("keyvault-name").await;
    world.create_key("payments").await;
    world.distribute("payments", "keyvault-name").await;
    world.azure.fail_times(azure_sim::Call::ImportKey, azure_sim::Fault::Delay(Duration::from_millis(5)), 50);

    tokio::join!(change(&world.node, &world, 50), change(&second, &world, 50));

    world.settle().await;
    world.assert_held("keyvault-name", "payments").await;
    assert_eq!(world.key("payments").await.latest_version, 101);
    let whole = world.node.engine.check_audit_chain().await.unwrap();
    assert!(matches!(whole, Chain::Whole(events) if events >= 200), "{whole:?}");
    assert_eq!(second.engine.check_audit_chain().await.unwrap(), whole);
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_at_one_node_is_told_at_the_other() {
    let Some(world) = World::on_postgresql().await else { return };
    let second = Node::start(&world.azure, &world.database).await;
    let form = SignIn { username: "admin".to_owned(), password: SecretInput::new("a long enough password".to_owned()) };
    let caller = second.engine.sign_in(&form, None).await.unwrap();
    let mut trail = second.engine.follow_trail(None).await.unwrap();

    world.create_key("payments").await;
    let mut told = Vec::new();
    while told.is_empty() {
        trail.grown().await;
        told = trail.read(&caller).await.unwrap();
    }
    let event = told[0].event.as_ref().unwrap();
    assert_eq!((told.len(), event.action.as_str(), event.subject.as_str()), (1, "key.create", "payments"));
    second.stop().await;
}
