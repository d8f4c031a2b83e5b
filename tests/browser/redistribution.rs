//! A key that was taken back is distributed again: under a new name, or under its deleted one.

use support::World;

const VAULT: &str = "keyvault-name";
const HELD: &str = "/workspaces/keymgmt/keys/payments/distributions/acme";

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawn_key_starts_again_under_a_new_name_or_goes_on_under_its_old_one() {
    let world = World::start().await;
    let admin = world.admin().await;
    admin.connect("acme", VAULT, &world.azure.service_principal(VAULT)).await;
    admin.create_key("payments").await;
    admin.distribute("payments", "acme").await.expect_status(202);
    world.settle(&admin).await;
    assert_eq!(admin.delete(HELD).await.status, 202);
    world.settle(&admin).await;

    let tab = world.open_as("admin", "/w/keymgmt/keys/payments").await;
    tab.text("acme keeps the key as deleted.").await;
    tab.link("Distribute again under a new name").await;
    tab.heading("Distribute payments").await;
    tab.fill("Name in the vault", "payments_2").await;
    tab.text("No URL yet").await;
    tab.fill("Name in the vault", "payments-2").await;
    tab.text(&format!("https://{VAULT}.vault.azure.net/keys/payments-2")).await;
    tab.click("button", "Distribute to acme").await;
    tab.heading("payments in acme").await;
    tab.text("In sync").await;
    assert!(world.azure.key(VAULT, "payments-2").is_some() && world.azure.key(VAULT, "payments").is_none());

    assert_eq!(admin.delete(HELD).await.status, 202);
    world.settle(&admin).await;
    tab.visit(&format!("{}/w/keymgmt/keys/payments", world.url())).await;
    tab.see("button", "Recover payments-2…").await;
    tab.click("button", "Recover payments…").await;
    tab.within("dialog", "Recover payments in acme?").click("button", "Recover key").await;
    tab.within("region", "Held by").text("In sync").await;
    tab.gone("button", "Recover payments-2…").await;
    assert!(world.azure.key(VAULT, "payments").is_some() && world.azure.key(VAULT, "payments-2").is_none());
    tab.assert_no_errors();
}
