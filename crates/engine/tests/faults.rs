//! Whatever goes wrong on the way to Azure: nothing is lost, nothing is doubled.

use std::time::Duration;

use api::{DistributionState, DriftField, KeyChange};
use azure_sim::{Call, Fault};

use crate::support::{World, key_path, on_both_databases, path, versions};

/// Every way in which a call may fail.
fn every_fault() -> Vec<Fault> {
    vec![
        Fault::ResetBefore,
        Fault::ResetAfter,
        Fault::ReplyLostWorkDoneLater(Duration::from_millis(400)),
        Fault::throttled(None),
        Fault::throttled(Some(1)),
        Fault::internal_error(),
        Fault::unavailable(),
        Fault::Garbled,
        Fault::ExpiredToken,
        Fault::Delay(Duration::from_millis(300)),
    ]
}

on_both_databases! {
    async fn an_import_that_fails_in_any_way_makes_one_version(world: World) {
        world.connect("keyvault-name").await;
        for (number, fault) in every_fault().into_iter().enumerate() {
            let key = format!("key-{number}");
            world.create_key(&key).await;
            let seen = world.seen(Call::ImportKey);
            world.azure.fail_next(Call::ImportKey, fault);
            world.distribute(&key, "keyvault-name").await;
            world.azure.wait_for(Call::ImportKey, seen + 1).await;
        }
        world.settle().await;
        world.azure.idle().await;
        for number in 0..every_fault().len() {
            world.assert_held("keyvault-name", &format!("key-{number}")).await;
        }
        assert!(world.node.engine.check_standings().await.unwrap().is_empty());
    }

    async fn a_second_version_fails_in_any_way_and_arrives_once(world: World) {
        world.connect("keyvault-name").await;
        world.create_key("payments").await;
        world.distribute("payments", "keyvault-name").await;
        world.settle().await;
        for fault in every_fault() {
            world.azure.fail_next(Call::ImportKey, fault);
            world.rotate("payments").await;
            world.settle().await;
            world.azure.idle().await;
        }
        world.assert_held("keyvault-name", "payments").await;
    }

    async fn every_other_call_may_fail_in_any_way(world: World) {
        for call in [Call::Token, Call::GetKey, Call::CreateKey, Call::UpdateKey, Call::DeleteKey, Call::GetDeletedKey] {
            for fault in every_fault() {
                world.azure.fail_next(call, fault);
            }
        }
        world.connect_patiently("keyvault-name").await;
        world.create_key("payments").await;
        world.distribute("payments", "keyvault-name").await;
        world.settle().await;
        for minimum in [1, 2, 3] {
            world.rotate("payments").await;
            let change = KeyChange { min_enabled_version: Some(minimum), ..KeyChange::default() };
            world.node.engine.change_key(&key_path("payments"), &change, &world.actor).await.unwrap();
            world.settle().await;
        }
        world.assert_held("keyvault-name", "payments").await;

        world.node.engine.withdraw_key(&path("payments", "keyvault-name"), &world.actor).await.unwrap();
        world.settle().await;
        world.azure.idle().await;
        assert!(world.azure.key("keyvault-name", "payments").is_none());
    }

    async fn a_node_killed_at_any_point_of_an_import_makes_one_version(mut world: World) {
        world.connect("keyvault-name").await;
        for (round, call) in [Call::GetKey, Call::ImportKey, Call::ImportKey, Call::ImportKey].into_iter().enumerate() {
            let key = format!("key-{round}");
            world.create_key(&key).await;
            let seen = world.seen(call);
            let fault = if round % 2 == 0 { Fault::ReplyLostWorkDoneLater(Duration::from_millis(300)) } else { Fault::Delay(Duration::from_millis(300)) };
            world.azure.fail_next(call, fault);
            world.distribute(&key, "keyvault-name").await;
            world.azure.wait_for(call, seen + 1).await;
            world = world.crash_and_restart().await;
            world.settle().await;
            world.azure.idle().await;
            world.assert_held("keyvault-name", &key).await;
        }
    }

    async fn a_vault_that_swaps_the_key_is_found_out(world: World) {
        world.connect("keyvault-name").await;
        world.create_key("payments").await;
        world.azure.fail_next(Call::ImportKey, Fault::SwapModulus);

        world.distribute("payments", "keyvault-name").await;

        let drifted = world.until("payments", "keyvault-name", DistributionState::Drifted).await;
        assert_eq!(drifted.deliveries[0].drift[0].field, DriftField::Modulus);
        assert_eq!(drifted.deliveries[0].verified_at, None, "nothing is said to be verified");
        let held = world.azure.key("keyvault-name", "payments").unwrap();
        assert!(versions(&held).iter().all(|(_, enabled)| !enabled), "the wrong key is disabled");

        world.node.engine.withdraw_key(&path("payments", "keyvault-name"), &world.actor).await.unwrap();
        world.settle().await;
        assert!(world.azure.key("keyvault-name", "payments").is_none(), "what we imported can be taken back");
    }

    async fn a_throttled_vault_does_not_hold_up_another(world: World) {
        world.connect("acme-payments").await;
        world.connect("keyvault-name").await;
        world.create_key("slow").await;
        world.create_key("quick").await;
        let seen = world.seen(Call::ImportKey);
        world.azure.fail_next(Call::ImportKey, Fault::throttled(Some(3600)));
        world.distribute("slow", "acme-payments").await;
        world.azure.wait_for(Call::ImportKey, seen + 1).await;

        world.distribute("quick", "keyvault-name").await;

        world.until("quick", "keyvault-name", DistributionState::InSync).await;
        let slow = world.distribution("slow", "acme-payments").await;
        assert_eq!(slow.state, DistributionState::Pending);
    }
}
