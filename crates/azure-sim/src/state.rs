//! What the simulator remembers: vaults, keys and their versions; kept in a file if asked to.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};

use crate::{
    Permission, ServicePrincipal, access::Settings, base64url::Octets, certificates::Certificates,
    credentials::Credentials, vaults,
};

#[derive(Deserialize, Serialize)]
pub(crate) struct State {
    pub(crate) certificates: Certificates,
    pub(crate) stranger: ServicePrincipal,
    pub(crate) vaults: BTreeMap<String, Vault>,
}

#[derive(Deserialize, Serialize)]
pub(crate) struct Vault {
    pub(crate) principal: ServicePrincipal,
    #[serde(default)]
    pub(crate) credentials: Credentials,
    pub(crate) permissions: Vec<Permission>,
    #[serde(default)]
    pub(crate) settings: Settings,
    /// By name in lower case: Azure compares identifiers without regard to case.
    pub(crate) keys: BTreeMap<String, Key>,
}

#[derive(Deserialize, Serialize)]
pub(crate) struct Key {
    pub(crate) name: String,
    pub(crate) life: Life,
    /// When the vault rotates it by itself, as an ISO 8601 duration after a version was made.
    #[serde(default)]
    pub(crate) rotates_after: Option<String>,
    /// Oldest first; never empty.
    pub(crate) versions: Vec<Version>,
}

/// Where a key stands between being and not being. Times are Unix milliseconds.
#[derive(Clone, Copy, Deserialize, Serialize)]
pub(crate) enum Life {
    Active,
    /// Deleted at, and visible as deleted from.
    Deleted {
        at: u64,
        shown: u64,
    },
    /// Recovered, and visible again from.
    Recovered {
        shown: u64,
    },
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) enum KeyType {
    #[serde(rename = "RSA")]
    Rsa,
    #[serde(rename = "RSA-HSM")]
    RsaHsm,
}

impl KeyType {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Rsa => "RSA",
            Self::RsaHsm => "RSA-HSM",
        }
    }
}

#[derive(Clone, Deserialize, Serialize)]
pub(crate) struct Version {
    pub(crate) version: String,
    pub(crate) kty: KeyType,
    pub(crate) key_ops: Vec<String>,
    pub(crate) enabled: bool,
    pub(crate) nbf: Option<i64>,
    pub(crate) exp: Option<i64>,
    pub(crate) created: i64,
    pub(crate) updated: i64,
    pub(crate) tags: BTreeMap<String, String>,
    /// Big-endian, without leading zero bytes, as the exponent.
    pub(crate) modulus: Octets,
    pub(crate) exponent: Octets,
    pub(crate) imported_by_byok: bool,
    /// PKCS#8 DER; none only in a state file of before keys could be used.
    pub(crate) private: Option<Octets>,
}

impl State {
    /// Makes the start vaults and so many of the fleet, with fresh credentials.
    pub(crate) fn fresh(fleet: usize) -> Result<Self, rcgen::Error> {
        let stranger = ServicePrincipal::fresh(&uuid::Uuid::new_v4().to_string());
        let mut state = Self { certificates: Certificates::fresh()?, stranger, vaults: BTreeMap::new() };
        state.complete(fleet);
        Ok(state)
    }

    /// Makes the vaults that are not there yet. Those of one cloud share a tenant.
    fn complete(&mut self, fleet: usize) {
        for start in vaults::with_fleet(fleet) {
            let of_cloud = |(name, _): &(&String, &Vault)| {
                vaults::named(name).is_some_and(|known| known.cloud.name == start.cloud.name)
            };
            let tenant_id = match self.vaults.iter().find(of_cloud) {
                Some((_, neighbour)) => neighbour.principal.tenant_id.clone(),
                None => uuid::Uuid::new_v4().to_string(),
            };
            self.vaults.entry(start.name.to_owned()).or_insert_with(|| Vault {
                principal: ServicePrincipal::fresh(&tenant_id),
                credentials: Credentials::default(),
                permissions: start.permissions.to_vec(),
                settings: Settings::default(),
                keys: BTreeMap::new(),
            });
        }
    }

    /// Reads a state file; none there is no error. Vaults that it lacks are made.
    pub(crate) fn load(path: &Path, fleet: usize) -> io::Result<Option<Self>> {
        match fs::read(path) {
            Ok(text) => {
                let mut state: Self = serde_json::from_slice(&text)?;
                state.complete(fleet);
                Ok(Some(state))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Replaces the state file in one step, readable by its owner only. It outlives a killed process; that it might
    /// not outlive a power cut is not worth a sync for every change of a demo.
    pub(crate) fn save(&self, path: &Path) -> io::Result<()> {
        let beside = path.with_added_extension("new");
        let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
        file.write_all(&serde_json::to_vec(self)?)?;
        fs::rename(&beside, path)
    }
}

impl Key {
    /// The key of this name, made without a version if there is none.
    pub(crate) fn of<'a>(vault: &'a mut Vault, name: &str) -> &'a mut Self {
        let fresh = || Self { name: name.to_owned(), life: Life::Active, rotates_after: None, versions: Vec::new() };
        vault.keys.entry(name.to_ascii_lowercase()).or_insert_with(fresh)
    }

    /// Deleted, whether that is seen yet or not.
    pub(crate) fn is_deleted(&self) -> bool {
        matches!(self.life, Life::Deleted { .. })
    }

    /// A key that can be read and changed at this moment.
    pub(crate) fn is_active(&self) -> bool {
        match self.life {
            Life::Active => true,
            Life::Recovered { shown } => shown <= now_millis(),
            Life::Deleted { .. } => false,
        }
    }

    /// When it was deleted, in Unix milliseconds, if Azure shows it as deleted by now.
    pub(crate) fn shown_deleted(&self) -> Option<u64> {
        match self.life {
            Life::Deleted { at, shown } if shown <= now_millis() => Some(at),
            _ => None,
        }
    }

    pub(crate) fn latest(&self) -> Option<&Version> {
        self.versions.last()
    }

    pub(crate) fn version(&self, version: Option<&str>) -> Option<&Version> {
        match version {
            None => self.latest(),
            Some(wanted) => self.versions.iter().find(|version| version.version.eq_ignore_ascii_case(wanted)),
        }
    }

    pub(crate) fn version_mut(&mut self, version: Option<&str>) -> Option<&mut Version> {
        match version {
            None => self.versions.last_mut(),
            Some(wanted) => self.versions.iter_mut().find(|version| version.version.eq_ignore_ascii_case(wanted)),
        }
    }
}

pub(crate) fn now_millis() -> u64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
}

/// Unix seconds.
pub(crate) fn now() -> i64 {
    i64::try_from(now_millis() / 1000).unwrap_or(i64::MAX)
}
