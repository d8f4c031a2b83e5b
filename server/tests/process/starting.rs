//! A server that cannot start, and one that ends.

use std::sync::Arc;
use std::time::Duration;

use azure_sim::{Call, Fault};
use engine::SealingKey;

use crate::support::{Node, complaint};

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_cannot_start_says_why_in_one_sentence() {
    let node = Node::new(None).await;
    let running = node.start();
    let (text, code) = complaint(node.command());
    assert_eq!(code, Some(1));
    assert!(text.starts_with("keyferry: ") && text.contains("is in use by another keyferry process"), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
    running.terminate();

    let mut other_key = node.command();
    other_key.env("KEYFERRY_SEALING_KEY", SealingKey::generate().to_text().as_str());
    let (text, code) = complaint(other_key);
    assert_eq!(code, Some(1));
    assert!(text.contains("the sealing key is not the one this database was sealed with"), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_password_that_is_too_weak_stops_the_first_start() {
    let node = Node::new(None).await;
    let mut weak = node.command();
    weak.env("KEYFERRY_ADMIN_PASSWORD", "short");
    let (text, code) = complaint(weak);
    assert_eq!(code, Some(1));
    assert!(text.contains("KEYFERRY_ADMIN_PASSWORD: use at least 12 characters"), "{text}");
    node.start().terminate();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_told_to_stop_finishes_what_it_was_asked() {
    let node = Arc::new(Node::new(None).await);
    let mut process = node.start();
    process.make_token().await;
    let process = Arc::new(process);
    node.azure.fail_next(Call::Token, Fault::Delay(Duration::from_millis(500)));
    let asked = tokio::spawn({
        let (node, process) = (Arc::clone(&node), Arc::clone(&process));
        async move { process.connect(&node, "keyvault-name").await }
    });
    node.azure.wait_for(Call::Token, 1).await;
    process.ask_to_end();

    assert_eq!(asked.await.unwrap().name.as_str(), "acme");
    Arc::into_inner(process).expect("nobody asks any more").assert_ended_well();
}
