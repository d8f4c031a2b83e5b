//! Where a vault is: its name, what kind of vault it is, and in which cloud.

use crate::environment::{self, Environment};
use crate::identity::{Setting, Source};
use crate::{Cloud, Error, name};

/// The two kinds of vaults that hold HSM keys.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum VaultKind {
    /// Azure Key Vault.
    KeyVault,
    /// Azure Key Vault Managed HSM: other hosts, another resource for tokens, HSM keys only.
    ManagedHsm,
}

/// Where a vault is.
#[derive(Clone, Copy, Debug)]
pub struct Location<'a> {
    /// The vault's name, without a suffix.
    pub name: &'a str,
    /// Its kind. Where none is given, `AZURE_AD_RESOURCE` tells, or it is a key vault.
    pub kind: Option<VaultKind>,
    /// The cloud by one of its names. `AZURE_ENVIRONMENT` comes before it; with neither it is the public cloud.
    pub cloud: Option<&'a str>,
}

impl<'a> Location<'a> {
    /// A vault of this name, and nothing else said.
    #[must_use]
    pub fn named(name: &'a str) -> Self {
        Self { name, kind: None, cloud: None }
    }

    /// Finds the place, and who said which cloud it is in.
    pub(crate) fn find(&self, environment: &Environment) -> Result<(Place, Setting), Error> {
        name::check_vault(self.name)?;
        let setting = match (environment.cloud.as_deref(), self.cloud) {
            (Some(name), stored) => Setting::from_environment(name, environment::CLOUD, stored, "cloud"),
            (None, Some(name)) => Setting { value: name.to_owned(), source: Source::Stored, unused: None },
            (None, None) => Setting { value: String::new(), source: Source::Default, unused: None },
        };
        let asked = (setting.source != Source::Default).then_some(setting.value.as_str());
        let cloud = Cloud::find(asked, environment)?;
        let setting = Setting { value: cloud.name().to_owned(), ..setting };
        let (kind, suffix) = match (self.kind, environment.resource()?) {
            (Some(kind), _) => (kind, cloud.suffix(kind)?.to_owned()),
            (None, Some(suffix)) => (kind_of(&suffix, &cloud), suffix),
            (None, None) => (VaultKind::KeyVault, cloud.suffix(VaultKind::KeyVault)?.to_owned()),
        };
        let host = format!("{}.{suffix}", self.name.to_ascii_lowercase());
        Ok((Place { host, kind, suffix, cloud }, setting))
    }
}

/// A vault's place, found.
pub(crate) struct Place {
    pub(crate) host: String,
    pub(crate) kind: VaultKind,
    pub(crate) suffix: String,
    pub(crate) cloud: Cloud,
}

impl Place {
    /// What tokens for the vault are for.
    pub(crate) fn resource(&self) -> String {
        format!("https://{}", self.suffix)
    }
}

/// The kind of the vaults under a suffix that the environment names.
fn kind_of(suffix: &str, cloud: &Cloud) -> VaultKind {
    let is_known = cloud.suffix(VaultKind::ManagedHsm).is_ok_and(|known| known == suffix);
    if is_known || suffix.starts_with("managedhsm.") { VaultKind::ManagedHsm } else { VaultKind::KeyVault }
}
