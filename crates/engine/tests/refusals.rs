//! What Azure refuses, and what is not ours: said in words, and nothing is touched.

use api::{DistributionState, KeyChange, ProviderChange};
use engine::Error;

use crate::support::{World, key_path, new_provider, on_both_databases, path, versions, workspace};

on_both_databases! {
    async fn a_foreign_key_of_the_wanted_name_is_left_alone(world: World) {
        world.connect("keyvault-name").await;
        world.azure.put_foreign_key("keyvault-name", "payments");
        let before = versions(&world.azure.key("keyvault-name", "payments").unwrap());
        world.create_key("payments").await;

        world.distribute("payments", "keyvault-name").await;

        let refused = world.until("payments", "keyvault-name", DistributionState::Refused).await;
        assert_eq!(refused.last_error.unwrap().code, "foreign_key");
        world.node.engine.withdraw_key(&path("payments", "keyvault-name"), &world.actor).await.unwrap();
        world.settle().await;
        assert_eq!(versions(&world.azure.key("keyvault-name", "payments").unwrap()), before);
    }

    async fn a_standard_vault_takes_no_hsm_keys_and_is_not_asked_twice(world: World) {
        world.connect("acme-standard").await;
        world.create_key("payments").await;
        world.create_key("other").await;
        world.distribute("payments", "acme-standard").await;

        let refused = world.until("payments", "acme-standard", DistributionState::Refused).await;

        let error = refused.last_error.unwrap();
        assert_eq!(error.code, "standard_vault");
        assert_eq!(error.kms.unwrap().message, "Hardware key operation not allowed on standard vault");
        let again = world.try_distribute("other", "acme-standard").await;
        assert!(matches!(again, Err(Error::Invalid(error)) if error.field == "protection"));
    }

    async fn a_missing_permission_is_named_and_healed_by_giving_it(world: World) {
        let check = world.connect("acme-forbids").await.last_check.unwrap();
        let failed = check.steps.into_iter().find_map(|step| step.error).unwrap();
        assert!(failed.title.contains("may not import, update, delete keys"), "{}", failed.title);
        world.create_key("payments").await;
        world.distribute("payments", "acme-forbids").await;
        let refused = world.until("payments", "acme-forbids", DistributionState::Refused).await;
        let error = refused.last_error.unwrap();
        assert_eq!(error.code, "permission_missing");
        assert!(error.title.contains("may not create keys"), "{}", error.title);

        world.azure.set_permissions("acme-forbids", &azure_sim::Permission::ALL);
        world.node.engine.retry_distribution(&path("payments", "acme-forbids"), &world.actor).await.unwrap();

        world.settle().await;
        world.assert_held("acme-forbids", "payments").await;
    }

    async fn the_name_of_a_deleted_key_stays_blocked_until_another_is_chosen(world: World) {
        world.connect("keyvault-name").await;
        world.create_key("payments").await;
        world.distribute("payments", "keyvault-name").await;
        world.settle().await;
        world.node.engine.withdraw_key(&path("payments", "keyvault-name"), &world.actor).await.unwrap();
        world.settle().await;

        world.distribute("payments", "keyvault-name").await;

        let refused = world.until("payments", "keyvault-name", DistributionState::Refused).await;
        assert_eq!(refused.last_error.unwrap().code, "name_deleted");
        world.node.engine.withdraw_key(&path("payments", "keyvault-name"), &world.actor).await.unwrap();
        world.settle().await;
        assert!(world.key("payments").await.distributions.is_empty());
    }

    async fn credentials_that_do_not_work_are_refused_with_the_field(world: World) {
        let engine = &world.node.engine;
        let right = world.azure.service_principal("keyvault-name");
        let mut wrong_secret = new_provider("north", "keyvault-name", &right);
        wrong_secret.credentials.client_secret = Some(api::SecretInput::new("not the secret".to_owned()));
        let mut unknown_application = new_provider("north", "keyvault-name", &right);
        unknown_application.credentials.client_id = Some("11111111-2222-3333-4444-555555555555".parse().unwrap());
        let mut unknown_tenant = new_provider("north", "keyvault-name", &right);
        unknown_tenant.credentials.tenant_id = Some("11111111-2222-3333-4444-555555555555".parse().unwrap());
        let cases = [
            (wrong_secret, "wrong_secret", "credentials.client_secret"),
            (unknown_application, "unknown_application", "credentials.client_id"),
            (unknown_tenant, "unknown_tenant", "credentials.tenant_id"),
            (new_provider("north", "keyvault-name", &world.azure.other_tenant()), "wrong_tenant", "credentials.tenant_id"),
            (new_provider("north", "no-such-vault", &right), "unknown_vault", "key_collection"),
        ];
        for (new, code, field) in cases {
            match engine.create_provider(&workspace(), &new, &world.actor).await {
                Err(Error::Refused { explanation, field: named }) => {
                    assert_eq!((explanation.code.as_str(), named), (code, Some(field)));
                }
                other => panic!("{code}: {:?}", other.map(|provider| provider.name)),
            }
        }
        let none = engine.providers(&workspace(), &api::PageQuery::default()).await.unwrap();
        assert!(none.items.is_empty(), "nothing is half made");
    }

    async fn replaced_credentials_count_at_once(world: World) {
        let provider = world.connect("keyvault-name").await;
        world.create_key("payments").await;
        world.azure.set_permissions("keyvault-name", &[azure_sim::Permission::Get]);
        world.distribute("payments", "keyvault-name").await;
        world.until("payments", "keyvault-name", DistributionState::Refused).await;
        world.azure.set_permissions("keyvault-name", &azure_sim::Permission::ALL);

        let credentials = new_provider("x", "keyvault-name", &world.azure.service_principal("keyvault-name")).credentials;
        let path = api::ProviderPath { workspace: workspace(), provider: provider.name };
        world.node.engine.change_provider(&path, &ProviderChange { credentials }, &world.actor).await.unwrap();

        world.settle().await;
        world.assert_held("keyvault-name", "payments").await;
    }

    async fn what_the_state_forbids_is_refused_and_changes_nothing(world: World) {
        let engine = &world.node.engine;
        let provider = world.connect("keyvault-name").await;
        world.create_key("payments").await;
        world.distribute("payments", "keyvault-name").await;
        world.settle().await;
        let payments = key_path("payments");

        let beyond = KeyChange { min_enabled_version: Some(2), ..KeyChange::default() };
        let refused = engine.change_key(&payments, &beyond, &world.actor).await;
        assert!(matches!(refused, Err(Error::Invalid(error)) if error.field == "min_enabled_version"));
        let refused = engine.delete_key(&payments, &world.actor).await;
        assert!(matches!(refused, Err(Error::Conflict { code: "still_distributed", .. })));
        let refused = world.try_distribute("payments", "keyvault-name").await;
        assert!(matches!(refused, Err(Error::Conflict { code: "name_taken" | "already_distributed", .. })));
        let provider = api::ProviderPath { workspace: workspace(), provider: provider.name };
        let refused = engine.delete_provider(&provider, &world.actor).await;
        assert!(matches!(refused, Err(Error::Conflict { code: "not_empty", .. })));

        engine.withdraw_key(&path("payments", "keyvault-name"), &world.actor).await.unwrap();
        world.settle().await;
        let refused = engine.delete_key(&payments, &world.actor).await;
        assert!(matches!(refused, Err(Error::Conflict { code: "deletion_not_allowed", .. })));
        engine.delete_provider(&provider, &world.actor).await.unwrap();
    }
}
