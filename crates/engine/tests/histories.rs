//! Random histories: whatever happens in whatever order, what is kept follows from what is stored, and all settles.

use std::time::Duration;

use api::{Compromise, Destruction, DistributionState, KeyChange};
use azure_sim::{Call, Fault};
use engine::Chain;

use crate::support::{World, key_path, on_both_databases, path};

const KEYS: [&str; 3] = ["one", "two", "three"];
const VAULTS: [&str; 2] = ["keyvault-name", "acme-payments"];

/// Numbers that look random and are the same every time (Knuth's linear congruential generator, MMIX).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % sides
    }
}

/// One thing that somebody does, or that goes wrong. What the state forbids is refused, and that is fine.
async fn something_happens(world: &World, dice: &mut Dice) {
    let (key, vault) = (KEYS[dice.roll(KEYS.len())], VAULTS[dice.roll(VAULTS.len())]);
    let engine = &world.node.engine;
    let at = path(key, vault);
    match dice.roll(12) {
        0 | 1 => drop(world.distribute_anew(key, vault).await),
        2 => drop(engine.rotate_key(&key_path(key), &world.actor).await),
        3 => {
            let latest = usize::try_from(world.key(key).await.latest_version).expect("a few versions");
            let minimum = u32::try_from(1 + dice.roll(latest)).expect("a few versions");
            let change = KeyChange { min_enabled_version: Some(minimum), ..KeyChange::default() };
            engine.change_key(&key_path(key), &change, &world.actor).await.unwrap();
        }
        4 => drop(engine.withdraw_key(&at, &world.actor).await),
        5 => drop(engine.verify_distribution(&at, &world.actor).await),
        6 => drop(engine.retry_distribution(&at, &world.actor).await),
        7 | 8 => {
            let latest = usize::try_from(world.key(key).await.latest_version).expect("a few versions");
            let versions = Some(vec![u32::try_from(1 + dice.roll(latest)).expect("a few versions")]);
            if dice.roll(2) == 0 {
                let wanted = Compromise { versions, reason: "it was seen elsewhere".parse().unwrap() };
                drop(engine.compromise_key(&key_path(key), &wanted, &world.actor).await);
            } else {
                drop(engine.destroy_key(&key_path(key), &Destruction { versions }, &world.actor).await);
            }
        }
        9 => world.azure.fail_next(Call::ImportKey, Fault::ReplyLostWorkDoneLater(Duration::from_millis(50))),
        _ => world.azure.fail_next(Call::UpdateKey, Fault::internal_error()),
    }
}

on_both_databases! {
    async fn whatever_happens_all_settles_and_what_is_kept_follows_from_what_is_stored(world: World) {
        let mut dice = Dice(20_261_125);
        for vault in VAULTS {
            world.connect(vault).await;
        }
        for key in KEYS {
            world.create_key(key).await;
        }

        for step in 0..90 {
            something_happens(&world, &mut dice).await;
            assert_eq!(world.node.engine.check_standings().await.unwrap(), Vec::<String>::new(), "after step {step}");
        }

        world.settle().await;
        world.azure.idle().await;
        assert_eq!(world.node.engine.check_standings().await.unwrap(), Vec::<String>::new());
        let mut places = 0;
        for key in KEYS {
            for held in world.key(key).await.distributions {
                assert_eq!(held.state, DistributionState::InSync, "{held:#?}");
                world.assert_held_as(held.provider.as_str(), key, held.name_in_kms.as_str()).await;
                places += 1;
            }
        }
        assert!(places > 0, "the history ends with keys in vaults");
        assert!(matches!(world.node.engine.check_audit_chain().await.unwrap(), Chain::Whole(_)));
    }
}
