//! The client: one HTTPS client and one token cache for all vaults.

use std::sync::Arc;
use std::time::Duration;

use crate::connect::Resolver;
use crate::http::Clients;
use crate::token::Tokens;
use crate::{ConnectTo, Credentials, Environment, Error, Identity, Location, Stored, Vault, VaultKind, identity};

/// How Azure is reached, and how long it may take.
#[derive(Clone)]
pub struct ClientOptions {
    /// Where connections go instead of where DNS says. With any entry, all other hosts do not resolve.
    pub connect_to: Vec<ConnectTo>,
    /// The certificate authorities to trust instead of the system's, as PEM.
    pub ca_pem: Option<String>,
    /// The longest time for a request that makes an HSM key; Azure takes up to many seconds for them.
    pub import_timeout: Duration,
    /// The longest time for any other request.
    pub timeout: Duration,
    /// The time between two looks for a deleted key.
    pub deletion_poll: Duration,
    /// The wait before the metadata service is asked a second time; each further wait is twice as long as the one before.
    pub metadata_wait: Duration,
    /// The process environment, which comes before what is stored. By default it is empty.
    pub environment: Arc<Environment>,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            connect_to: Vec::new(),
            ca_pem: None,
            import_timeout: Duration::from_mins(1),
            timeout: Duration::from_secs(30),
            deletion_poll: Duration::from_secs(2),
            metadata_wait: Duration::from_millis(1300),
            environment: Arc::default(),
        }
    }
}

/// Where a vault is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Site {
    /// Its host name.
    pub host: String,
    /// Its kind.
    pub kind: VaultKind,
    /// Its cloud's own name.
    pub cloud: &'static str,
}

/// A client for any number of vaults; clones share connections and tokens.
#[derive(Clone)]
pub struct Client {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) clients: Clients,
    pub(crate) options: ClientOptions,
    pub(crate) resolver: Resolver,
    tokens: Tokens,
}

impl Client {
    /// Sets the client up; nothing is sent.
    ///
    /// # Errors
    /// [`Error::Setup`] when the certificates given are not PEM.
    pub fn new(options: ClientOptions) -> Result<Self, Error> {
        let clients = Clients::new(&options)?;
        let resolver = Resolver::new(&options.connect_to);
        let tokens = Tokens::new(clients.clone());
        Ok(Self { shared: Arc::new(Shared { clients, options, resolver, tokens }) })
    }

    /// A vault of this name, seen with the identity that the environment and these stored credentials make. Nothing is
    /// sent.
    ///
    /// # Errors
    /// As for [`Client::vault_at`].
    pub fn vault(&self, name: &str, credentials: Credentials) -> Result<Vault, Error> {
        self.vault_at(Location::named(name), credentials)
    }

    /// Where a vault at this location is. Nothing is sent.
    ///
    /// # Errors
    /// As [`Client::vault_at`] for places that cannot be.
    pub fn site(&self, location: Location<'_>) -> Result<Site, Error> {
        let (place, _) = location.find(&self.shared.options.environment)?;
        Ok(Site { host: place.host, kind: place.kind, cloud: place.cloud.name() })
    }

    /// The identity that the environment and what is stored make at this location. Nothing is sent, and no secret is needed.
    ///
    /// # Errors
    /// As for [`Client::vault_at`].
    pub fn identity(&self, location: Location<'_>, stored: &Stored<'_>) -> Result<Identity, Error> {
        let environment = &self.shared.options.environment;
        let (_, cloud) = location.find(environment)?;
        identity::identify(environment, stored, cloud)
    }

    /// A vault at this location, seen with the identity that the environment and these stored credentials make. Nothing is
    /// sent.
    ///
    /// # Errors
    /// [`Error::InvalidVaultName`], [`Error::UnknownCloud`] and [`Error::NoManagedHsm`] for places that cannot be;
    /// [`Error::MissingTenant`], [`Error::InvalidTenant`] and [`Error::MissingClient`] for identities that cannot be;
    /// [`Error::InvalidEnvironment`] and [`Error::UnreadableFile`] for an environment that is wrong.
    pub fn vault_at(&self, location: Location<'_>, credentials: Credentials) -> Result<Vault, Error> {
        let environment = &self.shared.options.environment;
        let (place, cloud) = location.find(environment)?;
        let (identity, grant) =
            identity::resolve(environment, credentials, cloud, place.cloud.authority(), place.resource())?;
        let source = self.shared.tokens.source(grant);
        Ok(Vault::new(self.clone(), place, identity, source))
    }
}
