//! Pace: imports wait for the vault's import budget, and nothing else does.

use api::{DistributionState, KeyChange, VaultKind};
use azure_sim::Call;
use sqlx::{AnyConnection, Connection as _};

use crate::support::{World, key_path, new_provider, on_both_databases, path};

const VAULT: &str = "keyvault-name";
const KEYS: [&str; 5] = ["a", "b", "c", "d", "e"];
const VERSIONS: usize = 10;
const ROUNDS: usize = 6;

/// Sets when the vault's import budget is used up, in microseconds.
async fn use_up_imports_until(world: &World, moment: i64) {
    let mut database = AnyConnection::connect(&world.database).await.unwrap();
    let used = sqlx::query("UPDATE pace SET next_at = $1").bind(moment).execute(&mut database).await.unwrap();
    assert_eq!(used.rows_affected(), 1);
}

on_both_databases! {
    async fn hundreds_of_versions_are_verified_and_switched_while_no_import_is_allowed(world: World) {
        world.connect(VAULT).await;
        for key in KEYS {
            world.create_key(key).await;
            for _ in 1..VERSIONS {
                world.rotate(key).await;
            }
            world.distribute(key, VAULT).await;
        }
        world.settle().await;
        world.create_key("later").await;

        // The simulator's clock stands still: none of the calls that follow leaves its window.
        world.azure.stop_clock();
        world.azure.enforce_limits(true);
        use_up_imports_until(&world, 4_000_000_000_000_000).await;
        world.distribute("later", VAULT).await;
        let (imports, updates) = (world.seen(Call::ImportKey), world.seen(Call::UpdateKey));
        for _ in 0..ROUNDS {
            let reads = world.seen(Call::GetKey);
            for key in KEYS {
                world.node.engine.verify_distribution(&path(key, VAULT), &world.actor).await.unwrap();
            }
            world.until_seen(Call::GetKey, reads + KEYS.len() * VERSIONS).await;
        }
        let newest = u32::try_from(VERSIONS).unwrap();
        let switch_off = KeyChange { min_enabled_version: Some(newest), ..KeyChange::default() };
        for key in KEYS {
            world.node.engine.change_key(&key_path(key), &switch_off, &world.actor).await.unwrap();
        }
        world.until_seen(Call::UpdateKey, updates + KEYS.len() * (VERSIONS - 1)).await;
        assert_eq!(world.seen(Call::ImportKey), imports, "no import is allowed");
        assert_eq!(world.distribution("later", VAULT).await.state, DistributionState::Pending);
        assert!(world.azure.received().iter().all(|received| received.status != Some(429)), "no limit is exceeded");

        use_up_imports_until(&world, 0).await;
        world.settle().await;
        assert_eq!(world.seen(Call::ImportKey), imports + 1);
        for key in KEYS {
            world.assert_held(VAULT, key).await;
        }
    }

    async fn a_managed_hsm_is_sent_its_kek_and_its_first_key_in_separate_steps(world: World) {
        let mut new = new_provider("acme-hsm", "acme-hsm", &world.azure.service_principal("acme-hsm"));
        new.vault_kind = Some(VaultKind::ManagedHsm);
        let pace = world.connect_as(&new).await.unwrap().pace;
        assert_eq!((pace.imports_per_10_s, pace.others_per_10_s), (10, 11_000));
        world.create_key("payments").await;
        world.distribute("payments", "acme-hsm").await;
        world.settle().await;
        let received = world.azure.received();
        let made = received.iter().position(|received| received.call == Some(Call::CreateKey)).unwrap();
        let imported = received.iter().rposition(|received| received.call == Some(Call::ImportKey)).unwrap();
        let between = &received[made..imported];
        assert!(between.iter().any(|received| received.path == "/keys/payments"), "the next step looks at the key again");
        world.assert_held("acme-hsm", "payments").await;
    }
}
