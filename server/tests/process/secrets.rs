//! No secret leaves the server: neither into the database, nor into the log, nor into a reply.

use std::fs::File;
use std::sync::Mutex;

use rcgen::{KeyPair, PKCS_RSA_SHA256};
use reqwest::Method;
use reqwest::header::{COOKIE, HeaderMap, SET_COOKIE};
use serde_json::{Value, json};

use crate::support::scan::Secrets;
use crate::support::{Node, PASSWORD};

const VAULT: &str = "keyvault-name";
const W: &str = "/workspaces/keymgmt";

/// Somebody who remembers every word the server says, but for what it says to them alone.
struct Listener {
    http: reqwest::Client,
    url: String,
    cookie: Mutex<Option<String>>,
    heard: Mutex<Vec<u8>>,
}

impl Listener {
    /// Asks, and remembers the answer.
    async fn ask(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        let (status, headers, text) = self.send(method, path, body).await;
        self.heard.lock().unwrap().extend(format!("{path} {headers:?} {text}\n").into_bytes());
        (status, serde_json::from_str(&text).unwrap_or_default())
    }

    /// Asks; the answer is a secret by its nature.
    async fn whisper(&self, path: &str, body: Value) -> Value {
        let (status, _, text) = self.send(Method::POST, path, body).await;
        assert_eq!(status, 201, "{text}");
        serde_json::from_str(&text).unwrap()
    }

    async fn send(&self, method: Method, path: &str, body: Value) -> (u16, HeaderMap, String) {
        let mut request = self.http.request(method, format!("{}/api/v1{path}", self.url));
        request = request.header("sec-fetch-site", "same-origin");
        let cookie = self.cookie.lock().unwrap().clone();
        if let Some(cookie) = cookie {
            request = request.header(COOKIE, cookie);
        }
        if !body.is_null() {
            request = request.json(&body);
        }
        let reply = request.send().await.unwrap();
        let (status, mut headers) = (reply.status().as_u16(), reply.headers().clone());
        if let Some(cookie) = headers.remove(SET_COOKIE) {
            *self.cookie.lock().unwrap() = Some(cookie.to_str().unwrap().split(';').next().unwrap().to_owned());
        }
        (status, headers, reply.text().await.unwrap())
    }

    fn session_id(&self) -> String {
        self.cookie.lock().unwrap().as_deref().unwrap().split_once('=').unwrap().1.to_owned()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_in_the_database_the_log_or_a_reply() {
    let node = Node::new(None).await;
    let log = node.data.path().join("log");
    let process = node.start_talkative(File::create(&log).unwrap());
    let listener = Listener {
        http: reqwest::Client::new(),
        url: process.url().to_owned(),
        cookie: Mutex::default(),
        heard: Mutex::default(),
    };
    let mut secrets = Secrets::default();
    secrets.add("the sealing key", &node.sealing_key);
    accounts(&listener, &mut secrets).await;
    keys(&node, &listener, &mut secrets).await;
    vault(&node, &listener, &mut secrets).await;

    let held = node.azure.key(VAULT, "payments").expect("the vault holds the key");
    assert_eq!(held.versions.len(), 3);
    secrets.add_private_keys(held.versions.into_iter().map(|version| version.modulus).collect());
    secrets.assert_absent("a reply", &listener.heard.lock().unwrap());
    // The database is read while it is open, with its log of writes, and again when it was closed.
    let database = files(&node);
    process.terminate();
    for (name, content) in database.into_iter().chain(files(&node)) {
        secrets.assert_absent(&name, &content);
    }
    let log = std::fs::read(&log).unwrap();
    secrets.assert_absent("the log", &log);
    let log = String::from_utf8_lossy(&log);
    for part in ["answered", "sqlx::query", "hyper_util", "tower_sessions"] {
        assert!(log.contains(part), "the log at trace tells of {part}");
    }
    // First start, wrong, right and unknown sign-in, new user, reset, and twice for one's own: the weak one is refused
    // before, and the unknown user costs the same as a known one. Then once more below `/v1`.
    assert_eq!(log.matches("a password is hashed").count(), 9);
}

/// Right and wrong passwords, users, tokens and sessions.
async fn accounts(listener: &Listener, secrets: &mut Secrets) {
    let sign_in = |username: &str, password: &str| json!({ "username": username, "password": password });
    for (what, password) in [("a wrong password", "barges leave at eight"), ("the first password", PASSWORD)] {
        secrets.add(what, password);
        listener.ask(Method::POST, "/session", sign_in("admin", password)).await;
    }
    // What somebody types into the wrong field is a secret too.
    secrets.add("a password typed as a name", "harbour lights at ten");
    listener.ask(Method::POST, "/session", sign_in("harbour lights at ten", "x")).await;
    secrets.add("the first session's id", &listener.session_id());

    for (what, password) in [("a user's password", "tugboats on the canal"), ("a weak one", "qwertyuiop123")] {
        secrets.add(what, password);
        listener.ask(Method::POST, "/users", sign_in("bob", password)).await;
    }
    secrets.add("a reset password", "lighthouse keepers rest");
    let reset = json!({ "password": "lighthouse keepers rest" });
    assert_eq!(listener.ask(Method::PATCH, "/users/bob", reset).await.0, 200);
    secrets.add("a new password", "forty crates of tea");
    let change = json!({ "current_password": PASSWORD, "new_password": "forty crates of tea" });
    assert_eq!(listener.ask(Method::POST, "/session/password", change).await.0, 204);
    secrets.add("the second session's id", &listener.session_id());
    let new = json!({ "name": "deploy", "workspace": "keymgmt", "role": "operator", "expires_in_days": 1 });
    let token = listener.whisper("/tokens", new).await;
    secrets.add("a token", token["secret"].as_str().unwrap());
    let by_token = listener.http.get(format!("{}/api/v1{W}/keys", listener.url));
    let by_token = by_token.bearer_auth(token["secret"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(by_token.status().as_u16(), 200);
    listener.ask(Method::GET, "/tokens", Value::Null).await;
    listener.ask(Method::GET, "/users", Value::Null).await;
}

/// The main job, with right and wrong credentials, and everything that can be read about it.
async fn keys(node: &Node, listener: &Listener, secrets: &mut Secrets) {
    let principal = node.azure.service_principal(VAULT);
    secrets.add("a client secret", &principal.client_secret);
    secrets.add("a wrong client secret", "wrong~secret~of~a~client");
    for (secret, status) in [("wrong~secret~of~a~client", 422), (principal.client_secret.as_str(), 201)] {
        let credentials =
            json!({ "tenant_id": principal.tenant_id, "client_id": principal.client_id, "client_secret": secret });
        let new = json!({
            "name": "acme", "key_collection": VAULT, "vault_kind": "key_vault", "credentials": credentials,
        });
        assert_eq!(listener.ask(Method::POST, &format!("{W}/providers"), new).await.0, status);
    }
    let new = json!({ "name": "payments", "type": "rsa-2048" });
    assert_eq!(listener.ask(Method::POST, &format!("{W}/keys"), new).await.0, 201);
    let new = json!({ "provider": "acme", "purposes": ["sign"], "protection": "hsm", "name_in_kms": "payments" });
    let path = format!("{W}/keys/payments/distributions");
    assert_eq!(listener.ask(Method::POST, &path, new).await.0, 202);
    assert_eq!(listener.ask(Method::POST, &format!("{W}/keys/payments/rotate"), Value::Null).await.0, 202);
    let own = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap().serialize_pem();
    secrets.add("an own private key", own.lines().nth(3).unwrap());
    let body = json!({ "private_key": own });
    assert_eq!(listener.ask(Method::POST, &format!("{W}/keys/payments/import"), body).await.0, 202);
    let broken = json!({ "private_key": own.replace("PRIVATE KEY", "CERTIFICATE") });
    assert_eq!(listener.ask(Method::POST, &format!("{W}/keys/payments/import"), broken).await.0, 400);
    while listener.ask(Method::GET, &format!("{path}/acme"), Value::Null).await.1["state"] != "in_sync" {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    listener.ask(Method::POST, &format!("{path}/acme/verify"), Value::Null).await;
    listener.ask(Method::POST, &format!("{W}/providers/acme/check"), Value::Null).await;
    for path in ["", "/keys", "/keys/payments", "/providers", "/providers/acme", "/distributions", "/members"] {
        assert_eq!(listener.ask(Method::GET, &format!("{W}{path}"), Value::Null).await.0, 200);
    }
    assert_eq!(listener.ask(Method::GET, "/audit-events?limit=200", Value::Null).await.0, 200);
}

/// The same secrets by Vault's API, and one in the wrong place.
async fn vault(node: &Node, listener: &Listener, secrets: &mut Secrets) {
    let put = async |path: &str, token: Option<&str>, body: Value| {
        let request = listener.http.put(format!("{}/v1/{path}", listener.url)).json(&body);
        let request = token.map_or(request.try_clone(), |token| Some(request.header("x-vault-token", token)));
        let reply = request.unwrap().send().await.unwrap();
        (reply.status().as_u16(), reply.text().await.unwrap())
    };
    let (status, text) = put("auth/userpass/login/admin", None, json!({ "password": "forty crates of tea" })).await;
    assert_eq!(status, 200);
    let reply: Value = serde_json::from_str(&text).unwrap();
    let token = reply["auth"]["client_token"].as_str().unwrap();
    secrets.add("a token of Vault's API", token);
    let principal = node.azure.service_principal(VAULT);
    secrets.add("a misplaced secret", "a~secret~under~another~name");
    let credentials =
        [format!("client_secret={}", principal.client_secret), "client_sceret=a~secret~under~another~name".to_owned()];
    let new = json!({ "provider": "azurekeyvault", "key_collection": VAULT, "credentials": credentials });
    let (status, text) = put("keymgmt/kms/north", Some(token), new).await;
    assert!((200..300).contains(&status), "{text}");
    let (_, wrong) = put("keymgmt/kms/north", Some(token), json!({ "credentials": principal.client_secret })).await;
    listener.heard.lock().unwrap().extend(format!("{text}\n{wrong}\n").into_bytes());
}

/// Every file of the node's directory: the database and its log of writes.
fn files(node: &Node) -> Vec<(String, Vec<u8>)> {
    let folder = std::fs::read_dir(node.data.path().join("node")).unwrap();
    let file = |entry: std::io::Result<std::fs::DirEntry>| {
        let entry = entry.unwrap();
        (entry.file_name().to_string_lossy().into_owned(), std::fs::read(entry.path()).unwrap())
    };
    let files: Vec<_> = folder.map(file).collect();
    let holds = |text: &str| files.iter().any(|(_, content)| content.windows(text.len()).any(|w| w == text.as_bytes()));
    assert!(holds("payments") && holds("keyvault-name"), "the database is among these files");
    files
}
