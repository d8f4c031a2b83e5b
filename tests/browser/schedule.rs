//! Rotation by itself: given to several keys, read by day, taken from one.

use support::World;

#[tokio::test(flavor = "multi_thread")]
async fn several_keys_get_a_period_and_are_seen_by_day() {
    let world = World::start().await;
    let admin = world.admin().await;
    for key in ["card", "ledger", "payments"] {
        admin.create_key(key).await;
    }
    let tab = world.open_as("admin", "/w/keymgmt/schedule").await;
    tab.heading("Nothing is scheduled").await;
    tab.link("Go to the keys").await;
    tab.check("Select card").await;
    tab.check("Select ledger").await;
    tab.within("toolbar", "Selected keys").click("button", "Schedule").await;
    let dialog = tab.within("dialog", "Rotate 2 keys by themselves");
    dialog.fill("Days from one version to the next", "3").await;
    dialog.click("button", "Set the schedule").await;
    dialog.see_state("textbox", "Days from one version to the next", "invalid").await;
    dialog.fill("Days from one version to the next", "30").await;
    dialog.fill("Versions that stay enabled", "2").await;
    dialog.click("button", "Set the schedule").await;

    tab.heading("Schedule").await;
    let row = tab.within("row", "ledger");
    row.text("30 days").await;
    row.text("the last 2 versions").await;
    tab.gone("link", "payments").await;
    // Under the day that it is due.
    let due = admin.key("ledger").await.rotation.expect("it has a period now").due_at.to_string();
    tab.within("table", "Rotations to come").text(&due[..4]).await;

    tab.link("card").await;
    tab.text("every 30 days").await;
    tab.click("button", "More actions").await;
    tab.click("button", "Schedule…").await;
    let dialog = tab.within("dialog", "Rotate card by itself");
    assert_eq!(dialog.value("Days from one version to the next").await, "30");
    dialog.fill("Days from one version to the next", "").await;
    dialog.fill("Versions that stay enabled", "").await;
    dialog.click("button", "Rotate only when asked").await;
    tab.text("only when asked").await;
    tab.link("Schedule").await;
    tab.see("link", "ledger").await;
    tab.gone("link", "card").await;

    tab.link("Keys").await;
    tab.check("Select card").await;
    let selected = tab.within("toolbar", "Selected keys");
    selected.click("button", "Select all that match").await;
    selected.text("3 keys").await;
    selected.click("button", "Schedule").await;
    let dialog = tab.within("dialog", "Rotate 3 keys by themselves");
    dialog.fill("Days from one version to the next", "90").await;
    dialog.click("button", "Set the schedule").await;
    for key in ["card", "ledger", "payments"] {
        tab.within("row", key).text("90 days").await;
    }
    tab.assert_no_errors();
}
