//! Azure's clouds: their login hosts, the suffixes of their vaults, and what their tokens are for (azure.md §3.5).

/// A cloud of its own: a tenant, an application and a vault each belong to one.
pub(crate) struct Cloud {
    pub(crate) name: &'static str,
    /// The first is the one that challenges name; the others are its older and newer names.
    pub(crate) login_hosts: &'static [&'static str],
    /// What follows a vault's name in its host, and behind `https://` the audience of its tokens.
    pub(crate) vault_suffix: &'static str,
    /// The same of managed HSMs, where the cloud has them.
    pub(crate) hsm_suffix: Option<&'static str>,
    /// What the issuer of version 1 tokens starts with.
    issuer: &'static str,
    /// What tokens can be asked for beside vaults.
    other_resources: [&'static str; 2],
    /// The audience of assertions of other identity providers.
    pub(crate) federation_audience: &'static str,
}

pub(crate) const PUBLIC: Cloud = Cloud {
    name: "AzurePublicCloud",
    login_hosts: &["login.microsoftonline.com", "login.windows.net"],
    vault_suffix: "vault.azure.net",
    hsm_suffix: Some(PUBLIC_HSM_SUFFIX),
    issuer: "https://sts.windows.net",
    other_resources: ["https://management.azure.com", "https://graph.microsoft.com"],
    federation_audience: "api://AzureADTokenExchange",
};

/// The suffix of the public cloud's managed HSMs.
pub(crate) const PUBLIC_HSM_SUFFIX: &str = "managedhsm.azure.net";

pub(crate) const US_GOVERNMENT: Cloud = Cloud {
    name: "AzureUSGovernmentCloud",
    login_hosts: &["login.microsoftonline.us"],
    vault_suffix: "vault.usgovcloudapi.net",
    hsm_suffix: Some("managedhsm.usgovcloudapi.net"),
    issuer: "https://sts.windows.net",
    other_resources: ["https://management.usgovcloudapi.net", "https://graph.microsoft.us"],
    federation_audience: "api://AzureADTokenExchangeUSGov",
};

const CHINA: Cloud = Cloud {
    name: "AzureChinaCloud",
    login_hosts: &["login.chinacloudapi.cn", "login.partner.microsoftonline.cn"],
    vault_suffix: "vault.azure.cn",
    hsm_suffix: Some("managedhsm.azure.cn"),
    issuer: "https://sts.chinacloudapi.cn",
    other_resources: ["https://management.chinacloudapi.cn", "https://microsoftgraph.chinacloudapi.cn"],
    federation_audience: "api://AzureADTokenExchangeChina",
};

/// Closed since October 2021; its hosts are served so that a client can be seen to use them.
const GERMANY: Cloud = Cloud {
    name: "AzureGermanCloud",
    login_hosts: &["login.microsoftonline.de"],
    vault_suffix: "vault.microsoftazure.de",
    hsm_suffix: None,
    issuer: "https://sts.microsoftonline.de",
    other_resources: ["https://management.microsoftazure.de", "https://graph.microsoft.de"],
    federation_audience: "api://AzureADTokenExchange",
};

/// Every cloud.
pub(crate) static CLOUDS: [Cloud; 4] = [PUBLIC, US_GOVERNMENT, CHINA, GERMANY];

/// Key Vault as an application, which a token may name instead of the host suffix (azure.md §3.1).
pub(crate) const VAULT_APPLICATION: &str = "cfa8b339-82a2-471a-a3c9-0fc0be7a4093";

impl Cloud {
    /// Finds the cloud whose login host this is.
    pub(crate) fn of_login_host(host: &str) -> Option<&'static Self> {
        CLOUDS.iter().find(|cloud| cloud.login_hosts.contains(&host))
    }

    /// The issuer of a tenant's version 1 tokens, which vaults get.
    pub(crate) fn token_issuer(&self, tenant_id: &str) -> String {
        format!("{}/{tenant_id}/", self.issuer)
    }

    /// The audience of a token for this resource, if the cloud knows it; a slash at its end changes nothing.
    pub(crate) fn audience(&self, resource: &str) -> Option<String> {
        let wanted = resource.strip_suffix('/').unwrap_or(resource);
        let suffixes = [Some(self.vault_suffix), self.hsm_suffix];
        let is_vault = |wanted: &str| suffixes.contains(&Some(wanted));
        let known = wanted == VAULT_APPLICATION
            || self.other_resources.contains(&wanted)
            || wanted.strip_prefix("https://").is_some_and(is_vault);
        known.then(|| wanted.to_owned())
    }
}
