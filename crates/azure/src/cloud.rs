//! Azure's clouds: which host signs in, and under which suffixes vaults and managed HSMs live.

use std::borrow::Cow;

use serde::Deserialize;

use crate::environment::{self, Environment};
use crate::{Error, VaultKind, name};

/// One of Azure's separate clouds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Cloud {
    names: &'static [&'static str],
    authority: Cow<'static, str>,
    vault_suffix: Cow<'static, str>,
    managed_hsm_suffix: Option<Cow<'static, str>>,
    retired: bool,
}

/// The cloud where nothing else is named.
const DEFAULT: &str = "AzurePublicCloud";

/// The cloud that a file describes.
const STACK: &[&str] = &["AzureStackCloud"];

/// Microsoft, "Azure Key Vault security, domains and DNS suffixes" and "National clouds"; the names are those that
/// Azure's Go libraries take, and Vault with them.
static CLOUDS: [Cloud; 4] = [
    known(&[DEFAULT, "AzureCloud"], "https://login.microsoftonline.com", "vault.azure.net", "managedhsm.azure.net"),
    known(
        &["AzureUSGovernmentCloud", "AzureUSGovernment"],
        "https://login.microsoftonline.us",
        "vault.usgovcloudapi.net",
        "managedhsm.usgovcloudapi.net",
    ),
    known(&["AzureChinaCloud"], "https://login.chinacloudapi.cn", "vault.azure.cn", "managedhsm.azure.cn"),
    Cloud {
        names: &["AzureGermanCloud"],
        authority: Cow::Borrowed("https://login.microsoftonline.de"),
        vault_suffix: Cow::Borrowed("vault.microsoftazure.de"),
        managed_hsm_suffix: None,
        retired: true,
    },
];

const fn known(
    names: &'static [&'static str],
    authority: &'static str,
    vault_suffix: &'static str,
    managed_hsm_suffix: &'static str,
) -> Cloud {
    Cloud {
        names,
        authority: Cow::Borrowed(authority),
        vault_suffix: Cow::Borrowed(vault_suffix),
        managed_hsm_suffix: Some(Cow::Borrowed(managed_hsm_suffix)),
        retired: false,
    }
}

impl Cloud {
    /// All names that clouds can be asked for by, in any case: `AzurePublicCloud`, `AzureCloud`, ….
    pub fn all_names() -> impl Iterator<Item = &'static str> {
        CLOUDS.iter().flat_map(|cloud| cloud.names).chain(STACK).copied()
    }

    /// The cloud's own name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.names[0]
    }

    /// The URL of Microsoft Entra, where tokens come from, without a slash last.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Whether Microsoft has closed it: the German cloud, in October 2021.
    #[must_use]
    pub fn is_retired(&self) -> bool {
        self.retired
    }

    /// The suffix of the hosts of all vaults of a kind; `https://` and the suffix is also the resource that tokens for
    /// them are for.
    ///
    /// # Errors
    /// [`Error::NoManagedHsm`] in a cloud that has none.
    pub fn suffix(&self, kind: VaultKind) -> Result<&str, Error> {
        match kind {
            VaultKind::KeyVault => Ok(&self.vault_suffix),
            VaultKind::ManagedHsm => {
                self.managed_hsm_suffix.as_deref().ok_or(Error::NoManagedHsm { cloud: self.name() })
            }
        }
    }

    /// The cloud of this name, or the one that the environment or nobody names. `AZURE_AUTHORITY_HOST` replaces the
    /// authority of any.
    pub(crate) fn find(name: Option<&str>, environment: &Environment) -> Result<Self, Error> {
        let name = name.unwrap_or(DEFAULT);
        let is_named = |names: &[&str]| names.iter().any(|known| known.eq_ignore_ascii_case(name));
        let mut cloud = if is_named(STACK) {
            Self::stack(environment)?
        } else {
            let known = CLOUDS.iter().find(|cloud| is_named(cloud.names));
            known.cloned().ok_or_else(|| Error::UnknownCloud { name: name.to_owned() })?
        };
        if let Some(authority) = environment.authority()? {
            cloud.authority = Cow::Owned(authority);
        }
        Ok(cloud)
    }

    /// Azure Stack, as a file describes it.
    fn stack(environment: &Environment) -> Result<Self, Error> {
        let variable = environment::CLOUD_FILE;
        let invalid = |reason| Error::InvalidEnvironment { variable, reason };
        let path = environment.cloud_file.as_ref().ok_or_else(|| invalid("must name the file that describes it"))?;
        let text = std::fs::read(path).map_err(|error| Error::UnreadableFile {
            variable,
            path: path.clone(),
            kind: error.kind(),
        })?;
        let file: StackFile =
            serde_json::from_slice(&text).map_err(|_| invalid("names a file that does not describe a cloud"))?;
        let authority = environment::https(&file.active_directory_endpoint)
            .ok_or_else(|| invalid("names a file whose activeDirectoryEndpoint is not an https URL"))?;
        let suffix = |text: String| {
            let suffix = text.trim_start_matches('.').to_ascii_lowercase();
            let is_suffix = name::is_domain(&suffix);
            is_suffix
                .then_some(Cow::Owned(suffix))
                .ok_or_else(|| invalid("names a file with a suffix that is no domain"))
        };
        Ok(Self {
            names: STACK,
            authority: Cow::Owned(authority),
            vault_suffix: suffix(file.vault_suffix)?,
            managed_hsm_suffix: file.managed_hsm_suffix.filter(|text| text != "N/A").map(suffix).transpose()?,
            retired: false,
        })
    }
}

/// The members in use of the file that `AZURE_ENVIRONMENT_FILEPATH` names.
#[derive(Deserialize)]
struct StackFile {
    #[serde(rename = "activeDirectoryEndpoint")]
    active_directory_endpoint: String,
    #[serde(rename = "keyVaultDNSSuffix")]
    vault_suffix: String,
    #[serde(rename = "managedHSMDNSSuffix")]
    managed_hsm_suffix: Option<String>,
}
