//! What steps did is stored together, and what cannot be stored harms nothing else.

use api::DistributionState;
use azure_sim::{Call, Fault};
use sqlx::{AnyConnection, Connection as _, Executor as _};

use crate::support::{World, on_both_databases};

const VAULT: &str = "keyvault-name";

/// The database takes no event about a delivery of `broken`.
const BREAK: [&str; 2] = [
    "CREATE TRIGGER broken BEFORE INSERT ON audit_events
     WHEN NEW.action = 'version.deliver' AND NEW.subject LIKE 'broken/%' BEGIN SELECT RAISE(ABORT, 'broken'); END",
    "CREATE FUNCTION broken() RETURNS trigger AS $$ BEGIN
     IF NEW.action = 'version.deliver' AND NEW.subject LIKE 'broken/%' THEN RAISE EXCEPTION 'broken'; END IF;
     RETURN NEW; END $$ LANGUAGE plpgsql;
     CREATE TRIGGER broken BEFORE INSERT ON audit_events FOR EACH ROW EXECUTE FUNCTION broken()",
];
const MEND: [&str; 2] = ["DROP TRIGGER broken", "DROP TRIGGER broken ON audit_events"];

impl World {
    /// Tells the database one or the other, by its kind.
    async fn tell_database(&self, [sqlite, postgresql]: [&'static str; 2]) {
        let mut database = AnyConnection::connect(&self.database).await.unwrap();
        database.execute(if self.database.starts_with("sqlite:") { sqlite } else { postgresql }).await.unwrap();
    }
}

on_both_databases! {
    async fn an_outcome_that_cannot_be_stored_loses_no_other(world: World) {
        world.connect(VAULT).await;
        let keys = ["broken", "one", "two", "three"];
        for key in keys {
            world.create_key(key).await;
        }
        world.tell_database(BREAK).await;
        // All four arrive at the same time.
        world.azure.fail_times(Call::ImportKey, Fault::Delay(std::time::Duration::from_millis(500)), keys.len());
        for key in keys {
            world.distribute(key, VAULT).await;
        }
        for key in &keys[1..] {
            world.until(key, VAULT, DistributionState::InSync).await;
            world.assert_held(VAULT, key).await;
        }
        world.azure.idle().await;
        assert_eq!(world.distribution("broken", VAULT).await.state, DistributionState::Pending);

        world.tell_database(MEND).await;
        let world = world.crash_and_restart().await;
        world.settle().await;
        world.assert_held(VAULT, "broken").await;
        assert!(matches!(world.node.engine.check_audit_chain().await.unwrap(), engine::Chain::Whole(_)));
    }
}
