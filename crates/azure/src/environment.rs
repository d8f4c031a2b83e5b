//! What the process environment says about Azure, under the names that Microsoft's own clients and Vault use.

use std::path::PathBuf;

use reqwest::Url;
use zeroize::Zeroizing;

use crate::{Error, name};

pub(crate) const TENANT_ID: &str = "AZURE_TENANT_ID";
pub(crate) const CLIENT_ID: &str = "AZURE_CLIENT_ID";
pub(crate) const CLIENT_SECRET: &str = "AZURE_CLIENT_SECRET";
pub(crate) const CERTIFICATE: &str = "AZURE_CLIENT_CERTIFICATE_PATH";
pub(crate) const FEDERATED_TOKEN: &str = "AZURE_FEDERATED_TOKEN_FILE";
pub(crate) const CLOUD: &str = "AZURE_ENVIRONMENT";
pub(crate) const CLOUD_FILE: &str = "AZURE_ENVIRONMENT_FILEPATH";
pub(crate) const IDENTITY_ENDPOINT: &str = "IDENTITY_ENDPOINT";
pub(crate) const METADATA_HOST: &str = "AZURE_POD_IDENTITY_AUTHORITY_HOST";
const SEND_CHAIN: &str = "AZURE_CLIENT_SEND_CERTIFICATE_CHAIN";
const AUTHORITY: &str = "AZURE_AUTHORITY_HOST";
const RESOURCE: &str = "AZURE_AD_RESOURCE";
const IDENTITY_HEADER: &str = "IDENTITY_HEADER";

/// The variables of a process environment that concern Azure; the default is an empty one. It cannot be printed, for it
/// may hold secrets.
#[derive(Default)]
pub struct Environment {
    pub(crate) tenant_id: Option<String>,
    pub(crate) client_id: Option<String>,
    pub(crate) client_secret: Option<Zeroizing<String>>,
    pub(crate) certificate: Option<PathBuf>,
    pub(crate) send_chain: bool,
    pub(crate) federated_token: Option<PathBuf>,
    pub(crate) cloud: Option<String>,
    pub(crate) cloud_file: Option<PathBuf>,
    pub(crate) identity_endpoint: Option<String>,
    pub(crate) identity_header: Option<Zeroizing<String>>,
    pub(crate) metadata_host: Option<String>,
    authority: Option<String>,
    resource: Option<String>,
}

impl Environment {
    /// Reads the environment of this process, now and never again.
    #[must_use]
    pub fn from_process() -> Self {
        Self::read(|name| std::env::var(name).ok())
    }

    /// Reads an environment whose variables `variable` knows. An empty variable is as good as none.
    #[must_use]
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Self {
        let text = |name: &str| variable(name).filter(|value| !value.is_empty());
        let secret = |name: &str| text(name).map(Zeroizing::new);
        let path = |name: &str| text(name).map(PathBuf::from);
        Self {
            tenant_id: text(TENANT_ID),
            client_id: text(CLIENT_ID),
            client_secret: secret(CLIENT_SECRET),
            certificate: path(CERTIFICATE),
            send_chain: text(SEND_CHAIN).is_some_and(|value| value == "1" || value.eq_ignore_ascii_case("true")),
            federated_token: path(FEDERATED_TOKEN),
            cloud: text(CLOUD),
            cloud_file: path(CLOUD_FILE),
            identity_endpoint: text(IDENTITY_ENDPOINT),
            identity_header: secret(IDENTITY_HEADER),
            metadata_host: text(METADATA_HOST),
            authority: text(AUTHORITY),
            resource: text(RESOURCE),
        }
    }

    /// The URL of Microsoft Entra in `AZURE_AUTHORITY_HOST`, which may be a bare host.
    pub(crate) fn authority(&self) -> Result<Option<String>, Error> {
        let Some(text) = &self.authority else { return Ok(None) };
        let url = https(text).or_else(|| if text.contains("://") { None } else { https(&format!("https://{text}")) });
        let reason = "is neither a host nor an https URL";
        url.map(Some).ok_or(Error::InvalidEnvironment { variable: AUTHORITY, reason })
    }

    /// The suffix of vault hosts in `AZURE_AD_RESOURCE`, such as `managedhsm.azure.net`.
    pub(crate) fn resource(&self) -> Result<Option<String>, Error> {
        let Some(text) = &self.resource else { return Ok(None) };
        let suffix = text.strip_prefix("https://").unwrap_or(text).trim_end_matches('/').to_ascii_lowercase();
        if name::is_domain(&suffix) {
            Ok(Some(suffix))
        } else {
            let reason = "is not a suffix of vault hosts, such as managedhsm.azure.net";
            Err(Error::InvalidEnvironment { variable: RESOURCE, reason })
        }
    }
}

/// An https URL of a host, without a slash last.
pub(crate) fn https(text: &str) -> Option<String> {
    let url = endpoint(text)?;
    (url.scheme() == "https" && url.query().is_none()).then(|| url.as_str().trim_end_matches('/').to_owned())
}

/// An http or https URL without a name, a password or a fragment in it.
pub(crate) fn endpoint(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let is_plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    (matches!(url.scheme(), "http" | "https") && url.has_host() && is_plain).then_some(url)
}
