//! A server that behaves like Microsoft Entra and Azure Key Vault, and really unwraps what is imported.
//!
//! It shares no code with the crates it is used to test, so that a misreading of the specification on one side
//! shows up on the other.
//!
//! One TLS port serves the login hosts of every cloud and all vaults by `Host`; `localhost` is the default vault, and
//! Entra or the resource manager where the path says so. A second port, without TLS, serves the identities of the
//! machine.
//!
//! Beside what the methods of [`Simulator`] change, it knows RSA keys: making, importing, reading, changing, listing,
//! using, deleting, recovering and purging. Other operations of Key Vault are refused as an identity without the right
//! to them is refused.

mod access;
mod answer;
mod arm;
mod assertion;
mod base64url;
mod bundle;
mod certificates;
mod clouds;
mod credentials;
mod deletion;
mod directory;
mod entra;
mod exchange;
mod faults;
mod federation;
mod hsm;
mod identities;
mod import;
mod jwt;
mod keys;
mod limits;
mod machine;
mod pairs;
mod permission;
mod record;
mod request;
mod rotation;
mod route;
mod serve;
mod settings;
mod shared;
mod state;
mod stored;
mod token;
mod unwrap;
mod usage;
mod vault;
mod vaults;

use std::{convert::Infallible, io, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

pub use crate::{
    access::{AccessModel, Network},
    faults::{Call, Fault},
    federation::FederatedClaims,
    permission::Permission,
    record::Received,
    stored::{StoredKey, StoredVersion},
    vaults::{ServicePrincipal, Sku, VaultKind, VaultSummary},
};
use crate::{
    serve::Door,
    shared::Shared,
    state::{State, Vault},
};

/// How a simulator is started.
#[derive(Clone, Debug)]
pub struct Options {
    /// Address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// JSON file that keeps vaults, keys, credentials and certificates over a restart.
    pub state_file: Option<PathBuf>,
    /// Draw the keys that vaults make from a few pairs of this process, for tests: making one takes up to seconds.
    pub reuse_keks: bool,
    /// How many more vaults there are, `fleet-1` and so on: what one is sent is paced, what many are sent together is not.
    pub fleet: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 0)), state_file: None, reuse_keks: false, fleet: 0 }
    }
}

/// Why a simulator does not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Choose another address.
    #[error("the address cannot be listened on")]
    Listen(#[source] io::Error),
    /// Remove the file, or choose another.
    #[error("the state file cannot be used")]
    StateFile(#[source] io::Error),
    /// The state file's certificate was changed by hand: remove the file.
    #[error("the certificate in the state file cannot be read")]
    StateCertificate(#[source] rustls::pki_types::pem::Error),
    /// No certificate could be made.
    #[error("no certificate could be made")]
    Certificate(#[from] rcgen::Error),
    /// TLS refused the certificate.
    #[error("the certificate cannot be served")]
    Tls(#[from] rustls::Error),
}

/// A running simulator; clones are handles to the same one.
#[derive(Clone)]
pub struct Simulator(Arc<Shared>);

impl Simulator {
    /// Starts to listen.
    ///
    /// # Errors
    /// When the address is taken, or the state file is damaged or cannot be written.
    pub async fn start(options: Options) -> Result<Self, Error> {
        let load = |path| State::load(path, options.fleet);
        let stored = options.state_file.as_deref().map_or(Ok(None), load).map_err(Error::StateFile)?;
        let state = stored.map_or_else(|| State::fresh(options.fleet), Ok)?;
        let tls = TlsAcceptor::from(Arc::new(state.certificates.server_config()?));
        let listener = TcpListener::bind(options.listen).await.map_err(Error::Listen)?;
        let address = listener.local_addr().map_err(Error::Listen)?;
        let machine = TcpListener::bind((address.ip(), 0)).await.map_err(Error::Listen)?;
        let machine_address = machine.local_addr().map_err(Error::Listen)?;

        let shared = Arc::new(Shared::new(options, address, machine_address, state));
        shared.read(|state| shared.save(state))?;
        for (listener, door) in [(listener, Door::Tls(tls)), (machine, Door::Plain)] {
            let stopping = shared.stopping.subscribe();
            tokio::spawn(serve::accept(Arc::clone(&shared), listener, door, stopping));
        }
        Ok(Self(shared))
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.0.address
    }

    /// The authority that signed its certificate.
    #[must_use]
    pub fn ca_pem(&self) -> &str {
        &self.0.ca
    }

    /// Which hosts are reached here, as the value of `--azure-connect-to`. Each vault is named, so that others do not
    /// resolve.
    #[must_use]
    pub fn connect_to(&self) -> String {
        let logins = clouds::CLOUDS.iter().flat_map(|cloud| cloud.login_hosts).map(|host| (*host).to_owned());
        let hosts = vaults::with_fleet(self.0.fleet()).map(vaults::StartVault::host).chain(logins);
        hosts.map(|host| format!("{host}={}", self.address())).collect::<Vec<_>>().join(",")
    }

    /// The vaults there are.
    #[must_use]
    pub fn vaults(&self) -> Vec<VaultSummary> {
        let summary = |start: &vaults::StartVault| VaultSummary {
            name: start.name.to_owned(),
            host: start.host(),
            cloud: start.cloud.name,
            title: start.title,
            kind: start.kind,
            sku: start.sku,
            principal: self.service_principal(start.name),
        };
        vaults::with_fleet(self.0.fleet()).map(summary).collect()
    }

    /// Moves the clock by which tokens, the validity of keys and limits are counted.
    pub fn advance_clock(&self, by: Duration) {
        self.0.advance_clock(by);
    }

    /// Lets that clock stand still, so that only [`Simulator::advance_clock`] moves it.
    pub fn stop_clock(&self) {
        self.0.stop_clock();
    }

    /// Lets vaults answer 429 beyond Azure's published limits, or no longer; at the start they do not. Counting starts
    /// anew, over the latest 10 seconds of a vault and the latest second of a managed HSM.
    pub fn enforce_limits(&self, enforce: bool) {
        self.0.enforce_limits(enforce);
    }

    /// Sets how long a deletion, or a recovery, takes to be seen; two seconds at the start.
    pub fn set_deletion_delay(&self, delay: Duration) {
        self.0.set_deletion_delay(delay);
    }

    /// A key that is not deleted.
    ///
    /// # Panics
    /// When there is no such vault.
    #[must_use]
    pub fn key(&self, vault: &str, name: &str) -> Option<StoredKey> {
        self.read(vault, |vault| keys::active(vault, name).ok().map(StoredKey::from))
    }

    /// All keys that are not deleted, by name.
    ///
    /// # Panics
    /// When there is no such vault.
    #[must_use]
    pub fn keys(&self, vault: &str) -> Vec<StoredKey> {
        self.read(vault, |vault| vault.keys.values().filter(|key| key.is_active()).map(StoredKey::from).collect())
    }

    /// All deleted keys, also those still being deleted, by name.
    ///
    /// # Panics
    /// When there is no such vault.
    #[must_use]
    pub fn deleted_keys(&self, vault: &str) -> Vec<StoredKey> {
        self.read(vault, |vault| vault.keys.values().filter(|key| key.is_deleted()).map(StoredKey::from).collect())
    }

    /// Lets the next such call fail.
    pub fn fail_next(&self, call: Call, fault: Fault) {
        self.fail_times(call, fault, 1);
    }

    /// Lets the next so many such calls fail alike.
    pub fn fail_times(&self, call: Call, fault: Fault, times: usize) {
        self.0.faults.push(call, fault, times);
    }

    /// Lets one in so many calls of any kind fail, with these faults in turn, until faults are cleared.
    pub fn fail_one_in(&self, every: usize, faults: Vec<Fault>) {
        self.0.faults.repeat(every, faults);
    }

    /// Forgets the faults that have not happened yet.
    pub fn clear_faults(&self) {
        self.0.faults.clear();
    }

    /// What was received, in order; the latest 20,000 requests.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        self.0.record.all()
    }

    /// Resolves once `count` such calls have been received since the start.
    pub async fn wait_for(&self, call: Call, count: usize) {
        self.0.record.wait_for(call, count).await;
    }

    /// Resolves once nothing is being worked on, so that work whose reply was lost is done too.
    pub async fn idle(&self) {
        self.0.record.idle().await;
    }

    /// Closes its ports and all connections.
    pub async fn stop(self) {
        self.0.stopping.send_replace(true);
        self.0.stopping.closed().await;
    }

    fn read<T>(&self, vault: &str, look: impl FnOnce(&Vault) -> T) -> T {
        self.0.read(|state| look(state.vaults.get(vault).expect("the simulator has a vault of this name")))
    }

    fn change(&self, vault: &str, change: impl FnOnce(&mut Vault)) {
        let Ok(()) = self.0.change(|state| {
            change(state.vaults.get_mut(vault).expect("the simulator has a vault of this name"));
            Ok::<_, Infallible>(())
        });
    }
}
