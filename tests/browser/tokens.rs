//! Tokens for programs.

use serde_json::json;
use support::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_token_says_what_it_may_do() {
    let world = World::start().await;
    let new = json!({ "name": "pipeline", "workspace": "keymgmt", "role": "auditor", "expires_in_days": 7 });
    assert_eq!(world.admin().await.post("/tokens", new).await.status, 201);
    let tab = world.open_as("admin", "/tokens").await;
    tab.heading("Tokens").await;
    tab.click("button", "Rights of pipeline").await;
    let dialog = tab.within("dialog", "What pipeline may do");
    dialog.text("It is auditor in keymgmt").await;
    dialog.within("row", "keymgmt/*").text("list, read").await;
    dialog.click("button", "Close").await;

    tab.click("button", "Revoke pipeline").await;
    tab.within("dialog", "Revoke pipeline?").click("button", "Revoke token").await;
    tab.within("row", "pipeline").text("Revoked").await;
    tab.click("button", "Rights of pipeline").await;
    tab.within("dialog", "What pipeline may do").text("At this moment it may do nothing").await;
    tab.assert_no_errors();
}
