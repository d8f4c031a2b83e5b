//! The vaults every simulator starts with, and who may use them.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::{
    clouds::{CLOUDS, Cloud, PUBLIC, PUBLIC_HSM_SUFFIX, US_GOVERNMENT},
    permission::Permission,
};

/// The vault that answers requests to `localhost`.
pub(crate) const DEFAULT: &str = "keyvault-name";

/// How many times `acme-throttles` refuses an import before it accepts it.
pub(crate) const THROTTLED_IMPORTS: u32 = 2;

/// How many vaults a fleet has at most.
const LARGEST_FLEET: usize = 64;

/// An identity that can ask for tokens. Nothing real: it is made up when a simulator starts.
#[derive(Clone, Deserialize, Serialize)]
pub struct ServicePrincipal {
    /// Directory the identity lives in.
    pub tenant_id: String,
    /// Application id.
    pub client_id: String,
    /// Its secret, in Entra's form.
    pub client_secret: String,
}

impl ServicePrincipal {
    pub(crate) fn fresh(tenant_id: &str) -> Self {
        let random = uuid::Uuid::new_v4().simple().to_string();
        Self {
            tenant_id: tenant_id.to_owned(),
            client_id: uuid::Uuid::new_v4().to_string(),
            client_secret: format!("{}8Q~{}", &random[..3], &uuid::Uuid::new_v4().simple().to_string()),
        }
    }

    /// The object id that role assignments name; derived, so that it needs no place in the state.
    pub(crate) fn object_id(&self) -> String {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, self.client_id.as_bytes());
        let half = digest.as_ref().first_chunk::<16>().copied().unwrap_or_default();
        uuid::Builder::from_random_bytes(half).into_uuid().to_string()
    }
}

/// A vault's pricing tier.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Sku {
    /// Software and HSM keys.
    Premium,
    /// Software keys only.
    Standard,
}

/// What holds keys.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum VaultKind {
    /// A key vault.
    Vault,
    /// A managed HSM: other hosts, another audience, hardware keys only.
    ManagedHsm,
}

/// A vault as the demo shows it.
#[derive(Clone)]
pub struct VaultSummary {
    /// Name, the first label of its host.
    pub name: String,
    /// Its full host.
    pub host: String,
    /// Name of the cloud it is in, as `AZURE_ENVIRONMENT` has it.
    pub cloud: &'static str,
    /// What it teaches, in a few words.
    pub title: &'static str,
    /// Key vault or managed HSM.
    pub kind: VaultKind,
    /// Pricing tier; of a managed HSM always Premium.
    pub sku: Sku,
    /// The identity that has rights on it.
    pub principal: ServicePrincipal,
}

/// A vault to start with.
pub(crate) struct StartVault {
    pub(crate) name: &'static str,
    pub(crate) cloud: &'static Cloud,
    /// What follows the name in its host.
    pub(crate) suffix: &'static str,
    pub(crate) title: &'static str,
    pub(crate) kind: VaultKind,
    pub(crate) sku: Sku,
    pub(crate) permissions: &'static [Permission],
    pub(crate) throttles: bool,
}

impl StartVault {
    pub(crate) fn host(&self) -> String {
        format!("{}.{}", self.name, self.suffix)
    }

    /// What its tokens are for.
    pub(crate) fn audience(&self) -> String {
        format!("https://{}", self.suffix)
    }
}

/// The vaults there are.
static START: [StartVault; 7] = [
    StartVault {
        name: DEFAULT,
        cloud: &CLOUDS[0],
        suffix: PUBLIC.vault_suffix,
        title: "Premium: takes HSM keys",
        kind: VaultKind::Vault,
        sku: Sku::Premium,
        permissions: &Permission::ALL,
        throttles: false,
    },
    StartVault {
        name: "acme-payments",
        cloud: &CLOUDS[0],
        suffix: PUBLIC.vault_suffix,
        title: "Premium: a second vault",
        kind: VaultKind::Vault,
        sku: Sku::Premium,
        permissions: &Permission::ALL,
        throttles: false,
    },
    StartVault {
        name: "acme-standard",
        cloud: &CLOUDS[0],
        suffix: PUBLIC.vault_suffix,
        title: "Standard: refuses HSM keys",
        kind: VaultKind::Vault,
        sku: Sku::Standard,
        permissions: &Permission::ALL,
        throttles: false,
    },
    StartVault {
        name: "acme-forbids",
        cloud: &CLOUDS[0],
        suffix: PUBLIC.vault_suffix,
        title: "Premium: its identity may only read",
        kind: VaultKind::Vault,
        sku: Sku::Premium,
        permissions: &[Permission::Get, Permission::List],
        throttles: false,
    },
    StartVault {
        name: "acme-throttles",
        cloud: &CLOUDS[0],
        suffix: PUBLIC.vault_suffix,
        title: "Premium: answers imports with 429 before it accepts them",
        kind: VaultKind::Vault,
        sku: Sku::Premium,
        permissions: &Permission::ALL,
        throttles: true,
    },
    StartVault {
        name: "acme-gov",
        cloud: &CLOUDS[1],
        suffix: US_GOVERNMENT.vault_suffix,
        title: "Premium: in the US Government cloud",
        kind: VaultKind::Vault,
        sku: Sku::Premium,
        permissions: &Permission::ALL,
        throttles: false,
    },
    StartVault {
        name: "acme-hsm",
        cloud: &CLOUDS[0],
        suffix: PUBLIC_HSM_SUFFIX,
        title: "Managed HSM: hardware keys only",
        kind: VaultKind::ManagedHsm,
        sku: Sku::Premium,
        permissions: &Permission::ALL,
        throttles: false,
    },
];

/// More of them, for whoever needs many.
static FLEET: LazyLock<Vec<StartVault>> = LazyLock::new(|| {
    let of_fleet = |number: usize| StartVault {
        name: format!("fleet-{number}").leak(),
        cloud: &CLOUDS[0],
        suffix: PUBLIC.vault_suffix,
        title: "Premium: one of many",
        kind: VaultKind::Vault,
        sku: Sku::Premium,
        permissions: &Permission::ALL,
        throttles: false,
    };
    (1..=LARGEST_FLEET).map(of_fleet).collect()
});

/// The vaults of a simulator with a fleet of this size.
pub(crate) fn with_fleet(size: usize) -> impl Iterator<Item = &'static StartVault> {
    START.iter().chain(FLEET.iter().take(size))
}

/// Finds a start vault by name.
pub(crate) fn named(name: &str) -> Option<&'static StartVault> {
    with_fleet(LARGEST_FLEET).find(|start| start.name.eq_ignore_ascii_case(name))
}

/// Finds a start vault by its full host.
pub(crate) fn at(host: &str) -> Option<&'static StartVault> {
    with_fleet(LARGEST_FLEET).find(|start| start.host() == host)
}
