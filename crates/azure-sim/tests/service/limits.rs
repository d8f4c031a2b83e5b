//! Throttling by the published limits, with a clock that tests move.

use std::time::Duration;

use serde_json::json;

use crate::support::{VAULT, Vault, World};

/// Makes so many keys and counts those that were not refused.
async fn create(vault: &Vault<'_>, kty: &str, times: usize) -> usize {
    let mut made = 0;
    for _ in 0..times {
        let reply = vault.post("/keys/rsa/create", json!({ "kty": kty })).await;
        match reply.status {
            200 => made += 1,
            _ => assert_eq!((reply.status, reply.refusal().1), (429, "Throttled"), "{}", reply.body),
        }
    }
    made
}

#[tokio::test]
async fn a_vault_makes_ten_hardware_keys_and_twenty_others_in_ten_seconds() {
    let world = World::start().await;
    let vault = world.vault(VAULT).await;
    world.azure.stop_clock();
    world.azure.enforce_limits(true);

    assert_eq!(create(&vault, "RSA-HSM", 11).await, 10);
    assert_eq!(create(&vault, "RSA", 21).await, 20);

    world.azure.advance_clock(Duration::from_secs(10));
    assert_eq!(create(&vault, "RSA-HSM", 11).await, 10);
    world.azure.enforce_limits(false);
    assert_eq!(create(&vault, "RSA-HSM", 11).await, 11);
}

#[tokio::test]
async fn a_large_hardware_key_costs_eight_times_as_much_as_a_small_one() {
    let world = World::start().await;
    let vault = world.vault(VAULT).await;
    vault.post("/keys/large/create", json!({ "kty": "RSA-HSM", "key_size": 4096 })).await.ok();
    world.azure.put_foreign_key(VAULT, "small");
    world.azure.stop_clock();
    world.azure.enforce_limits(true);

    for _ in 0..249 {
        vault.get("/keys/large").await.ok();
    }
    for _ in 0..8 {
        vault.get("/keys/small").await.ok();
    }

    assert_eq!(vault.get("/keys/small").await.status, 429);
    assert_eq!(vault.get("/keys/large").await.status, 429);
    vault.get("/keys").await.ok();
    world.vault("acme-payments").await.get("/keys").await.ok();
}

#[tokio::test]
async fn a_vault_takes_three_hundred_imports_in_ten_seconds() {
    let world = World::start().await;
    let vault = world.vault(VAULT).await;
    world.azure.stop_clock();
    world.azure.enforce_limits(true);

    let mut statuses = Vec::new();
    for _ in 0..301 {
        statuses.push(vault.put("/keys/rsa", json!({})).await.status);
    }

    assert_eq!((statuses.iter().filter(|status| **status == 400).count(), statuses.pop()), (300, Some(429)));
}

#[tokio::test]
async fn a_managed_hsm_makes_one_key_a_second() {
    let world = World::start().await;
    let hsm = world.vault("acme-hsm").await;
    world.azure.stop_clock();
    world.azure.enforce_limits(true);

    assert_eq!(create(&hsm, "RSA-HSM", 2).await, 1);
    world.azure.advance_clock(Duration::from_secs(1));
    assert_eq!(create(&hsm, "RSA-HSM", 1).await, 1);
}
