//! Open pages follow what happens elsewhere.

use serde_json::json;
use support::World;

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_else_does_appears_without_a_look_for_it() {
    let world = World::start().await;
    let admin = world.admin().await;
    let keys = world.open_as("admin", "/w/keymgmt/keys").await;
    keys.heading("No keys yet").await;
    admin.create_key("payments").await;
    keys.see("link", "payments").await;

    keys.link("payments").await;
    // When the key is there, nothing moves any more under the pointer.
    keys.text("Every version is enabled").await;
    keys.link("Versions").await;
    keys.see("DisclosureTriangle", "Version 1 ").await;
    admin.act("/workspaces/keymgmt/keys/payments/rotate").await.expect_status(202);
    keys.see("DisclosureTriangle", "Version 2 ").await;
    keys.assert_no_errors();
}

#[tokio::test(flavor = "multi_thread")]
async fn news_arrive_although_the_pointer_stays_pressed() {
    let world = World::start().await;
    let admin = world.admin().await;
    let keys = world.open_as("admin", "/w/keymgmt/keys").await;
    keys.heading("No keys yet").await;
    keys.hold_pointer().await;
    admin.create_key("payments").await;
    keys.see("link", "payments").await;
    // Nor is lost what waits when it is pressed again.
    keys.hold_pointer().await;
    admin.create_key("ledger").await;
    keys.hold_pointer().await;
    keys.see("link", "ledger").await;
    keys.assert_no_errors();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_signed_out_elsewhere_is_asked_to_sign_in_again() {
    let world = World::start().await;
    let tab = world.open_as("admin", "/w/keymgmt/keys").await;
    tab.heading("No keys yet").await;
    let admin = world.admin().await;
    let change = json!({ "current_password": World::PASSWORD, "new_password": "other boats leave at ten" });
    admin.post("/session/password", change).await.expect_status(204);
    tab.see("dialog", "Sign in again").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_no_longer_follows_says_so() {
    let world = World::start().await;
    let tab = world.open_as("admin", "/w/keymgmt/keys").await;
    world.admin().await.create_key("payments").await;
    tab.see("link", "payments").await;
    world.stop().await;
    tab.text("Connection lost, trying again").await;
    tab.see("link", "payments").await;
}
