//! What somebody changed in Azure is seen, put right, or accepted with a reason.

use serde_json::json;
use support::{Client, World};

const VAULT: &str = "keyvault-name";

/// A key under its own name in the vault, which then is changed there and compared.
async fn held(world: &World, admin: &Client, name: &str) {
    admin.create_key(name).await;
    let body = json!({ "provider": "acme", "purposes": ["sign"], "protection": "hsm", "name_in_kms": name });
    admin.post(&format!("/workspaces/keymgmt/keys/{name}/distributions"), body).await.expect_status(202);
    world.settle(admin).await;
}

async fn compare(world: &World, admin: &Client, name: &str, differences: usize) {
    let distribution = format!("/workspaces/keymgmt/keys/{name}/distributions/acme");
    admin.act(&format!("{distribution}/verify")).await.expect_status(202);
    world.until_drifted(admin, &distribution, differences).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_changed_in_azure_is_reconciled_or_accepted_with_a_reason() {
    let world = World::start().await;
    let admin = world.admin().await;
    admin.connect("acme", VAULT, &world.azure.service_principal(VAULT)).await;
    held(&world, &admin, "orders").await;
    held(&world, &admin, "payments").await;
    let tab = world.open_as("admin", "/w/keymgmt/drift").await;
    tab.heading("Nothing differs").await;

    world.azure.disable_latest_version(VAULT, "orders");
    world.azure.set_rotation_policy(VAULT, "orders", "P90D");
    compare(&world, &admin, "orders", 2).await;
    world.azure.swap_latest_version(VAULT, "payments");
    compare(&world, &admin, "payments", 1).await;
    tab.reload().await;

    let payments = tab.within("region", "payments in acme");
    payments.text("this vault holds a key that is not ours").await;
    payments.text("Keyferry disabled it").await;
    payments.gone("button", "Accept Modulus of version 1").await;
    payments.gone("button", "Reconcile payments in acme").await;
    let orders = tab.within("region", "orders in acme");
    orders.text("Enabled of version 1").await;
    orders.click("button", "Accept Rotation policy").await;
    let question = tab.within("dialog", "Accept this difference?");
    question.text("Azure has P90D").await;
    question.click("button", "Accept").await;
    question.see_state("textbox", "Reason", "invalid").await;
    question.fill("Reason", "agreed with its owner until May").await;
    question.click("DisclosureTriangle", "As command").await;
    question.text("/keys/orders/distributions/acme/accept").await;
    question.click("button", "Accept").await;
    tab.gone("dialog", "Accept this difference?").await;
    orders.text("agreed with its owner until May").await;

    orders.click("button", "Reconcile orders in acme").await;
    orders.text("In sync").await;
    orders.gone("rowheader", "Enabled of version 1").await;
    orders.see("button", "No longer accept Rotation policy").await;
    assert!(world.azure.key(VAULT, "orders").expect("it is held").versions[0].enabled);
    assert!(!world.azure.key(VAULT, "payments").expect("it is held").versions[0].enabled, "it is not ours");

    tab.link("orders in acme").await;
    tab.heading("orders in acme").await;
    tab.text("Same public key").await;
    tab.text("Looked for other versions and a rotation policy").await;
    tab.click("button", "No longer accept Rotation policy").await;
    tab.see("button", "Accept Rotation policy").await;
    tab.assert_no_errors();
}
