//! Vaults of other kinds, software keys, and keys that are brought back.

use azure_sim::{Call, Fault};
use support::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_managed_hsm_is_connected_and_takes_a_key() {
    let world = World::demo().await;
    world.admin().await.create_key("payments").await;
    let tab = world.open_as("admin", "/w/keymgmt/providers/new").await;
    tab.heading("Connect a vault").await;
    tab.click("button", "Fill in acme-hsm").await;
    tab.text("https://acme-hsm.managedhsm.azure.net").await;
    tab.click("button", "Connect").await;
    tab.heading("acme-hsm").await;
    tab.heading("Who we are there").await;

    tab.visit(&format!("{}/w/keymgmt/keys/payments/distribute", world.url())).await;
    tab.heading("Distribute payments").await;
    tab.check("acme-hsm").await;
    tab.check("sign").await;
    tab.click("button", "Distribute to acme-hsm").await;
    tab.heading("payments in acme-hsm").await;
    tab.text("In sync").await;
    tab.text("Same public key").await;
    assert_eq!(world.azure.keys("acme-hsm").iter().filter(|key| key.name.starts_with("payments-")).count(), 1);
    tab.assert_no_errors();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_deleted_in_azure_is_brought_back_after_its_name_is_typed() {
    let world = World::start().await;
    let admin = world.admin().await;
    admin.connect("acme", "keyvault-name", &world.azure.service_principal("keyvault-name")).await;
    admin.create_key("payments").await;
    assert_eq!(admin.distribute("payments", "acme").await.status, 202);
    world.settle(&admin).await;
    assert_eq!(admin.delete("/workspaces/keymgmt/keys/payments/distributions/acme").await.status, 202);
    world.settle(&admin).await;
    assert_eq!(world.azure.key("keyvault-name", "payments"), None);

    let tab = world.open_as("admin", "/w/keymgmt/providers/acme").await;
    tab.heading("Deleted keys").await;
    tab.click("button", "Recover payments").await;
    let dialog = tab.within("dialog", "Recover payments in acme?");
    dialog.see_state("button", "Recover key", "disabled").await;
    dialog.fill("Type payments to recover it", "payments").await;
    dialog.click("button", "Recover key").await;
    tab.gone("dialog", "Recover payments in acme?").await;
    tab.gone("heading", "Deleted keys").await;

    tab.visit(&format!("{}/w/keymgmt/keys/payments/distributions/acme", world.url())).await;
    tab.text("In sync").await;
    tab.text("Same public key").await;
    assert!(world.azure.key("keyvault-name", "payments").is_some());
    tab.assert_no_errors();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_connects_a_vault_instead_of_a_secret() {
    let world = World::demo().await;
    let tab = world.open_as("admin", "/w/keymgmt/providers/new").await;
    tab.heading("Connect a vault").await;
    tab.click("button", "Fill in keyvault-name").await;
    tab.check("With a certificate").await;
    tab.fill("Certificate and private key", "-----BEGIN CERTIFICATE-----").await;
    tab.press("Tab").await;
    tab.text("Paste also the private key").await;
    tab.fill("Certificate and private key", &world.azure.certificate_pem("keyvault-name")).await;
    tab.click("button", "Connect").await;
    tab.heading("keyvault-name").await;
    tab.text("Healthy").await;
    tab.within("region", "Who we are there").text("Stored certificate").await;
    tab.assert_no_errors();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_managed_identity_connects_a_vault_with_nothing_but_the_tenant() {
    let world = World::on_machine("keyvault-name").await;
    let tab = world.open_as("admin", "/w/keymgmt/providers/new").await;
    tab.heading("Connect a vault").await;
    tab.fill("Name", "acme").await;
    tab.fill("Key vault", "keyvault-name").await;
    tab.check("With nothing stored here").await;
    tab.gone("textbox", "Client secret").await;
    tab.click("button", "Connect").await;
    tab.see_state("textbox", "Tenant ID", "invalid").await;
    tab.fill("Tenant ID", &world.azure.service_principal("keyvault-name").tenant_id).await;
    tab.click("button", "Connect").await;
    tab.heading("acme").await;
    tab.text("Healthy").await;
    tab.within("region", "Who we are there").text("Managed identity").await;
    tab.assert_no_errors();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standard_vault_takes_a_key_that_software_protects() {
    let world = World::demo().await;
    world.admin().await.create_key("payments").await;
    let tab = world.open_as("admin", "/w/keymgmt/providers/new").await;
    tab.heading("Connect a vault").await;
    tab.click("button", "Fill in acme-standard").await;
    tab.click("button", "Connect").await;
    tab.heading("acme-standard").await;

    tab.visit(&format!("{}/w/keymgmt/keys/payments/distribute", world.url())).await;
    tab.heading("Distribute payments").await;
    tab.check("software").await;
    tab.text("Azure can read it when it arrives").await;
    tab.click("button", "Distribute to acme-standard").await;
    tab.heading("payments in acme-standard").await;
    tab.text("In sync").await;
    tab.text("Same public key").await;
    let held = world.azure.keys("acme-standard").into_iter().find(|key| key.name.starts_with("payments-"));
    assert!(held.is_some_and(|key| key.versions.iter().all(|version| !version.imported_by_byok)));
    tab.assert_no_errors();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_distributed_with_an_expiry_and_tags() {
    let world = World::start().await;
    let admin = world.admin().await;
    admin.connect("acme", "keyvault-name", &world.azure.service_principal("keyvault-name")).await;
    admin.create_key("payments").await;
    let tab = world.open_as("admin", "/w/keymgmt/keys/payments/distribute").await;
    tab.heading("Distribute payments").await;
    tab.fill("Name in the vault", "payments").await;
    tab.fill("Days until a version expires", "soon").await;
    tab.fill("Tags", "team").await;
    tab.click("button", "Distribute to acme").await;
    tab.text("2 things to correct").await;
    tab.see_state("textbox", "Days until a version expires", "invalid").await;
    tab.see_state("textbox", "Tags", "invalid").await;
    tab.fill("Days until a version expires", "90").await;
    tab.fill("Tags", "team=core").await;
    tab.click("button", "Distribute to acme").await;
    tab.heading("payments in acme").await;
    tab.text("In sync").await;
    tab.text("expires 90 days after a delivery").await;
    tab.text("team=core").await;
    let held = world.azure.key("keyvault-name", "payments").expect("the vault holds it");
    assert!(held.versions.iter().all(|version| version.exp.is_some() && version.tags["team"] == "core"));
    tab.assert_no_errors();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_key_is_purged_after_its_name_is_typed() {
    let world = World::start().await;
    let admin = world.admin().await;
    admin.connect("acme", "keyvault-name", &world.azure.service_principal("keyvault-name")).await;
    admin.create_key("payments").await;
    assert_eq!(admin.distribute("payments", "acme").await.status, 202);
    world.settle(&admin).await;
    assert_eq!(admin.delete("/workspaces/keymgmt/keys/payments/distributions/acme").await.status, 202);
    world.settle(&admin).await;

    let tab = world.open_as("admin", "/w/keymgmt/providers/acme").await;
    tab.heading("Deleted keys").await;
    tab.click("button", "Purge payments").await;
    let dialog = tab.within("dialog", "Purge payments in acme?");
    dialog.fill("Type payments to purge it", "payment").await;
    dialog.text("1 letter to go").await;
    dialog.see_state("button", "Purge key", "disabled").await;
    dialog.fill("Type payments to purge it", "payments").await;
    dialog.click("button", "Purge key").await;
    tab.gone("dialog", "Purge payments in acme?").await;
    tab.gone("heading", "Deleted keys").await;
    assert_eq!(world.azure.deleted_keys("keyvault-name").len(), 0);
    tab.assert_no_errors();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vault_that_asks_for_patience_is_shown_as_paused() {
    let world = World::start().await;
    let admin = world.admin().await;
    admin.connect("acme", "keyvault-name", &world.azure.service_principal("keyvault-name")).await;
    admin.create_key("payments").await;
    world.azure.fail_next(Call::ImportKey, Fault::throttled(Some(600)));
    assert_eq!(admin.distribute("payments", "acme").await.status, 202);

    let tab = world.open_as("admin", "/w/keymgmt/keys/payments/distributions/acme").await;
    tab.text("Next attempt in 9 min").await;
    tab.visit(&format!("{}/w/keymgmt/providers/acme", world.url())).await;
    tab.text("This vault is paused. It asked for fewer requests").await;
    tab.assert_no_errors();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_exchange_key_is_made_before_the_first_key_and_the_pace_is_shown() {
    let world = World::start().await;
    let admin = world.admin().await;
    admin.connect("acme", "keyvault-name", &world.azure.service_principal("keyvault-name")).await;
    let tab = world.open_as("admin", "/w/keymgmt/providers/acme").await;
    tab.heading("Key exchange key (KEK)").await;
    assert!(world.azure.key("keyvault-name", "keyferry-kek").is_none(), "connecting made none");

    tab.click("button", "Create the key exchange key now").await;
    tab.text("RSA-HSM, 4096 bit").await;
    tab.gone("button", "Create the key exchange key now").await;
    assert!(world.azure.key("keyvault-name", "keyferry-kek").is_some());
    tab.heading("Pace").await;
    tab.text("at most 300 in 10 seconds").await;
    tab.assert_no_errors();
}
