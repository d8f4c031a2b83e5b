//! What an application can prove itself with beside its secret.

use aws_lc_rs::{
    digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest},
    rsa::KeyPair,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use rcgen::{CertificateParams, DnType, PKCS_RSA_SHA256};
use rustls::pki_types::PrivatePkcs8KeyDer;
use serde::{Deserialize, Serialize};

use crate::{
    base64url::{Octets, decode},
    pairs::Pair,
};

/// Credentials of one application.
#[derive(Default, Deserialize, Serialize)]
pub(crate) struct Credentials {
    /// When the secret expired, in Unix seconds.
    pub(crate) secret_expired_at: Option<i64>,
    /// Registered when it is first asked for.
    pub(crate) certificate: Option<ClientCertificate>,
}

/// A certificate with its key, both DER.
#[derive(Clone, Deserialize, Serialize)]
pub(crate) struct ClientCertificate {
    certificate: Octets,
    pkcs8: Octets,
}

impl ClientCertificate {
    /// Certifies a pair to itself, as the portals of identity providers expect it.
    pub(crate) fn fresh(pair: Pair, name: &str) -> Result<Self, rcgen::Error> {
        let pkcs8 = PrivatePkcs8KeyDer::from(pair.pkcs8.as_slice());
        let key = rcgen::KeyPair::from_pkcs8_der_and_sign_algo(&pkcs8, &PKCS_RSA_SHA256)?;
        let mut parameters = CertificateParams::default();
        parameters.distinguished_name.push(DnType::CommonName, name);
        let certificate = parameters.self_signed(&key)?.der().to_vec();
        Ok(Self { certificate: Octets(certificate), pkcs8: Octets(pair.pkcs8) })
    }

    /// The certificate and then its key (PKCS#8), 64 characters a line.
    pub(crate) fn pem(&self) -> String {
        pem("CERTIFICATE", &self.certificate.0) + &pem("PRIVATE KEY", &self.pkcs8.0)
    }

    pub(crate) fn key(&self) -> Option<KeyPair> {
        KeyPair::from_pkcs8(&self.pkcs8.0).ok()
    }

    /// Whether a header's `x5t#S256` or `x5t` (RFC 7515 §4.1.7 and §4.1.8) names this certificate. Microsoft's own
    /// library for Python pads it.
    pub(crate) fn has_thumbprint(&self, thumbprint: &str) -> bool {
        let thumbprint = decode(thumbprint).unwrap_or_default();
        [&SHA256, &SHA1_FOR_LEGACY_USE_ONLY]
            .into_iter()
            .any(|algorithm| digest(algorithm, &self.certificate.0).as_ref() == thumbprint)
    }
}

/// DER as PEM.
pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines = text.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line) + "\n");
    format!("-----BEGIN {label}-----\n{}-----END {label}-----\n", lines.collect::<String>())
}
