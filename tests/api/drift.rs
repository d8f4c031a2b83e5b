//! Expiry, tags, and what somebody changed in Azure, over HTTP.

use api::{Distribution, DistributionState, DriftField, Page};
use serde_json::{Value, json};
use support::{Client, World};

const VAULT: &str = "keyvault-name";
const KEY: &str = "/workspaces/keymgmt/keys/payments";
const DISTRIBUTION: &str = "/workspaces/keymgmt/keys/payments/distributions/acme";

async fn connected(world: &World) -> Client {
    let admin = world.admin().await;
    admin.connect("acme", VAULT, &world.azure.service_principal(VAULT)).await;
    admin.create_key("payments").await;
    admin
}

/// The body that distributes the key with something beside what is needed.
fn with(name: &str, value: &Value) -> Value {
    json!({ "provider": "acme", "purposes": ["sign"], "protection": "hsm", "name_in_kms": "payments", name: value })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expiry_or_tags_that_azure_would_refuse_are_refused_by_name() {
    let world = World::start().await;
    let admin = connected(&world).await;
    let many: Value =
        (0..15).map(|number| (format!("tag-{number}"), json!(""))).collect::<serde_json::Map<_, _>>().into();
    for (field, value) in [
        ("expires_after", json!(0)),
        ("expires_after", json!(3651)),
        ("expires_after", json!(-1)),
        ("expires_after", json!("P90D")),
        ("tags", many),
        ("tags", json!({ "keyferry": "mine" })),
        ("tags", json!({ "": "empty" })),
        ("tags", json!({ "long": "v".repeat(257) })),
        ("tags", json!({ "lines": "a\nb" })),
        ("tags", json!(["a"])),
    ] {
        let refused = admin.post(&format!("{KEY}/distributions"), with(field, &value)).await;
        refused.expect_problem(400, "invalid", Some(field));
    }
    assert!(admin.key("payments").await.distributions.is_empty());

    let body = with("tags", &json!({ "owner": "payments" }));
    let made: Distribution = admin.post(&format!("{KEY}/distributions"), body).await.expect(202);
    assert_eq!((made.expires_after, made.tags.iter().next()), (None, Some(("owner", "payments"))));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_changed_in_azure_is_shown_accepted_and_reconciled() {
    let world = World::start().await;
    let admin = connected(&world).await;
    let body = with("expires_after", &json!(365));
    admin.post(&format!("{KEY}/distributions"), body).await.expect_status(202);
    world.settle(&admin).await;
    world.azure.set_rotation_policy(VAULT, "payments", "P90D");
    world.azure.disable_latest_version(VAULT, "payments");

    admin.act(&format!("{DISTRIBUTION}/verify")).await.expect_status(202);
    world.until_drifted(&admin, DISTRIBUTION, 2).await;

    let board: Page<Distribution> = admin.get("/workspaces/keymgmt/drift").await.expect(200);
    let [drifted] = board.items.as_slice() else { panic!("{board:?}") };
    assert_eq!(drifted.drift[0].field, DriftField::RotationPolicy);
    let policy = &drifted.drift[0];
    assert!(policy.advice.is_some() && policy.since.is_some());
    let off = &drifted.deliveries[0].drift[0];
    assert_eq!((off.field, off.wanted.as_str(), off.found.as_str()), (DriftField::Enabled, "yes", "no"));

    let accept = |reason: &str, found: &str| json!({ "field": "rotation_policy", "found": found, "reason": reason });
    let to = format!("{DISTRIBUTION}/accept");
    admin.post(&to, accept(" ", &policy.found)).await.expect_problem(400, "invalid", Some("reason"));
    let outdated = admin.post(&to, accept("why not", "P1D after creation")).await;
    outdated.expect_problem(409, "difference_changed", Some("found"));
    let absent = json!({ "field": "tags", "version": 1, "found": "x", "reason": "y" });
    admin.post(&to, absent).await.expect_problem(404, "not_found", None);
    let accepted: Distribution = admin.post(&to, accept("agreed with its owner", &policy.found)).await.expect(200);
    let by = accepted.drift[0].accepted.as_ref().expect("it was accepted");
    assert_eq!((by.by.as_str(), by.reason.as_str()), ("admin", "agreed with its owner"));
    assert_eq!(accepted.state, DistributionState::Drifted, "the version is still off");

    admin.act(&format!("{DISTRIBUTION}/reconcile")).await.expect_status(202);
    world.settle(&admin).await;
    let reconciled: Distribution = admin.get(DISTRIBUTION).await.expect(200);
    assert_eq!((reconciled.state, reconciled.deliveries[0].enabled), (DistributionState::InSync, Some(true)));
    admin.act(&format!("{DISTRIBUTION}/reconcile")).await.expect_problem(409, "nothing_to_reconcile", None);
    let board: Page<Distribution> = admin.get("/workspaces/keymgmt/drift?limit=1").await.expect(200);
    assert_eq!((board.items.len(), board.next), (1, None), "what is accepted is still shown");

    let reopen = json!({ "field": "rotation_policy" });
    let open: Distribution = admin.post(&format!("{DISTRIBUTION}/reopen"), reopen).await.expect(200);
    assert_eq!(open.state, DistributionState::Drifted);
    admin.get("/workspaces/keymgmt/drift?after=x").await.expect_problem(400, "invalid", Some("after"));
}
