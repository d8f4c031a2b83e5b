//! Versions that nobody may use any more: marked as compromised, then destroyed.

use support::World;

const VAULT: &str = "keyvault-name";

#[tokio::test(flavor = "multi_thread")]
async fn a_compromised_version_is_switched_off_everywhere_and_then_destroyed() {
    let world = World::start().await;
    let admin = world.admin().await;
    admin.connect("acme", VAULT, &world.azure.service_principal(VAULT)).await;
    admin.create_key("payments").await;
    admin.act("/workspaces/keymgmt/keys/payments/rotate").await.expect_status(202);
    admin.distribute("payments", "acme").await.expect_status(202);
    world.settle(&admin).await;
    let enabled = || {
        let held = world.azure.key(VAULT, "payments").expect("the vault holds the key");
        held.versions.iter().map(|version| version.enabled).collect::<Vec<_>>()
    };
    assert_eq!(enabled(), [true, true]);

    let tab = world.open_as("admin", "/w/keymgmt/keys/payments/versions").await;
    tab.click("DisclosureTriangle", "Version 1 ").await;
    tab.click("button", "Mark version 1 as compromised…").await;
    let dialog = tab.within("dialog", "Mark version 1 of payments as compromised?");
    dialog.text("This cannot be taken back.").await;
    dialog.text("vault holds it now (acme), told to switch it off").await;
    dialog.click("button", "Mark as compromised").await;
    dialog.see_state("textbox", "Why", "invalid").await;
    dialog.fill("Why", "found in a ticket").await;
    dialog.click("button", "Mark as compromised").await;
    dialog.text("Marked 1 version.").await;
    dialog.within("row", "1").text("held now").await;
    dialog.click("button", "Done").await;
    tab.text("found in a ticket").await;
    tab.gone("button", "Mark version 1 as compromised…").await;
    world.settle(&admin).await;
    assert_eq!(enabled(), [false, true]);

    tab.text("Disabled").await;
    tab.click("button", "Destroy version 1…").await;
    let dialog = tab.within("dialog", "Destroy version 1 of payments?");
    dialog.see_state("button", "Destroy", "disabled").await;
    dialog.fill("Type payments to destroy it", "payments").await;
    dialog.click("button", "Destroy").await;
    tab.text("Private key destroyed").await;
    tab.gone("button", "Destroy version 1…").await;

    tab.visit(&format!("{}/w/keymgmt/keys/payments", world.url())).await;
    tab.text("Version 1 is off everywhere.").await;
    tab.text("Compromised, destroyed").await;
    tab.assert_no_errors();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_in_use_is_not_destroyed_and_the_dialog_says_why() {
    let world = World::start().await;
    let admin = world.admin().await;
    admin.connect("acme", VAULT, &world.azure.service_principal(VAULT)).await;
    admin.create_key("payments").await;
    admin.distribute("payments", "acme").await.expect_status(202);
    world.settle(&admin).await;

    let tab = world.open_as("admin", "/w/keymgmt/keys/payments").await;
    tab.click("button", "More actions").await;
    tab.click("button", "Destroy key…").await;
    let dialog = tab.within("dialog", "Destroy payments?");
    dialog.fill("Type payments to destroy it", "payments").await;
    dialog.click("button", "Destroy").await;
    dialog.text("Version 1 is in use, and acme holds this key").await;
    assert!(world.azure.key(VAULT, "payments").is_some_and(|key| key.versions[0].enabled));
}
