//! Access tokens: JSON web tokens signed with RS256, as Entra issues and the vault checks them.

use std::sync::OnceLock;

use aws_lc_rs::{
    rsa::{KeyPair, KeySize},
    signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    base64url::encode,
    directory::Application,
    jwt::{self, Jwt},
};

const KEY_ID: &str = "azure-sim";

/// What a token says; the vault looks at audience, issuer and expiry, role assignments at `appid`.
#[derive(Deserialize, Serialize)]
pub(crate) struct Claims {
    pub(crate) aud: String,
    pub(crate) iss: String,
    pub(crate) iat: i64,
    pub(crate) nbf: i64,
    pub(crate) exp: i64,
    pub(crate) appid: String,
    appidacr: String,
    idp: String,
    pub(crate) oid: String,
    sub: String,
    tid: String,
    uti: String,
    ver: String,
}

impl Claims {
    /// Claims of an application token that is valid from `now` for `lifetime` seconds.
    pub(crate) fn new(application: &Application<'_>, audience: String, now: i64, lifetime: i64) -> Self {
        let principal = application.principal;
        let issuer = application.cloud.token_issuer(&principal.tenant_id);
        Self {
            aud: audience,
            iss: issuer.clone(),
            iat: now,
            nbf: now,
            exp: now.saturating_add(lifetime),
            appid: principal.client_id.clone(),
            appidacr: "1".to_owned(),
            idp: issuer,
            oid: principal.object_id(),
            sub: principal.object_id(),
            tid: principal.tenant_id.clone(),
            uti: encode(uuid::Uuid::new_v4().as_bytes()),
            ver: "1.0".to_owned(),
        }
    }

    /// Signs the claims; none if this process could not make its signing key.
    pub(crate) fn sign(&self) -> Option<String> {
        let header = json!({ "typ": "JWT", "alg": "RS256", "x5t": KEY_ID, "kid": KEY_ID });
        jwt::sign(&header, &serde_json::to_value(self).ok()?, signing_key()?)
    }

    /// Reads a token that this process signed.
    pub(crate) fn verify(token: &str) -> Option<Self> {
        let jwt = Jwt::read(token)?;
        let is_ours =
            jwt.header["alg"] == "RS256" && jwt.is_signed_by(signing_key()?.public_key(), &RSA_PKCS1_2048_8192_SHA256);
        serde_json::from_value(jwt.claims).ok().filter(|_| is_ours)
    }
}

/// The public signing key as a JSON web key set.
pub(crate) fn key_set() -> Value {
    let keys: Vec<Value> = signing_key()
        .map(|key| {
            let (n, e) = (key.public_key().modulus(), key.public_key().exponent());
            json!({
                "kty": "RSA", "use": "sig", "kid": KEY_ID, "x5t": KEY_ID,
                "n": encode(n.big_endian_without_leading_zero()),
                "e": encode(e.big_endian_without_leading_zero()),
            })
        })
        .into_iter()
        .collect();
    json!({ "keys": keys })
}

/// The key of this process; tokens do not outlive it, and a client that is told so asks for a new one.
fn signing_key() -> Option<&'static KeyPair> {
    static KEY: OnceLock<Option<KeyPair>> = OnceLock::new();
    KEY.get_or_init(|| KeyPair::generate(KeySize::Rsa2048).ok()).as_ref()
}
