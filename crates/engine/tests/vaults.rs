//! Every kind of vault, in every cloud, with every protection.

use api::{DistributionState, VaultKind};
use engine::Error;

use crate::support::{World, new_provider, on_both_databases, versions};

on_both_databases! {
    async fn a_managed_hsm_takes_hsm_keys_and_only_those(world: World) {
        let mut new = new_provider("acme-hsm", "acme-hsm", &world.azure.service_principal("acme-hsm"));
        new.vault_kind = Some(VaultKind::ManagedHsm);
        let provider = world.connect_as(&new).await.unwrap();
        assert_eq!(provider.url, "https://acme-hsm.managedhsm.azure.net/");
        world.create_key("payments").await;

        let software = world.distribute_in_software("payments", "acme-hsm").await;
        assert!(matches!(software, Err(Error::Invalid(error)) if error.field == "protection"));

        world.distribute("payments", "acme-hsm").await;
        world.until("payments", "acme-hsm", DistributionState::InSync).await;
        world.assert_held("acme-hsm", "payments").await;
    }

    async fn a_standard_vault_takes_software_keys(world: World) {
        world.connect("acme-standard").await;
        world.create_key("payments").await;
        world.distribute_in_software("payments", "acme-standard").await.unwrap();
        world.rotate("payments").await;
        world.settle().await;

        let ours = world.key("payments").await;
        let held = world.azure.key("acme-standard", "payments").unwrap();
        let wanted: Vec<_> = ours.versions.iter().rev().map(|version| (version.public_key.clone().unwrap(), true)).collect();
        assert_eq!(versions(&held), wanted);
        assert!(held.versions.iter().all(|version| version.kty == "RSA" && !version.imported_by_byok));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vault_of_another_cloud_is_reached_by_any_name_of_that_cloud() {
    let world = World::on_sqlite().await;
    let principal = world.azure.service_principal("acme-gov");
    for cloud in ["AzureUSGovernmentCloud", "azureusgovernment"] {
        let mut new = new_provider("acme-gov", "acme-gov", &principal);
        new.name = cloud.parse().unwrap();
        new.environment = Some(cloud.to_owned());
        let provider = world.connect_as(&new).await.unwrap();
        assert_eq!(provider.environment, "AzureUSGovernmentCloud");
        assert_eq!(provider.url, "https://acme-gov.vault.usgovcloudapi.net/");
    }
    let mut unknown = new_provider("acme-gov", "acme-gov", &principal);
    unknown.environment = Some("AzureMoon".to_owned());
    match world.connect_as(&unknown).await {
        Err(Error::Invalid(error)) => {
            assert_eq!(error.field, "environment");
            assert!(error.message.contains("AzureChinaCloud"), "{}", error.message);
        }
        other => panic!("{:?}", other.map(|provider| provider.name)),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_learned_from_use_shows_in_the_check() {
    let world = World::on_sqlite().await;
    let provider = world.connect("keyvault-name").await;
    world.create_key("payments").await;
    world.distribute("payments", "keyvault-name").await;
    world.settle().await;
    let path = api::ProviderPath { workspace: crate::support::workspace(), provider: provider.name };

    let known = world.node.engine.provider(&path).await.unwrap();
    let granted: Vec<_> =
        known.permissions.iter().filter(|p| p.granted == Some(true)).map(|p| p.name.as_str()).collect();
    assert_eq!(granted, ["create", "import", "get"]);
    let check = world.node.engine.check_provider(&path, &world.actor).await.unwrap();
    assert!(check.passed());
    let tier = check.steps.iter().find(|step| step.name == "tier").unwrap();
    assert!(tier.found.starts_with("Premium"), "{}", tier.found);
}
