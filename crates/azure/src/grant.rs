//! A grant: everything it takes to ask for a token. It is as secret as what is in it.

use std::path::PathBuf;

use aws_lc_rs::digest::{Context, SHA256};
use reqwest::Url;
use zeroize::Zeroizing;

use crate::Error;
use crate::environment::{self, Environment};

/// Where Azure's virtual machines find their metadata service (Microsoft, "Azure Instance Metadata Service").
const METADATA: &str = "http://169.254.169.254";

/// Who asks whom for a token, for which resource, and with what.
pub(crate) struct Grant {
    /// The URL of Microsoft Entra, without a slash last.
    pub(crate) authority: String,
    pub(crate) tenant_id: String,
    pub(crate) client_id: Option<String>,
    /// `https://` and the suffix of the vaults that the token is for.
    pub(crate) resource: String,
    pub(crate) evidence: Evidence,
}

/// What proves who asks.
pub(crate) enum Evidence {
    Secret(Zeroizing<String>),
    Certificate { pem: Zeroizing<String>, send_chain: bool },
    CertificateFile { path: PathBuf, send_chain: bool },
    FederatedFile(PathBuf),
    Managed(ManagedEndpoint),
}

/// Where a managed identity gets its tokens.
pub(crate) struct ManagedEndpoint {
    pub(crate) url: Url,
    /// What `IDENTITY_HEADER` says, on App Service and its relatives.
    pub(crate) header: Option<Zeroizing<String>>,
    /// Whether it is the real metadata service, which nobody named.
    pub(crate) is_default: bool,
}

impl ManagedEndpoint {
    /// App Service and its relatives name theirs; else it is the metadata service of virtual machines.
    pub(crate) fn of(environment: &Environment) -> Result<Self, Error> {
        let parse = |variable, text: &str| {
            let reason = "is not an http or https URL";
            environment::endpoint(text).ok_or(Error::InvalidEnvironment { variable, reason })
        };
        if let (Some(url), Some(header)) = (&environment.identity_endpoint, &environment.identity_header) {
            let url = parse(environment::IDENTITY_ENDPOINT, url)?;
            return Ok(Self { url, header: Some(header.clone()), is_default: false });
        }
        let host = environment.metadata_host.as_deref();
        let base = host.unwrap_or(METADATA).trim_end_matches('/');
        let url = parse(environment::METADATA_HOST, &format!("{base}/metadata/identity/oauth2/token"))?;
        Ok(Self { url, header: None, is_default: host.is_none() })
    }
}

impl Grant {
    /// A digest that is the same for the same grant and for no other.
    pub(crate) fn fingerprint(&self) -> [u8; 32] {
        let mut context = Context::new(&SHA256);
        let mut add = |part: &[u8]| {
            // The length in front keeps two parts from being read as other two.
            context.update(&part.len().to_be_bytes());
            context.update(part);
        };
        for part in [&self.authority, &self.tenant_id, &self.resource] {
            add(part.as_bytes());
        }
        add(&[self.client_id.is_some().into()]);
        add(self.client_id.as_deref().unwrap_or_default().as_bytes());
        match &self.evidence {
            Evidence::Secret(secret) => [b"secret", secret.as_bytes()].into_iter().for_each(add),
            Evidence::Certificate { pem, send_chain } => {
                [b"certificate", pem.as_bytes(), &[(*send_chain).into()]].into_iter().for_each(add);
            }
            Evidence::CertificateFile { path, send_chain } => {
                let path = path.as_os_str().as_encoded_bytes();
                [b"certificate file", path, &[(*send_chain).into()]].into_iter().for_each(add);
            }
            Evidence::FederatedFile(path) => {
                [b"federated", path.as_os_str().as_encoded_bytes()].into_iter().for_each(add);
            }
            Evidence::Managed(endpoint) => {
                let header = endpoint.header.as_ref().map_or(&b""[..], |header| header.as_bytes());
                [b"managed", endpoint.url.as_str().as_bytes(), header].into_iter().for_each(add);
            }
        }
        context.finish().as_ref().try_into().expect("SHA-256 has 32 bytes")
    }
}
