//! The vaults every simulator starts with, and who may use them.

use serde::{Deserialize, Serialize};

use crate::state::Permission;

/// The suffix of vault hosts in the public cloud, and the audience of their tokens behind `https://`.
pub(crate) const SUFFIX: &str = "vault.azure.net";

/// The public cloud's login host.
pub(crate) const LOGIN_HOST: &str = "login.microsoftonline.com";

/// The vault that answers requests to `localhost`.
pub(crate) const DEFAULT: &str = "keyvault-name";

/// How many times `acme-throttles` refuses an import before it accepts it.
pub(crate) const THROTTLED_IMPORTS: u32 = 2;

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

/// A vault as the demo shows it.
#[derive(Clone)]
pub struct VaultSummary {
    /// Name, the first label of its host.
    pub name: String,
    /// What it teaches, in a few words.
    pub title: &'static str,
    /// Pricing tier.
    pub sku: Sku,
    /// The identity that has rights on it.
    pub principal: ServicePrincipal,
}

/// A vault to start with.
pub(crate) struct StartVault {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) sku: Sku,
    pub(crate) permissions: &'static [Permission],
    pub(crate) throttles: bool,
}

/// The vaults there are.
pub(crate) const START: [StartVault; 5] = [
    StartVault {
        name: DEFAULT,
        title: "Premium: takes HSM keys",
        sku: Sku::Premium,
        permissions: &Permission::ALL,
        throttles: false,
    },
    StartVault {
        name: "acme-payments",
        title: "Premium: a second vault",
        sku: Sku::Premium,
        permissions: &Permission::ALL,
        throttles: false,
    },
    StartVault {
        name: "acme-standard",
        title: "Standard: refuses HSM keys",
        sku: Sku::Standard,
        permissions: &Permission::ALL,
        throttles: false,
    },
    StartVault {
        name: "acme-forbids",
        title: "Premium: its identity may only read",
        sku: Sku::Premium,
        permissions: &[Permission::Get, Permission::List],
        throttles: false,
    },
    StartVault {
        name: "acme-throttles",
        title: "Premium: answers imports with 429 before it accepts them",
        sku: Sku::Premium,
        permissions: &Permission::ALL,
        throttles: true,
    },
];

/// Finds a start vault by name.
pub(crate) fn named(name: &str) -> Option<&'static StartVault> {
    START.iter().find(|start| start.name.eq_ignore_ascii_case(name))
}
