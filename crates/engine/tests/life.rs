//! The life of a key, from the first version to the day it is deleted.

use api::{CheckOutcome, DistributionState, DriftField, KeyChange, KeyQuery, KeySort, KeyType, NewKey};
use engine::{Chain, Error};

use crate::support::{World, key_path, name, on_both_databases, path, versions, workspace};

on_both_databases! {
    async fn a_key_lives_and_is_taken_back(world: World) {
        let engine = &world.node.engine;
        world.connect("keyvault-name").await;
        world.create_key("payments").await;

        world.distribute("payments", "keyvault-name").await;
        let held = world.until("payments", "keyvault-name", DistributionState::InSync).await;
        assert!(held.deliveries[0].verified_at.is_some());
        world.assert_held("keyvault-name", "payments").await;

        world.rotate("payments").await;
        world.settle().await;
        world.assert_held("keyvault-name", "payments").await;

        let switch_off = KeyChange { min_enabled_version: Some(2), ..KeyChange::default() };
        engine.change_key(&key_path("payments"), &switch_off, &world.actor).await.unwrap();
        world.settle().await;
        world.assert_held("keyvault-name", "payments").await;
        let held = world.azure.key("keyvault-name", "payments").unwrap();
        assert_eq!(versions(&held).iter().map(|(_, enabled)| *enabled).collect::<Vec<_>>(), [false, true]);

        engine.withdraw_key(&path("payments", "keyvault-name"), &world.actor).await.unwrap();
        world.settle().await;
        assert!(world.azure.key("keyvault-name", "payments").is_none());
        assert_eq!(world.azure.deleted_keys("keyvault-name").len(), 1);
        assert!(world.key("payments").await.distributions.is_empty());

        let allow = KeyChange { deletion_allowed: Some(true), ..KeyChange::default() };
        engine.change_key(&key_path("payments"), &allow, &world.actor).await.unwrap();
        engine.delete_key(&key_path("payments"), &world.actor).await.unwrap();
        assert!(matches!(engine.key(&key_path("payments")).await, Err(Error::NotFound(_))));
        assert!(matches!(engine.check_audit_chain().await.unwrap(), Chain::Whole(events) if events > 8));
    }

    async fn an_old_version_is_never_live_where_it_arrives_late(world: World) {
        world.connect("keyvault-name").await;
        let before = world.seen(azure_sim::Call::UpdateKey);
        world.create_key("payments").await;
        world.rotate("payments").await;
        let switch_off = KeyChange { min_enabled_version: Some(2), ..KeyChange::default() };
        world.node.engine.change_key(&key_path("payments"), &switch_off, &world.actor).await.unwrap();

        world.distribute("payments", "keyvault-name").await;
        world.settle().await;

        world.assert_held("keyvault-name", "payments").await;
        let updates = world.seen(azure_sim::Call::UpdateKey);
        assert_eq!(updates, before, "the first version was imported disabled, not disabled afterwards");
    }

    async fn one_key_is_held_by_several_vaults(world: World) {
        world.connect("keyvault-name").await;
        world.connect("acme-payments").await;
        world.create_key("payments").await;
        world.distribute("payments", "keyvault-name").await;
        world.distribute("payments", "acme-payments").await;
        world.rotate("payments").await;

        world.settle().await;

        world.assert_held("keyvault-name", "payments").await;
        world.assert_held("acme-payments", "payments").await;
    }

    async fn a_version_changed_in_azure_is_shown_as_drift(world: World) {
        world.connect("keyvault-name").await;
        world.create_key("payments").await;
        world.distribute("payments", "keyvault-name").await;
        world.settle().await;
        world.switch_off_in_azure("keyvault-name", "payments").await;

        world.node.engine.verify_distribution(&path("payments", "keyvault-name"), &world.actor).await.unwrap();

        let drifted = world.until("payments", "keyvault-name", DistributionState::Drifted).await;
        assert_eq!(drifted.deliveries[0].enabled, Some(false));
        assert_eq!(drifted.deliveries[0].drift[0].field, DriftField::Enabled);
    }

    async fn a_check_says_step_by_step_what_holds(world: World) {
        let provider = world.connect("keyvault-name").await;
        let steps = provider.last_check.unwrap().steps;
        let outcomes: Vec<_> = steps.iter().map(|step| (step.name.as_str(), step.outcome)).collect();
        let (passed, unknown) = (CheckOutcome::Passed, CheckOutcome::Unknown);
        assert_eq!(
            outcomes,
            [
                ("name", passed),
                ("connection", passed),
                ("identity", passed),
                ("access", passed),
                ("permissions", unknown),
                ("tier", unknown),
                ("kek", unknown),
                ("clock", passed),
            ]
        );
    }

    async fn keys_are_listed_in_pages_sorted_and_filtered(world: World) {
        world.connect("keyvault-name").await;
        for key in ["beta", "Alpha", "alpha-2", "gamma"] {
            world.create_key(key).await;
        }
        let large = NewKey::new(name("large"), KeyType::Rsa3072);
        world.node.engine.create_key(&workspace(), &large, &world.actor).await.unwrap();
        world.rotate("beta").await;
        world.distribute("gamma", "keyvault-name").await;
        world.settle().await;

        let pages = |query: KeyQuery| world.names_in_pages(query);
        assert_eq!(pages(KeyQuery::default()).await, ["Alpha", "alpha-2", "beta", "gamma", "large"]);
        let search = KeyQuery { search: Some("ALPHA".to_owned()), ..KeyQuery::default() };
        assert_eq!(pages(search).await, ["Alpha", "alpha-2"]);
        let rotated = KeyQuery { sort: Some(KeySort::RotatedDescending), ..KeyQuery::default() };
        assert_eq!(pages(rotated).await, ["beta", "large", "gamma", "alpha-2", "Alpha"]);
        let backwards = KeyQuery { sort: Some(KeySort::NameDescending), ..KeyQuery::default() };
        assert_eq!(pages(backwards).await, ["large", "gamma", "beta", "alpha-2", "Alpha"]);
        let typed = KeyQuery { key_type: Some(KeyType::Rsa3072), ..KeyQuery::default() };
        assert_eq!(pages(typed).await, ["large"]);
        let held = KeyQuery { state: Some(DistributionState::InSync), ..KeyQuery::default() };
        assert_eq!(pages(held).await, ["gamma"]);
    }

    async fn keys_in_a_state_are_listed_by_their_rotation(world: World) {
        world.connect("keyvault-name").await;
        world.connect("acme-payments").await;
        for key in ["beta", "Alpha", "alpha-2", "gamma"] {
            world.create_key(key).await;
            world.distribute(key, "keyvault-name").await;
        }
        world.distribute("alpha-2", "acme-payments").await;
        world.create_key("alpha-at-home").await;
        world.rotate("alpha-2").await;
        world.rotate("beta").await;
        world.settle().await;

        let held = KeyQuery { state: Some(DistributionState::InSync), ..KeyQuery::default() };
        let by = |sort: KeySort| KeyQuery { sort: Some(sort), ..held.clone() };
        let pages = |query: KeyQuery| world.names_in_pages(query);
        assert_eq!(pages(held.clone()).await, ["Alpha", "alpha-2", "beta", "gamma"]);
        assert_eq!(pages(by(KeySort::Rotated)).await, ["Alpha", "gamma", "alpha-2", "beta"]);
        assert_eq!(pages(by(KeySort::RotatedDescending)).await, ["beta", "alpha-2", "gamma", "Alpha"]);
        let searched = |sort: KeySort| KeyQuery { search: Some("al".to_owned()), ..by(sort) };
        assert_eq!(pages(searched(KeySort::Name)).await, ["Alpha", "alpha-2"]);
        assert_eq!(pages(searched(KeySort::RotatedDescending)).await, ["alpha-2", "Alpha"]);
        let found = KeyQuery { state: None, ..searched(KeySort::Rotated) };
        assert_eq!(pages(found).await, ["Alpha", "alpha-at-home", "alpha-2"]);
    }
}
