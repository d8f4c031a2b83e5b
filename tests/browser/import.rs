//! Bringing in a key that was made elsewhere.

use rcgen::{KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use support::World;

/// A new private key as somebody else writes it.
fn pem() -> String {
    KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap().serialize_pem()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_brings_a_key_in_and_later_its_next_version() {
    let world = World::start().await;
    let tab = world.open_as("admin", "/w/keymgmt/keys/new").await;
    tab.link("Import a key of your own").await;
    tab.heading("Import a key").await;
    tab.fill("Name", "payments").await;
    let first = pem();
    tab.fill("Private key", &first[..first.len() / 2]).await;
    tab.click("button", "Import").await;
    tab.see_state("textbox", "Private key", "invalid").await;
    tab.fill("Private key", &first).await;
    tab.click("button", "Import").await;
    tab.heading("payments").await;
    tab.see("DisclosureTriangle", "Version 1 ").await;

    tab.click("button", "More actions").await;
    tab.click("button", "Import next version…").await;
    tab.heading("Import a version of payments").await;
    tab.fill("Private key", &first).await;
    tab.click("button", "Import").await;
    tab.see_state("textbox", "Private key", "invalid").await;

    let files = tempfile::tempdir().unwrap();
    let (bundle, next) = (files.path().join("own.p12"), files.path().join("own.pem"));
    std::fs::write(&bundle, b"\x30\x82\x0b\x2d\x02\x01\x03\x30\x82").unwrap();
    std::fs::write(&next, pem()).unwrap();
    tab.choose("Or from a file", &bundle).await;
    tab.text_gone("version 1 of payments already").await;
    tab.click("button", "Import").await;
    tab.text("openssl pkcs12 -in key.p12 -nocerts -noenc -out key.pem").await;
    tab.choose("Or from a file", &next).await;
    tab.text_gone("openssl pkcs12 -in key.p12").await;
    tab.click("button", "Import").await;
    tab.see("DisclosureTriangle", "Version 2 ").await;
    tab.gone("textbox", "Private key").await;

    let key = world.admin().await.key("payments").await;
    assert_eq!((key.key_type.as_str(), key.latest_version), ("rsa-2048", 2));
    tab.assert_no_errors();
}
