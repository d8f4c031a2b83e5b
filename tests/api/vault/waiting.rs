//! What waits for Azure: how long, what it says when Azure refuses, and what it leaves behind.

use std::time::Duration;

use api::{Distribution, DistributionState};
use azure_sim::{Call, Fault, Permission};
use serde_json::{Value, json};
use support::{Vault, World};

use super::VAULT;

const DISTRIBUTION: &str = "keymgmt/kms/acme/key/payments";

async fn prepared(world: &World, vault_name: &str) -> Vault {
    let vault = world.vault().await;
    vault.put("keymgmt/key/payments", json!({ "deletion_allowed": true })).await;
    vault.connect(vault_name, &world.azure.service_principal(vault_name)).await;
    vault
}

async fn distribution(world: &World) -> Distribution {
    let path = "/workspaces/keymgmt/keys/payments/distributions/acme";
    world.admin().await.get(path).await.expect(200)
}

fn purpose() -> Value {
    json!({ "purpose": ["sign"] })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_before_anything_arrived_is_undone() {
    let world = World::start().await;
    let vault = prepared(&world, "acme-standard").await;
    for _ in 0..2 {
        let reply = vault.write(DISTRIBUTION, purpose()).await;
        reply.expect_errors(400, "tandard");
        vault.read(DISTRIBUTION).await.expect_errors(404, "");
        vault.list("keymgmt/key/payments/kms").await.expect_errors(404, "");
    }
    assert!(world.azure.keys("acme-standard").is_empty());
    let trail = world.admin().await.get("/audit-events?workspace=keymgmt&limit=200").await.text;
    assert_eq!(trail.matches("\"distribution.undo\"").count(), 1, "the vault was known to be Standard then");
    // Nothing is left that holds key or provider back.
    vault.put(DISTRIBUTION, json!({ "purpose": "sign", "protection": "software" })).await;
    vault.delete(DISTRIBUTION).await.expect_nothing(204);
    vault.delete("keymgmt/key/payments").await.expect_nothing(204);
    vault.delete("keymgmt/kms/acme").await.expect_nothing(204);
    assert_eq!(world.engine().check_standings().await.unwrap(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_permission_is_named_and_the_same_command_heals_it() {
    let world = World::start().await;
    let vault = prepared(&world, VAULT).await;
    world.azure.set_permissions(VAULT, &[Permission::Create, Permission::Get]);
    let reply = vault.write(DISTRIBUTION, purpose()).await;
    reply.expect_errors(400, "import");
    let says = |number: usize| reply.json()["errors"][number].as_str().unwrap().to_owned();
    assert!(says(0).ends_with("Nothing was distributed."), "{}", reply.text);
    assert!(says(1).starts_with("Azure answered 403 "), "{}", reply.text);
    world.azure.set_permissions(
        VAULT,
        &[Permission::Create, Permission::Get, Permission::Import, Permission::Update, Permission::Delete],
    );
    vault.put(DISTRIBUTION, purpose()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_half_way_stays_and_is_finished_by_the_same_command() {
    let world = World::start().await;
    let vault = prepared(&world, VAULT).await;
    vault.put("keymgmt/key/payments/rotate", json!({})).await;
    world.azure.fail_next(Call::ImportKey, Fault::Delay(Duration::from_millis(1)));
    world.azure.fail_next(Call::ImportKey, Fault::forbidden_by_firewall());
    let reply = vault.write(DISTRIBUTION, purpose()).await;
    reply.expect_errors(400, "1 of 2 versions have arrived");
    assert_eq!(distribution(&world).await.state, DistributionState::Refused);
    assert_eq!(vault.data(DISTRIBUTION).await["versions"].as_object().unwrap().len(), 1);
    vault.put(DISTRIBUTION, purpose()).await;
    assert_eq!(vault.data(DISTRIBUTION).await["versions"].as_object().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_rotation_keeps_the_version_and_says_so() {
    let world = World::start().await;
    let vault = prepared(&world, VAULT).await;
    vault.put(DISTRIBUTION, purpose()).await;
    world.azure.fail_next(Call::ImportKey, Fault::forbidden_by_rbac());
    let reply = vault.write("keymgmt/key/payments/rotate", json!({})).await;
    reply.expect_errors(400, "Version 2 is made and kept");
    assert_eq!(vault.data("keymgmt/key/payments").await["latest_version"], 2);
    vault.put("keymgmt/key/payments/rotate", json!({})).await;
    let name = distribution(&world).await.name_in_kms;
    assert_eq!(world.azure.key(VAULT, name.as_str()).unwrap().versions.len(), 3, "every rotation makes a version");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_switch_and_a_refused_withdrawal_stay_asked_for() {
    let world = World::start().await;
    let vault = prepared(&world, VAULT).await;
    vault.put("keymgmt/key/payments/rotate", json!({})).await;
    vault.put(DISTRIBUTION, purpose()).await;
    world.azure.fail_next(Call::UpdateKey, Fault::forbidden_by_rbac());
    let minimum = json!({ "min_enabled_version": 2 });
    vault.write("keymgmt/key/payments", minimum).await.expect_errors(400, "The change is stored");
    assert_eq!(vault.data("keymgmt/key/payments").await["min_enabled_version"], 2);
    vault.put("keymgmt/key/payments", json!({ "min_enabled_version": 1 })).await;

    world.azure.fail_next(Call::DeleteKey, Fault::forbidden_by_rbac());
    vault.delete(DISTRIBUTION).await.expect_errors(400, "The key is still there");
    assert_eq!(distribution(&world).await.state, DistributionState::Withdrawing);
    vault.write(DISTRIBUTION, purpose()).await.expect_errors(400, "giving this key back");
    vault.delete(DISTRIBUTION).await.expect_nothing(204);
    assert!(world.azure.keys(VAULT).iter().all(|key| !key.name.starts_with("payments")));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_runs_out_of_patience_hears_that_it_goes_on() {
    let world = World::with_patience(Duration::from_millis(200)).await;
    let vault = prepared(&world, VAULT).await;
    world.azure.fail_next(Call::ImportKey, Fault::Delay(Duration::from_secs(1)));
    let answer: Value = vault.write(DISTRIBUTION, purpose()).await.expect(200);
    assert!(answer["data"].is_null());
    assert!(answer["warnings"][0].as_str().unwrap().contains("goes on by itself"), "{answer}");
    world.settle(&world.admin().await).await;
    let name = distribution(&world).await.name_in_kms;
    assert_eq!(world.azure.key(VAULT, name.as_str()).unwrap().versions.len(), 1);
    vault.put(DISTRIBUTION, purpose()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_time_heals_is_waited_for() {
    let world = World::start().await;
    let vault = prepared(&world, VAULT).await;
    world.azure.fail_next(Call::Token, Fault::entra_unavailable());
    world.azure.fail_next(Call::ImportKey, Fault::unavailable());
    world.azure.fail_next(Call::ImportKey, Fault::ResetAfter);
    vault.put(DISTRIBUTION, purpose()).await;
    let name = distribution(&world).await.name_in_kms;
    assert_eq!(world.azure.key(VAULT, name.as_str()).unwrap().versions.len(), 1, "imported once");
    world.azure.fail_next(Call::DeleteKey, Fault::internal_error());
    vault.delete(DISTRIBUTION).await.expect_nothing(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_is_told_when_somebody_takes_the_key_back() {
    let world = World::start().await;
    let vault = prepared(&world, VAULT).await;
    world.azure.fail_times(Call::GetKey, Fault::unavailable(), 1000);
    let admin = world.admin().await;
    let withdraw = async {
        world.azure.wait_for(Call::GetKey, 1).await;
        admin.delete("/workspaces/keymgmt/keys/payments/distributions/acme").await.expect_status(202);
    };
    let (reply, ()) = tokio::join!(vault.write(DISTRIBUTION, purpose()), withdraw);
    reply.expect_errors(400, "took the key back from acme meanwhile");
    world.azure.clear_faults();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_lets_nobody_wait() {
    let world = World::start().await;
    let vault = prepared(&world, VAULT).await;
    world.azure.fail_next(Call::ImportKey, Fault::Delay(Duration::from_secs(2)));
    let waiting = tokio::spawn(async move { vault.write(DISTRIBUTION, purpose()).await });
    world.azure.wait_for(Call::ImportKey, 1).await;
    let (azure, _data) = world.stop().await;
    let answer: Value = waiting.await.unwrap().expect(200);
    assert!(answer["warnings"][0].as_str().unwrap().contains("goes on by itself"), "{answer}");
    assert!(azure.keys(VAULT).iter().any(|key| key.name.starts_with("payments")), "the step under way was finished");
}
