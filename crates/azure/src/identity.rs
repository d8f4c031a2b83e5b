//! Which identity is in force: the environment before what is stored, and a managed identity where neither proves one.

use crate::environment::{self, Environment};
use crate::grant::{Evidence, Grant, ManagedEndpoint};
use crate::{Credentials, Error, Stored, name};

/// The identity that asks a vault. Nothing in it is secret.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Identity {
    /// The tenant's id or domain name.
    pub tenant_id: Setting,
    /// The application's (client's) id. A managed identity without one is the system-assigned one.
    pub client_id: Option<Setting>,
    /// The cloud's name.
    pub cloud: Setting,
    /// What proves the identity.
    pub proof: Proof,
    /// The URL that gives tokens to the managed identity, when that is the proof.
    pub managed_endpoint: Option<String>,
    /// Every other proof, and why it is not used.
    pub unused: Vec<UnusedProof>,
    /// What looks like a mistake although it may work.
    pub warning: Option<String>,
}

/// A value, and who said it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Setting {
    /// The value in force.
    pub value: String,
    /// Who said it.
    pub source: Source,
    /// Why what is stored is not used, where something is stored.
    pub unused: Option<String>,
}

/// Where a part of an identity comes from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Source {
    /// The environment of this process.
    Environment,
    /// What is stored for the provider.
    Stored,
    /// The machine or service that this process runs on.
    Platform,
    /// Nobody said anything.
    Default,
}

/// What can prove an identity, in the order of precedence.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Proof {
    /// `AZURE_CLIENT_SECRET`.
    EnvironmentSecret,
    /// The file that `AZURE_CLIENT_CERTIFICATE_PATH` names.
    EnvironmentCertificate,
    /// The file that `AZURE_FEDERATED_TOKEN_FILE` names.
    FederatedToken,
    /// The stored client secret.
    StoredSecret,
    /// The stored certificate.
    StoredCertificate,
    /// The managed identity of this machine or service.
    ManagedIdentity,
}

/// The kinds of proof.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ProofKind {
    /// A client secret.
    ClientSecret,
    /// A certificate with its private key.
    Certificate,
    /// A token of another issuer that the application trusts.
    FederatedToken,
    /// The platform vouches.
    ManagedIdentity,
}

/// A proof that is not used.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UnusedProof {
    /// Which.
    pub proof: Proof,
    /// Why not, as a sentence.
    pub reason: String,
}

impl Proof {
    /// All of them; the first that is given is used, and the last one always is.
    pub const ALL: [Self; 6] = [
        Self::EnvironmentSecret,
        Self::EnvironmentCertificate,
        Self::FederatedToken,
        Self::StoredSecret,
        Self::StoredCertificate,
        Self::ManagedIdentity,
    ];

    /// Its kind.
    #[must_use]
    pub fn kind(self) -> ProofKind {
        match self {
            Self::EnvironmentSecret | Self::StoredSecret => ProofKind::ClientSecret,
            Self::EnvironmentCertificate | Self::StoredCertificate => ProofKind::Certificate,
            Self::FederatedToken => ProofKind::FederatedToken,
            Self::ManagedIdentity => ProofKind::ManagedIdentity,
        }
    }

    /// Where it comes from.
    #[must_use]
    pub fn source(self) -> Source {
        match self {
            Self::EnvironmentSecret | Self::EnvironmentCertificate | Self::FederatedToken => Source::Environment,
            Self::StoredSecret | Self::StoredCertificate => Source::Stored,
            Self::ManagedIdentity => Source::Platform,
        }
    }

    fn is_given(self, environment: &Environment, stored: &Stored<'_>) -> bool {
        match self {
            Self::EnvironmentSecret => environment.client_secret.is_some(),
            Self::EnvironmentCertificate => environment.certificate.is_some(),
            Self::FederatedToken => environment.federated_token.is_some(),
            Self::StoredSecret => stored.client_secret,
            Self::StoredCertificate => stored.certificate,
            Self::ManagedIdentity => true,
        }
    }

    /// The environment variable that gives it.
    fn variable(self) -> Option<&'static str> {
        match self {
            Self::EnvironmentSecret => Some(environment::CLIENT_SECRET),
            Self::EnvironmentCertificate => Some(environment::CERTIFICATE),
            Self::FederatedToken => Some(environment::FEDERATED_TOKEN),
            _ => None,
        }
    }

    /// Its name within a sentence.
    fn noun(self) -> &'static str {
        match self {
            Self::EnvironmentSecret => "client secret of the environment",
            Self::EnvironmentCertificate => "certificate of the environment",
            Self::FederatedToken => "federated token",
            Self::StoredSecret => "stored client secret",
            Self::StoredCertificate => "stored certificate",
            Self::ManagedIdentity => "managed identity",
        }
    }

    /// Why it is not used while `used` is.
    fn reason(self, is_given: bool, used: Self) -> String {
        let noun = self.noun();
        match (is_given, used.variable(), self.variable()) {
            (true, Some(variable), _) => {
                format!("{variable} is set in the server's environment, so the {noun} is not used")
            }
            (true, None, _) => format!("There is a {}, so the {noun} is not used", used.noun()),
            (false, _, Some(variable)) => format!("{variable} is not set in the server's environment"),
            (false, _, None) => format!("There is no {noun}"),
        }
    }
}

impl Setting {
    /// A value of the environment, which leaves a stored one unused.
    pub(crate) fn from_environment(value: &str, variable: &str, stored: Option<&str>, noun: &str) -> Self {
        let unused =
            stored.map(|_| format!("{variable} is set in the server's environment, so the stored {noun} is not used"));
        Self { value: value.to_owned(), source: Source::Environment, unused }
    }

    /// The value of the environment, else the stored one.
    fn merge(variable: &str, value: Option<&str>, stored: Option<&str>, noun: &str) -> Option<Self> {
        let stored = stored.filter(|text| !text.is_empty());
        match value {
            Some(value) => Some(Self::from_environment(value, variable, stored, noun)),
            None => stored.map(|text| Self { value: text.to_owned(), source: Source::Stored, unused: None }),
        }
    }
}

/// Finds the identity in force; whether a secret is stored is enough for that.
pub(crate) fn identify(environment: &Environment, stored: &Stored<'_>, cloud: Setting) -> Result<Identity, Error> {
    let tenant_id =
        Setting::merge(environment::TENANT_ID, environment.tenant_id.as_deref(), stored.tenant_id, "tenant id")
            .ok_or(Error::MissingTenant)?;
    name::check_tenant(&tenant_id.value)?;
    let client_id =
        Setting::merge(environment::CLIENT_ID, environment.client_id.as_deref(), stored.client_id, "client id");

    let given = Proof::ALL.map(|proof| proof.is_given(environment, stored));
    let used = given.iter().position(|is_given| *is_given).expect("a managed identity can always be asked for");
    let proof = Proof::ALL[used];
    if client_id.is_none() && proof != Proof::ManagedIdentity {
        return Err(Error::MissingClient { proof: proof.noun() });
    }
    let managed_endpoint = match proof {
        Proof::ManagedIdentity => Some(ManagedEndpoint::of(environment)?.url.to_string()),
        _ => None,
    };
    let unused = Proof::ALL.into_iter().zip(given).filter(|(other, _)| *other != proof);
    let unused = unused.map(|(other, is_given)| UnusedProof { proof: other, reason: other.reason(is_given, proof) });
    let warning = client_id.as_ref().and_then(|client| warning(client.source, proof));
    Ok(Identity { tenant_id, client_id, cloud, proof, managed_endpoint, unused: unused.collect(), warning })
}

/// Finds the identity in force, and what gets it a token.
pub(crate) fn resolve(
    environment: &Environment,
    stored: Credentials,
    cloud: Setting,
    authority: &str,
    resource: String,
) -> Result<(Identity, Grant), Error> {
    let identity = identify(environment, &stored.without_secrets(), cloud)?;
    let grant = Grant {
        authority: authority.to_owned(),
        tenant_id: identity.tenant_id.value.clone(),
        client_id: identity.client_id.as_ref().map(|setting| setting.value.clone()),
        resource,
        evidence: evidence(identity.proof, environment, stored)?,
    };
    Ok((identity, grant))
}

/// What the proof is made of.
fn evidence(proof: Proof, environment: &Environment, stored: Credentials) -> Result<Evidence, Error> {
    const GIVEN: &str = "a proof that is used is given";
    let send_chain = environment.send_chain;
    Ok(match proof {
        Proof::EnvironmentSecret => Evidence::Secret(environment.client_secret.clone().expect(GIVEN)),
        Proof::EnvironmentCertificate => {
            Evidence::CertificateFile { path: environment.certificate.clone().expect(GIVEN), send_chain }
        }
        Proof::FederatedToken => Evidence::FederatedFile(environment.federated_token.clone().expect(GIVEN)),
        Proof::StoredSecret => Evidence::Secret(stored.client_secret.expect(GIVEN)),
        Proof::StoredCertificate => Evidence::Certificate { pem: stored.certificate.expect(GIVEN), send_chain },
        Proof::ManagedIdentity => Evidence::Managed(ManagedEndpoint::of(environment)?),
    })
}

/// A managed identity is proved by the platform, and the client id only chooses it.
fn warning(client: Source, proof: Proof) -> Option<String> {
    let differs = proof != Proof::ManagedIdentity && client != proof.source();
    differs.then(|| {
        let origin = if client == Source::Environment { "the server's environment" } else { "the stored credentials" };
        format!(
            "The client id comes from {origin} and the {} does not: they may belong to different applications",
            proof.noun()
        )
    })
}
