//! A simulator of its own for each test, and a client that reaches it under Azure's host names.

use std::sync::Arc;
use std::time::Duration;

use azure::{Client, ClientOptions, Credentials, Environment, Kek, Location, Vault, VaultKind};
use azure_sim::{Call, Options, ServicePrincipal, Simulator};

/// A Premium vault of the simulator.
pub(crate) const VAULT: &str = "keyvault-name";

pub(crate) struct World {
    pub(crate) azure: Simulator,
    pub(crate) client: Client,
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::with(ClientOptions::default()).await
    }

    /// A world whose client is as patient as these options say.
    pub(crate) async fn with(options: ClientOptions) -> Self {
        let azure = Simulator::start(Options { reuse_keks: true, ..Options::default() }).await.unwrap();
        azure.set_deletion_delay(Duration::ZERO);
        let client = client(&azure, options);
        Self { azure, client }
    }

    /// A vault of the simulator at its place, seen with another environment and other credentials.
    pub(crate) fn seen_through(&self, environment: Environment, credentials: Credentials, vault: &str) -> Vault {
        let options = ClientOptions { environment: Arc::new(environment), ..ClientOptions::default() };
        let summary = self.azure.vaults().into_iter().find(|summary| summary.name == vault).unwrap();
        let kind = match summary.kind {
            azure_sim::VaultKind::Vault => VaultKind::KeyVault,
            azure_sim::VaultKind::ManagedHsm => VaultKind::ManagedHsm,
        };
        let location = Location { name: vault, kind: Some(kind), cloud: Some(summary.cloud) };
        client(&self.azure, options).vault_at(location, credentials).unwrap()
    }

    /// A vault, seen with its own identity.
    pub(crate) fn vault(&self, name: &str) -> Vault {
        self.client.vault(name, credentials(self.azure.service_principal(name))).unwrap()
    }

    pub(crate) async fn kek(&self, vault: &Vault) -> Kek {
        vault.create_kek("keyferry-kek").await.unwrap()
    }

    /// How many such calls were received.
    pub(crate) fn count(&self, call: Call) -> usize {
        self.azure.received().iter().filter(|received| received.call == Some(call)).count()
    }

    /// How many versions the vault holds of a key.
    pub(crate) fn versions(&self, name: &str) -> usize {
        self.azure.key(VAULT, name).map_or(0, |key| key.versions.len())
    }
}

fn client(azure: &Simulator, options: ClientOptions) -> Client {
    let client = Client::new(ClientOptions {
        connect_to: azure.connect_to().split(',').map(|entry| entry.parse().unwrap()).collect(),
        ca_pem: Some(azure.ca_pem().to_owned()),
        deletion_poll: Duration::from_millis(10),
        metadata_wait: Duration::from_millis(1),
        ..options
    });
    client.unwrap()
}

pub(crate) fn credentials(principal: ServicePrincipal) -> Credentials {
    Credentials {
        tenant_id: Some(principal.tenant_id),
        client_id: Some(principal.client_id),
        client_secret: Some(principal.client_secret.into()),
        certificate: None,
    }
}

/// An environment with these variables.
pub(crate) fn environment<'a>(variables: impl IntoIterator<Item = (&'a str, &'a str)>) -> Environment {
    let variables: Vec<_> = variables.into_iter().collect();
    Environment::read(|name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
}
