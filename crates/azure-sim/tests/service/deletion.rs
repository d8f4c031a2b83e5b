//! Soft delete: it takes its time and keeps the name.

use std::time::Duration;

use serde_json::json;

use crate::support::{Reply, VAULT, Vault, World};

const LONG: Duration = Duration::from_hours(1);

async fn create(vault: &Vault<'_>) -> Reply {
    vault.post("/keys/rsa/create", json!({ "kty": "RSA-HSM" })).await
}

#[tokio::test]
async fn a_deletion_answers_with_the_key_and_when_it_will_be_purged() {
    let world = World::start().await;
    let vault = world.vault(VAULT).await;
    let created = create(&vault).await.ok();

    let deleted = vault.delete("/keys/rsa").await.ok();

    assert_eq!(deleted["key"], created["key"]);
    assert_eq!(deleted["recoveryId"], format!("https://{VAULT}.vault.azure.net/deletedkeys/rsa"));
    let date = |name: &str| deleted[name].as_i64().unwrap();
    assert_eq!(date("scheduledPurgeDate") - date("deletedDate"), 90 * 24 * 60 * 60);
    assert_eq!(deleted["attributes"]["hsmPlatform"], "2");
}

#[tokio::test]
async fn a_key_being_deleted_is_nowhere_and_holds_its_name() {
    let world = World::start().await;
    let vault = world.vault(VAULT).await;
    create(&vault).await.ok();
    world.azure.set_deletion_delay(LONG);

    vault.delete("/keys/rsa").await.ok();

    assert_eq!(vault.get("/keys/rsa").await.refusal().1, "KeyNotFound");
    assert_eq!(vault.get("/keys").await.ok()["value"], json!([]));
    let shown = vault.get("/deletedkeys/rsa").await;
    assert_eq!(shown.refusal(), (404, "KeyNotFound", "", "Deleted Key not found: rsa"));
    assert_eq!(vault.get("/deletedkeys").await.ok()["value"], json!([]));
    for refused in [
        create(&vault).await,
        vault.delete("/deletedkeys/rsa").await,
        vault.post("/deletedkeys/rsa/recover", json!({})).await,
    ] {
        let (status, code, inner, _) = refused.refusal();
        assert_eq!((status, code, inner), (409, "Conflict", "ObjectIsBeingDeleted"));
    }
    assert!(world.azure.key(VAULT, "rsa").is_none());
    assert_eq!(world.azure.deleted_keys(VAULT).len(), 1);
}

#[tokio::test]
async fn a_deleted_key_is_shown_and_still_holds_its_name() {
    let world = World::start().await;
    let vault = world.vault(VAULT).await;
    let created = create(&vault).await.ok();

    vault.delete("/keys/rsa").await.ok();

    let shown = vault.get("/deletedkeys/RSA").await.ok();
    assert_eq!(shown["key"], created["key"]);
    assert!(shown["attributes"].get("hsmPlatform").is_none());
    let refused = create(&vault).await;
    let (status, code, inner, message) = refused.refusal();
    assert_eq!((status, code, inner), (409, "Conflict", "ObjectIsDeletedButRecoverable"));
    assert!(message.starts_with("Key rsa is currently in a deleted but recoverable state"), "{message}");
    assert_eq!(vault.delete("/keys/rsa").await.status, 404);
}

#[tokio::test]
async fn a_purged_key_frees_its_name() {
    let world = World::start().await;
    let vault = world.vault(VAULT).await;
    create(&vault).await.ok();
    vault.delete("/keys/rsa").await.ok();

    assert_eq!(vault.delete("/deletedkeys/rsa").await.status, 204);

    assert_eq!(vault.delete("/deletedkeys/rsa").await.status, 404);
    create(&vault).await.ok();
    assert_eq!(world.azure.key(VAULT, "rsa").unwrap().versions.len(), 1);
    assert!(world.azure.deleted_keys(VAULT).is_empty());
}

#[tokio::test]
async fn a_recovered_key_comes_back_with_all_its_versions() {
    let world = World::start().await;
    let vault = world.vault(VAULT).await;
    create(&vault).await.ok();
    let latest = create(&vault).await.ok();
    vault.delete("/keys/rsa").await.ok();

    let recovered = vault.post("/deletedkeys/rsa/recover", json!({})).await.ok();

    assert_eq!(recovered["key"], latest["key"]);
    assert_eq!(vault.get("/keys/rsa").await.ok()["key"], latest["key"]);
    assert_eq!(world.azure.key(VAULT, "rsa").unwrap().versions.len(), 2);
    assert_eq!(vault.get("/deletedkeys/rsa").await.status, 404);
}

#[tokio::test]
async fn a_key_being_recovered_is_not_there_yet() {
    let world = World::start().await;
    let vault = world.vault(VAULT).await;
    create(&vault).await.ok();
    vault.delete("/keys/rsa").await.ok();
    world.azure.set_deletion_delay(LONG);

    vault.post("/deletedkeys/rsa/recover", json!({})).await.ok();

    assert_eq!(vault.get("/keys/rsa").await.status, 404);
    let refused = create(&vault).await;
    assert_eq!((refused.status, refused.refusal().2), (409, "ObjectIsBeingRecovered"));
}
