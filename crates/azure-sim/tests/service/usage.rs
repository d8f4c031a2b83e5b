//! Using keys: what one side of a key does, the other side undoes.

use std::time::Duration;

use aws_lc_rs::{
    digest::{SHA256, SHA384, SHA512, digest},
    signature::{
        RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256,
        RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaPublicKeyComponents,
    },
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::support::{Reply, VAULT, Vault, World};

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn decode(text: &Value) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text.as_str().unwrap()).unwrap()
}

/// Makes a key and gives the path of its version.
async fn key(vault: &Vault<'_>, body: Value) -> (String, Value) {
    let created = vault.post("/keys/rsa/create", body).await.ok();
    let kid = created["key"]["kid"].as_str().unwrap();
    (kid[kid.find("/keys/").unwrap()..].to_owned(), created)
}

async fn sign(vault: &Vault<'_>, path: &str) -> Reply {
    vault.post(&format!("{path}/sign"), json!({ "alg": "RS256", "value": encode([7; 32]) })).await
}

#[tokio::test]
async fn a_signature_is_good_by_the_public_key_that_the_vault_shows() {
    let world = World::start().await;
    let vault = world.vault(VAULT).await;
    let (path, created) = key(&vault, json!({ "kty": "RSA-HSM" })).await;
    let public = RsaPublicKeyComponents { n: decode(&created["key"]["n"]), e: decode(&created["key"]["e"]) };
    let text = b"what is signed";
    let cases = [
        ("RS256", &SHA256, &RSA_PKCS1_2048_8192_SHA256),
        ("RS384", &SHA384, &RSA_PKCS1_2048_8192_SHA384),
        ("RS512", &SHA512, &RSA_PKCS1_2048_8192_SHA512),
        ("PS256", &SHA256, &RSA_PSS_2048_8192_SHA256),
        ("PS384", &SHA384, &RSA_PSS_2048_8192_SHA384),
        ("PS512", &SHA512, &RSA_PSS_2048_8192_SHA512),
    ];

    for (alg, hash, parameters) in cases {
        let hash = encode(digest(hash, text));
        let signed = vault.post(&format!("{path}/sign"), json!({ "alg": alg, "value": hash })).await.ok();

        assert_eq!(signed["kid"], created["key"]["kid"]);
        assert!(public.verify(parameters, text, &decode(&signed["value"])).is_ok(), "{alg}");
        let check = json!({ "alg": alg, "digest": hash, "value": signed["value"] });
        assert_eq!(vault.post(&format!("{path}/verify"), check.clone()).await.ok(), json!({ "value": true }));
        let mut other = check;
        other["digest"] = encode(digest(&SHA256, b"something else")).into();
        let reply = vault.post(&format!("{path}/verify"), other).await;
        assert!(reply.status == 400 || reply.body == json!({ "value": false }), "{alg}: {}", reply.body);
    }
}

#[tokio::test]
async fn what_is_encrypted_or_wrapped_comes_back() {
    let world = World::start().await;
    let vault = world.vault(VAULT).await;
    let (path, _) = key(&vault, json!({ "kty": "RSA" })).await;

    for alg in ["RSA-OAEP", "RSA-OAEP-256", "RSA1_5"] {
        for (there, back) in [("encrypt", "decrypt"), ("wrapkey", "unwrapkey")] {
            let plain = encode(b"a secret of 32 bytes, in the end");
            let locked = vault.post(&format!("{path}/{there}"), json!({ "alg": alg, "value": plain })).await.ok();
            assert_ne!(locked["value"], plain);
            let body = json!({ "alg": alg, "value": locked["value"] });
            let opened = vault.post(&format!("{path}/{back}"), body).await.ok();
            assert_eq!(opened["value"], plain, "{alg} {there}");
        }
    }
}

#[tokio::test]
async fn the_latest_version_is_used_where_none_is_named() {
    let world = World::start().await;
    let vault = world.vault(VAULT).await;
    let (_, _) = key(&vault, json!({ "kty": "RSA" })).await;
    let (_, latest) = key(&vault, json!({ "kty": "RSA" })).await;

    for path in ["/keys/rsa", "/keys/rsa/"] {
        assert_eq!(sign(&vault, path).await.ok()["kid"], latest["key"]["kid"]);
    }
}

#[tokio::test]
async fn a_disabled_key_or_one_made_for_something_else_does_nothing() {
    let world = World::start().await;
    let vault = world.vault(VAULT).await;
    let (path, _) = key(&vault, json!({ "kty": "RSA", "key_ops": ["verify"] })).await;

    let refused = sign(&vault, &path).await;
    let (status, code, inner, message) = refused.refusal();
    assert_eq!((status, code, inner), (403, "Forbidden", "KeyOperationForbidden"));
    assert_eq!(message, "Operation sign is not permitted on this key.");
    let disabled = json!({ "key_ops": ["sign", "wrapKey"], "attributes": { "enabled": false } });
    vault.patch("/keys/rsa", disabled).await.ok();
    let refused = vault.post(&format!("{path}/wrapkey"), json!({ "alg": "RSA-OAEP", "value": "AAAA" })).await;
    let seen = refused.refusal();
    assert_eq!(seen, (403, "Forbidden", "KeyDisabled", "Operation wrapKey is not allowed on a disabled key."));
}

#[tokio::test]
async fn outside_its_time_a_key_only_looks_back() {
    let world = World::start().await;
    let vault = world.vault(VAULT).await;
    let soon = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() + 1_000;
    let body = json!({ "kty": "RSA", "attributes": { "nbf": soon, "exp": soon + 1_000 } });
    let (path, _) = key(&vault, body).await;

    assert_eq!(sign(&vault, &path).await.refusal().2, "KeyNotYetValid");
    world.azure.advance_clock(Duration::from_mins(25));
    let signed = sign(&vault, &path).await.ok();
    world.azure.advance_clock(Duration::from_mins(15));
    assert_eq!(sign(&vault, &path).await.refusal().2, "KeyExpired");
    let check = json!({ "alg": "RS256", "digest": encode([7; 32]), "value": signed["value"] });
    assert_eq!(vault.post(&format!("{path}/verify"), check).await.ok(), json!({ "value": true }));
}

#[tokio::test]
async fn a_use_that_makes_no_sense_is_refused() {
    let world = World::start().await;
    let vault = world.vault(VAULT).await;
    let (path, _) = key(&vault, json!({ "kty": "RSA" })).await;
    let kek = json!({ "kty": "RSA-HSM", "key_ops": ["import"] });
    vault.post("/keys/kek/create", kek).await.ok();
    let cases = [
        ("sign", json!({ "alg": "RS256", "value": encode([7; 31]) })),
        ("sign", json!({ "alg": "ES256", "value": encode([7; 32]) })),
        ("sign", json!({ "alg": "RS256", "value": "!" })),
        ("sign", json!({ "alg": "RS256" })),
        ("verify", json!({ "alg": "RS256", "value": encode([7; 256]) })),
        ("encrypt", json!({ "alg": "RSA-OAEP", "value": encode([7; 300]) })),
        ("encrypt", json!({ "alg": "A256GCM", "value": "AAAA" })),
        ("decrypt", json!({ "alg": "RSA-OAEP", "value": encode([7; 256]) })),
        ("decrypt", json!({ "alg": "RSA1_5", "value": "" })),
    ];

    for (usage, body) in cases {
        let reply = vault.post(&format!("{path}/{usage}"), body.clone()).await;
        assert_eq!((reply.status, reply.refusal().1), (400, "BadParameter"), "{usage} {body}");
    }
    assert_eq!(sign(&vault, "/keys/none/0").await.status, 404);
    assert_eq!(sign(&vault, "/keys/rsa/0").await.status, 404);
    assert_eq!(sign(&vault, "/keys/kek").await.refusal().2, "KeyOperationForbidden");
}
