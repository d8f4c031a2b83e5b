//! Drift: what somebody changed in Azure is found, told, made right again, or accepted with a reason.

use std::collections::BTreeMap;
use std::time::Duration;

use api::{
    AcceptDifference, AuditQuery, Difference, Distribution, DistributionState, DriftField, NewDistribution, Outcome,
    PageQuery, Protection, Purpose, ReopenDifference, SecretInput, SignIn, Tags,
};
use azure_sim::{Call, Fault, Permission};
use engine::Error;

use crate::support::{World, key_path, on_both_databases, path, versions, workspace};

const VAULT: &str = "keyvault-name";
const KEY: &str = "payments";

fn tags(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// A key in a vault, with tags and an expiry.
async fn held(world: &World) -> Distribution {
    world.connect(VAULT).await;
    world.create_key(KEY).await;
    let new = NewDistribution {
        provider: VAULT.parse().unwrap(),
        purposes: vec![Purpose::Sign, Purpose::Verify],
        protection: Protection::Hsm,
        name_in_kms: Some(KEY.parse().unwrap()),
        expires_after: Some(90.try_into().unwrap()),
        tags: Tags::try_from(tags(&[("owner", "payments")])).unwrap(),
    };
    world.node.engine.distribute_key(&key_path(KEY), &new, &world.actor).await.unwrap();
    world.until(KEY, VAULT, DistributionState::InSync).await
}

/// Asks for everything to be compared, and waits until it was, with what is expected.
async fn compared(world: &World, what: &str, is_expected: impl Fn(&Distribution) -> bool) -> Distribution {
    world.node.engine.verify_distribution(&path(KEY, VAULT), &world.actor).await.unwrap();
    let compared = world.until_like(KEY, VAULT, what, is_expected).await;
    assert!(world.node.engine.check_standings().await.unwrap().is_empty());
    compared
}

async fn drifted(world: &World, field: DriftField) -> (Distribution, Difference) {
    let drifted = compared(world, "drifted", |now| {
        now.state == DistributionState::Drifted && all(now).any(|found| found.field == field && found.is_open())
    })
    .await;
    let found = all(&drifted).find(|found| found.field == field).unwrap().clone();
    assert!(found.since.is_some());
    (drifted, found)
}

fn all(distribution: &Distribution) -> impl Iterator<Item = &Difference> {
    distribution.drift.iter().chain(distribution.deliveries.iter().flat_map(|delivery| &delivery.drift))
}

/// What somebody changes of the current version in Azure.
async fn change_in_azure(world: &World, change: &azure::KeyChange) {
    let vault = world.client_of(VAULT);
    let current = vault.get_key(KEY, None).await.unwrap();
    vault.update_key(KEY, &current.version, change).await.unwrap();
}

async fn try_to_accept(world: &World, found: &Difference, version: Option<u32>) -> Result<Distribution, Error> {
    let reason = "the auditors asked for it".parse().unwrap();
    let accept = AcceptDifference { field: found.field, version, found: found.found.clone(), reason };
    world.node.engine.accept_difference(&path(KEY, VAULT), &accept, &world.actor).await
}

async fn accept(world: &World, found: &Difference, version: Option<u32>) -> Distribution {
    try_to_accept(world, found, version).await.unwrap()
}

/// The keys on the board, with the field that differs first.
async fn board(world: &World) -> Vec<(String, DriftField)> {
    let page = world.node.engine.drift(&workspace(), &PageQuery::default()).await.unwrap();
    page.items.iter().map(|row| (row.key.to_string(), all(row).next().unwrap().field)).collect()
}

async fn alarms(world: &World) -> usize {
    let query = AuditQuery { limit: Some(200), ..AuditQuery::default() };
    let password = SecretInput::new("a long enough password".to_owned());
    let admin = world.node.engine.sign_in(&SignIn { username: "admin".to_owned(), password }, None).await.unwrap();
    let entries = world.node.engine.audit_events(&query, &admin).await.unwrap().items;
    let events = entries.into_iter().filter_map(|entry| entry.event);
    events.filter(|event| event.action == "distribution.alarm" && event.outcome == Outcome::Failed).count()
}

on_both_databases! {
    async fn an_import_carries_expiry_and_tags(world: World) {
        let held = held(&world).await;

        let there = &world.azure.key(VAULT, KEY).unwrap().versions[0];
        assert_eq!(there.tags, tags(&[("keyferry", "keymgmt/payments"), ("owner", "payments")]));
        let expires_at = held.deliveries[0].expires_at.unwrap();
        assert_eq!(there.exp, Some(expires_at.millis() / 1000));
        let days = (expires_at.millis() - held.deliveries[0].delivered_at.unwrap().millis()) / 86_400_000;
        assert!((89..=90).contains(&days), "{days} days");
        assert!(board(&world).await.is_empty());
    }

    async fn whatever_was_changed_of_a_version_is_found_and_made_right_again(world: World) {
        held(&world).await;
        let wanted = world.azure.key(VAULT, KEY).unwrap().versions[0].clone();
        let change = azure::KeyChange {
            enabled: Some(false),
            expires_at: Some(2_000_000_000),
            key_ops: Some(vec!["sign".to_owned()]),
            tags: Some(tags(&[("owner", "somebody"), ("cost", "42")])),
        };
        change_in_azure(&world, &change).await;

        let (drifted, tagged) = drifted(&world, DriftField::Tags).await;
        let fields: Vec<DriftField> = all(&drifted).map(|found| found.field).collect();
        assert_eq!(fields, [DriftField::Enabled, DriftField::Purposes, DriftField::ExpiresAt, DriftField::Tags]);
        assert_eq!(tagged.wanted, "keyferry=keymgmt/payments, owner=payments");
        assert_eq!(tagged.found, "no keyferry, owner=somebody");
        assert_eq!(board(&world).await, [(KEY.to_owned(), DriftField::Enabled)]);

        world.node.engine.reconcile_distribution(&path(KEY, VAULT), &world.actor).await.unwrap();
        world.until(KEY, VAULT, DistributionState::InSync).await;

        let there = &world.azure.key(VAULT, KEY).unwrap().versions[0];
        assert_eq!((there.enabled, there.exp, &there.key_ops), (true, wanted.exp, &wanted.key_ops));
        let both = tags(&[("cost", "42"), ("keyferry", "keymgmt/payments"), ("owner", "payments")]);
        assert_eq!(there.tags, both, "the tags of others stay");
        assert!(board(&world).await.is_empty());
        let nothing = world.node.engine.reconcile_distribution(&path(KEY, VAULT), &world.actor).await;
        assert!(matches!(nothing, Err(Error::Conflict { code: "nothing_to_reconcile", .. })));
    }

    async fn what_is_accepted_stays_until_it_changes_again(world: World) {
        held(&world).await;
        let operations = |names: &[&str]| azure::KeyChange {
            key_ops: Some(names.iter().map(|name| (*name).to_owned()).collect()),
            ..azure::KeyChange::default()
        };
        change_in_azure(&world, &operations(&["sign"])).await;
        let (_, found) = drifted(&world, DriftField::Purposes).await;

        let accepted = accept(&world, &found, Some(1)).await;
        assert_eq!(accepted.state, DistributionState::InSync);
        let since = accepted.deliveries[0].verified_at.unwrap();
        let still = compared(&world, "compared again", |now| now.deliveries[0].verified_at > Some(since)).await;
        assert_eq!(still.state, DistributionState::InSync);
        let by = still.deliveries[0].drift[0].accepted.as_ref().unwrap();
        assert_eq!((by.by.as_str(), by.reason.as_str()), ("admin", "the auditors asked for it"));
        assert_eq!(still.deliveries[0].drift[0].since, found.since);
        assert_eq!(board(&world).await.len(), 1, "it is still shown");

        change_in_azure(&world, &operations(&["verify"])).await;
        let (_, other) = drifted(&world, DriftField::Purposes).await;
        assert_eq!((other.found.as_str(), other.accepted), ("verify", None));
        let outdated = try_to_accept(&world, &found, Some(1)).await;
        assert!(matches!(outdated, Err(Error::Conflict { code: "difference_changed", .. })));
    }

    async fn what_was_accepted_is_not_reconciled_and_can_be_taken_back(world: World) {
        held(&world).await;
        let change = azure::KeyChange {
            enabled: Some(false),
            tags: Some(tags(&[("owner", "somebody")])),
            ..azure::KeyChange::default()
        };
        change_in_azure(&world, &change).await;
        let (_, off) = drifted(&world, DriftField::Enabled).await;
        accept(&world, &off, Some(1)).await;

        world.node.engine.reconcile_distribution(&path(KEY, VAULT), &world.actor).await.unwrap();
        world.until(KEY, VAULT, DistributionState::InSync).await;
        let there = &world.azure.key(VAULT, KEY).unwrap().versions[0];
        assert_eq!((there.enabled, there.tags["owner"].as_str()), (false, "payments"));

        let reopen = ReopenDifference { field: DriftField::Enabled, version: Some(1) };
        let open = world.node.engine.reopen_difference(&path(KEY, VAULT), &reopen, &world.actor).await.unwrap();
        assert_eq!(open.state, DistributionState::Drifted);
        world.node.engine.reconcile_distribution(&path(KEY, VAULT), &world.actor).await.unwrap();
        world.until(KEY, VAULT, DistributionState::InSync).await;
        world.assert_held(VAULT, KEY).await;
        let gone = world.node.engine.reopen_difference(&path(KEY, VAULT), &reopen, &world.actor).await;
        assert!(matches!(gone, Err(Error::NotFound(_))));
    }

    async fn a_swapped_modulus_raises_an_alarm_and_is_disabled(world: World) {
        held(&world).await;
        world.create_key("other").await;
        world.distribute("other", VAULT).await;
        world.until("other", VAULT, DistributionState::InSync).await;
        world.azure.swap_latest_version(VAULT, KEY);

        let (alarmed, found) = drifted(&world, DriftField::Modulus).await;

        assert_eq!(alarmed.deliveries[0].verified_at, None);
        assert!(!world.azure.key(VAULT, KEY).unwrap().versions[0].enabled);
        assert_eq!(alarms(&world).await, 1);
        let refused = try_to_accept(&world, &found, Some(1)).await;
        assert!(matches!(refused, Err(Error::Invalid(_))));
        let refused = world.node.engine.reconcile_distribution(&path(KEY, VAULT), &world.actor).await;
        assert!(matches!(refused, Err(Error::Conflict { .. })), "what is not ours is not made to look like ours");

        world.switch_off_in_azure(VAULT, "other").await;
        world.node.engine.verify_distribution(&path("other", VAULT), &world.actor).await.unwrap();
        world.until("other", VAULT, DistributionState::Drifted).await;
        let first = board(&world).await;
        assert_eq!(first[0].1, DriftField::Modulus, "alarms come first: {first:?}");
    }

    async fn a_version_that_is_there_twice_is_disabled_and_raises_an_alarm(world: World) {
        held(&world).await;
        world.azure.double_latest_version(VAULT, KEY);

        let (doubled, found) = drifted(&world, DriftField::DoubleVersions).await;

        let there = world.azure.key(VAULT, KEY).unwrap();
        assert_eq!(versions(&there).iter().map(|(_, enabled)| *enabled).collect::<Vec<_>>(), [true, false]);
        assert_eq!(found.found, there.versions[1].version);
        assert_eq!(alarms(&world).await, 1);
        assert!(doubled.deliveries[0].drift.is_empty());

        accept(&world, &found, None).await;
        world.rotate(KEY).await;
        world.until(KEY, VAULT, DistributionState::InSync).await;
        assert_eq!(world.azure.key(VAULT, KEY).unwrap().versions.len(), 3, "the next version follows the double");
    }

    async fn versions_of_others_are_told_and_left_alone(world: World) {
        held(&world).await;
        for _ in 0..30 {
            world.azure.put_foreign_key(VAULT, KEY);
        }
        let before = world.azure.key(VAULT, KEY).unwrap();

        let (extra, found) = drifted(&world, DriftField::ExtraVersions).await;

        assert_eq!(found.found.split(", ").count(), 30, "every page of the list was read");
        assert!(found.advice.is_some());
        assert_eq!(alarms(&world).await, 0);
        let read = world.seen(Call::GetKey);
        let inspected_at = extra.inspected_at;
        compared(&world, "inspected again", |now| now.inspected_at > inspected_at).await;
        assert!(world.seen(Call::GetKey) <= read + 1, "what was found before is not read again");
        assert_eq!(world.azure.key(VAULT, KEY).unwrap(), before);
        let nothing = world.node.engine.reconcile_distribution(&path(KEY, VAULT), &world.actor).await;
        assert!(matches!(nothing, Err(Error::Conflict { code: "nothing_to_reconcile", .. })));

        world.rotate(KEY).await;
        world.until(KEY, VAULT, DistributionState::Refused).await;
        accept(&world, &found, None).await;
        world.node.engine.retry_distribution(&path(KEY, VAULT), &world.actor).await.unwrap();
        world.until(KEY, VAULT, DistributionState::InSync).await;
    }

    async fn a_foreign_rotation_policy_is_drift_and_one_that_notifies_is_not(world: World) {
        let held = held(&world).await;
        let inspected = compared(&world, "inspected", |now| now.inspected_at.is_some()).await;
        assert_eq!((inspected.state, held.inspected_at), (DistributionState::InSync, None));

        world.azure.set_rotation_policy(VAULT, KEY, "P90D");

        let (_, found) = drifted(&world, DriftField::RotationPolicy).await;
        assert_eq!(found.found, "P90D after creation");
        let accepted = accept(&world, &found, None).await;
        assert_eq!(accepted.state, DistributionState::InSync);
    }

    async fn what_may_not_be_looked_at_is_said_and_holds_nothing_up(world: World) {
        held(&world).await;
        world.azure.set_rotation_policy(VAULT, KEY, "P90D");
        drifted(&world, DriftField::RotationPolicy).await;
        let needed = [Permission::Create, Permission::Import, Permission::Get, Permission::Update, Permission::Delete];
        world.azure.set_permissions(VAULT, &needed);

        let fewer = compared(&world, "unreadable", |now| !now.unreadable.is_empty()).await;

        assert_eq!(fewer.unreadable, [DriftField::ExtraVersions, DriftField::RotationPolicy]);
        assert_eq!(fewer.drift[0].field, DriftField::RotationPolicy, "what was known is not forgotten");
        assert_eq!(fewer.last_error, None);
        for fault in [Fault::throttled(None), Fault::internal_error(), Fault::Garbled, Fault::ResetBefore] {
            world.azure.fail_next(Call::ListVersions, fault.clone());
            world.azure.fail_next(Call::GetRotationPolicy, fault);
        }
        world.azure.set_permissions(VAULT, &Permission::ALL);
        compared(&world, "readable again", |now| now.unreadable.is_empty()).await;
    }

    async fn a_key_that_was_deleted_in_azure_is_brought_back(world: World) {
        held(&world).await;
        world.rotate(KEY).await;
        world.until(KEY, VAULT, DistributionState::InSync).await;
        world.delete_in_azure(VAULT, KEY).await;
        compared(&world, "missed", |now| {
            now.deliveries.iter().all(|d| d.drift.iter().any(|found| found.field == DriftField::Presence))
        })
        .await;

        world.node.engine.reconcile_distribution(&path(KEY, VAULT), &world.actor).await.unwrap();

        world.until(KEY, VAULT, DistributionState::InSync).await;
        world.assert_held(VAULT, KEY).await;
    }

    async fn a_key_that_was_purged_in_azure_is_told_with_what_to_do(world: World) {
        held(&world).await;
        world.delete_in_azure(VAULT, KEY).await;
        world.client_of(VAULT).purge_key(KEY).await.unwrap();
        drifted(&world, DriftField::Presence).await;

        world.node.engine.reconcile_distribution(&path(KEY, VAULT), &world.actor).await.unwrap();

        let refused = world.until(KEY, VAULT, DistributionState::Refused).await;
        assert_eq!(refused.last_error.unwrap().code, "key_missing");
    }

    async fn reconciling_goes_on_through_faults_and_a_crash(mut world: World) {
        held(&world).await;
        change_in_azure(&world, &azure::KeyChange { enabled: Some(false), ..azure::KeyChange::default() }).await;
        drifted(&world, DriftField::Enabled).await;
        let seen = world.seen(Call::UpdateKey);
        world.azure.fail_next(Call::UpdateKey, Fault::internal_error());
        world.azure.fail_next(Call::UpdateKey, Fault::Delay(Duration::from_millis(300)));

        world.node.engine.reconcile_distribution(&path(KEY, VAULT), &world.actor).await.unwrap();
        world.azure.wait_for(Call::UpdateKey, seen + 2).await;
        world = world.crash_and_restart().await;

        world.until(KEY, VAULT, DistributionState::InSync).await;
        world.assert_held(VAULT, KEY).await;
    }
}
