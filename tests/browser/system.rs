//! What the server rests on, for those who run it.

use api::KeyType;
use support::World;

#[tokio::test(flavor = "multi_thread")]
async fn who_runs_the_server_sees_its_sealing_key_and_the_keys_that_are_ready() {
    let world = World::with_pool(vec![(KeyType::Rsa2048, 2)]).await;
    let tab = world.open_as("admin", "/w/keymgmt/overview").await;
    tab.link("System").await;
    tab.heading("System").await;
    let ready = tab.within("row", "rsa-2048");
    ready.text("2 of 2").await;
    ready.text("Full").await;
    let system = world.admin().await.get("/system").await.json();
    tab.text(system["sealing"]["key"].as_str().unwrap()).await;
    tab.text("Everything is sealed with it").await;
    tab.text("keyferry backup FILE").await;
    tab.assert_no_errors();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_run_the_server_has_no_way_to_its_page() {
    let world = World::start().await;
    world.member("bob", "operator").await;
    let tab = world.open_as("bob", "/w/keymgmt/overview").await;
    tab.heading("Overview").await;
    tab.see("link", "Keys").await;
    tab.gone("link", "System").await;
}
