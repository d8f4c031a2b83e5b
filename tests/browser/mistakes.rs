//! What people get wrong is said where they can put it right, and nothing they typed is lost.

use azure_sim::{Call, Fault};
use support::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_secret_is_said_at_its_field_and_the_rest_of_the_form_stays() {
    let world = World::demo().await;
    let tab = world.open_as("admin", "/w/keymgmt/providers/new").await;
    tab.heading("Connect a vault").await;
    tab.click("button", "Fill in keyvault-name").await;
    tab.fill("Client secret", "not the secret").await;
    tab.click("button", "Connect").await;

    tab.text("One thing to correct").await;
    tab.see_state("textbox", "Client secret", "invalid").await;
    tab.click("DisclosureTriangle", "What Azure said").await;
    tab.text("AADSTS7000215").await;
    assert_eq!(tab.value("Key vault").await, "keyvault-name");

    tab.fill("Key vault", "no-such-vault").await;
    tab.click("button", "Connect").await;
    tab.see_state("textbox", "Key vault", "invalid").await;
    tab.text("does not resolve").await;
    assert!(world.admin().await.get("/workspaces/keymgmt/providers").await.text.contains("\"items\":[]"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_distribution_says_why_and_goes_on_when_it_is_allowed() {
    let world = World::start().await;
    let admin = world.admin().await;
    admin.connect("acme", "acme-forbids", &world.azure.service_principal("acme-forbids")).await;
    admin.create_key("payments").await;
    assert_eq!(admin.distribute("payments", "acme").await.status, 202);
    let tab = world.open_as("admin", "/w/keymgmt/keys/payments/distributions/acme").await;

    tab.heading("The application may not create keys in the vault acme-forbids").await;
    tab.text("Key Vault Crypto Officer").await;
    tab.text("az role assignment create").await;
    world.azure.set_permissions("acme-forbids", &azure_sim::Permission::ALL);
    tab.click("button", "Retry now").await;

    tab.text("In sync").await;
    tab.text("Same public key").await;
    tab.assert_no_errors();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vault_that_keeps_us_out_shows_the_facts_and_the_command_that_helps() {
    let world = World::demo().await;
    let message = "Client address is not authorized.\r\nClient address: 203.0.113.7\r\n";
    let firewall = Fault::status(403, "Forbidden", Some("ForbiddenByFirewall"), message);
    world.azure.fail_times(Call::GetKey, firewall, 4);
    let tab = world.open_as("admin", "/w/keymgmt/providers/new").await;
    tab.heading("Connect a vault").await;
    tab.click("button", "Fill in keyvault-name").await;
    tab.click("button", "Connect").await;

    tab.see("button", "Copy source address").await;
    tab.text("az keyvault network-rule add --name keyvault-name --ip-address 203.0.113.7").await;
    tab.click("button", "Copy Azure command line").await;
    world.azure.clear_faults();
    tab.click("button", "Check now").await;
    tab.text("Healthy").await;
    tab.assert_no_errors();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_connect_names_both_tenants() {
    let world = World::demo().await;
    let stranger = world.azure.other_tenant();
    let tab = world.open_as("admin", "/w/keymgmt/providers/new").await;
    tab.heading("Connect a vault").await;
    tab.click("button", "Fill in keyvault-name").await;
    tab.fill("Tenant ID", &stranger.tenant_id).await;
    tab.fill("Client ID", &stranger.client_id).await;
    tab.fill("Client secret", &stranger.client_secret).await;
    tab.click("button", "Connect").await;

    tab.see_state("textbox", "Tenant ID", "invalid").await;
    let summary = tab.within("alert", "");
    summary.text(&world.azure.service_principal("keyvault-name").tenant_id).await;
    summary.text(&stranger.tenant_id).await;
    summary.see("button", "Copy tenant of the vault").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_ended_is_renewed_in_place() {
    let world = World::start().await;
    let tab = world.open_as("admin", "/w/keymgmt/keys/new").await;
    tab.heading("Create key").await;
    tab.fill("Name", "payments").await;
    // Somebody changes the password of this account: every session of it ends.
    let admin = world.admin().await;
    let change = serde_json::json!({ "current_password": World::PASSWORD, "new_password": "another ferry at ten" });
    assert_eq!(admin.post("/session/password", change).await.status, 204);

    // The page notices that by itself.
    let again = tab.within("dialog", "Sign in again");
    again.fill("Password", "another ferry at ten").await;
    again.click("button", "Sign in").await;
    tab.gone("dialog", "Sign in again").await;

    assert_eq!(tab.value("Name").await, "payments");
    tab.click("button", "Create key").await;
    tab.heading("payments").await;
}
