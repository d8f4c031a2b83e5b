//! Destroyed versions: no private key is left here, and the record stays.

use api::{Destruction, Key, KeyChange, ScheduleChange, Selection};
use azure_sim::{Call, Fault};
use engine::Error;
use sqlx::{AnyConnection, Connection as _};

use crate::support::{World, key_path, name, on_both_databases, path, workspace};

const VAULT: &str = "keyvault-name";

impl World {
    pub(crate) async fn destroy(&self, key: &str, versions: Option<Vec<u32>>) -> Result<Key, Error> {
        self.node.engine.destroy_key(&key_path(key), &Destruction { versions }, &self.actor).await
    }

    /// What is sealed in the database, oldest first.
    async fn sealed(&self) -> Vec<String> {
        let mut database = AnyConnection::connect(&self.database).await.unwrap();
        let sealed = sqlx::query_scalar("SELECT sealed_private_key FROM key_versions ORDER BY id");
        sealed.fetch_all(&mut database).await.unwrap()
    }

    /// The bytes of an SQLite database and its log; nothing elsewhere.
    fn bytes(&self) -> Vec<u8> {
        let Some(file) = self.database.strip_prefix("sqlite://") else { return Vec::new() };
        let file = file.split('?').next().unwrap();
        let read = |suffix: &str| std::fs::read(format!("{file}{suffix}")).unwrap_or_default();
        [read(""), read("-wal")].concat()
    }
}

fn code<T: std::fmt::Debug>(refused: Result<T, Error>) -> &'static str {
    match refused {
        Err(Error::Conflict { code, .. }) => code,
        other => panic!("{other:?}"),
    }
}

on_both_databases! {
    async fn a_version_out_of_use_is_destroyed_and_its_record_stays(world: World) {
        world.connect(VAULT).await;
        world.create_key("payments").await;
        world.rotate("payments").await;
        world.distribute("payments", VAULT).await;
        world.settle().await;
        assert_eq!(code(world.destroy("payments", Some(vec![1])).await), "version_in_use");
        assert_eq!(code(world.destroy("payments", None).await), "version_in_use");
        world.set_minimum("payments", 2).await;
        world.settle().await;
        let sealed = world.sealed().await.remove(0);

        let key = world.destroy("payments", Some(vec![1])).await.unwrap();

        assert!(key.versions[1].destroyed_at.is_some() && key.versions[1].public_key.is_some() && key.destroyed_at.is_none());
        assert_eq!(world.sealed().await[0], "");
        assert!(!world.bytes().windows(sealed.len()).any(|window| window == sealed.as_bytes()), "nothing is left of it");
        assert!(!world.set_minimum("payments", 1).await.versions[1].enabled, "it cannot be switched on again");
        world.settle().await;
        assert_eq!(world.enabled(VAULT, "payments"), [false, true]);
        world.node.engine.verify_distribution(&path("payments", VAULT), &world.actor).await.unwrap();
        assert_eq!(code(world.destroy("payments", Some(vec![1])).await), "already_destroyed");

        world.connect("acme-payments").await;
        world.distribute("payments", "acme-payments").await;
        world.rotate("payments").await;
        world.settle().await;
        assert_eq!(world.enabled("acme-payments", "payments"), [true, true], "versions 2 and 3");
        world.assert_held("acme-payments", "payments").await;
        world.assert_held(VAULT, "payments").await;
    }

    async fn a_key_without_private_keys_is_destroyed_and_stays_listed(world: World) {
        world.connect(VAULT).await;
        world.create_key("payments").await;
        world.rotate("payments").await;
        let selection = Selection { keys: Some(vec![name("payments")]), filter: None };
        let yearly = ScheduleChange { selection, period_days: Some(365), keep_versions: None };
        world.node.engine.change_schedule(&workspace(), &yearly, &world.actor).await.unwrap();

        assert!(world.destroy("payments", None).await.unwrap().destroyed_at.is_some());

        let key = world.key("payments").await;
        assert!(key.rotation.is_none() && key.versions.iter().all(|version| !version.enabled));
        let listed = world.node.engine.keys(&workspace(), &api::KeyQuery::default()).await.unwrap().items;
        assert_eq!(listed[0].destroyed_at, key.destroyed_at);
        assert_eq!(code(world.node.engine.rotate_key(&key_path("payments"), &world.actor).await), "key_destroyed");
        assert_eq!(code(world.try_distribute("payments", VAULT).await), "nothing_to_distribute");
        let refused = world.node.engine.change_schedule(&workspace(), &yearly, &world.actor).await;
        assert!(matches!(refused, Err(Error::Invalid(error)) if error.field == "selection.keys"));
        let allow = KeyChange { deletion_allowed: Some(true), ..KeyChange::default() };
        world.node.engine.change_key(&key_path("payments"), &allow, &world.actor).await.unwrap();
        world.node.engine.delete_key(&key_path("payments"), &world.actor).await.unwrap();
    }

    async fn a_compromised_version_is_destroyed_only_once_it_is_off_everywhere(world: World) {
        world.connect(VAULT).await;
        world.create_key("payments").await;
        world.distribute("payments", VAULT).await;
        world.settle().await;
        world.azure.fail_times(Call::UpdateKey, Fault::throttled(Some(1)), 1);

        world.compromise("payments", None).await.unwrap();
        assert_eq!(code(world.destroy("payments", None).await), "not_switched_off");
        world.settle().await;

        assert!(world.destroy("payments", None).await.unwrap().destroyed_at.is_some());
        assert_eq!(world.enabled(VAULT, "payments"), [false]);
    }

    async fn a_recovered_key_does_not_get_a_destroyed_version_back_in_use(world: World) {
        world.connect(VAULT).await;
        world.create_key("payments").await;
        world.rotate("payments").await;
        world.distribute("payments", VAULT).await;
        world.settle().await;
        world.node.engine.withdraw_key(&path("payments", VAULT), &world.actor).await.unwrap();
        world.settle().await;
        world.destroy("payments", Some(vec![1])).await.unwrap();
        world.rotate("payments").await;

        let deleted = api::DeletedKeyPath {
            workspace: workspace(),
            provider: VAULT.parse().unwrap(),
            name_in_kms: "payments".parse().unwrap(),
        };
        world.node.engine.recover_deleted_key(&deleted, &world.actor).await.unwrap();
        world.until_there("payments", VAULT).await;
        world.settle().await;

        assert_eq!(world.enabled(VAULT, "payments"), [false, true, true], "version 1 is off, version 3 has come");
        world.assert_held(VAULT, "payments").await;
    }
}
