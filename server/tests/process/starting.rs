//! A server that cannot start, and one that ends.

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
