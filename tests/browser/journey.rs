//! The whole main job, from the first sign-in to the day the key is taken back.

use azure_sim::StoredVersion;
use support::{Tab, World};

const VAULT: &str = "keyvault-name";

/// What the vault holds under a name, asked directly, oldest first.
fn held(world: &World, name: &str) -> Vec<StoredVersion> {
    world.azure.key(VAULT, name).expect("the vault holds the key").versions
}

/// The name that the console gave the key in the vault: the last part of the URL that it shows.
fn name_in(url_line: &str) -> String {
    let url = url_line.split_whitespace().find(|word| word.contains("/keys/payments-")).expect("the URL is shown");
    url.rsplit('/').next().expect("a URL has parts").to_owned()
}

/// Every public key that the vault holds stands on the key's page of versions, beside its number.
async fn compare_public_keys(tab: &Tab, world: &World, name: &str) {
    tab.heading("All versions").await;
    for (at, version) in held(world, name).iter().enumerate() {
        assert!(version.imported_by_byok);
        let number = at + 1;
        tab.see("button", &format!("Copy thumbprint of version {number}")).await;
        tab.text(version.public_key_pem().trim()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_connects_a_vault_distributes_a_key_rotates_it_and_takes_it_back() {
    let world = World::demo().await;
    let tab = world.open_as("admin", "/").await;

    tab.heading("Welcome to Key management").await;
    tab.link("Connect a vault").await;
    tab.heading("Connect a vault").await;
    tab.click("button", &format!("Fill in {VAULT}")).await;
    tab.click("button", "Connect").await;
    tab.heading(VAULT).await;
    tab.text("Healthy").await;

    tab.link("Keys").await;
    tab.link("Create key").await;
    tab.fill("Name", "payments").await;
    tab.check("rsa-2048").await;
    tab.press("Enter").await;
    tab.heading("payments").await;
    tab.text("No provider holds this key").await;

    tab.link("Distribute").await;
    tab.heading("Distribute payments").await;
    tab.check(VAULT).await;
    tab.check("sign").await;
    tab.check("verify").await;
    tab.click("button", &format!("Distribute to {VAULT}")).await;
    tab.heading(&format!("payments in {VAULT}")).await;
    tab.text("In sync").await;
    tab.text("Same public key").await;
    let name = name_in(&tab.within("region", "Deliveries").read().await);
    assert_eq!(held(&world, &name).len(), 1);

    tab.link("payments").await;
    tab.click("button", "Rotate").await;
    tab.text("Versions and where they are").await;
    world.settle(&world.admin().await).await;
    tab.within("row", "2").text("Enabled").await;
    tab.link("Versions").await;
    tab.click("DisclosureTriangle", "Version 1 ").await;
    compare_public_keys(&tab, &world, &name).await;
    assert_eq!(held(&world, &name).iter().map(|version| version.enabled).collect::<Vec<_>>(), [true, true]);

    tab.click("button", "More actions").await;
    tab.click("button", "Minimum enabled version…").await;
    let dialog = tab.within("dialog", "Minimum enabled version of payments");
    dialog.check("Version 2").await;
    dialog.heading("What is switched off").await;
    dialog.click("button", "Switch off version 1").await;
    tab.gone("dialog", "Minimum enabled version of payments").await;
    world.settle(&world.admin().await).await;
    assert_eq!(held(&world, &name).iter().map(|version| version.enabled).collect::<Vec<_>>(), [false, true]);
    tab.text("Disabled").await;
    compare_public_keys(&tab, &world, &name).await;

    tab.visit(&format!("{}/w/keymgmt/keys/payments/distributions/{VAULT}", world.url())).await;
    tab.heading(&format!("payments in {VAULT}")).await;
    tab.click("button", "More actions").await;
    tab.click("button", "Withdraw…").await;
    tab.within("dialog", &format!("Withdraw payments from {VAULT}?"))
        .click("button", &format!("Withdraw from {VAULT}"))
        .await;
    tab.link("Go to payments").await;
    tab.text("No provider holds this key").await;
    assert_eq!(world.azure.key(VAULT, &name), None);
    tab.assert_no_errors();
}
