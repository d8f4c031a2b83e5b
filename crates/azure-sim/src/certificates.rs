//! The simulator's certificate authority and the certificate it serves every host with.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use serde::{Deserialize, Serialize};

use crate::{
    Error,
    clouds::{CLOUDS, Cloud},
};

/// Names of this machine.
const LOCAL: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// The hosts of every cloud and of this machine.
fn hosts() -> Vec<String> {
    let of_cloud = |cloud: &'static Cloud| {
        let suffixes = [cloud.vault_suffix].into_iter().chain(cloud.hsm_suffix);
        let login_hosts = cloud.login_hosts.iter().map(|host| (*host).to_owned());
        suffixes.map(|suffix| format!("*.{suffix}")).chain(login_hosts)
    };
    CLOUDS.iter().flat_map(of_cloud).chain(LOCAL.map(str::to_owned)).collect()
}

/// What TLS needs, as PEM. The authority's own key is forgotten once it has signed.
#[derive(Clone, Deserialize, Serialize)]
pub(crate) struct Certificates {
    pub(crate) ca: String,
    leaf: String,
    leaf_key: String,
}

impl Certificates {
    pub(crate) fn fresh() -> Result<Self, rcgen::Error> {
        let mut authority = CertificateParams::default();
        authority.distinguished_name.push(DnType::CommonName, "Azure simulator");
        authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let authority_key = KeyPair::generate()?;
        let ca = authority.self_signed(&authority_key)?.pem();

        let mut leaf = CertificateParams::new(hosts())?;
        leaf.distinguished_name.push(DnType::CommonName, "vault.azure.net");
        leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        leaf.use_authority_key_identifier_extension = true;
        let leaf_key = KeyPair::generate()?;
        let leaf = leaf.signed_by(&leaf_key, &Issuer::new(authority, authority_key))?.pem();
        Ok(Self { ca, leaf, leaf_key: leaf_key.serialize_pem() })
    }

    /// TLS 1.2 and 1.3 with HTTP/1.1 only: a connection that a fault closes then carries one call and no others.
    pub(crate) fn server_config(&self) -> Result<ServerConfig, Error> {
        let certificate = CertificateDer::from_pem_slice(self.leaf.as_bytes()).map_err(Error::StateCertificate)?;
        let key = PrivateKeyDer::from_pem_slice(self.leaf_key.as_bytes()).map_err(Error::StateCertificate)?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }
}
