//! Compromised versions: off everywhere, from then on.

use std::time::Duration;

use api::{Compromise, Compromised, DistributionState, Key, KeyChange};
use azure_sim::{Call, Fault, Permission};
use engine::Error;
use sqlx::{AnyConnection, Connection as _};

use crate::support::{World, key_path, on_both_databases, path, versions};

const VAULT: &str = "keyvault-name";

impl World {
    pub(crate) async fn compromise(&self, key: &str, numbers: Option<Vec<u32>>) -> Result<Compromised, Error> {
        let wanted = Compromise { versions: numbers, reason: "found in a ticket".parse().unwrap() };
        self.node.engine.compromise_key(&key_path(key), &wanted, &self.actor).await
    }

    pub(crate) async fn set_minimum(&self, key: &str, minimum: u32) -> Key {
        let change = KeyChange { min_enabled_version: Some(minimum), ..KeyChange::default() };
        self.node.engine.change_key(&key_path(key), &change, &self.actor).await.unwrap()
    }

    /// Whether each version that a vault holds under the key's own name is enabled, oldest first.
    pub(crate) fn enabled(&self, vault: &str, key: &str) -> Vec<bool> {
        let held = self.azure.key(vault, key).expect("the vault holds the key");
        versions(&held).into_iter().map(|(_, enabled)| enabled).collect()
    }

    async fn events(&self, action: &str) -> Vec<String> {
        let mut database = AnyConnection::connect(&self.database).await.unwrap();
        let details = sqlx::query_scalar("SELECT detail FROM audit_events WHERE action = $1 ORDER BY seq").bind(action);
        details.fetch_all(&mut database).await.unwrap()
    }
}

on_both_databases! {
    async fn a_compromised_version_is_off_in_every_vault_whatever_the_minimum_says(world: World) {
        world.create_key("payments").await;
        world.rotate("payments").await;
        for vault in [VAULT, "acme-payments"] {
            world.connect(vault).await;
            world.distribute("payments", vault).await;
        }
        world.settle().await;

        let marked = world.compromise("payments", Some(vec![1])).await.unwrap();

        let held: Vec<_> = marked.holdings.iter().map(|held| (held.version, held.provider.as_str())).collect();
        assert!(held.contains(&(1, VAULT)) && held.contains(&(1, "acme-payments")) && held.len() == 2, "{held:?}");
        assert_eq!((marked.versions.as_slice(), marked.key.versions[1].enabled), ([1].as_slice(), false));
        assert_eq!(marked.key.versions[1].compromise_reason.as_ref().unwrap().as_str(), "found in a ticket");
        world.settle().await;
        for vault in [VAULT, "acme-payments"] {
            assert_eq!(world.enabled(vault, "payments"), [false, true]);
            world.assert_held(vault, "payments").await;
            assert!(world.distribution("payments", vault).await.deliveries[1].switched_at.is_some());
        }
        assert!(!world.set_minimum("payments", 0).await.versions[1].enabled);
        world.settle().await;
        assert_eq!(world.enabled(VAULT, "payments"), [false, true]);

        let event = world.events("key.compromise").await.remove(0);
        assert!(event.contains("found in a ticket") && event.contains("acme-payments"), "{event}");
        let again = world.compromise("payments", Some(vec![1])).await;
        assert!(matches!(again, Err(Error::Conflict { code: "already_compromised", .. })));
        for numbers in [vec![], vec![3], vec![1, 0]] {
            let refused = world.compromise("payments", Some(numbers)).await;
            assert!(matches!(refused, Err(Error::Invalid(error)) if error.field == "versions"));
        }
    }

    async fn a_compromised_version_is_delivered_nowhere_any_more(world: World) {
        world.connect(VAULT).await;
        world.create_key("payments").await;
        let all = world.compromise("payments", None).await.unwrap();
        assert!(all.holdings.is_empty());
        let nothing = world.try_distribute("payments", VAULT).await;
        assert!(matches!(nothing, Err(Error::Conflict { code: "nothing_to_distribute", .. })));

        world.rotate("payments").await;
        world.distribute("payments", VAULT).await;
        world.settle().await;

        assert_eq!(world.enabled(VAULT, "payments"), [true]);
        world.assert_held(VAULT, "payments").await;
        let numbers: Vec<u32> =
            world.distribution("payments", VAULT).await.deliveries.iter().map(|delivery| delivery.version).collect();
        assert_eq!(numbers, [2]);
    }

    async fn a_rotation_goes_on_after_a_compromised_latest_version(world: World) {
        world.connect(VAULT).await;
        world.create_key("payments").await;
        world.distribute("payments", VAULT).await;
        world.settle().await;
        world.compromise("payments", None).await.unwrap();
        world.settle().await;
        assert_eq!(world.enabled(VAULT, "payments"), [false]);

        world.rotate("payments").await;
        world.settle().await;

        assert_eq!(world.enabled(VAULT, "payments"), [false, true]);
        world.assert_held(VAULT, "payments").await;
        world.node.engine.withdraw_key(&path("payments", VAULT), &world.actor).await.unwrap();
        world.settle().await;
        let left = world.compromise("payments", Some(vec![2])).await.unwrap();
        assert!(left.holdings[0].until.is_some(), "it was there until it was withdrawn");
    }

    async fn an_import_on_its_way_is_switched_off_when_it_arrives(world: World) {
        world.connect(VAULT).await;
        world.create_key("payments").await;
        let late = Fault::ReplyLostWorkDoneLater(Duration::from_millis(300));
        world.azure.fail_next(Call::ImportKey, late);
        let before = world.seen(Call::ImportKey);
        world.distribute("payments", VAULT).await;
        world.azure.wait_for(Call::ImportKey, before + 1).await;
        world.until_tried("payments", VAULT).await;

        let marked = world.compromise("payments", None).await.unwrap();
        assert_eq!(marked.holdings.len(), 1, "it may be there");

        world.settle().await;
        world.azure.idle().await;
        assert_eq!(world.enabled(VAULT, "payments"), [false]);
        assert_eq!(world.seen(Call::ImportKey), before + 1);
    }

    async fn an_import_that_never_arrived_is_not_repeated(world: World) {
        world.connect(VAULT).await;
        world.create_key("payments").await;
        world.azure.fail_next(Call::ImportKey, Fault::ResetBefore);
        let before = world.seen(Call::ImportKey);
        world.distribute("payments", VAULT).await;
        world.azure.wait_for(Call::ImportKey, before + 1).await;
        world.until_tried("payments", VAULT).await;

        world.compromise("payments", None).await.unwrap();
        world.settle().await;

        assert!(world.azure.key(VAULT, "payments").is_none());
        assert_eq!(world.seen(Call::ImportKey), before + 1);
        assert_eq!(world.events("version.withhold").await.len(), 1);
        world.rotate("payments").await;
        world.settle().await;
        world.assert_held(VAULT, "payments").await;
    }

    async fn what_somebody_switches_on_again_in_azure_is_switched_off_again(world: World) {
        world.connect(VAULT).await;
        world.create_key("payments").await;
        world.distribute("payments", VAULT).await;
        world.settle().await;
        world.compromise("payments", None).await.unwrap();
        world.settle().await;
        world.switch_in_azure(VAULT, "payments", true).await;
        let before = world.seen(Call::UpdateKey);

        world.node.engine.verify_distribution(&path("payments", VAULT), &world.actor).await.unwrap();

        world.until_seen(Call::UpdateKey, before + 1).await;
        world.until("payments", VAULT, DistributionState::InSync).await;
        assert_eq!(world.enabled(VAULT, "payments"), [false]);
    }

    async fn it_is_switched_off_also_where_the_next_version_is_refused(world: World) {
        world.connect(VAULT).await;
        world.create_key("payments").await;
        world.distribute("payments", VAULT).await;
        world.settle().await;
        world.azure.set_permissions(VAULT, &[Permission::Get, Permission::Update, Permission::Create]);
        world.rotate("payments").await;
        world.until("payments", VAULT, DistributionState::Refused).await;

        world.compromise("payments", Some(vec![1])).await.unwrap();

        world.until("payments", VAULT, DistributionState::Refused).await;
        assert_eq!(world.enabled(VAULT, "payments"), [false]);
    }
}
