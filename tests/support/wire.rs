//! Requests exactly as Vault's clients put them on the wire, and their answers as they come back.

use std::collections::HashMap;
use std::fmt::Write as _;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Which client speaks. Each dialect was recorded from that client.
#[derive(Clone, Copy)]
pub enum Dialect {
    /// The CLI and Terraform: Vault's Go library 1.23.
    Go,
    /// hvac 2.4 on requests.
    Hvac,
    /// node-vault on axios.
    NodeVault,
}

/// A client of the Vault-compatible API.
#[derive(Clone)]
pub struct Wire {
    dialect: Dialect,
    address: String,
    token: Option<String>,
    namespace: Option<String>,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    headers: HashMap<String, String>,
    body: String,
}

impl Wire {
    /// A client without a token. `url` is `http://<address>`.
    ///
    /// # Panics
    /// When the address is not plain HTTP.
    #[must_use]
    pub fn new(dialect: Dialect, url: &str) -> Self {
        let address = url.strip_prefix("http://").expect("these clients speak plain HTTP here").to_owned();
        Self { dialect, address, token: None, namespace: None }
    }

    /// The same client with a token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// The same client in a namespace.
    #[must_use]
    pub fn in_namespace(&self, namespace: &str) -> Self {
        Self { namespace: Some(namespace.to_owned()), ..self.clone() }
    }

    /// `read`.
    pub async fn read(&self, path: &str) -> Answer {
        self.send("GET", path, None).await
    }

    /// `list`, as each client spells it.
    pub async fn list(&self, path: &str) -> Answer {
        match self.dialect {
            Dialect::Go => self.send("GET", &format!("{path}?list=true"), None).await,
            Dialect::Hvac => self.send("GET", &format!("{path}?list=True"), None).await,
            Dialect::NodeVault => self.send("LIST", path, None).await,
        }
    }

    /// `write` with these bytes as the body.
    pub async fn write(&self, path: &str, body: &str) -> Answer {
        let method = if matches!(self.dialect, Dialect::Go) { "PUT" } else { "POST" };
        self.send(method, path, Some(body)).await
    }

    /// `delete`.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, None).await
    }

    /// Any method.
    ///
    /// # Panics
    /// When the server does not answer in HTTP/1.1 with a length.
    pub async fn send(&self, method: &str, path: &str, body: Option<&str>) -> Answer {
        let mut stream = TcpStream::connect(&self.address).await.expect("the server listens");
        stream.write_all(self.request(method, path, body).as_bytes()).await.expect("the server reads");
        let mut received = Vec::new();
        loop {
            if let Some(answer) = parse(&received) {
                return answer;
            }
            let more = stream.read_buf(&mut received).await.expect("the server answers");
            assert!(more > 0, "the connection ended within an answer: {}", String::from_utf8_lossy(&received));
        }
    }

    fn request(&self, method: &str, path: &str, body: Option<&str>) -> String {
        let line = format!("{method} /v1/{path} HTTP/1.1\r\n");
        let (host, length) = (format!("Host: {}\r\n", self.address), body.map(str::len));
        let token = self.token.as_ref().map_or_else(String::new, |token| format!("X-Vault-Token: {token}\r\n"));
        let namespace =
            self.namespace.as_ref().map_or_else(String::new, |name| format!("X-Vault-Namespace: {name}\r\n"));
        let has_length = |line: &str| length.map_or_else(String::new, |length| line.replace("{}", &length.to_string()));
        let mut text = line;
        let written = match self.dialect {
            Dialect::Go => {
                let length = has_length("Content-Length: {}\r\n");
                write!(
                    text,
                    "{host}User-Agent: Go-http-client/1.1\r\n{length}{namespace}X-Vault-Request: true\r\n{token}\
                     Accept-Encoding: gzip\r\n\r\n"
                )
            }
            Dialect::Hvac => {
                let none = if method == "DELETE" { "Content-Length: 0\r\n" } else { "" };
                let length = has_length("Content-Length: {}\r\nContent-Type: application/json\r\n");
                write!(
                    text,
                    "{host}User-Agent: python-requests/2.34.2\r\nAccept-Encoding: gzip, deflate\r\nAccept: */*\r\n\
                     Connection: keep-alive\r\nX-Vault-Request: true\r\n{namespace}{token}{length}{none}\r\n"
                )
            }
            Dialect::NodeVault => {
                let kind = has_length("Content-Type: application/json\r\n");
                let none = if method == "LIST" { "Content-Length: 0\r\n" } else { "" };
                let length = has_length("Content-Length: {}\r\n");
                write!(
                    text,
                    "Accept: application/json, text/plain, */*\r\n{kind}{token}{namespace}User-Agent: axios/1.21.1\r\n\
                     {length}Accept-Encoding: gzip, compress, deflate, br\r\n{host}Connection: keep-alive\r\n{none}\r\n"
                )
            }
        };
        written.expect("a string takes any text");
        text + body.unwrap_or_default()
    }
}

/// An answer, once it is whole.
fn parse(received: &[u8]) -> Option<Answer> {
    let text = std::str::from_utf8(received).ok()?;
    let (head, rest) = text.split_once("\r\n\r\n")?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers: HashMap<String, String> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    assert!(!headers.contains_key("content-encoding"), "these answers are short, and read as they are");
    let length = headers.get("content-length").map_or(0, |length| length.parse().expect("a length is a number"));
    (rest.len() >= length).then(|| Answer { status, body: rest[..length].to_owned(), headers })
}

impl Answer {
    /// Asserts that it was carried out and that there is nothing to say: the CLI prints "Success!" only then.
    ///
    /// # Panics
    /// When it is another answer.
    pub fn expect_success(&self) {
        assert_eq!((self.status, self.body.as_str()), (204, ""), "{self:?}");
    }

    /// The `data` of an answer in Vault's envelope.
    ///
    /// # Panics
    /// When it is another answer, or a part of the envelope is not as clients read it.
    #[must_use]
    pub fn data(&self) -> Value {
        let mut body = self.envelope();
        assert_eq!((&body["auth"], &body["warnings"]), (&Value::Null, &Value::Null), "{self:?}");
        body["data"].take()
    }

    /// The `auth` of an answer in Vault's envelope.
    ///
    /// # Panics
    /// When it is another answer.
    #[must_use]
    pub fn auth(&self) -> Value {
        let mut body = self.envelope();
        assert_eq!(body["data"], Value::Null, "{self:?}");
        body["auth"].take()
    }

    fn envelope(&self) -> Value {
        assert_eq!(self.status, 200, "{self:?}");
        self.expect_json();
        let body: Value = serde_json::from_str(&self.body).expect("the body is JSON");
        let object = body.as_object().expect("an object");
        for name in ["request_id", "lease_id", "renewable", "lease_duration", "data", "wrap_info", "warnings", "auth"] {
            assert!(object.contains_key(name), "{name} is missing in {self:?}");
        }
        assert_eq!(body["request_id"].as_str().map(str::len), Some(36), "a UUID: {self:?}");
        assert_eq!((&body["lease_id"], &body["renewable"]), (&Value::from(""), &Value::from(false)), "{self:?}");
        assert_eq!((&body["lease_duration"], &body["wrap_info"]), (&Value::from(0), &Value::Null), "{self:?}");
        body
    }

    /// The body of an answer without an envelope, as `sys` gives some.
    ///
    /// # Panics
    /// When it is another answer.
    #[must_use]
    pub fn bare(&self) -> Value {
        assert_eq!(self.status, 200, "{self:?}");
        self.expect_json();
        serde_json::from_str(&self.body).expect("the body is JSON")
    }

    /// Asserts what every client takes for "there is nothing".
    ///
    /// # Panics
    /// When it is another answer.
    pub fn expect_nil(&self) {
        assert_eq!((self.status, self.body.trim_end()), (404, r#"{"errors":[]}"#), "{self:?}");
        self.expect_json();
    }

    /// Asserts a refusal whose first error begins with these words.
    ///
    /// # Panics
    /// When it is another answer.
    pub fn expect_error(&self, status: u16, beginning: &str) {
        assert_eq!(self.status, status, "{self:?}");
        self.expect_json();
        let body: Value = serde_json::from_str(&self.body).expect("the body is JSON");
        assert_eq!(body.as_object().map(serde_json::Map::len), Some(1), "nothing but errors: {self:?}");
        let first = body["errors"][0].as_str().unwrap_or_default();
        assert!(first.starts_with(beginning), "{first:?} does not start with {beginning:?}");
    }

    fn expect_json(&self) {
        let kind = self.headers.get("content-type").map(String::as_str);
        assert_eq!(kind, Some("application/json"), "hvac reads nothing else: {self:?}");
        assert_eq!(self.headers.get("cache-control").map(String::as_str), Some("no-store"), "{self:?}");
    }
}
