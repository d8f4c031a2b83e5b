//! What can go wrong between us and Azure, and what that means for the one who asked.

use std::error::Error as StdError;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::{Answer, CertificateFault, Cloud, EntraAnswer, ManagedAnswer};

/// Why a call to Azure did not do what it should. None of them carries a secret.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// The vault answered, and said no.
    #[error("{0}")]
    Answered(Box<Answer>),
    /// Microsoft Entra gave no token; the vault was not asked.
    #[error("{0}")]
    Entra(Box<EntraAnswer>),
    /// The platform gave no token to the managed identity; the vault was not asked.
    #[error("{0}")]
    Managed(Box<ManagedAnswer>),
    /// The vault's name does not resolve: there is no such vault.
    #[error("{host} does not resolve: there is no vault of this name")]
    UnknownVault {
        /// The host asked for.
        host: String,
    },
    /// No connection was made, or no token came; nothing was sent to the vault.
    #[error("{host} cannot be reached")]
    Unreachable {
        /// The host that cannot be reached: the vault's, that of Microsoft Entra, or that of the metadata service.
        host: String,
        /// What failed.
        source: Arc<dyn StdError + Send + Sync>,
    },
    /// The connection broke, or time ran out, when the request may have been sent: its outcome is unknown.
    #[error("the answer of {host} was lost")]
    Lost {
        /// The vault's host.
        host: String,
        /// What failed.
        source: Arc<dyn StdError + Send + Sync>,
    },
    /// The vault answered success with something that is not an answer to the request: its outcome is unknown.
    #[error("{host} answered with {reason}")]
    Garbled {
        /// The vault's host.
        host: String,
        /// What is wrong with it.
        reason: Garble,
    },
    /// A redirect was answered. It is not followed: tokens go to the vault's own host only.
    #[error("{host} answered with a redirect (status {status}), which is not followed")]
    Redirected {
        /// The host that redirects.
        host: String,
        /// HTTP status.
        status: u16,
    },
    /// There is a key of the KEK's name, and it cannot serve as KEK.
    #[error("the key {kid} cannot serve as KEK: {fault}")]
    UnusableKek {
        /// The key's identifier.
        kid: String,
        /// Why not.
        fault: KekFault,
    },
    /// The key was deleted, and after two minutes Azure still does not show it among its deleted keys.
    #[error("the key {name} is still being deleted")]
    StillDeleting {
        /// The key's name.
        name: String,
    },
    /// The key was recovered, and after two minutes Azure still does not show it.
    #[error("the key {name} is still being recovered")]
    StillRecovering {
        /// The key's name.
        name: String,
    },
    /// Managed HSM holds HSM keys only; nothing was sent.
    #[error("a managed HSM takes no software keys")]
    NoSoftwareKeys,
    /// There is no cloud of this name.
    #[error("there is no cloud named `{name}`; the names are {}", Cloud::all_names().collect::<Vec<_>>().join(", "))]
    UnknownCloud {
        /// The name asked for.
        name: String,
    },
    /// This cloud has no managed HSMs.
    #[error("there are no managed HSMs in the cloud {cloud}")]
    NoManagedHsm {
        /// The cloud's name.
        cloud: &'static str,
    },
    /// Neither the environment nor what is stored names a tenant.
    #[error("there is no tenant id: neither AZURE_TENANT_ID in the server's environment nor a stored one")]
    MissingTenant,
    /// Neither the environment nor what is stored names a client, and the proof needs one.
    #[error(
        "there is no client id for the {proof}: neither AZURE_CLIENT_ID in the server's environment nor a stored one"
    )]
    MissingClient {
        /// The proof that is used.
        proof: &'static str,
    },
    /// A variable of the environment is not what it should be.
    #[error("{variable} in the server's environment {reason}")]
    InvalidEnvironment {
        /// The variable.
        variable: &'static str,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A file that a variable of the environment names cannot be read.
    #[error("{variable} in the server's environment names {}, which cannot be read: {kind}", path.display())]
    UnreadableFile {
        /// The variable.
        variable: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        kind: io::ErrorKind,
    },
    /// The certificate cannot prove an identity.
    #[error("the {} cannot be used: {fault}", certificate(path.as_deref()))]
    UnusableCertificate {
        /// The file that `AZURE_CLIENT_CERTIFICATE_PATH` names; absent when it is the stored certificate.
        path: Option<PathBuf>,
        /// What is wrong with it.
        fault: CertificateFault,
    },
    /// This is not a name that a key vault can have.
    #[error("`{name}` is not a vault name: 3 to 24 letters, digits and single hyphens, a letter first, no hyphen last")]
    InvalidVaultName {
        /// The name asked for.
        name: String,
    },
    /// This is not a name that a key in Azure can have.
    #[error("`{name}` is not a name for a key in Azure: 1 to 127 letters, digits and hyphens")]
    InvalidKeyName {
        /// The name asked for.
        name: String,
    },
    /// This is not a version that a key in Azure can have.
    #[error("this is not a key version of Azure: 32 letters and digits")]
    InvalidVersion,
    /// This is neither a tenant id nor a domain name.
    #[error("the tenant is neither an id nor a domain name")]
    InvalidTenant,
    /// This is not `host=address:port`.
    #[error("`{text}` is not `host=address:port`")]
    InvalidConnectTo {
        /// The text given.
        text: String,
    },
    /// The client cannot be set up, for example because the certificates given are not PEM.
    #[error("the HTTPS client cannot be set up")]
    Setup(#[source] Arc<reqwest::Error>),
}

/// What is wrong with an answer that claims success.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Garble {
    /// It is not the JSON document that this call answers.
    #[error("something else than the document expected")]
    NotTheDocument,
    /// It is longer than any answer of Key Vault.
    #[error("more than an answer may hold")]
    TooLong,
    /// It speaks of a key that was not asked for, or of another vault.
    #[error("an identifier that is not of this vault and key")]
    ForeignId,
    /// It asks for a token for another resource, or does not ask for one at all.
    #[error("a challenge that is not a key vault's")]
    ForeignChallenge,
}

/// Why a key cannot serve as KEK.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum KekFault {
    /// Its type is not `RSA-HSM`.
    #[error("its type is {0}, and must be RSA-HSM")]
    KeyType(String),
    /// Its operations are not exactly `import`.
    #[error("its operations are [{}], and must be [import] alone", .0.join(", "))]
    Operations(Vec<String>),
    /// It is disabled.
    #[error("it is disabled")]
    Disabled,
    /// Its length in bits is not 2048, 3072 or 4096.
    #[error("it has {0} bits, and must have 2048, 3072 or 4096")]
    Size(usize),
    /// It has fewer bits than the key it is to carry.
    #[error("it has {bits} bits, and is to carry a key of {target} bits")]
    TooWeak {
        /// The length of the KEK in bits.
        bits: usize,
        /// The length of the key in bits.
        target: usize,
    },
    /// It has expired, or will within a day.
    #[error("it has expired or is about to, at Unix second {0}")]
    Expiring(i64),
}

/// How a certificate is called.
fn certificate(path: Option<&Path>) -> String {
    path.map_or("stored certificate".to_owned(), |path| format!("certificate in {}", path.display()))
}

impl Error {
    /// Whether the request may have been carried out although it failed. Whoever sent a request that changes something
    /// must look before sending it again.
    #[must_use]
    pub fn is_outcome_unknown(&self) -> bool {
        match self {
            Self::Lost { .. } | Self::Garbled { .. } => true,
            Self::Answered(answer) => answer.status == 408 || answer.status >= 500,
            _ => false,
        }
    }

    /// Whether Key Vault itself said that there is no such key. A 404 without Key Vault's words is not one.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Answered(answer) if answer.status == 404 && answer.code.ends_with("NotFound"))
    }

    /// Whether the vault, which took the token, does not allow what was asked.
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        matches!(self, Self::Answered(answer) if answer.status == 403)
    }

    /// Whether the vault asks for fewer requests; the request was not carried out.
    #[must_use]
    pub fn is_throttled(&self) -> bool {
        matches!(self, Self::Answered(answer) if answer.status == 429)
    }

    /// The time after which to ask again, where the answer named one.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Answered(answer) => answer.retry_after,
            Self::Entra(answer) => answer.retry_after,
            Self::Managed(answer) => answer.retry_after,
            _ => None,
        }
    }

    /// Whether time alone does not heal it: somebody has to change something.
    #[must_use]
    pub fn is_lasting(&self) -> bool {
        match self {
            Self::Answered(answer) => answer.is_lasting(),
            Self::Entra(answer) => answer.is_lasting(),
            Self::Managed(answer) => answer.is_lasting(),
            Self::Unreachable { .. }
            | Self::Lost { .. }
            | Self::Garbled { .. }
            | Self::StillDeleting { .. }
            | Self::StillRecovering { .. } => false,
            Self::UnknownVault { .. }
            | Self::Redirected { .. }
            | Self::UnusableKek { .. }
            | Self::NoSoftwareKeys
            | Self::UnknownCloud { .. }
            | Self::NoManagedHsm { .. }
            | Self::MissingTenant
            | Self::MissingClient { .. }
            | Self::InvalidEnvironment { .. }
            | Self::UnreadableFile { .. }
            | Self::UnusableCertificate { .. }
            | Self::InvalidVaultName { .. }
            | Self::InvalidKeyName { .. }
            | Self::InvalidVersion
            | Self::InvalidTenant
            | Self::InvalidConnectTo { .. }
            | Self::Setup(_) => true,
        }
    }

    /// The same failure on the way to a token: whatever happened there, nothing was sent to the vault.
    pub(crate) fn before_token(self, host: &str) -> Self {
        match self {
            Self::Lost { source, .. } => Self::Unreachable { host: host.to_owned(), source },
            Self::UnknownVault { .. } | Self::Garbled { .. } => {
                Self::Unreachable { host: host.to_owned(), source: Arc::new(self) }
            }
            other => other,
        }
    }
}
