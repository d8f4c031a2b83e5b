//! Clouds and kinds of vaults: which hosts, which authority, which resource.

use std::fs;
use std::sync::Arc;

use azure::{Client, ClientOptions, Cloud, Credentials, Environment, Error, Location, Source, Vault, VaultKind};

use crate::support::environment;

fn find(environment: Environment, location: Location<'_>) -> Result<Vault, Error> {
    let options =
        ClientOptions { ca_pem: Some(String::new()), environment: Arc::new(environment), ..ClientOptions::default() };
    let credentials = Credentials { tenant_id: Some("contoso.example".to_owned()), ..Credentials::default() };
    Client::new(options).unwrap().vault_at(location, credentials)
}

fn at(cloud: &str, kind: VaultKind) -> Location<'_> {
    Location { name: "Acme", kind: Some(kind), cloud: Some(cloud) }
}

#[test]
fn every_name_of_a_cloud_leads_to_its_hosts_in_any_case() {
    let clouds = [
        ("AzurePublicCloud", "login.microsoftonline.com", "vault.azure.net", Some("managedhsm.azure.net")),
        ("AzureCloud", "login.microsoftonline.com", "vault.azure.net", Some("managedhsm.azure.net")),
        (
            "AzureUSGovernmentCloud",
            "login.microsoftonline.us",
            "vault.usgovcloudapi.net",
            Some("managedhsm.usgovcloudapi.net"),
        ),
        (
            "AzureUSGovernment",
            "login.microsoftonline.us",
            "vault.usgovcloudapi.net",
            Some("managedhsm.usgovcloudapi.net"),
        ),
        ("AzureChinaCloud", "login.chinacloudapi.cn", "vault.azure.cn", Some("managedhsm.azure.cn")),
        ("AzureGermanCloud", "login.microsoftonline.de", "vault.microsoftazure.de", None),
    ];
    let names: Vec<_> = clouds.iter().map(|(name, ..)| *name).chain(["AzureStackCloud"]).collect();
    assert_eq!(Cloud::all_names().collect::<Vec<_>>(), names);
    for (name, login, vault_suffix, managed_hsm_suffix) in clouds {
        for name in [name.to_owned(), name.to_lowercase(), name.to_uppercase()] {
            let vault = find(Environment::default(), at(&name, VaultKind::KeyVault)).unwrap();
            assert_eq!(vault.host(), format!("acme.{vault_suffix}"));
            assert_eq!(vault.cloud().authority(), format!("https://{login}"));
            assert_eq!(vault.cloud().is_retired(), vault_suffix == "vault.microsoftazure.de");
            assert_eq!(vault.identity().cloud.source, Source::Stored);
            let hsm = find(Environment::default(), at(&name, VaultKind::ManagedHsm));
            match managed_hsm_suffix {
                Some(suffix) => assert_eq!(hsm.unwrap().host(), format!("acme.{suffix}")),
                None => assert!(matches!(hsm.err(), Some(Error::NoManagedHsm { cloud: "AzureGermanCloud" }))),
            }
        }
    }
}

#[test]
fn an_unknown_cloud_is_told_all_names() {
    let error = find(Environment::default(), at("Azure", VaultKind::KeyVault)).err().unwrap();
    assert!(matches!(&error, Error::UnknownCloud { name } if name == "Azure") && error.is_lasting());
    let text = error.to_string();
    assert!(Cloud::all_names().all(|name| text.contains(name)), "{text}");
}

#[test]
fn the_environment_names_the_cloud_before_what_is_stored() {
    let china = || environment([("AZURE_ENVIRONMENT", "azurechinacloud")]);
    let vault = find(china(), at("AzureCloud", VaultKind::KeyVault)).unwrap();
    let cloud = &vault.identity().cloud;
    assert_eq!((vault.host(), cloud.value.as_str()), ("acme.vault.azure.cn", "AzureChinaCloud"));
    assert_eq!(
        cloud.unused.as_deref(),
        Some("AZURE_ENVIRONMENT is set in the server's environment, so the stored cloud is not used")
    );
    let vault = find(china(), Location::named("acme")).unwrap();
    assert_eq!((vault.identity().cloud.source, &vault.identity().cloud.unused), (Source::Environment, &None));
    let vault = find(Environment::default(), Location::named("acme")).unwrap();
    assert_eq!((vault.identity().cloud.source, vault.cloud().name()), (Source::Default, "AzurePublicCloud"));
}

#[test]
fn the_environment_can_move_the_authority_and_name_the_kind() {
    for text in ["https://login.partner.microsoftonline.cn/", "login.partner.microsoftonline.cn"] {
        let vault = find(environment([("AZURE_AUTHORITY_HOST", text)]), at("AzureChinaCloud", VaultKind::KeyVault));
        assert_eq!(vault.unwrap().cloud().authority(), "https://login.partner.microsoftonline.cn");
    }
    for (resource, host, kind) in [
        ("managedhsm.azure.net", "acme.managedhsm.azure.net", VaultKind::ManagedHsm),
        ("https://vault.azure.net/", "acme.vault.azure.net", VaultKind::KeyVault),
        ("vault.private.example", "acme.vault.private.example", VaultKind::KeyVault),
    ] {
        let named = || environment([("AZURE_AD_RESOURCE", resource)]);
        let vault = find(named(), Location::named("acme")).unwrap();
        assert_eq!((vault.host(), vault.kind()), (host, kind));
        let vault = find(named(), at("AzureCloud", VaultKind::KeyVault)).unwrap();
        assert_eq!(vault.host(), "acme.vault.azure.net");
    }
    for (variable, value) in [
        ("AZURE_AUTHORITY_HOST", "http://login.microsoftonline.com"),
        ("AZURE_AUTHORITY_HOST", "https://user:word@login.microsoftonline.com"),
        ("AZURE_AD_RESOURCE", "vault.azure.net/x"),
        ("AZURE_AD_RESOURCE", "net"),
        ("AZURE_POD_IDENTITY_AUTHORITY_HOST", "ftp://127.0.0.1"),
        ("AZURE_ENVIRONMENT_FILEPATH", ""),
    ] {
        let stack = environment([(variable, value), ("AZURE_ENVIRONMENT", "AzureStackCloud")]);
        let others = environment([(variable, value)]);
        let environment = if variable == "AZURE_ENVIRONMENT_FILEPATH" { stack } else { others };
        let error = find(environment, Location::named("acme")).err().unwrap();
        assert!(matches!(error, Error::InvalidEnvironment { variable: named, .. } if named == variable), "{error:?}");
    }
}

#[test]
fn azure_stack_is_what_its_file_says() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("stack.json");
    let stack = || {
        let path = path.to_str().unwrap();
        environment([("AZURE_ENVIRONMENT", "AZURESTACKCLOUD"), ("AZURE_ENVIRONMENT_FILEPATH", path)])
    };
    let error = find(stack(), Location::named("acme")).err().unwrap();
    assert!(matches!(error, Error::UnreadableFile { variable: "AZURE_ENVIRONMENT_FILEPATH", .. }), "{error:?}");

    let text = r#"{"name":"AzureStackCloud","activeDirectoryEndpoint":"https://login.microsoftonline.com/",
        "keyVaultDNSSuffix":"vault.local.azurestack.external","managedHSMDNSSuffix":"N/A"}"#;
    fs::write(&path, text).unwrap();
    let vault = find(stack(), Location::named("acme")).unwrap();
    assert_eq!(vault.host(), "acme.vault.local.azurestack.external");
    assert_eq!(vault.cloud().authority(), "https://login.microsoftonline.com");
    let hsm = find(stack(), Location { kind: Some(VaultKind::ManagedHsm), ..Location::named("acme") });
    assert!(matches!(hsm.err(), Some(Error::NoManagedHsm { cloud: "AzureStackCloud" })));

    for (from, to) in [("https://login", "http://login"), ("vault.local", "evil/x?"), ("keyVaultDNSSuffix", "other")] {
        fs::write(&path, text.replace(from, to)).unwrap();
        let error = find(stack(), Location::named("acme")).err().unwrap();
        assert!(matches!(error, Error::InvalidEnvironment { .. }), "{error:?}");
    }
}
