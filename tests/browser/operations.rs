//! Work on many keys at once, from the list of keys to what became of each.

use api::Operation;
use azure_sim::{Call, Fault};
use serde_json::json;
use support::{Client, World};

const OPERATIONS: &str = "/workspaces/keymgmt/operations";

async fn connect(world: &World, admin: &Client) {
    admin.connect("acme", "keyvault-name", &world.azure.service_principal("keyvault-name")).await;
}

/// Sends keys to the vault without the browser.
async fn distribute(admin: &Client, search: &str) {
    let action = json!({ "kind": "distribute", "provider": "acme", "purposes": ["sign"], "protection": "hsm" });
    let all = json!({ "action": action, "selection": { "filter": { "search": search } } });
    admin.post(OPERATIONS, all).await.expect_status(202);
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_keys_of_a_filter_are_rotated_from_the_plan_to_each_outcome() {
    let world = World::start().await;
    let admin = world.admin().await;
    for number in 1..=20 {
        admin.create_key(&format!("card-{number:02}")).await;
    }
    admin.create_key("ledger").await;
    connect(&world, &admin).await;
    distribute(&admin, "card").await;

    let tab = world.open_as("admin", "/w/keymgmt/keys").await;
    tab.heading("Keys").await;
    tab.fill("Search keys by name", "card").await;
    tab.gone("link", "ledger").await;
    tab.check("Select the 20 keys on this page").await;
    let bar = tab.within("toolbar", "Selected keys");
    bar.click("button", "Select all that match").await;
    bar.see_state("button", "Select all that match", "disabled").await;
    bar.text("20 keys selected").await;
    bar.click("button", "Rotate").await;

    let dialog = tab.within("dialog", "Rotate 20 keys");
    dialog.text("20 would be done").await;
    dialog.within("row", "acme").text("20 20").await;
    dialog.click("DisclosureTriangle", "As command").await;
    dialog.text("{\"action\":{\"kind\":\"rotate\"},\"selection\":{\"filter\":{\"search\":\"card\"}}}").await;
    dialog.click("button", "Rotate 20 keys").await;

    tab.heading("Rotate 20 keys").await;
    tab.text("20 of 20 keys finished").await;
    tab.see("link", "Done: 20").await;
    tab.within("row", "card-07").text("Done").await;
    // It can be left and found again.
    tab.link("Operations").await;
    tab.within("row", "Rotate 20 keys").text("20 of 20").await;
    tab.link("Rotate 20 keys").await;
    tab.within("row", "card-20").text("Done").await;
    assert_eq!((admin.key("card-20").await.latest_version, admin.key("ledger").await.latest_version), (2, 1));
    tab.assert_no_errors();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_refused_says_why_and_is_tried_again() {
    let world = World::start().await;
    let admin = world.admin().await;
    for (key, allowed) in [("old-1", true), ("old-2", true), ("old-3", false)] {
        admin.create_key(key).await;
        let change = json!({ "deletion_allowed": allowed });
        admin.patch(&format!("/workspaces/keymgmt/keys/{key}"), change).await.expect_status(200);
    }
    let tab = world.open_as("admin", "/w/keymgmt/keys").await;
    for key in ["old-1", "old-2", "old-3"] {
        tab.check(&format!("Select {key}")).await;
    }
    tab.within("toolbar", "Selected keys").click("button", "Delete").await;
    let dialog = tab.within("dialog", "Delete 3 keys");
    dialog.text("1 would be refused as things stand").await;
    dialog.click("DisclosureTriangle", "What would be refused, and why").await;
    dialog.text("old-3 its deletion is not allowed: allow it first").await;
    dialog.see_state("button", "Delete 2 keys", "disabled").await;
    dialog.fill("Type delete 3 keys to go on", "delete 3 keys").await;
    dialog.click("button", "Delete 2 keys").await;

    tab.heading("Delete 3 keys").await;
    tab.text("Ended, some refused").await;
    tab.link("Refused: 1").await;
    tab.gone("row", "old-1").await;
    tab.within("row", "old-3").text("deletion is not allowed for this key: allow it first").await;
    let change = json!({ "deletion_allowed": true });
    admin.patch("/workspaces/keymgmt/keys/old-3", change).await.expect_status(200);
    tab.click("button", "Retry refused").await;
    tab.text("No key stands so").await;
    tab.link("Done: 3").await;
    tab.within("row", "old-3").text("Done").await;
    admin.get("/workspaces/keymgmt/keys/old-3").await.expect_problem(404, "not_found", None);
    tab.assert_no_errors();
}

#[tokio::test(flavor = "multi_thread")]
async fn work_that_waits_for_a_vault_is_paused_and_goes_on() {
    let world = World::start().await;
    let admin = world.admin().await;
    admin.create_key("payments").await;
    connect(&world, &admin).await;
    world.azure.fail_next(Call::ImportKey, Fault::throttled(Some(600)));
    distribute(&admin, "pay").await;

    let tab = world.open_as("admin", "/w/keymgmt/operations").await;
    tab.link("Distribute 1 key to acme").await;
    tab.heading("Distribute 1 key to acme").await;
    tab.see("link", "Under way: 1").await;
    tab.text("about 1 s left").await;
    tab.click("button", "Pause").await;
    tab.text("nothing else begins").await;
    tab.reload().await;
    tab.text("Paused").await;
    tab.click("button", "Resume").await;
    tab.text("Running").await;
    tab.see("button", "Pause").await;
    tab.assert_no_errors();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_not_begun_is_left_as_it_is() {
    let world = World::start().await;
    let admin = world.admin().await;
    for number in 1..=20 {
        admin.create_key(&format!("card-{number:02}")).await;
    }
    let all = json!({ "action": { "kind": "rotate" }, "selection": { "filter": {} } });
    let started: Operation = admin.post(OPERATIONS, all).await.expect(202);
    admin.act(&format!("{OPERATIONS}/{}/pause", started.id)).await.expect_status(200);

    let tab = world.open_as("admin", &format!("/w/keymgmt/operations/{}", started.id)).await;
    tab.text("Paused").await;
    tab.click("button", "Cancel the rest…").await;
    let dialog = tab.within("dialog", "Cancel the rest?");
    dialog.text("not begun: left as they are").await;
    dialog.click("button", "Cancel the rest").await;
    tab.text("Cancelled").await;
    tab.text("20 of 20 keys finished").await;
    tab.gone("button", "Resume").await;
    tab.within("row", "card-20").text("Cancelled").await;
    assert_eq!(admin.key("card-20").await.latest_version, 1);
    tab.assert_no_errors();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_vault_refused_is_tried_again_when_the_fault_is_gone() {
    let world = World::start().await;
    let admin = world.admin().await;
    connect(&world, &admin).await;
    for key in ["pay-in", "pay-out"] {
        admin.create_key(key).await;
    }
    world.azure.fail_next(Call::ImportKey, Fault::forbidden_by_rbac());
    let tab = world.open_as("admin", "/w/keymgmt/keys").await;
    tab.check("Select the 2 keys on this page").await;
    tab.within("toolbar", "Selected keys").click("button", "Distribute").await;
    let dialog = tab.within("dialog", "Distribute 2 keys");
    dialog.text("Choose the rest to see what will be called").await;
    dialog.see_state("button", "Distribute 2 keys", "disabled").await;
    dialog.check("acme").await;
    dialog.fill("Days until a version expires", "90").await;
    dialog.fill("Tags", "team=core").await;
    dialog.text("2 would be done").await;
    dialog.click("button", "Distribute 2 keys to acme").await;
    tab.heading("Distribute 2 keys to acme").await;
    tab.text("Ended, some refused").await;
    tab.within("table", "Outcome per key").text("acme: ").await;

    tab.click("button", "Retry refused").await;
    tab.see("link", "Done: 2").await;
    tab.text("Finished").await;
    let held: Vec<_> =
        world.azure.keys("keyvault-name").into_iter().filter(|key| key.name.starts_with("pay-")).collect();
    assert_eq!(held.len(), 2);
    assert!(
        held.iter()
            .flat_map(|key| &key.versions)
            .all(|version| version.exp.is_some() && version.tags["team"] == "core")
    );
    tab.assert_no_errors();
}
