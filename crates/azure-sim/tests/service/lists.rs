//! Lists and their pages.

use serde_json::{Value, json};

use crate::support::{VAULT, Vault, World, read};

/// Follows `nextLink` to the end and gives the sizes of the pages and all entries.
async fn follow(vault: &Vault<'_>, path: &str) -> (Vec<usize>, Vec<Value>) {
    let (mut sizes, mut entries) = (Vec::new(), Vec::new());
    let mut page = vault.get(path).await.ok();
    loop {
        let value = page["value"].as_array().unwrap();
        sizes.push(value.len());
        entries.extend(value.iter().cloned());
        let Some(next) = page["nextLink"].as_str() else { return (sizes, entries) };
        let request = vault.world.http.get(next).bearer_auth(&vault.token);
        page = read(request.send().await.unwrap()).await.ok();
    }
}

#[tokio::test]
async fn keys_are_listed_without_versions_in_pages_of_25() {
    let world = World::start().await;
    let vault = world.vault(VAULT).await;
    for number in 0..53 {
        world.azure.put_foreign_key(VAULT, &format!("key-{number:02}"));
    }

    let (sizes, entries) = follow(&vault, "/keys").await;

    assert_eq!(sizes, [25, 25, 3]);
    let kids: Vec<&str> = entries.iter().map(|entry| entry["kid"].as_str().unwrap()).collect();
    let expected: Vec<String> =
        (0..53).map(|number| format!("https://{VAULT}.vault.azure.net/keys/key-{number:02}")).collect();
    assert_eq!(kids, expected);
    assert_eq!(entries[0]["tags"], json!({ "owner": "somebody else" }));
}

#[tokio::test]
async fn a_last_page_that_is_full_has_no_next_one() {
    let world = World::start().await;
    let vault = world.vault(VAULT).await;
    for number in 0..4 {
        world.azure.put_foreign_key(VAULT, &format!("key-{number}"));
    }

    assert_eq!(follow(&vault, "/keys?maxresults=2").await.0, [2, 2]);
    assert_eq!(follow(&vault, "/keys?maxresults=3").await.0, [3, 1]);
    assert_eq!(vault.get("/keys").await.ok()["nextLink"], Value::Null);
}

#[tokio::test]
async fn versions_are_listed_with_their_attributes() {
    let world = World::start().await;
    let vault = world.vault(VAULT).await;
    for _ in 0..27 {
        world.azure.put_foreign_key(VAULT, "rsa");
    }
    vault.patch("/keys/rsa", json!({ "attributes": { "enabled": false } })).await.ok();

    let (sizes, entries) = follow(&vault, "/keys/rsa/versions").await;

    assert_eq!(sizes, [25, 2]);
    let key = world.azure.key(VAULT, "rsa").unwrap();
    for version in key.versions {
        let kid = format!("https://{VAULT}.vault.azure.net/keys/rsa/{}", version.version);
        let entry = entries.iter().find(|entry| entry["kid"] == kid).unwrap();
        assert_eq!(entry["attributes"]["enabled"], version.enabled);
    }
}

#[tokio::test]
async fn an_unknown_key_has_no_versions() {
    let world = World::start().await;
    let vault = world.vault(VAULT).await;

    assert_eq!(vault.get("/keys/none/versions").await.ok(), json!({ "value": [], "nextLink": null }));
}

#[tokio::test]
async fn a_page_of_an_impossible_size_or_place_is_refused() {
    let world = World::start().await;
    let vault = world.vault(VAULT).await;

    for query in ["maxresults=0", "maxresults=26", "maxresults=-1", "maxresults=x", "$skiptoken=%21", "$skiptoken=_w"] {
        let reply = vault.get(&format!("/keys?{query}")).await;
        assert_eq!((reply.status, reply.refusal().1), (400, "BadParameter"), "{query}");
    }
}

#[tokio::test]
async fn deleted_keys_have_a_list_of_their_own() {
    let world = World::start().await;
    let vault = world.vault(VAULT).await;
    world.azure.put_foreign_key(VAULT, "gone");
    world.azure.put_foreign_key(VAULT, "here");

    vault.delete("/keys/gone").await.ok();

    let (_, deleted) = follow(&vault, "/deletedkeys").await;
    assert_eq!(deleted.len(), 1);
    assert_eq!(deleted[0]["kid"], format!("https://{VAULT}.vault.azure.net/keys/gone"));
    assert_eq!(deleted[0]["recoveryId"], format!("https://{VAULT}.vault.azure.net/deletedkeys/gone"));
    assert_eq!(follow(&vault, "/keys").await.1.len(), 1);
}
