//! Work on many keys at once.

use std::time::{Duration, Instant};

use api::{
    Action, KeyFilter, NewOperation, Operation, OperationCounts, OperationKeyQuery, OperationKeyState, OperationPath,
    OperationState, Protection, Purpose, Selection,
};
use azure_sim::{Call, Fault, StoredVersion};
use engine::Error;

use crate::support::{Node, World, name, on_both_databases, workspace};

const VAULT: &str = "keyvault-name";
const OTHER: &str = "acme-payments";

fn all() -> Selection {
    Selection { filter: Some(KeyFilter::default()), ..Selection::default() }
}

fn these(keys: &[&str]) -> Selection {
    Selection { keys: Some(keys.iter().map(|key| name(key)).collect()), ..Selection::default() }
}

fn distribute(vault: &str) -> Action {
    Action::Distribute {
        provider: vault.parse().unwrap(),
        purposes: vec![Purpose::Sign, Purpose::Verify],
        protection: Protection::Hsm,
        expires_after: Some("90".parse().unwrap()),
        tags: "team=core".parse().unwrap(),
    }
}

fn counts(operation: &Operation) -> [u64; 5] {
    let OperationCounts { waiting, started, done, refused, cancelled } = operation.counts.clone();
    [waiting, started, done, refused, cancelled]
}

impl World {
    async fn keys_named(&self, number: usize) -> Vec<String> {
        let names: Vec<String> = (0..number).map(|number| format!("key-{number:02}")).collect();
        for name in &names {
            self.create_key(name).await;
        }
        names
    }

    async fn start_operation(&self, action: Action, selection: Selection) -> Result<OperationPath, Error> {
        let new = NewOperation { action, selection };
        let operation = self.node.engine.start_operation(&workspace(), &new, &self.actor).await?;
        Ok(OperationPath { workspace: workspace(), operation: operation.id })
    }

    /// Starts an operation and waits until every key has its outcome.
    async fn operate(&self, action: Action, selection: Selection) -> Operation {
        let path = self.start_operation(action, selection).await.unwrap();
        self.until_finished(&path).await
    }

    async fn until_finished(&self, path: &OperationPath) -> Operation {
        self.until_operation(path, |operation| operation.state == OperationState::Finished).await
    }

    async fn until_operation(&self, path: &OperationPath, is_so: impl Fn(&Operation) -> bool) -> Operation {
        let deadline = Instant::now() + Duration::from_mins(1);
        loop {
            let operation = self.node.engine.operation(path).await.unwrap();
            if is_so(&operation) {
                return operation;
            }
            assert!(Instant::now() < deadline, "not in time: {operation:#?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// The keys of an operation that stand so, with the reasons.
    async fn standing(&self, path: &OperationPath, state: OperationKeyState) -> Vec<(String, String)> {
        let query = OperationKeyQuery { state: Some(state), ..OperationKeyQuery::default() };
        let keys = self.node.engine.operation_keys(path, &query).await.unwrap().items;
        keys.into_iter().map(|key| (key.key.to_string(), key.reason.unwrap_or_default())).collect()
    }

    async fn assert_all_held(&self, keys: &[String], version: u32) {
        for key in keys {
            let key = self.key(key).await;
            assert_eq!(key.latest_version, version, "{}", key.name);
            let held = self.azure.key(VAULT, key.distributions[0].name_in_kms.as_str()).expect("the vault holds it");
            assert_eq!(held.versions.len(), version as usize, "each version of {} once", key.name);
        }
    }
}

fn field(refused: Result<OperationPath, Error>) -> String {
    match refused {
        Err(Error::Invalid(error)) => error.field,
        other => panic!("{other:?}"),
    }
}

on_both_databases! {
    async fn many_keys_are_distributed_rotated_and_withdrawn_each_by_one_operation(world: World) {
        world.connect(VAULT).await;
        let keys = world.keys_named(12).await;

        let distributed = world.operate(distribute(VAULT), all()).await;
        assert_eq!(counts(&distributed), [0, 0, 12, 0, 0]);
        assert_eq!((distributed.requested_by.as_str(), distributed.seconds_left), ("admin", None));
        let with_expiry_and_tags = |version: &StoredVersion| version.exp.is_some() && version.tags["team"] == "core";
        let held = world.azure.keys(VAULT).into_iter().filter(|key| key.name.starts_with("key-"));
        assert!(held.flat_map(|key| key.versions).all(|version| with_expiry_and_tags(&version)));
        let rotated = world.operate(Action::Rotate, all()).await;
        assert_eq!(counts(&rotated), [0, 0, 12, 0, 0]);
        world.assert_all_held(&keys, 2).await;
        let minimum = Action::SetMinEnabledVersion { min_enabled_version: None };
        assert_eq!(counts(&world.operate(minimum, these(&["key-03", "key-07"])).await), [0, 0, 2, 0, 0]);
        assert_eq!((world.key("key-03").await.min_enabled_version, world.key("key-04").await.min_enabled_version), (2, 1));
        assert_eq!(counts(&world.operate(Action::Verify, all()).await), [0, 0, 12, 0, 0]);
        let withdraw = Action::Withdraw { provider: VAULT.parse().unwrap() };
        assert_eq!(counts(&world.operate(withdraw, all()).await), [0, 0, 12, 0, 0]);
        assert!(world.azure.keys(VAULT).iter().all(|key| key.name.starts_with("keyferry-kek")));
    }

    async fn a_plan_says_what_is_sent_and_what_is_refused_and_changes_nothing(world: World) {
        world.connect(VAULT).await;
        world.keys_named(3).await;
        world.operate(distribute(VAULT), these(&["key-00", "key-01"])).await;
        let seen = world.azure.received().len();

        let plan = async |action: Action| {
            let new = NewOperation { action, selection: all() };
            world.node.engine.plan_operation(&workspace(), &new).await.unwrap()
        };
        let rotate = plan(Action::Rotate).await;
        assert_eq!((rotate.keys, rotate.refused, rotate.calls[0].imports), (3, 0, 2));
        let again = plan(distribute(VAULT)).await;
        assert_eq!((again.keys, again.refused, again.calls[0].imports), (3, 2, 1));
        assert!(again.first_refused[0].reason.contains("holds it already"), "{again:#?}");
        let delete = plan(Action::Delete).await;
        assert_eq!((delete.refused, delete.calls.len()), (3, 0));
        assert_eq!(world.azure.received().len(), seen, "Azure was not asked");
        assert_eq!(world.key("key-00").await.latest_version, 1);
    }

    async fn the_time_that_is_left_is_told_before_a_key_has_ended(world: World) {
        world.connect(VAULT).await;
        world.keys_named(4).await;
        let new = NewOperation { action: distribute(VAULT), selection: all() };
        let plan = world.node.engine.plan_operation(&workspace(), &new).await.unwrap();
        world.azure.fail_times(Call::ImportKey, Fault::throttled(Some(600)), 4);
        let path = world.start_operation(distribute(VAULT), all()).await.unwrap();
        let begun = world.until_operation(&path, |operation| operation.counts.started == 4).await;
        assert!(plan.seconds > 0);
        assert_eq!(begun.seconds_left, Some(plan.seconds));
    }

    async fn what_is_refused_is_told_key_by_key_and_can_be_tried_again(world: World) {
        world.connect(VAULT).await;
        let keys = world.keys_named(4).await;
        world.operate(distribute(VAULT), all()).await;
        world.azure.fail_times(Call::ImportKey, Fault::status(403, "Forbidden", Some("ForbiddenByRbac"), "No."), 2);

        let path = world.start_operation(Action::Rotate, all()).await.unwrap();
        let rotated = world.until_finished(&path).await;
        assert_eq!(counts(&rotated), [0, 0, 2, 2, 0]);
        let refused = world.standing(&path, OperationKeyState::Refused).await;
        assert!(refused.iter().all(|(_, reason)| reason.contains("keyvault-name: The application may not")), "{refused:?}");
        world.node.engine.retry_operation(&path, &world.actor).await.unwrap();
        assert_eq!(counts(&world.until_finished(&path).await), [0, 0, 4, 0, 0]);
        world.assert_all_held(&keys, 2).await;

        let deleted = world.start_operation(Action::Delete, these(&["key-01"])).await.unwrap();
        assert_eq!(counts(&world.until_finished(&deleted).await), [0, 0, 0, 1, 0]);
        assert!(world.standing(&deleted, OperationKeyState::Refused).await[0].1.contains("withdraw it first"));
    }

    async fn a_node_that_dies_within_an_operation_rotates_no_key_twice(world: World) {
        world.connect(VAULT).await;
        let keys = world.keys_named(15).await;
        world.operate(distribute(VAULT), all()).await;
        let path = world.start_operation(Action::Rotate, all()).await.unwrap();
        let mut world = world;
        for some in [3, 8] {
            world.until_operation(&path, |operation| operation.counts.waiting < 15 - some).await;
            world = world.crash_and_restart().await;
        }
        assert_eq!(counts(&world.until_finished(&path).await), [0, 0, 15, 0, 0]);
        world.assert_all_held(&keys, 2).await;
    }

    async fn an_operation_that_is_paused_begins_nothing_and_what_is_cancelled_stays_as_it_was(world: World) {
        world.connect(VAULT).await;
        world.connect(OTHER).await;
        let keys = world.keys_named(8).await;
        let path = world.start_operation(Action::Rotate, all()).await.unwrap();
        let paused = world.node.engine.pause_operation(&path, &world.actor).await.unwrap();
        assert_eq!((paused.state, paused.seconds_left), (OperationState::Paused, None));
        let begun = 8 - world.until_operation(&path, |operation| operation.counts.started == 0).await.counts.waiting;

        assert_eq!(counts(&world.operate(distribute(OTHER), these(&["key-00"])).await), [0, 0, 1, 0, 0], "others go on");
        let cancelled = world.node.engine.cancel_operation(&path, &world.actor).await.unwrap();
        assert!(cancelled.is_cancelled);
        let finished = world.until_finished(&path).await;
        assert_eq!(counts(&finished), [0, 0, begun, 0, 8 - begun]);
        let mut rotated = 0;
        for key in &keys {
            rotated += u64::from(world.key(key).await.latest_version) - 1;
        }
        assert_eq!(rotated, begun);
        assert!(world.node.engine.resume_operation(&path, &world.actor).await.is_err(), "it is finished");
    }

    async fn an_operation_that_cannot_be_is_refused_with_the_field(world: World) {
        world.create_key("payments").await;
        assert_eq!(field(world.start_operation(Action::Rotate, Selection::default()).await), "selection");
        assert_eq!(field(world.start_operation(Action::Rotate, these(&[])).await), "selection");
        assert_eq!(field(world.start_operation(Action::Rotate, these(&["payments", "gone"])).await), "selection.keys");
        assert_eq!(field(world.start_operation(distribute("nowhere"), all()).await), "action.provider");
        let none = KeyFilter { search: Some("zz".to_owned()), ..KeyFilter::default() };
        let none = Selection { filter: Some(none), ..Selection::default() };
        assert_eq!(field(world.start_operation(Action::Rotate, none).await), "selection");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_share_an_operation_and_begin_each_key_once() {
    let Some(world) = World::on_postgresql().await else { return };
    let second = Node::start(&world.azure, &world.database).await;
    world.connect(VAULT).await;
    let keys = world.keys_named(20).await;
    world.operate(distribute(VAULT), all()).await;
    assert_eq!(counts(&world.operate(Action::Rotate, all()).await), [0, 0, 20, 0, 0]);
    world.assert_all_held(&keys, 2).await;
    second.stop().await;
}
