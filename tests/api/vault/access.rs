//! Callers below `/v1`, and what they expect.

use reqwest::Method;
use serde_json::{Value, json};
use support::{Client, Reply, World};

/// Somebody who talks to the API below `/v1`, with a token or without.
pub(crate) struct Vault {
    pub(crate) client: Client,
    pub(crate) token: Option<String>,
    pub(crate) namespace: Option<&'static str>,
}

impl Vault {
    /// Nobody in particular.
    pub(crate) fn anonymous(world: &World) -> Self {
        Self { client: world.anonymous(), token: None, namespace: None }
    }

    /// The first administrator, who may do everything.
    pub(crate) async fn root(world: &World) -> Self {
        Self::log_in(world, "admin").await
    }

    /// A user who is there already.
    pub(crate) async fn log_in(world: &World, username: &str) -> Self {
        let reply = Self::try_log_in(world, username, World::PASSWORD).await;
        let token = secret(&reply);
        Self { token: Some(token), ..Self::anonymous(world) }
    }

    /// What logging in answers.
    pub(crate) async fn try_log_in(world: &World, username: &str, password: &str) -> Reply {
        let path = format!("auth/userpass/login/{username}");
        Self::anonymous(world).write(&path, json!({ "password": password })).await
    }

    /// The same server with another token.
    pub(crate) fn with(&self, world: &World, token: &str) -> Self {
        Self { token: Some(token.to_owned()), namespace: self.namespace, ..Self::anonymous(world) }
    }

    /// The same token in a namespace.
    pub(crate) fn within(&self, world: &World, namespace: &'static str) -> Self {
        Self { token: self.token.clone(), namespace: Some(namespace), ..Self::anonymous(world) }
    }

    /// A child of this token with these policies.
    pub(crate) async fn child(&self, world: &World, policies: &[&str]) -> Self {
        let reply = self.write("auth/token/create", json!({ "policies": policies })).await;
        self.with(world, &secret(&reply))
    }

    /// The secret of the token in use.
    pub(crate) fn token(&self) -> &str {
        self.token.as_deref().unwrap()
    }

    pub(crate) async fn read(&self, path: &str) -> Reply {
        self.send(Method::GET, path, None).await
    }

    pub(crate) async fn list(&self, path: &str) -> Reply {
        self.send(Method::from_bytes(b"LIST").unwrap(), path, None).await
    }

    pub(crate) async fn write(&self, path: &str, body: Value) -> Reply {
        self.send(Method::PUT, path, Some(body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Reply {
        self.send(Method::PATCH, path, Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        self.send(Method::DELETE, path, None).await
    }

    /// What this token may do with a path.
    pub(crate) async fn capabilities(&self, path: &str) -> Value {
        let reply = self.write("sys/capabilities-self", json!({ "paths": [path] })).await;
        reply.expect::<Value>(200)["capabilities"].clone()
    }

    /// Writes a policy of one rule.
    pub(crate) async fn policy(&self, name: &str, text: &str) {
        self.write(&format!("sys/policies/acl/{name}"), json!({ "policy": text })).await.expect_nothing(204);
    }

    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Reply {
        let mut request = self.client.request(method, &format!("/v1/{path}")).header("x-vault-request", "true");
        if let Some(token) = &self.token {
            request = request.header("x-vault-token", token);
        }
        if let Some(namespace) = self.namespace {
            request = request.header("x-vault-namespace", namespace);
        }
        if let Some(body) = body {
            request = request.body(body.to_string());
        }
        self.client.answer(request).await
    }
}

/// The secret of a token just made.
pub(crate) fn secret(reply: &Reply) -> String {
    reply.expect::<Value>(200)["auth"]["client_token"].as_str().expect("a token was made").to_owned()
}

/// Asserts that a request was refused as Vault does: with this status, a list of errors and nothing beside it.
pub(crate) fn expect_errors(reply: &Reply, status: u16, text: &str) {
    assert_eq!(reply.status, status, "{}", reply.text);
    assert_eq!(reply.headers["content-type"], "application/json");
    let body = reply.json();
    assert_eq!(body.as_object().unwrap().len(), 1, "{body}");
    let errors = body["errors"].as_array().unwrap();
    match text {
        "" => assert!(errors.is_empty(), "{body}"),
        text => assert!(errors[0].as_str().unwrap().contains(text), "{body}"),
    }
}

/// Asserts that the token may not do that.
pub(crate) fn expect_denied(reply: &Reply) {
    expect_errors(reply, 403, "permission denied");
}
