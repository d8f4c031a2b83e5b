//! What is stored for a provider to prove who asks.

use zeroize::Zeroizing;

/// Stored credentials; what is `None` comes from the environment, or a managed identity makes it needless. They cannot
/// be printed or copied; secrets are wiped when dropped.
#[derive(Default)]
pub struct Credentials {
    /// The tenant's id or domain name.
    pub tenant_id: Option<String>,
    /// The application's (client's) id.
    pub client_id: Option<String>,
    /// The client secret's value.
    pub client_secret: Option<Zeroizing<String>>,
    /// A certificate and its RSA key as PEM ([`check_certificate`](crate::check_certificate)).
    pub certificate: Option<Zeroizing<String>>,
}

/// What is stored of credentials, without the secrets.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stored<'a> {
    /// The tenant's id or domain name.
    pub tenant_id: Option<&'a str>,
    /// The application's (client's) id.
    pub client_id: Option<&'a str>,
    /// Whether there is a client secret.
    pub client_secret: bool,
    /// Whether there is a certificate.
    pub certificate: bool,
}

impl Credentials {
    pub(crate) fn without_secrets(&self) -> Stored<'_> {
        let is_full = |secret: &Option<Zeroizing<String>>| secret.as_ref().is_some_and(|secret| !secret.is_empty());
        Stored {
            tenant_id: self.tenant_id.as_deref(),
            client_id: self.client_id.as_deref(),
            client_secret: is_full(&self.client_secret),
            certificate: is_full(&self.certificate),
        }
    }
}
