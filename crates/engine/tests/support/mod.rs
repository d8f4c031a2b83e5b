//! A world for a story: a simulator, a database, an engine with its reconciler running.

mod postgres;
mod waiting;

pub(crate) use postgres::new_database;

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use api::{
    Credentials, Distribution, DistributionPath, Key, KeyName, KeyPath, KeyType, KeyVersion, NameInKms,
    NewDistribution, NewKey, NewProvider, Protection, Provider, ProviderName, Purpose, SecretInput, Slug, Tags,
    VaultKind,
};
use azure_sim::{ServicePrincipal, Simulator, StoredKey};
use engine::{Actor, ClientOptions, Engine, Environment, Error, Options};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Declares stories that are told on SQLite and on PostgreSQL.
macro_rules! on_both_databases {
    ($(async fn $name:ident $world:tt $story:block)+) => {
        $(mod $name {
            use super::*;

            async fn story $world $story

            #[tokio::test(flavor = "multi_thread")]
            async fn on_sqlite() {
                story(World::on_sqlite().await).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn on_postgresql() {
                if let Some(world) = World::on_postgresql().await {
                    story(world).await;
                }
            }
        })+
    };
}
pub(crate) use on_both_databases;

/// One engine with its reconciler running.
pub(crate) struct Node {
    pub(crate) engine: Engine,
    stop: Option<oneshot::Sender<()>>,
    running: JoinHandle<()>,
    data: TempDir,
}

/// Everything a story happens in.
pub(crate) struct World {
    pub(crate) azure: Simulator,
    pub(crate) node: Node,
    pub(crate) database: String,
    pub(crate) actor: Actor,
    // The SQLite file lives here until the world ends.
    files: TempDir,
}

/// The sealing key of all worlds.
pub(crate) fn sealing_key() -> engine::SealingKey {
    static TEXT: OnceLock<String> = OnceLock::new();
    let text = TEXT.get_or_init(|| engine::SealingKey::generate().to_text().to_string());
    engine::SealingKey::from_text(text).unwrap()
}

impl Node {
    /// A new node, with a data directory of its own and nothing about Azure in its environment.
    pub(crate) async fn start(azure: &Simulator, database: &str) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), azure, database, Environment::default()).await
    }

    async fn start_in(data: TempDir, azure: &Simulator, database: &str, environment: Environment) -> Self {
        let mut options = options(azure, database, &data);
        options.azure.environment = Arc::new(environment);
        Self::start_with(data, options).await
    }

    /// A node that is started in its own way.
    pub(crate) async fn start_with(data: TempDir, options: Options) -> Self {
        let engine = Engine::start(options).await.unwrap();
        let (stop, stopped) = oneshot::channel();
        let reconciler = engine.clone();
        let running = tokio::spawn(async move {
            reconciler.reconcile(async move { stopped.await.unwrap_or(()) }).await;
        });
        Self { engine, stop: Some(stop), running, data }
    }

    /// Ends in order: the step under way is finished.
    pub(crate) async fn stop(mut self) {
        self.stop.take().map(|stop| stop.send(()));
        self.running.await.unwrap();
        self.engine.close().await;
    }

    /// Ends at once, wherever it is, as if the process had been killed; only its data directory is left.
    pub(crate) async fn crash(self) -> TempDir {
        self.running.abort();
        let ended = self.running.await;
        assert!(ended.is_err_and(|error| error.is_cancelled()), "the reconciler was running until now");
        self.engine.close().await;
        drop(self.engine);
        // The steps under way are dropped by the runtime's threads; the last one gives the directory back.
        let deadline = Instant::now() + waiting::PATIENCE;
        let lock = std::fs::File::open(self.data.path().join("lock")).unwrap();
        while lock.try_lock().is_err() {
            assert!(Instant::now() < deadline, "the crashed node still holds its directory");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        self.data
    }
}

/// Quick where the product is patient: failures are repeated after milliseconds.
pub(crate) fn options(azure: &Simulator, database: &str, data: &TempDir) -> Options {
    let mut options = Options::new(data.path().to_owned());
    options.database = Some(database.to_owned());
    options.sealing_key = Some(sealing_key());
    options.settling_time = Duration::from_secs(1);
    options.first_delay = Duration::from_millis(5);
    options.azure = client_options(azure);
    options
}

/// How the simulator is reached: as Azure is.
fn client_options(azure: &Simulator) -> ClientOptions {
    ClientOptions {
        connect_to: azure.connect_to().split(',').map(|entry| entry.parse().unwrap()).collect(),
        ca_pem: Some(azure.ca_pem().to_owned()),
        deletion_poll: Duration::from_millis(20),
        ..ClientOptions::default()
    }
}

impl World {
    pub(crate) async fn on_sqlite() -> Self {
        let files = tempfile::tempdir().unwrap();
        let database = format!("sqlite://{}?mode=rwc", files.path().join("keyferry.db").display());
        Self::start(database, files).await
    }

    /// `None` where no PostgreSQL was given; `cargo xtask test` always gives one.
    pub(crate) async fn on_postgresql() -> Option<Self> {
        let database = postgres::new_database().await?;
        Some(Self::start(database, tempfile::tempdir().unwrap()).await)
    }

    async fn start(database: String, files: TempDir) -> Self {
        let options = azure_sim::Options { reuse_keks: true, ..azure_sim::Options::default() };
        let azure = Simulator::start(options).await.unwrap();
        azure.set_deletion_delay(Duration::from_millis(30));
        let node = Node::start(&azure, &database).await;
        let password = SecretInput::new("a long enough password".to_owned());
        node.engine.first_start(Some(&password), false).await.unwrap();
        Self::of(azure, node, database, files)
    }

    /// The world around a node that was started already.
    pub(crate) fn of(azure: Simulator, node: Node, database: String, files: TempDir) -> Self {
        let actor = Actor { name: "admin".to_owned(), source: Some("192.0.2.1".to_owned()) };
        Self { azure, node, database, actor, files }
    }

    /// Ends the node at once, wherever it is, and starts it again.
    pub(crate) async fn crash_and_restart(self) -> Self {
        let Self { azure, node, database, actor, files } = self;
        let node = Node::start_in(node.crash().await, &azure, &database, Environment::default()).await;
        Self { azure, node, database, actor, files }
    }

    /// Starts the node again with these variables in its environment.
    pub(crate) async fn restart_with(self, variables: &[(&str, &str)]) -> Self {
        let Self { azure, node, database, actor, files } = self;
        let value =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        let node = Node::start_in(node.crash().await, &azure, &database, Environment::read(value)).await;
        Self { azure, node, database, actor, files }
    }

    /// Connects a vault of the simulator under its own name.
    pub(crate) async fn connect(&self, vault: &str) -> Provider {
        let new = new_provider(vault, vault, &self.azure.service_principal(vault));
        self.node.engine.create_provider(&workspace(), &new, &self.actor).await.unwrap()
    }

    /// Connects a vault as it is described.
    pub(crate) async fn connect_as(&self, new: &NewProvider) -> Result<Provider, Error> {
        self.node.engine.create_provider(&workspace(), new, &self.actor).await
    }

    /// Connects a vault whose calls fail: asked again until it answers.
    pub(crate) async fn connect_patiently(&self, vault: &str) {
        let new = new_provider(vault, vault, &self.azure.service_principal(vault));
        let provider = self.node.engine.create_provider(&workspace(), &new, &self.actor).await.unwrap();
        assert!(provider.last_check.is_some());
    }

    /// Somebody deletes a key in Azure.
    pub(crate) async fn delete_in_azure(&self, vault: &str, key: &str) {
        self.client_of(vault).delete_and_wait(key).await.unwrap();
    }

    /// Somebody switches off the current version of a key in Azure.
    pub(crate) async fn switch_off_in_azure(&self, vault: &str, key: &str) {
        self.switch_in_azure(vault, key, false).await;
    }

    /// Somebody switches the current version of a key in Azure on or off.
    pub(crate) async fn switch_in_azure(&self, vault: &str, key: &str, enabled: bool) {
        let vault = self.client_of(vault);
        let current = vault.get_key(key, None).await.unwrap();
        let change = azure::KeyChange { enabled: Some(enabled), ..azure::KeyChange::default() };
        vault.update_key(key, &current.version, &change).await.unwrap();
    }

    /// Somebody makes a new version of the key exchange key in Azure and switches the old one off.
    pub(crate) async fn replace_kek_in_azure(&self, vault: &str, kek: &str) {
        let vault = self.client_of(vault);
        let old = vault.get_key(kek, None).await.unwrap();
        vault.create_kek(kek).await.unwrap();
        let change = azure::KeyChange { enabled: Some(false), ..azure::KeyChange::default() };
        vault.update_key(kek, &old.version, &change).await.unwrap();
    }

    /// A client of somebody else, with every right on a vault.
    pub(crate) fn client_of(&self, vault: &str) -> azure::Vault {
        let ServicePrincipal { tenant_id, client_id, client_secret } = self.azure.service_principal(vault);
        let client = azure::Client::new(client_options(&self.azure)).unwrap();
        let credentials = azure::Credentials {
            tenant_id: Some(tenant_id),
            client_id: Some(client_id),
            client_secret: Some(client_secret.into()),
            certificate: None,
        };
        client.vault(vault, credentials).unwrap()
    }

    /// The names on all pages of a list, two rows a page.
    pub(crate) async fn names_in_pages(&self, mut query: api::KeyQuery) -> Vec<String> {
        query.limit = Some(2);
        let mut names = Vec::new();
        loop {
            let page = self.node.engine.keys(&workspace(), &query).await.unwrap();
            names.extend(page.items.into_iter().map(|key| key.name.to_string()));
            query.after = page.next;
            if query.after.is_none() {
                return names;
            }
        }
    }

    pub(crate) async fn create_key(&self, name: &str) -> Key {
        let new = NewKey::new(name.parse().unwrap(), KeyType::Rsa2048);
        self.node.engine.create_key(&workspace(), &new, &self.actor).await.unwrap()
    }

    /// Distributes a key under its own name.
    pub(crate) async fn distribute(&self, key: &str, provider: &str) -> Distribution {
        self.try_distribute(key, provider).await.unwrap()
    }

    pub(crate) async fn try_distribute(&self, key: &str, provider: &str) -> Result<Distribution, Error> {
        self.distribute_as(key, provider, Some(key.parse().unwrap())).await
    }

    /// Distributes a key under a name that was never used before.
    pub(crate) async fn distribute_anew(&self, key: &str, provider: &str) -> Result<Distribution, Error> {
        let name = NameInKms::default_for(&name(key), i64::try_from(self.azure.received().len()).unwrap());
        self.distribute_as(key, provider, Some(name)).await
    }

    /// Distributes a key as a software key, under its own name.
    pub(crate) async fn distribute_in_software(&self, key: &str, provider: &str) -> Result<Distribution, Error> {
        let new = NewDistribution {
            provider: provider.parse().unwrap(),
            purposes: vec![Purpose::Wrap, Purpose::Unwrap],
            protection: Protection::Software,
            name_in_kms: Some(key.parse().unwrap()),
            expires_after: None,
            tags: Tags::default(),
        };
        self.node.engine.distribute_key(&key_path(key), &new, &self.actor).await
    }

    async fn distribute_as(
        &self,
        key: &str,
        provider: &str,
        name_in_kms: Option<NameInKms>,
    ) -> Result<Distribution, Error> {
        let new = NewDistribution {
            provider: provider.parse().unwrap(),
            purposes: vec![Purpose::Sign, Purpose::Verify],
            protection: Protection::Hsm,
            name_in_kms,
            expires_after: None,
            tags: Tags::default(),
        };
        self.node.engine.distribute_key(&key_path(key), &new, &self.actor).await
    }

    pub(crate) async fn rotate(&self, key: &str) -> Key {
        self.node.engine.rotate_key(&key_path(key), &self.actor).await.unwrap()
    }

    pub(crate) async fn key(&self, key: &str) -> Key {
        self.node.engine.key(&key_path(key)).await.unwrap()
    }

    pub(crate) async fn distribution(&self, key: &str, provider: &str) -> Distribution {
        self.node.engine.distribution(&path(key, provider)).await.unwrap()
    }

    /// Asserts that the vault holds exactly the versions of a key, each once, in order, each enabled as wanted. One that is
    /// compromised or destroyed it holds only if it came there before.
    pub(crate) async fn assert_held(&self, vault: &str, key: &str) {
        self.assert_held_as(vault, key, key).await;
    }

    /// The same, of a key that has another name in the vault.
    pub(crate) async fn assert_held_as(&self, vault: &str, key: &str, name_in_kms: &str) {
        let ours = self.key(key).await;
        let held = self.azure.key(vault, name_in_kms).expect("the vault holds the key");
        let here = self.distribution(key, vault).await;
        let is_held = |version: &&KeyVersion| {
            let is_withheld = version.compromised_at.is_some() || version.destroyed_at.is_some();
            !is_withheld || here.deliveries.iter().any(|delivery| delivery.version == version.number)
        };
        let wanted: Vec<(String, bool)> = ours
            .versions
            .iter()
            .rev()
            .filter(is_held)
            .map(|version| (version.public_key.clone().unwrap(), version.enabled))
            .collect();
        assert_eq!(versions(&held), wanted);
        assert!(held.versions.iter().all(|version| version.imported_by_byok));
    }
}

/// A provider with nothing stored but what is said here.
pub(crate) fn bare_provider(vault: &str) -> NewProvider {
    NewProvider {
        name: vault.parse().unwrap(),
        key_collection: vault.parse().unwrap(),
        vault_kind: None,
        environment: None,
        credentials: Credentials::default(),
    }
}

/// What a vault holds under a name: public keys and whether they are enabled, oldest first.
pub(crate) fn versions(held: &StoredKey) -> Vec<(String, bool)> {
    held.versions.iter().map(|version| (version.public_key_pem(), version.enabled)).collect()
}

/// A provider to be connected.
pub(crate) fn new_provider(name: &str, vault: &str, principal: &ServicePrincipal) -> NewProvider {
    NewProvider {
        name: name.parse::<ProviderName>().unwrap(),
        key_collection: vault.parse().unwrap(),
        vault_kind: Some(VaultKind::KeyVault),
        environment: None,
        credentials: Credentials {
            tenant_id: Some(principal.tenant_id.parse().unwrap()),
            client_id: Some(principal.client_id.parse().unwrap()),
            client_secret: Some(SecretInput::new(principal.client_secret.clone())),
            certificate: None,
        },
    }
}

/// The workspace that the first start makes.
pub(crate) fn workspace() -> Slug {
    "keymgmt".parse().unwrap()
}

/// Where a key is found.
pub(crate) fn key_path(key: &str) -> KeyPath {
    KeyPath { workspace: workspace(), key: name(key) }
}

/// Where a distribution is found.
pub(crate) fn path(key: &str, provider: &str) -> DistributionPath {
    DistributionPath { workspace: workspace(), key: name(key), provider: provider.parse().unwrap() }
}

/// A key's name.
pub(crate) fn name(text: &str) -> KeyName {
    text.parse().unwrap()
}
