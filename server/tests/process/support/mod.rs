//! A server in a process of its own, that can be killed.

pub(crate) mod postgres;
pub(crate) mod scan;

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use api::{Distribution, Key, Page, Provider};
use azure_sim::Simulator;
use engine::{Chain, Engine, SealingKey};
use reqwest::Method;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tempfile::TempDir;

/// The password of the first administrator.
pub(crate) const PASSWORD: &str = "ferry boats leave at nine";

/// How long a story waits for what must happen.
const PATIENCE: Duration = Duration::from_mins(1);

/// What stays when the process is killed.
pub(crate) struct Node {
    pub(crate) azure: Simulator,
    pub(crate) data: TempDir,
    pub(crate) database: Option<String>,
    pub(crate) sealing_key: String,
}

/// A running process.
pub(crate) struct Process {
    child: Child,
    url: String,
    http: reqwest::Client,
    token: Option<String>,
}

impl Node {
    /// A new node; without a database it uses SQLite in its directory.
    pub(crate) async fn new(database: Option<String>) -> Self {
        let options = azure_sim::Options { reuse_keks: true, ..azure_sim::Options::default() };
        let azure = Simulator::start(options).await.unwrap();
        let sealing_key = SealingKey::generate().to_text().to_string();
        Self::with(azure, database, sealing_key)
    }

    /// Another node at the same database and the same Azure.
    pub(crate) fn beside(&self) -> Self {
        Self::with(self.azure.clone(), self.database.clone(), self.sealing_key.clone())
    }

    fn with(azure: Simulator, database: Option<String>, sealing_key: String) -> Self {
        let data = TempDir::new().unwrap();
        std::fs::write(data.path().join("azure-ca.pem"), azure.ca_pem()).unwrap();
        Self { azure, data, database, sealing_key }
    }

    /// The command that starts the server.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_keyferry"));
        command.args(["serve", "--listen", "127.0.0.1:0", "--settling-time", "2", "--pool", "none"]);
        command.arg("--data").arg(self.data.path().join("node"));
        command.args(["--azure-connect-to", &self.azure.connect_to()]);
        command.arg("--azure-ca").arg(self.data.path().join("azure-ca.pem"));
        command.env("KEYFERRY_ADMIN_PASSWORD", PASSWORD).env("KEYFERRY_SEALING_KEY", &self.sealing_key);
        command.env("RUST_LOG", "warn").stdout(Stdio::piped()).stderr(Stdio::piped());
        if let Some(database) = &self.database {
            command.args(["--database", database]);
        }
        command
    }

    /// Starts the server and waits until it says where it is.
    pub(crate) fn start(&self) -> Process {
        let mut command = self.command();
        command.stderr(Stdio::inherit());
        Self::started(command)
    }

    /// Starts the server with a log of everything that any part of it has to say.
    pub(crate) fn start_talkative(&self, log: File) -> Process {
        let mut command = self.command();
        command.env("RUST_LOG", "trace").stderr(log);
        Self::started(command)
    }

    /// What a look at the whole audit chain says, while no process runs.
    pub(crate) async fn audit_chain(&self) -> Chain {
        let mut options = engine::Options::new(self.data.path().join("node"));
        options.database.clone_from(&self.database);
        options.sealing_key = Some(SealingKey::from_text(&self.sealing_key).unwrap());
        let engine = Engine::start(options).await.unwrap();
        let chain = engine.check_audit_chain().await.unwrap();
        engine.close().await;
        chain
    }

    fn started(mut command: Command) -> Process {
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = lines.next().unwrap().unwrap();
        let url = first.strip_prefix("Keyferry is at ").expect("the first line names the address").to_owned();
        // Whatever else is printed must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Process { child, url, http: reqwest::Client::new(), token: None }
    }
}

impl Process {
    /// Where it is.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Ends the process at once, as `kill -9` does.
    pub(crate) fn kill(mut self) -> Option<String> {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.token.take()
    }

    /// Asks the process to end, and waits for that.
    pub(crate) fn terminate(self) {
        self.ask_to_end();
        self.assert_ended_well();
    }

    /// Asks the process to end.
    pub(crate) fn ask_to_end(&self) {
        self.signal("-TERM");
    }

    /// Lets the process stand still.
    pub(crate) fn pause(&self) {
        self.signal("-STOP");
    }

    /// Lets the process go on.
    pub(crate) fn resume(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }

    /// Waits for the process to end.
    pub(crate) fn assert_ended_well(mut self) {
        assert!(self.child.wait().unwrap().success(), "a stopped server ends well");
    }

    /// Signs in and makes a token, which outlives the process.
    pub(crate) async fn make_token(&mut self) {
        let sign_in = json!({ "username": "admin", "password": PASSWORD });
        let reply = self.http.post(format!("{}/api/v1/session", self.url)).json(&sign_in).send().await.unwrap();
        let cookie = reply.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let new = json!({ "name": "kill", "workspace": "keymgmt", "role": "admin", "expires_in_days": 1 });
        let request = self.http.post(format!("{}/api/v1/tokens", self.url)).json(&new);
        let reply = request.header("cookie", cookie).header("sec-fetch-site", "same-origin").send().await.unwrap();
        let issued: api::IssuedToken = reply.json().await.unwrap();
        self.token = Some(issued.secret);
    }

    /// The token in use.
    pub(crate) fn token(&self) -> Option<String> {
        self.token.clone()
    }

    /// Uses a token made before.
    pub(crate) fn with_token(mut self, token: Option<String>) -> Self {
        self.token = token;
        self
    }

    /// A call below the first workspace that must succeed.
    pub(crate) async fn call<T: DeserializeOwned>(&self, method: Method, path: &str, body: Option<Value>) -> T {
        let mut request = self.http.request(method, format!("{}/api/v1/workspaces/keymgmt{path}", self.url));
        request = request.bearer_auth(self.token.as_deref().unwrap());
        if let Some(body) = body {
            request = request.json(&body);
        }
        let reply = request.send().await.unwrap();
        let (status, text) = (reply.status(), reply.text().await.unwrap());
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// Connects a vault as `acme`.
    pub(crate) async fn connect(&self, node: &Node, vault: &str) -> Provider {
        let principal = node.azure.service_principal(vault);
        let credentials = json!({
            "tenant_id": principal.tenant_id,
            "client_id": principal.client_id,
            "client_secret": principal.client_secret,
        });
        let new = json!({
            "name": "acme", "key_collection": vault, "vault_kind": "key_vault", "credentials": credentials,
        });
        self.call(Method::POST, "/providers", Some(new)).await
    }

    /// A key as it is now.
    pub(crate) async fn key(&self, name: &str) -> Key {
        self.call(Method::GET, &format!("/keys/{name}"), None).await
    }

    /// Every version of ours is in the vault exactly once, in order, and nothing else.
    pub(crate) async fn assert_held_once(&self, node: &Node, vault: &str, key: &str, name_in_kms: &str) {
        let ours = self.key(key).await;
        let wanted: Vec<&str> =
            ours.versions.iter().rev().map(|version| version.public_key.as_deref().unwrap()).collect();
        let held = node.azure.key(vault, name_in_kms).expect("the vault holds the key");
        let held: Vec<String> = held.versions.iter().map(azure_sim::StoredVersion::public_key_pem).collect();
        assert_eq!(held, wanted, "{key}");
    }

    /// Waits until nothing is pending.
    pub(crate) async fn settle(&self) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let waiting: Page<Distribution> = self.call(Method::GET, "/distributions?state=pending", None).await;
            let Some(first) = waiting.items.first() else { return };
            assert!(Instant::now() < deadline, "not settled in time: {first:#?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already; a story that fails must not leave it running.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a process that does not start says, and its exit code.
pub(crate) fn complaint(mut command: Command) -> (String, Option<i32>) {
    let mut child = command.stdout(Stdio::null()).spawn().unwrap();
    let mut text = String::new();
    child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
    (text, child.wait().unwrap().code())
}
