//! Which identity is in force at a vault, in the words of the wire.

use api::{Identity, Proof, Setting, Source, UnusedProof};

/// The identity of a vault's client.
pub(crate) fn identity(found: &azure::Identity) -> Identity {
    Identity {
        tenant: setting(&found.tenant_id),
        client: found.client_id.as_ref().map(setting),
        proof: proof(found.proof),
        unused: found.unused.iter().map(unused).collect(),
        warning: found.warning.clone(),
    }
}

/// What proves the identity, for a sentence.
pub(crate) fn words(proof: azure::Proof) -> &'static str {
    match proof {
        azure::Proof::EnvironmentSecret => "the client secret in the server's environment",
        azure::Proof::EnvironmentCertificate => "the certificate that the server's environment names",
        azure::Proof::FederatedToken => "the federated token that the server's environment names",
        azure::Proof::StoredSecret => "the stored client secret",
        azure::Proof::StoredCertificate => "the stored certificate",
        azure::Proof::ManagedIdentity => "the managed identity of the server's machine",
    }
}

fn setting(found: &azure::Setting) -> Setting {
    let source = match found.source {
        azure::Source::Environment => Source::Environment,
        azure::Source::Stored => Source::Stored,
        azure::Source::Platform => Source::Platform,
        azure::Source::Default => Source::Default,
    };
    Setting { value: found.value.clone(), source, unused: found.unused.clone() }
}

fn unused(found: &azure::UnusedProof) -> UnusedProof {
    UnusedProof { proof: proof(found.proof), reason: found.reason.clone() }
}

fn proof(proof: azure::Proof) -> Proof {
    match proof {
        azure::Proof::EnvironmentSecret => Proof::EnvironmentSecret,
        azure::Proof::EnvironmentCertificate => Proof::EnvironmentCertificate,
        azure::Proof::FederatedToken => Proof::FederatedToken,
        azure::Proof::StoredSecret => Proof::StoredSecret,
        azure::Proof::StoredCertificate => Proof::StoredCertificate,
        azure::Proof::ManagedIdentity => Proof::ManagedIdentity,
    }
}
