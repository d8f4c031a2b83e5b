//! The committed OpenAPI document is the one that the routes make.

use std::path::Path;

#[test]
fn the_document_in_the_repository_is_true() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
    let document = server::openapi::document();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &document).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == document,
        "server/openapi.json differs from the routes: UPDATE=1 cargo test -p server --test openapi writes it anew"
    );
}

/// What the document says may be sent is what is accepted.
#[test]
fn words_are_written_as_on_the_wire() {
    let document: serde_json::Value = serde_json::from_str(&server::openapi::document()).unwrap();
    let words = |schema: &str| document["components"]["schemas"][schema]["enum"].clone();
    let key_types = ["rsa-2048", "rsa-3072", "rsa-4096", "aes256-gcm96", "ecdsa-p256", "ecdsa-p384", "ecdsa-p521"];
    assert_eq!(words("KeyType"), serde_json::json!(key_types));
    assert_eq!(words("VaultKind"), serde_json::json!(["key_vault", "managed_hsm"]));
    assert_eq!(words("Role"), serde_json::json!(["auditor", "operator", "admin"]));
}
