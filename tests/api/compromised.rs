//! Versions that nobody may use any more, through HTTP.

use api::{Compromised, Key, KeySummary, Page};
use serde_json::{Value, json};
use support::World;

const VAULT: &str = "keyvault-name";
const KEY: &str = "/workspaces/keymgmt/keys/payments";

#[tokio::test(flavor = "multi_thread")]
async fn a_compromised_version_is_off_everywhere_and_an_admin_alone_may_say_so() {
    let world = World::start().await;
    let admin = world.admin().await;
    admin.connect("acme", VAULT, &world.azure.service_principal(VAULT)).await;
    admin.create_key("payments").await;
    admin.act(&format!("{KEY}/rotate")).await.expect_status(202);
    admin.distribute("payments", "acme").await.expect_status(202);
    world.settle(&admin).await;
    let (operator, auditor) = (world.member("bob", "operator").await, world.member("ann", "auditor").await);
    let wanted = json!({ "versions": [1], "reason": "found in a ticket" });
    for nobody in [&operator, &auditor] {
        nobody.post(&format!("{KEY}/compromise"), wanted.clone()).await.expect_problem(403, "forbidden", None);
        nobody.post(&format!("{KEY}/destroy"), json!({})).await.expect_problem(403, "forbidden", None);
    }
    for (body, field) in [
        (json!({ "versions": [1], "reason": " " }), "reason"),
        (json!({ "versions": [9], "reason": "r" }), "versions"),
        (json!({ "versions": [], "reason": "r" }), "versions"),
    ] {
        let reply = admin.post(&format!("{KEY}/compromise"), body).await;
        assert!((400..=422).contains(&reply.status), "{}", reply.text);
        assert_eq!(reply.field().as_deref(), Some(field), "{}", reply.text);
    }

    let marked: Compromised = admin.post(&format!("{KEY}/compromise"), wanted.clone()).await.expect(202);

    assert_eq!(marked.versions, [1]);
    assert_eq!((marked.holdings[0].provider.as_str(), marked.holdings[0].until), ("acme", None));
    let version = &marked.key.versions[1];
    assert!(version.compromised_at.is_some() && !version.enabled);
    world.settle(&admin).await;
    let held = world.azure.key(VAULT, "payments").unwrap();
    assert_eq!(held.versions.iter().map(|version| version.enabled).collect::<Vec<_>>(), [false, true]);
    admin.post(&format!("{KEY}/compromise"), wanted).await.expect_problem(409, "already_compromised", None);
    let told: Value = auditor.get(KEY).await.expect(200);
    assert_eq!(told["versions"][1]["compromise_reason"], "found in a ticket");
    let data = world.vault().await.data("keymgmt/key/payments").await;
    assert_eq!(data["versions"].as_object().unwrap().keys().collect::<Vec<_>>(), ["2"], "to Vault's tools it is off");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_destroyed_key_stays_on_record_and_gets_no_other_version() {
    let world = World::start().await;
    let admin = world.admin().await;
    admin.connect("acme", VAULT, &world.azure.service_principal(VAULT)).await;
    admin.create_key("payments").await;
    admin.distribute("payments", "acme").await.expect_status(202);
    world.settle(&admin).await;
    let destroy = format!("{KEY}/destroy");
    admin.post(&destroy, json!({})).await.expect_problem(409, "version_in_use", None);
    admin.delete(&format!("{KEY}/distributions/acme")).await.expect_status(202);
    world.settle(&admin).await;

    let destroyed: Key = admin.post(&destroy, json!({ "versions": [1] })).await.expect(200);

    assert!(destroyed.destroyed_at.is_some() && destroyed.versions[0].public_key.is_some());
    admin.post(&destroy, json!({})).await.expect_problem(409, "already_destroyed", None);
    admin.act(&format!("{KEY}/rotate")).await.expect_problem(409, "key_destroyed", None);
    admin.distribute("payments", "acme").await.expect_problem(409, "nothing_to_distribute", None);
    let listed: Page<KeySummary> = admin.get("/workspaces/keymgmt/keys").await.expect(200);
    assert_eq!(listed.items[0].destroyed_at, destroyed.destroyed_at);
    let trail = admin.get("/audit-events?limit=200").await.text;
    assert!(trail.contains("key.destroy"), "{trail}");
}
