//! Replacing the sealing key.

use std::time::{Duration, Instant};

use api::DistributionState;
use azure_sim::Simulator;
use engine::{Engine, Error, Options, SealingKey};
use sqlx::{AnyConnection, Connection as _};
use tempfile::TempDir;

use crate::support::{Node, World, on_both_databases, options, sealing_key};

fn copy(key: &SealingKey) -> SealingKey {
    SealingKey::from_text(&key.to_text()).unwrap()
}

/// Where a story goes on after its first node has stopped.
struct Place {
    azure: Simulator,
    database: String,
}

impl Place {
    /// The options of a node that is given these keys.
    fn options(&self, data: &TempDir, key: &SealingKey, previous: Option<&SealingKey>) -> Options {
        let mut options = options(&self.azure, &self.database, data);
        options.sealing_key = Some(copy(key));
        options.previous_sealing_key = previous.map(copy);
        options
    }

    async fn start(&self, key: &SealingKey, previous: Option<&SealingKey>) -> Node {
        let data = tempfile::tempdir().unwrap();
        let options = self.options(&data, key, previous);
        Node::start_with(data, options).await
    }

    async fn refusal(&self, key: &SealingKey) -> String {
        let data = tempfile::tempdir().unwrap();
        match Engine::start(self.options(&data, key, None)).await {
            Err(Error::Start(sentence)) => sentence,
            Err(error) => panic!("{error:?}"),
            Ok(_) => panic!("it started"),
        }
    }

    /// Waits until the old key is no longer needed, and that is on record.
    async fn until_retired(&self) {
        let mut database = AnyConnection::connect(&self.database).await.unwrap();
        let deadline = Instant::now() + Duration::from_mins(1);
        loop {
            let count =
                sqlx::query_scalar::<_, i64>("SELECT COUNT(*) FROM audit_events WHERE action = 'sealing_key.retire'");
            if count.fetch_one(&mut database).await.unwrap() == 1 {
                return;
            }
            assert!(Instant::now() < deadline, "not in time");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

on_both_databases! {
    async fn a_new_sealing_key_takes_over_everything_and_the_old_one_can_be_thrown_away(world: World) {
        world.connect("keyvault-name").await;
        world.create_key("payments").await;
        world.distribute("payments", "keyvault-name").await;
        world.until("payments", "keyvault-name", DistributionState::InSync).await;
        let World { azure, database, node, .. } = world;
        node.stop().await;
        let place = Place { azure, database };
        let (old, new) = (sealing_key(), SealingKey::generate());

        assert!(place.refusal(&new).await.contains("not the one this database was sealed with"));
        // A node that ends before anything was sealed anew.
        let data = tempfile::tempdir().unwrap();
        let begun = Engine::start(place.options(&data, &new, Some(&old))).await.unwrap();
        assert_eq!(begun.sealing().await.unwrap().left_to_reseal, 2, "a private key and a client secret");
        begun.close().await;
        drop(begun);
        assert!(place.refusal(&new).await.contains("still being replaced"));
        assert!(place.refusal(&old).await.contains("not the one"));

        let node = place.start(&new, Some(&old)).await;
        place.until_retired().await;
        assert_eq!(node.engine.sealing().await.unwrap().left_to_reseal, 0);
        node.stop().await;

        assert!(place.refusal(&old).await.contains("not the one"));
        let node = place.start(&new, None).await;
        let world = World::of(place.azure, node, place.database, tempfile::tempdir().unwrap());
        world.rotate("payments").await;
        world.until("payments", "keyvault-name", DistributionState::InSync).await;
        world.assert_held("keyvault-name", "payments").await;
    }
}
