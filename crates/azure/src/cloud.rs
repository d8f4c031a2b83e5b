//! Azure's clouds: which host signs in, and under which suffix the vaults live.

/// One of Azure's separate clouds.
#[derive(Debug)]
pub(crate) struct Cloud {
    /// Host of Microsoft Entra, where tokens come from.
    pub(crate) login: &'static str,
    /// Suffix of every key vault's host; `https://<suffix>` is also the resource that tokens are for.
    pub(crate) vault_suffix: &'static str,
}

/// The public cloud (Microsoft: "Azure Key Vault security domains and DNS suffixes").
pub(crate) static PUBLIC: Cloud = Cloud { login: "login.microsoftonline.com", vault_suffix: "vault.azure.net" };

impl Cloud {
    /// The host of the vault of this name.
    pub(crate) fn vault_host(&self, name: &str) -> String {
        format!("{}.{}", name.to_ascii_lowercase(), self.vault_suffix)
    }

    /// The scope to ask a token for (Microsoft identity platform, "The .default scope").
    pub(crate) fn scope(&self) -> String {
        format!("https://{}/.default", self.vault_suffix)
    }
}
