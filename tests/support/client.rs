//! A program or a browser that talks to the server's API.

use std::sync::Mutex;

use api::{Key, Provider};
use azure_sim::ServicePrincipal;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, HeaderMap, SET_COOKIE};
use reqwest::{Method, RequestBuilder};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::events::EVENT_STREAM;

/// The workspace that every server has from the start.
const WORKSPACE: &str = "/workspaces/keymgmt";

/// Somebody who talks to the API: with a session, with a token, or as nobody.
pub struct Client {
    http: reqwest::Client,
    base: String,
    token: Option<String>,
    cookie: Mutex<Option<String>>,
}

/// What the server answered.
#[derive(Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as it came.
    pub text: String,
}

impl Reply {
    /// The body as JSON; `null` when there is none.
    ///
    /// # Panics
    /// When it is something else.
    #[must_use]
    pub fn json(&self) -> Value {
        if self.text.is_empty() { Value::Null } else { serde_json::from_str(&self.text).expect("the body is JSON") }
    }

    /// The body as one of the API's types, if all went well.
    ///
    /// # Panics
    /// When the server refused, or answered something else.
    #[must_use]
    pub fn expect<T: DeserializeOwned>(&self, status: u16) -> T {
        assert_eq!(self.status, status, "{}", self.text);
        serde_json::from_str(&self.text).expect("the body is what the API says")
    }

    /// Asserts the status.
    ///
    /// # Panics
    /// When it is another one.
    pub fn expect_status(&self, status: u16) {
        assert_eq!(self.status, status, "{}", self.text);
    }

    /// Asserts that nothing but the status was answered.
    ///
    /// # Panics
    /// When the server answered something else.
    pub fn expect_nothing(&self, status: u16) {
        assert_eq!((self.status, self.text.as_str()), (status, ""));
    }

    /// The code of the problem: the last part of its type.
    #[must_use]
    pub fn code(&self) -> String {
        let problem = self.json();
        problem["type"].as_str().unwrap_or_default().trim_start_matches("urn:keyferry:problem:").to_owned()
    }

    /// Asserts that the request was refused: with this status, this code, and, where it concerns one, this field; and
    /// that a person can read why.
    ///
    /// # Panics
    /// When it was not, or in another way.
    pub fn expect_problem(&self, status: u16, code: &str, field: Option<&str>) {
        assert_eq!((self.status, self.code().as_str()), (status, code), "{}", self.text);
        assert_eq!(self.headers["content-type"], "application/problem+json");
        assert_eq!(self.field().as_deref(), field, "{}", self.text);
        let problem = self.json();
        assert_eq!(problem["status"], status);
        let says = |text: &Value| text.as_str().is_some_and(|text| text.contains(' '));
        assert!(says(&problem["title"]), "{}", self.text);
        assert!(says(&problem["detail"]) || says(&problem["errors"][0]["message"]) || status == 409, "{}", self.text);
    }

    /// Asserts that Vault's API refused: with this status and a list of errors of which the first contains this text, and
    /// nothing beside it.
    ///
    /// # Panics
    /// When it did not, or otherwise.
    pub fn expect_errors(&self, status: u16, text: &str) {
        assert_eq!(self.status, status, "{}", self.text);
        assert_eq!(self.headers["content-type"], "application/json", "{}", self.text);
        let body = self.json();
        let errors = body["errors"].as_array().unwrap_or_else(|| panic!("there is no list of errors: {}", self.text));
        assert_eq!(body.as_object().map(serde_json::Map::len), Some(1), "{}", self.text);
        let first = errors.first().and_then(Value::as_str).unwrap_or_default();
        assert!(text.is_empty() == errors.is_empty() && first.contains(text), "{}", self.text);
    }

    /// The secret of the token that was made.
    ///
    /// # Panics
    /// When none was.
    #[must_use]
    pub fn secret(&self) -> String {
        let token = &self.expect::<Value>(200)["auth"]["client_token"];
        token.as_str().expect("a token was made").to_owned()
    }

    /// The first field that the problem names.
    #[must_use]
    pub fn field(&self) -> Option<String> {
        self.json()["errors"][0]["field"].as_str().map(str::to_owned)
    }
}

impl Client {
    /// Nobody in particular.
    ///
    /// # Panics
    /// When no client can be made.
    #[must_use]
    pub fn anonymous(url: &str) -> Self {
        let http = reqwest::Client::builder().build().expect("a client can be made");
        Self { http, base: url.to_owned(), token: None, cookie: Mutex::default() }
    }

    /// The same server with a token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..Self::anonymous(&self.base) }
    }

    /// The same server with a copy of this session's cookie, or with any other.
    #[must_use]
    pub fn with_cookie(&self, cookie: Option<String>) -> Self {
        Self { cookie: Mutex::new(cookie), ..Self::anonymous(&self.base) }
    }

    /// The cookie as the browser sends it: `keyferry=…`.
    ///
    /// # Panics
    /// When a test panicked while it was read.
    #[must_use]
    pub fn cookie(&self) -> Option<String> {
        self.cookie.lock().expect("no test panicked here").clone()
    }

    /// Signs in and keeps the cookie.
    pub async fn sign_in(&self, username: &str, password: &str) -> Reply {
        self.post("/session", json!({ "username": username, "password": password })).await
    }

    /// `GET` below `/api/v1`.
    pub async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, None).await
    }

    /// `POST` with a body.
    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.send(Method::POST, path, Some(body)).await
    }

    /// `POST` without one.
    pub async fn act(&self, path: &str) -> Reply {
        self.send(Method::POST, path, None).await
    }

    /// `PATCH`.
    pub async fn patch(&self, path: &str, body: Value) -> Reply {
        self.send(Method::PATCH, path, Some(body)).await
    }

    /// `PUT`.
    pub async fn put(&self, path: &str, body: Value) -> Reply {
        self.send(Method::PUT, path, Some(body)).await
    }

    /// `DELETE`.
    pub async fn delete(&self, path: &str) -> Reply {
        self.send(Method::DELETE, path, None).await
    }

    /// Any method, as our own pages send it.
    pub async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Reply {
        let mut request = self.request(method, &format!("/api/v1{path}")).header("sec-fetch-site", "same-origin");
        if let Some(body) = body {
            request = request.json(&body);
        }
        self.answer(request).await
    }

    /// A request to any path, with this client's cookie or token and nothing else.
    ///
    /// # Panics
    /// When a test panicked while the cookie was read.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        match self.cookie() {
            Some(cookie) => request.header(COOKIE, cookie),
            None => request,
        }
    }

    /// Sends a request and keeps the cookie that comes back.
    ///
    /// # Panics
    /// When the server does not answer.
    pub async fn answer(&self, request: RequestBuilder) -> Reply {
        let response = request.send().await.expect("the server answers");
        if let Some(cookie) = response.headers().get(SET_COOKIE) {
            let cookie = cookie.to_str().expect("a cookie is text").split(';').next().map(str::to_owned);
            *self.cookie.lock().expect("no test panicked here") = cookie.filter(|cookie| !cookie.ends_with('='));
        }
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        if headers.get(CONTENT_TYPE) == Some(&EVENT_STREAM) {
            // It has no end of its own.
            return Reply { status, headers, text: String::new() };
        }
        Reply { status, headers, text: response.text().await.expect("the body arrives") }
    }

    /// Connects a vault under a name.
    pub async fn connect(&self, name: &str, vault: &str, principal: &ServicePrincipal) -> Provider {
        self.post(&format!("{WORKSPACE}/providers"), provider(name, vault, principal)).await.expect(201)
    }

    /// Creates an RSA-2048 key.
    pub async fn create_key(&self, name: &str) -> Key {
        self.post(&format!("{WORKSPACE}/keys"), json!({ "name": name, "type": "rsa-2048" })).await.expect(201)
    }

    /// Distributes a key under its own name.
    pub async fn distribute(&self, key: &str, provider: &str) -> Reply {
        let path = format!("{WORKSPACE}/keys/{key}/distributions");
        self.post(&path, distribution(provider, key)).await
    }

    /// A key as it is now.
    pub async fn key(&self, name: &str) -> Key {
        self.get(&format!("{WORKSPACE}/keys/{name}")).await.expect(200)
    }
}

/// The body that connects a vault.
fn provider(name: &str, vault: &str, principal: &ServicePrincipal) -> Value {
    json!({
        "name": name,
        "key_collection": vault,
        "vault_kind": "key_vault",
        "credentials": {
            "tenant_id": principal.tenant_id,
            "client_id": principal.client_id,
            "client_secret": principal.client_secret,
        },
    })
}

/// The body that distributes a key under a name.
fn distribution(provider: &str, name_in_kms: &str) -> Value {
    json!({
        "provider": provider,
        "purposes": ["sign", "verify"],
        "protection": "hsm",
        "name_in_kms": name_in_kms,
    })
}
