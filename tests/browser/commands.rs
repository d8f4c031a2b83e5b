//! What a form does is shown as a command too.

use support::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_form_shows_the_commands_that_do_the_same() {
    let world = World::demo().await;
    let tab = world.open_as("admin", "/w/keymgmt/keys/new").await;
    tab.heading("Create key").await;
    tab.click("DisclosureTriangle", "As command").await;
    tab.text("vault write \"keymgmt/key/$NAME\" \\ type=rsa-3072").await;
    tab.fill("Name", "payments").await;
    tab.check("rsa-4096").await;
    tab.text("vault write keymgmt/key/payments \\ type=rsa-4096").await;
    tab.check("curl").await;
    tab.text("curl --fail-with-body -X POST \"$VAULT_ADDR/v1/keymgmt/key/payments\"").await;
    tab.text("--data-urlencode type=rsa-4096").await;
    // With the keyboard: the choice follows the arrow.
    tab.press("ArrowRight").await;
    tab.text("resource \"vault_keymgmt_key\" \"payments\" { mount = \"keymgmt\"").await;
    tab.click("button", "Copy Terraform").await;

    tab.visit(&format!("{}/w/keymgmt/providers/new", world.url())).await;
    tab.click("button", "Fill in keyvault-name").await;
    tab.click("DisclosureTriangle", "As command").await;
    tab.text("\"credentials=client_secret=$AZURE_CLIENT_SECRET\"").await;
    tab.text_gone(&world.azure.service_principal("keyvault-name").client_secret).await;
    tab.assert_no_errors();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_azure_does_not_take_says_so() {
    let world = World::start().await;
    let tab = world.open_as("admin", "/w/keymgmt/keys/new").await;
    tab.heading("Create key").await;
    tab.text("These cannot be sent to Azure").await;
    tab.fill("Name", "envelope").await;
    tab.check("aes256-gcm96").await;
    tab.click("button", "Create key").await;
    tab.heading("envelope").await;
    tab.text("a symmetric key has no public key").await;
    tab.gone("link", "Distribute").await;
    tab.gone("link", "Distribute to another provider").await;
    tab.click("button", "Rotate").await;
    tab.text("2 versions").await;

    tab.visit(&format!("{}/w/keymgmt/keys/envelope/distribute", world.url())).await;
    tab.heading("This key cannot be sent to Azure").await;
    tab.link("Back to the key").await;
    tab.heading("envelope").await;
    tab.assert_no_errors();
}
