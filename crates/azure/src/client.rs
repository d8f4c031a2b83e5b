//! The client: one HTTPS client and one token cache for all vaults.

use std::sync::Arc;
use std::time::Duration;

use crate::connect::Resolver;
use crate::token::Tokens;
use crate::{ConnectTo, Credentials, Error, Vault, cloud, http, name};

/// How Azure is reached, and how long it may take.
#[derive(Clone, Debug)]
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
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            connect_to: Vec::new(),
            ca_pem: None,
            import_timeout: Duration::from_mins(1),
            timeout: Duration::from_secs(30),
            deletion_poll: Duration::from_secs(2),
        }
    }
}

/// A client for any number of vaults; clones share connections and tokens.
#[derive(Clone)]
pub struct Client {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) http: reqwest::Client,
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
        let http = http::client(&options)?;
        let resolver = Resolver::new(&options.connect_to);
        let tokens = Tokens::new(http.clone());
        Ok(Self { shared: Arc::new(Shared { http, options, resolver, tokens }) })
    }

    /// A key vault of the public cloud, seen with these credentials. Nothing is sent.
    ///
    /// # Errors
    /// [`Error::InvalidVaultName`] and [`Error::InvalidTenant`] for names that cannot be.
    pub fn vault(&self, name: &str, credentials: Credentials) -> Result<Vault, Error> {
        name::check_vault(name)?;
        name::check_tenant(&credentials.tenant_id)?;
        let cloud = &cloud::PUBLIC;
        let source = self.shared.tokens.source(cloud, credentials);
        Ok(Vault::new(self.clone(), cloud.vault_host(name), cloud, source))
    }
}
