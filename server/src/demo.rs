//! The embedded Azure simulator of `--demo`.

use std::path::Path;

use api::{DemoVault, KeyCollection, VaultKind};
use azure_sim::Simulator;

/// A simulator inside this process.
pub struct Demo(Simulator);

impl Demo {
    /// Starts a simulator whose state is kept in this directory.
    ///
    /// # Errors
    /// When the state cannot be read or written.
    pub async fn start(data: &Path) -> Result<Self, azure_sim::Error> {
        let state_file = Some(data.join("azure-simulator.json"));
        let simulator = Simulator::start(azure_sim::Options { state_file, ..azure_sim::Options::default() }).await?;
        Ok(Self(simulator))
    }

    /// How the simulator is reached, as if it were Azure.
    ///
    /// # Panics
    /// Never: the simulator names its hosts as the option wants them.
    #[must_use]
    pub fn azure(&self) -> engine::ClientOptions {
        reach(&self.0)
    }

    /// Its vaults, each with credentials that work on it.
    ///
    /// # Panics
    /// Never: the simulator's names and ids are those of Azure.
    #[must_use]
    pub fn vaults(&self) -> Vec<DemoVault> {
        vaults(&self.0)
    }

    /// Stops it.
    pub async fn stop(self) {
        self.0.stop().await;
    }
}

/// How a simulator is reached, as if it were Azure.
///
/// # Panics
/// Never: the simulator names its hosts as the option wants them.
#[must_use]
pub fn reach(simulator: &Simulator) -> engine::ClientOptions {
    let connect_to = simulator.connect_to();
    let host = |text: &str| text.parse().expect("the simulator names its hosts as the option wants them");
    engine::ClientOptions {
        connect_to: connect_to.split(',').map(host).collect(),
        ca_pem: Some(simulator.ca_pem().to_owned()),
        ..engine::ClientOptions::default()
    }
}

/// A simulator's vaults, each with credentials that work on it.
///
/// # Panics
/// Never: the simulator's names and ids are those of Azure.
#[must_use]
pub fn vaults(simulator: &Simulator) -> Vec<DemoVault> {
    let vault = |vault: azure_sim::VaultSummary| DemoVault {
        key_collection: vault.name.parse::<KeyCollection>().expect("the simulator's names are valid"),
        vault_kind: match vault.kind {
            azure_sim::VaultKind::Vault => VaultKind::KeyVault,
            azure_sim::VaultKind::ManagedHsm => VaultKind::ManagedHsm,
        },
        environment: vault.cloud.to_owned(),
        teaches: vault.title.to_owned(),
        tenant_id: vault.principal.tenant_id.parse().expect("the simulator's ids are valid"),
        client_id: vault.principal.client_id.parse().expect("the simulator's ids are valid"),
        client_secret: vault.principal.client_secret,
    };
    simulator.vaults().into_iter().map(vault).collect()
}
