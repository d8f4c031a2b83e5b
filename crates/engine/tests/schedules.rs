//! Rotation by itself.

use std::time::{Duration, Instant};

use api::{DistributionState, KeyFilter, PageQuery, ScheduleChange, Selection, Timestamp};
use engine::Error;
use sqlx::{AnyConnection, Connection as _};

use crate::support::{World, key_path, name, on_both_databases, workspace};

const DAY: i64 = 86_400_000;

impl World {
    async fn schedule(&self, keys: &[&str], days: Option<u32>, keep: Option<u32>) -> Result<(), Error> {
        let selection = Selection { keys: Some(keys.iter().map(|key| name(key)).collect()), filter: None };
        let change = ScheduleChange { selection, period_days: days, keep_versions: keep };
        self.node.engine.change_schedule(&workspace(), &change, &self.actor).await
    }

    /// The keys that will be rotated, with the moment, and whether they are overdue.
    async fn what_comes(&self) -> Vec<(String, Timestamp, bool)> {
        let query = PageQuery { limit: Some(2), after: None };
        let mut page = self.node.engine.schedule(&workspace(), &query).await.unwrap();
        let mut all = page.items;
        while let Some(after) = page.next {
            let query = PageQuery { limit: Some(2), after: Some(after) };
            page = self.node.engine.schedule(&workspace(), &query).await.unwrap();
            all.append(&mut page.items);
        }
        all.into_iter().map(|key| (key.key.to_string(), key.rotation.due_at, key.is_overdue)).collect()
    }

    /// As if the last rotation of a key had been so many days ago.
    async fn age(&self, key: &str, days: i64) {
        let mut database = AnyConnection::connect(&self.database).await.unwrap();
        let aged = sqlx::query(
            "UPDATE keys SET rotated_at = rotated_at - $1, rotation_due_at = rotation_due_at - $1 WHERE name = $2",
        );
        assert_eq!(aged.bind(days * DAY).bind(key).execute(&mut database).await.unwrap().rows_affected(), 1);
    }

    async fn until_version(&self, key: &str, version: u32) {
        let deadline = Instant::now() + Duration::from_mins(1);
        while self.key(key).await.latest_version < version {
            assert!(Instant::now() < deadline, "not rotated in time");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

fn field(refused: Result<(), Error>) -> String {
    match refused {
        Err(Error::Invalid(error)) => error.field,
        other => panic!("{other:?}"),
    }
}

on_both_databases! {
    async fn an_overdue_key_gets_one_version_and_keeps_as_many_as_wanted(world: World) {
        world.connect("keyvault-name").await;
        world.create_key("payments").await;
        world.rotate("payments").await;
        world.distribute("payments", "keyvault-name").await;
        world.schedule(&["payments"], Some(30), Some(2)).await.unwrap();
        world.until("payments", "keyvault-name", DistributionState::InSync).await;
        world.age("payments", 31).await;
        let [(_, due, true)] = world.what_comes().await[..] else { panic!("it is not overdue") };

        let world = world.crash_and_restart().await;
        world.until_version("payments", 3).await;
        world.settle().await;

        let key = world.key("payments").await;
        assert_eq!((key.latest_version, key.min_enabled_version), (3, 2));
        world.assert_held("keyvault-name", "payments").await;
        let rotation = key.rotation.unwrap();
        assert_eq!((rotation.period_days, rotation.keep_versions), (30, Some(2)));
        assert!(rotation.due_at > due.plus_millis(26 * DAY), "counted from the rotation that was made");
    }

    async fn what_comes_is_listed_by_time_and_spread(world: World) {
        let keys = ["a", "b", "c", "d", "e"];
        for key in keys {
            world.create_key(key).await;
        }
        world.schedule(&keys, Some(100), None).await.unwrap();
        let comes = world.what_comes().await;
        assert_eq!(comes.len(), 5);
        assert!(comes.is_sorted_by_key(|(_, due, _)| *due));
        let made = world.key("a").await.created_at;
        for (key, due, overdue) in &comes {
            assert!((made.plus_millis(89 * DAY)..made.plus_millis(101 * DAY)).contains(due), "{key} {due}");
            assert!(!overdue);
        }
        assert!(comes.windows(2).any(|pair| pair[0].1 != pair[1].1), "they do not all come at once");

        world.schedule(&["a", "b", "c"], None, None).await.unwrap();
        let mut left: Vec<String> = world.what_comes().await.into_iter().map(|(key, ..)| key).collect();
        left.sort();
        assert_eq!(left, ["d", "e"]);
        world.rotate("d").await;
        assert!(world.key("d").await.rotation.is_some_and(|rotation| rotation.due_at > made.plus_millis(89 * DAY)));
        assert!(world.key("a").await.rotation.is_none());
    }

    async fn all_that_a_filter_matches_get_a_period_but_the_destroyed(world: World) {
        for key in ["pay-in", "pay-out", "pay-old", "ledger"] {
            world.create_key(key).await;
        }
        world.destroy("pay-old", None).await.unwrap();
        let filter = KeyFilter { search: Some("pay".to_owned()), ..KeyFilter::default() };
        let selection = Selection { keys: None, filter: Some(filter) };
        let change = ScheduleChange { selection, period_days: Some(30), keep_versions: None };

        world.node.engine.change_schedule(&workspace(), &change, &world.actor).await.unwrap();

        let mut scheduled: Vec<String> = world.what_comes().await.into_iter().map(|(key, ..)| key).collect();
        scheduled.sort();
        assert_eq!(scheduled, ["pay-in", "pay-out"]);
    }

    async fn a_schedule_that_cannot_be_changes_nothing(world: World) {
        world.create_key("payments").await;
        assert_eq!(field(world.schedule(&[], Some(30), None).await), "selection");
        assert_eq!(field(world.schedule(&["payments", "gone"], Some(30), None).await), "selection.keys");
        assert_eq!(field(world.schedule(&["payments"], Some(6), None).await), "period_days");
        assert_eq!(field(world.schedule(&["payments"], Some(3651), None).await), "period_days");
        assert_eq!(field(world.schedule(&["payments"], None, Some(2)).await), "keep_versions");
        assert_eq!(field(world.schedule(&["payments"], Some(30), Some(0)).await), "keep_versions");
        assert_eq!(world.what_comes().await, []);
        assert!(world.node.engine.key(&key_path("payments")).await.unwrap().rotation.is_none());
    }
}
