//! A world for a journey: simulator, database and server, on free ports.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use api::{Distribution, KeyType, Page, Provider, SecretInput};
use azure_sim::Simulator;
use engine::{Engine, Environment};
use serde_json::json;
use server::{Options, Running, TlsFiles, demo};
use tempfile::TempDir;
use tokio::sync::OnceCell;
use tokio::time::{Instant, sleep};

use crate::{Client, Tab, Vault};

/// How long a journey waits for what must happen.
const PATIENCE: Duration = Duration::from_mins(1);

/// Everything a journey happens in.
pub struct World {
    /// Azure, to break and to question.
    pub azure: Simulator,
    server: Running,
    data: TempDir,
    // One session for all that is asked on the way: signing in is limited.
    admin: OnceCell<Client>,
}

impl World {
    /// The password of everybody in this world.
    pub const PASSWORD: &str = "ferry boats leave at nine";

    /// A server as in production, but quick where the product is patient.
    pub async fn start() -> Self {
        Self::of(Start::default()).await
    }

    /// A server that offers the simulator's vaults, as with `--demo`.
    pub async fn demo() -> Self {
        Self::of(Start { is_demo: true, ..Start::default() }).await
    }

    /// A server that made the first password itself.
    pub async fn without_password() -> Self {
        Self::of(Start { password: None, ..Start::default() }).await
    }

    /// A server that speaks TLS.
    pub async fn with_tls(cert: &Path, key: &Path) -> Self {
        let tls = TlsFiles { cert: cert.to_owned(), key: key.to_owned() };
        Self::of(Start { tls: Some(tls), ..Start::default() }).await
    }

    /// A server that lets a client of Vault's API wait for Azure only so long.
    pub async fn with_patience(patience: Duration) -> Self {
        Self::of(Start { patience, ..Start::default() }).await
    }

    /// A server on a machine whose managed identity is the application of a vault.
    pub async fn on_machine(vault: &'static str) -> Self {
        Self::of(Start { machine: Some(vault), ..Start::default() }).await
    }

    /// A server that keeps keys ready.
    pub async fn with_pool(pool: Vec<(KeyType, u64)>) -> Self {
        Self::of(Start { pool, ..Start::default() }).await
    }

    async fn of(start: Start) -> Self {
        let options = azure_sim::Options { reuse_keks: true, ..azure_sim::Options::default() };
        let azure = Simulator::start(options).await.expect("the simulator starts");
        azure.set_deletion_delay(Duration::from_millis(30));
        let data = TempDir::new().expect("a directory can be made");
        let mut engine = engine::Options::new(data.path().to_owned());
        engine.azure = demo::reach(&azure);
        engine.azure.deletion_poll = Duration::from_millis(20);
        if let Some(vault) = start.machine {
            azure.set_machine_identity(Some(vault));
            let metadata = format!("http://{}", azure.imds_address());
            let value = |name: &str| (name == "AZURE_POD_IDENTITY_AUTHORITY_HOST").then(|| metadata.clone());
            engine.azure.environment = Arc::new(Environment::read(value));
        }
        engine.settling_time = Duration::from_secs(1);
        engine.first_delay = Duration::from_millis(5);
        engine.patience = start.patience;
        engine.pool = start.pool;
        let options = Options {
            listen: ([127, 0, 0, 1], 0).into(),
            engine,
            admin_password: start.password.map(|password| SecretInput::new(password.to_owned())),
            tls: start.tls,
            demo: start.is_demo.then(|| demo::vaults(&azure)),
        };
        let server = server::start(options).await.expect("the server starts");
        Self { azure, server, data, admin: OnceCell::new() }
    }

    /// Where the server is: `http://127.0.0.1:…`.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// The server's directory, with the database.
    #[must_use]
    pub fn data(&self) -> &Path {
        self.data.path()
    }

    /// The engine behind the server.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        self.server.engine()
    }

    /// The password that the server made at its first start.
    #[must_use]
    pub fn first_password(&self) -> Option<&str> {
        self.server.first_password().map(engine::FirstPassword::expose)
    }

    /// A tab of a browser where nobody is signed in.
    pub async fn open(&self, path: &str) -> Tab {
        Tab::open(&format!("{}{path}", self.url())).await
    }

    /// A tab where somebody signs in through the form, and so comes to the page that was asked for.
    pub async fn open_as(&self, username: &str, path: &str) -> Tab {
        let tab = self.open(path).await;
        tab.heading("Sign in").await;
        tab.fill("User name", username).await;
        tab.fill("Password", Self::PASSWORD).await;
        tab.press("Enter").await;
        tab
    }

    /// Nobody in particular.
    #[must_use]
    pub fn anonymous(&self) -> Client {
        Client::anonymous(&self.url())
    }

    /// The first administrator, signed in; always the same session.
    pub async fn admin(&self) -> Client {
        let admin = self.admin.get_or_init(|| self.sign_in("admin")).await;
        admin.with_cookie(admin.cookie())
    }

    /// Somebody who is there already, signed in.
    ///
    /// # Panics
    /// When the server refuses.
    pub async fn sign_in(&self, username: &str) -> Client {
        let client = self.anonymous();
        let reply = client.sign_in(username, Self::PASSWORD).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        client
    }

    /// The first administrator as a client of Vault's API, logged in with the password.
    ///
    /// # Panics
    /// When the server refuses.
    pub async fn vault(&self) -> Vault {
        self.log_in("admin").await
    }

    /// A user who is there already, in the same way.
    ///
    /// # Panics
    /// When the server refuses.
    pub async fn log_in(&self, username: &str) -> Vault {
        let anonymous = Vault::anonymous(&self.url());
        let reply = anonymous.log_in(username, Self::PASSWORD).await;
        anonymous.with_token(&reply.secret())
    }

    /// A new member of the first workspace, signed in.
    ///
    /// # Panics
    /// When the server refuses.
    pub async fn member(&self, username: &str, role: &str) -> Client {
        self.user(username, "none").await;
        let path = format!("/workspaces/keymgmt/members/{username}");
        let reply = self.admin().await.put(&path, json!({ "role": role })).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        self.sign_in(username).await
    }

    /// A new user with a global role, signed in.
    ///
    /// # Panics
    /// When the server refuses.
    pub async fn user(&self, username: &str, global_role: &str) -> Client {
        let user = json!({ "username": username, "password": Self::PASSWORD, "global_role": global_role });
        let reply = self.admin().await.post("/users", user).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        self.sign_in(username).await
    }

    /// Waits until nothing in the first workspace is pending or being withdrawn.
    ///
    /// # Panics
    /// When that takes more than a minute.
    pub async fn settle(&self, client: &Client) {
        let deadline = Instant::now() + PATIENCE;
        for state in ["pending", "withdrawing"] {
            loop {
                let path = format!("/workspaces/keymgmt/distributions?state={state}");
                let waiting: Page<Distribution> = client.get(&path).await.expect(200);
                let Some(first) = waiting.items.first() else { break };
                assert!(Instant::now() < deadline, "not settled in time: {first:#?}");
                sleep(Duration::from_millis(10)).await;
            }
        }
    }

    /// Waits until so many things differ at a distribution.
    ///
    /// # Panics
    /// When that takes more than a minute.
    pub async fn until_drifted(&self, client: &Client, distribution: &str, differences: usize) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let now: Distribution = client.get(distribution).await.expect(200);
            let of_versions: usize = now.deliveries.iter().map(|delivery| delivery.drift.len()).sum();
            if now.drift.len() + of_versions == differences {
                return;
            }
            assert!(Instant::now() < deadline, "not found in time: {now:#?}");
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits until nothing more is tried for the key exchange key that a provider was asked for.
    ///
    /// # Panics
    /// When that takes more than a minute.
    pub async fn settle_kek(&self, client: &Client, provider: &str) -> Provider {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let path = format!("/workspaces/keymgmt/providers/{provider}");
            let found: Provider = client.get(&path).await.expect(200);
            if found.kek_requested_at.is_none() {
                return found;
            }
            assert!(Instant::now() < deadline, "not settled in time: {found:#?}");
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// Stops the server as a signal does; Azure and the data directory stay.
    pub async fn stop(self) -> (Simulator, TempDir) {
        self.server.stop().await;
        (self.azure, self.data)
    }
}

/// What is not always alike.
struct Start {
    password: Option<&'static str>,
    tls: Option<TlsFiles>,
    is_demo: bool,
    /// How long a client of Vault's API waits for Azure.
    patience: Duration,
    /// The vault whose application the machine is, if it has an identity.
    machine: Option<&'static str>,
    /// How many keys of each type are kept ready.
    pool: Vec<(KeyType, u64)>,
}

impl Default for Start {
    fn default() -> Self {
        Self {
            password: Some(World::PASSWORD),
            tls: None,
            is_demo: false,
            patience: PATIENCE,
            machine: None,
            pool: Vec::new(),
        }
    }
}
