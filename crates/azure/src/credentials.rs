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
