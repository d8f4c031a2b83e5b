//! Which address a host name leads to: DNS, or what the person who started us said instead.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::Error;

/// `host=address:port`: connections to the host go to the address, as with curl's `--connect-to`. The host may be
/// `*.suffix`. TLS still proves that the host itself answers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ConnectTo {
    host: String,
    address: SocketAddr,
}

impl ConnectTo {
    fn matches(&self, host: &str) -> bool {
        match self.host.strip_prefix('*') {
            // The rest begins with the dot, so that `*.a` does not match `evil-a`.
            Some(suffix) => host.strip_suffix(suffix).is_some_and(|label| !label.is_empty()),
            None => host == self.host,
        }
    }
}

impl FromStr for ConnectTo {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let invalid = || Error::InvalidConnectTo { text: text.to_owned() };
        let (host, address) = text.trim().split_once('=').ok_or_else(invalid)?;
        let plain = host.strip_prefix("*.").unwrap_or(host);
        let is_host = !plain.is_empty()
            && plain.split('.').all(|label| {
                !label.is_empty() && label.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-')
            });
        let address = address.parse().map_err(|_| invalid())?;
        if is_host { Ok(Self { host: host.to_ascii_lowercase(), address }) } else { Err(invalid()) }
    }
}

/// Resolves names for the HTTP client. With any [`ConnectTo`], every other host does not resolve at all, so that a
/// client that was pointed at a simulator never reaches Azure.
#[derive(Clone)]
pub(crate) struct Resolver {
    connect_to: std::sync::Arc<[ConnectTo]>,
}

impl Resolver {
    pub(crate) fn new(connect_to: &[ConnectTo]) -> Self {
        Self { connect_to: connect_to.into() }
    }

    /// The addresses of a host. A port of 0 means the scheme's own.
    pub(crate) async fn addresses(&self, host: &str) -> Result<Vec<SocketAddr>, Unresolved> {
        let host = host.to_ascii_lowercase();
        if let Some(entry) = self.connect_to.iter().find(|entry| entry.matches(&host)) {
            return Ok(vec![entry.address]);
        }
        if !self.connect_to.is_empty() {
            return Err(Unresolved::Unknown);
        }
        let found: Vec<_> = tokio::net::lookup_host((host.as_str(), 0)).await.map_err(|error| sort(&error))?.collect();
        if found.is_empty() {
            return Err(Unresolved::Unknown);
        }
        let allowed: Vec<_> = found.into_iter().filter(|address| is_allowed(address.ip())).collect();
        if allowed.is_empty() { Err(Unresolved::Forbidden) } else { Ok(allowed) }
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let resolver = self.clone();
        Box::pin(async move {
            let addresses = resolver.addresses(name.as_str()).await?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

/// Why a host has no address for us.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum Unresolved {
    #[error("the name does not exist")]
    Unknown,
    #[error("name resolution failed for now")]
    Temporary,
    #[error("the name leads to this machine or to its metadata service")]
    Forbidden,
}

/// The standard library keeps of `getaddrinfo`'s codes only the text; `EAI_AGAIN` says this in glibc and in musl.
fn sort(error: &std::io::Error) -> Unresolved {
    let text = error.to_string().to_ascii_lowercase();
    if text.contains("temporary failure") || text.contains("try again") {
        Unresolved::Temporary
    } else {
        Unresolved::Unknown
    }
}

/// Private ranges are allowed (Private Link): the certificate must be the vault's own anyway.
fn is_allowed(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => !(address.is_loopback() || address.is_link_local() || address.is_unspecified()),
        IpAddr::V6(address) => !(address.is_loopback() || address.is_unicast_link_local() || address.is_unspecified()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_hosts_under_its_suffix_only() {
        let entry: ConnectTo = "*.vault.azure.net=127.0.0.1:8443".parse().unwrap();
        assert!(entry.matches("acme.vault.azure.net"));
        for host in ["vault.azure.net", ".vault.azure.net", "acme-vault.azure.net", "acme.vault.azure.net.evil.example"]
        {
            assert!(!entry.matches(host), "{host}");
        }
        let exact: ConnectTo = "login.microsoftonline.com=[::1]:8443".parse().unwrap();
        assert!(exact.matches("login.microsoftonline.com") && !exact.matches("x.login.microsoftonline.com"));
    }

    #[test]
    fn what_is_no_host_and_address_is_refused() {
        for text in [
            "",
            "a",
            "=127.0.0.1:1",
            "a=127.0.0.1",
            "*=127.0.0.1:1",
            "a.*.b=127.0.0.1:1",
            "a/b=127.0.0.1:1",
            "a=host:1",
        ] {
            assert!(text.parse::<ConnectTo>().is_err(), "{text}");
        }
    }

    #[test]
    fn this_machine_and_its_metadata_service_are_never_a_vault() {
        for address in ["127.0.0.1", "::1", "169.254.169.254", "::ffff:169.254.169.254", "fe80::1", "0.0.0.0", "::"] {
            assert!(!is_allowed(address.parse().unwrap()), "{address}");
        }
        for address in ["10.1.2.3", "20.50.60.70", "fd00::1"] {
            assert!(is_allowed(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn a_name_service_that_is_down_does_not_make_a_vault_unknown() {
        let lookup = |text: &str| sort(&std::io::Error::other(format!("failed to lookup address information: {text}")));
        assert_eq!(lookup("Temporary failure in name resolution"), Unresolved::Temporary);
        assert_eq!(lookup("Try again"), Unresolved::Temporary);
        assert_eq!(lookup("Name or service not known"), Unresolved::Unknown);
        assert_eq!(lookup("No address associated with hostname"), Unresolved::Unknown);
        assert_eq!(lookup("Name does not resolve"), Unresolved::Unknown);
    }

    #[tokio::test]
    async fn with_one_entry_no_other_host_resolves() {
        let resolver = Resolver::new(&["acme.vault.azure.net=127.0.0.1:8443".parse().unwrap()]);
        assert_eq!(resolver.addresses("Acme.vault.azure.net").await.unwrap(), ["127.0.0.1:8443".parse().unwrap()]);
        assert_eq!(resolver.addresses("login.microsoftonline.com").await, Err(Unresolved::Unknown));
    }
}
