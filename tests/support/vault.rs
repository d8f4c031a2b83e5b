//! A program that takes the server for a Vault.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::Reply;

/// A client of the Vault-compatible API, below `/v1`.
pub struct Vault {
    http: reqwest::Client,
    base: String,
    token: Option<String>,
    namespace: Option<&'static str>,
}

impl Vault {
    /// Nobody in particular.
    ///
    /// # Panics
    /// When no client can be made.
    #[must_use]
    pub fn anonymous(url: &str) -> Self {
        let http = reqwest::Client::builder().build().expect("a client can be made");
        Self { http, base: format!("{url}/v1/"), token: None, namespace: None }
    }

    /// The same server with a token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.within(self.namespace.unwrap_or_default()) }
    }

    /// The same token in a namespace; in the root if it is empty.
    #[must_use]
    pub fn within(&self, namespace: &'static str) -> Self {
        let namespace = Some(namespace).filter(|namespace| !namespace.is_empty());
        Self { http: self.http.clone(), base: self.base.clone(), token: self.token.clone(), namespace }
    }

    /// A child of this token with these policies.
    pub async fn child(&self, policies: &[&str]) -> Self {
        let reply = self.write("auth/token/create", json!({ "policies": policies })).await;
        self.with_token(&reply.secret())
    }

    /// Logs in with a password.
    pub async fn log_in(&self, username: &str, password: &str) -> Reply {
        self.write(&format!("auth/userpass/login/{username}"), json!({ "password": password })).await
    }

    /// Writes a policy.
    pub async fn policy(&self, name: &str, text: &str) {
        self.put(&format!("sys/policies/acl/{name}"), json!({ "policy": text })).await;
    }

    /// What this token may do with a path.
    pub async fn capabilities(&self, path: &str) -> Value {
        let reply = self.write("sys/capabilities-self", json!({ "paths": [path] })).await;
        reply.expect::<Value>(200)["capabilities"].take()
    }

    /// The token in use.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn token(&self) -> &str {
        self.token.as_deref().expect("a token is in use")
    }

    /// `vault read`.
    pub async fn read(&self, path: &str) -> Reply {
        self.answer(self.request(Method::GET, path)).await
    }

    /// The data of `vault read`.
    ///
    /// # Panics
    /// When there is none.
    pub async fn data(&self, path: &str) -> Value {
        self.read(path).await.expect::<Value>(200)["data"].take()
    }

    /// `vault list`.
    pub async fn list(&self, path: &str) -> Reply {
        self.read(&format!("{path}?list=true")).await
    }

    /// `vault write`: JSON without a content type.
    pub async fn write(&self, path: &str, body: Value) -> Reply {
        self.answer(self.request(Method::PUT, path).body(body.to_string())).await
    }

    /// `vault write` that is done, and there is nothing to say.
    pub async fn put(&self, path: &str, body: Value) {
        self.write(path, body).await.expect_nothing(204);
    }

    /// `vault patch`.
    pub async fn patch(&self, path: &str, body: Value) -> Reply {
        self.answer(self.request(Method::PATCH, path).body(body.to_string())).await
    }

    /// `vault delete`.
    pub async fn delete(&self, path: &str) -> Reply {
        self.answer(self.request(Method::DELETE, path)).await
    }

    /// Any request, with the token and nothing else.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        let request = match &self.token {
            Some(token) => request.header("x-vault-token", token),
            None => request,
        };
        match self.namespace {
            Some(namespace) => request.header("x-vault-namespace", namespace),
            None => request,
        }
    }

    /// Sends a request.
    ///
    /// # Panics
    /// When the server does not answer.
    pub async fn answer(&self, request: RequestBuilder) -> Reply {
        let response = request.send().await.expect("the server answers");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Reply { status, headers, text: response.text().await.expect("the body arrives") }
    }

    /// Writes a provider `acme` at a vault of Azure.
    pub async fn connect(&self, vault: &str, principal: &azure_sim::ServicePrincipal) {
        let credentials = json!({
            "tenant_id": principal.tenant_id,
            "client_id": principal.client_id,
            "client_secret": principal.client_secret,
        });
        let body = json!({ "provider": "azurekeyvault", "key_collection": vault, "credentials": credentials });
        self.put("keymgmt/kms/acme", body).await;
    }
}
