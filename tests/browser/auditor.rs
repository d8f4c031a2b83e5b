//! An auditor sees everything and can change nothing.

use serde_json::json;
use support::World;

/// What only those see who may change something.
const CHANGES: [&str; 14] = [
    "Create key",
    "Connect a vault",
    "Distribute",
    "Rotate",
    "More actions",
    "Verify now",
    "Retry now",
    "Check now",
    "Add member",
    "Create user",
    "Create token",
    "Change…",
    "Reconcile payments in acme",
    "Accept Enabled of version 1",
];

#[tokio::test(flavor = "multi_thread")]
async fn an_auditor_sees_everything_and_can_change_nothing() {
    let world = World::start().await;
    let admin = world.admin().await;
    admin.connect("acme", "keyvault-name", &world.azure.service_principal("keyvault-name")).await;
    admin.create_key("payments").await;
    assert_eq!(admin.distribute("payments", "acme").await.status, 202);
    world.settle(&admin).await;
    world.azure.disable_latest_version("keyvault-name", "payments");
    let distribution = "/workspaces/keymgmt/keys/payments/distributions/acme";
    admin.act(&format!("{distribution}/verify")).await.expect_status(202);
    world.until_drifted(&admin, distribution, 1).await;
    let user = json!({ "username": "olga", "password": World::PASSWORD, "global_role": "auditor" });
    assert_eq!(admin.post("/users", user).await.status, 201);

    let tab = world.open_as("olga", "/w/keymgmt/keys/payments").await;

    let pages = [
        ("/w/keymgmt/keys/payments", "payments"),
        ("/w/keymgmt/overview", "Overview"),
        ("/w/keymgmt/keys", "Keys"),
        ("/w/keymgmt/keys/payments/versions", "payments"),
        ("/w/keymgmt/keys/payments/distributions/acme", "payments in acme"),
        ("/w/keymgmt/providers", "Providers"),
        ("/w/keymgmt/providers/acme", "acme"),
        ("/w/keymgmt/distributions", "Distributions"),
        ("/w/keymgmt/drift", "Drift"),
        ("/w/keymgmt/audit", "Audit"),
        ("/w/keymgmt/members", "Members"),
        ("/users", "Users"),
        ("/system", "System"),
        ("/tokens", "Tokens"),
    ];
    for (at, (path, heading)) in pages.into_iter().enumerate() {
        // The first page is the one that was asked for before signing in.
        if at > 0 {
            tab.visit(&format!("{}{path}", world.url())).await;
        }
        tab.heading(heading).await;
        tab.text_gone("Loading").await;
        for change in CHANGES {
            tab.gone("button", change).await;
            tab.gone("link", change).await;
        }
    }
    tab.visit(&format!("{}/w/keymgmt/drift", world.url())).await;
    tab.text("Enabled of version 1").await;
    tab.visit(&format!("{}/w/keymgmt/audit", world.url())).await;
    tab.within("row", "key.create").text("admin").await;
    tab.assert_no_errors();
}
