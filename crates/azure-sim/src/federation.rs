//! Another identity provider, such as a Kubernetes cluster, whose word Entra takes for an application.

use std::sync::OnceLock;

use aws_lc_rs::{
    rsa::{KeyPair, KeySize},
    signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256},
};
use serde_json::json;

use crate::{
    directory::Application,
    jwt::{self, Jwt},
};

/// What a federated assertion says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FederatedClaims {
    /// Who says it.
    pub issuer: String,
    /// Of whom it is said.
    pub subject: String,
    /// To whom it is said.
    pub audience: String,
    /// Until when it holds, in Unix seconds.
    pub expires_at: i64,
}

impl FederatedClaims {
    /// What the identity provider has to say for this application to be believed, for an hour from `now`.
    pub(crate) fn of(application: &Application<'_>, now: i64) -> Option<Self> {
        let principal = application.principal;
        let (name, _) = application.vault?;
        Some(Self {
            issuer: format!(
                "https://westeurope.oic.prod-aks.azure.com/{}/{}/",
                principal.tenant_id,
                principal.object_id()
            ),
            subject: format!("system:serviceaccount:default:{name}"),
            audience: application.cloud.federation_audience.to_owned(),
            expires_at: now.saturating_add(3_600),
        })
    }

    /// Signs as the identity provider; none if this process could not make its key.
    pub(crate) fn sign(&self) -> Option<String> {
        let claims = json!({
            "iss": self.issuer,
            "sub": self.subject,
            "aud": [self.audience],
            "exp": self.expires_at,
            "iat": self.expires_at.saturating_sub(3_600),
            "nbf": self.expires_at.saturating_sub(3_600),
            "jti": uuid::Uuid::new_v4().to_string(),
        });
        jwt::sign(&json!({ "typ": "JWT", "alg": "RS256", "kid": "identity-provider" }), &claims, key()?)
    }
}

/// Whether the identity provider signed this.
pub(crate) fn signed(jwt: &Jwt<'_>) -> bool {
    jwt.header["alg"] == "RS256"
        && key().is_some_and(|key| jwt.is_signed_by(key.public_key(), &RSA_PKCS1_2048_8192_SHA256))
}

fn key() -> Option<&'static KeyPair> {
    static KEY: OnceLock<Option<KeyPair>> = OnceLock::new();
    KEY.get_or_init(|| KeyPair::generate(KeySize::Rsa2048).ok()).as_ref()
}
