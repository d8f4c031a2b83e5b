//! The whole main job, and what Azure holds at each step.

use api::{Distribution, DistributionState, Key, KeySummary, Page, Workspace};
use engine::Chain;
use serde_json::json;
use support::World;

const VAULT: &str = "keyvault-name";
const KEY: &str = "/workspaces/keymgmt/keys/payments";
const DISTRIBUTION: &str = "/workspaces/keymgmt/keys/payments/distributions/acme";

/// The versions that the vault should hold, oldest first: public key, and whether it is enabled.
fn wanted(key: &Key) -> Vec<(String, bool)> {
    key.versions
        .iter()
        .rev()
        .map(|version| (version.public_key.clone().expect("an RSA key"), version.enabled))
        .collect()
}

/// What the simulator holds: it unwrapped the blobs with code of its own.
fn held(world: &World) -> Vec<(String, bool)> {
    let key = world.azure.key(VAULT, "payments").expect("the vault holds the key");
    assert!(key.versions.iter().all(|version| version.imported_by_byok && version.kty == "RSA-HSM"));
    key.versions.iter().map(|version| (version.public_key_pem(), version.enabled)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_made_distributed_rotated_and_taken_back() {
    let world = World::start().await;
    let admin = world.admin().await;

    let provider = admin.connect("acme", VAULT, &world.azure.service_principal(VAULT)).await;
    assert_eq!(provider.url, "https://keyvault-name.vault.azure.net/");
    assert!(provider.last_check.expect("it was checked first").passed());

    let made = admin.create_key("payments").await;
    assert_eq!((made.latest_version, made.min_enabled_version, made.distributions.len()), (1, 1, 0));
    let pending: Distribution = admin.distribute("payments", "acme").await.expect(202);
    assert_eq!(pending.state, DistributionState::Pending);
    assert_eq!(pending.url, "https://keyvault-name.vault.azure.net/keys/payments");
    world.settle(&admin).await;
    let key = admin.key("payments").await;
    assert_eq!(key.distributions[0].state, DistributionState::InSync);
    assert_eq!(held(&world), wanted(&key));

    let rotated: Key = admin.act(&format!("{KEY}/rotate")).await.expect(202);
    assert_eq!(rotated.latest_version, 2);
    world.settle(&admin).await;
    assert_eq!(held(&world), wanted(&admin.key("payments").await));

    let changed: Key = admin.patch(KEY, json!({ "min_enabled_version": 2 })).await.expect(200);
    assert_eq!(wanted(&changed).iter().map(|(_, enabled)| *enabled).collect::<Vec<_>>(), [false, true]);
    world.settle(&admin).await;
    assert_eq!(held(&world), wanted(&changed));

    let withdrawing: Distribution = admin.delete(DISTRIBUTION).await.expect(202);
    assert_eq!(withdrawing.state, DistributionState::Withdrawing);
    world.settle(&admin).await;
    assert_eq!(world.azure.key(VAULT, "payments"), None);
    assert_eq!(admin.get(DISTRIBUTION).await.status, 404);

    admin.patch(KEY, json!({ "deletion_allowed": true })).await.expect_status(200);
    admin.delete(KEY).await.expect_nothing(204);
    assert_eq!(admin.get(KEY).await.status, 404);
    admin.delete("/workspaces/keymgmt/providers/acme").await.expect_nothing(204);
    assert!(matches!(world.engine().check_audit_chain().await.unwrap(), Chain::Whole(rows) if rows > 8));
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_and_counts_tell_what_is_there() {
    let world = World::start().await;
    let admin = world.admin().await;
    admin.connect("acme", VAULT, &world.azure.service_principal(VAULT)).await;
    for name in ["alpha", "payments", "zeta"] {
        admin.create_key(name).await;
    }
    admin.distribute("payments", "acme").await.expect_status(202);
    world.settle(&admin).await;

    let workspace: Workspace = admin.get("/workspaces/keymgmt").await.expect(200);
    assert_eq!((workspace.counts.keys, workspace.counts.keys_not_distributed), (3, 2));
    assert_eq!((workspace.counts.providers, workspace.counts.in_sync, workspace.counts.pending), (1, 1, 0));
    let first: Page<KeySummary> = admin.get("/workspaces/keymgmt/keys?limit=2").await.expect(200);
    let next = first.next.expect("there is another page");
    let second: Page<KeySummary> =
        admin.get(&format!("/workspaces/keymgmt/keys?limit=2&after={next}")).await.expect(200);
    let names: Vec<String> = first.items.iter().chain(&second.items).map(|key| key.name.to_string()).collect();
    assert_eq!((names.join(" ").as_str(), second.next), ("alpha payments zeta", None));
    let in_sync: Page<KeySummary> = admin.get("/workspaces/keymgmt/keys?state=in_sync").await.expect(200);
    assert_eq!(in_sync.items.len(), 1);
    assert_eq!(in_sync.items[0].holders[0].provider.as_str(), "acme");
}
