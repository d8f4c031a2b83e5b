//! Names that become part of a host or a path, checked before they do.

use crate::Error;

/// A vault's name: 3 to 24 letters, digits and single hyphens, a letter first, no hyphen last
/// (Microsoft, "Naming rules and restrictions for Azure resources", `Microsoft.KeyVault`).
pub(crate) fn check_vault(name: &str) -> Result<(), Error> {
    let fits = (3..=24).contains(&name.len())
        && name.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && !name.ends_with('-')
        && !name.contains("--")
        && is_word(name);
    if fits { Ok(()) } else { Err(Error::InvalidVaultName { name: name.to_owned() }) }
}

/// A key's name: `^[0-9a-zA-Z-]+$`, at most 127 (Key Vault REST API, "Create Key", `key-name`).
pub(crate) fn check_key(name: &str) -> Result<(), Error> {
    let fits = (1..=127).contains(&name.len()) && is_word(name);
    if fits { Ok(()) } else { Err(Error::InvalidKeyName { name: name.to_owned() }) }
}

/// A key version: 32 letters and digits given by Azure.
pub(crate) fn is_version(version: &str) -> bool {
    version.len() == 32 && version.chars().all(|letter| letter.is_ascii_alphanumeric())
}

/// A tenant: its id, or one of its domain names.
pub(crate) fn check_tenant(tenant: &str) -> Result<(), Error> {
    if is_dotted(tenant) { Ok(()) } else { Err(Error::InvalidTenant) }
}

/// A domain name with at least one dot.
pub(crate) fn is_domain(text: &str) -> bool {
    text.contains('.') && is_dotted(text)
}

fn is_dotted(text: &str) -> bool {
    (1..=253).contains(&text.len()) && text.split('.').all(|label| !label.is_empty() && is_word(label))
}

fn is_word(text: &str) -> bool {
    text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_azure_gives_to_vaults_become_hosts() {
        for name in ["abc", "keyvault-name", "Acme-Payments2", &"a".repeat(24)] {
            assert!(check_vault(name).is_ok(), "{name}");
        }
        let too_long = "a".repeat(25);
        for name in
            ["", "ab", &too_long, "1acme", "acme-", "-acme", "a--b", "127.0.0.1", "a.b", "acme/x", "acme:1", "äcme"]
        {
            assert!(check_vault(name).is_err(), "{name}");
        }
    }

    #[test]
    fn a_tenant_cannot_leave_its_place_in_the_path() {
        for tenant in ["72f988bf-86f1-41af-91ab-2d7cd011db47", "contoso.onmicrosoft.com"] {
            assert!(check_tenant(tenant).is_ok(), "{tenant}");
        }
        for tenant in ["", "..", "a/b", "a?b", "a#b", "a b", "a..b", "%2e%2e"] {
            assert!(check_tenant(tenant).is_err(), "{tenant}");
        }
    }
}
