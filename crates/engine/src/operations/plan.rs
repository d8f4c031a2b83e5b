//! What an operation would do, and how long that takes.

use std::collections::BTreeMap;
use std::ops::AddAssign;
use std::time::Duration;

use api::{
    Action, Operation, OperationCounts, Plan, PlannedCalls, Protection, ProviderName, ProviderPath, RefusedKey, Slug,
};
use sqlx::AnyConnection;

use crate::cost::Cost;
use crate::standing::Task;
use crate::store::conditions::Conditions;
use crate::store::deliveries::DeliveryRow;
use crate::store::distributions::{self, DistributionRow};
use crate::store::keys;
use crate::store::operations::{self, OperationRow, SelectedKey};
use crate::store::providers::{self, ProviderRow};
use crate::{Engine, Error, cost};

/// Keys that are looked at together.
const CHUNK: usize = 500;

/// Keys that tell how long all of them take.
const SAMPLE: usize = 200;

/// How many refused keys are named.
const NAMED: usize = 100;

/// What a provider would be sent.
#[derive(Default)]
struct Calls {
    imports: u64,
    updates: u64,
    deletions: u64,
    reads: u64,
    cost: Cost,
}

impl AddAssign for Calls {
    fn add_assign(&mut self, other: Self) {
        self.imports += other.imports;
        self.updates += other.updates;
        self.deletions += other.deletions;
        self.reads += other.reads;
        self.cost += other.cost;
    }
}

/// Each distribution of a key, with its deliveries.
type Held = Vec<(DistributionRow, Vec<DeliveryRow>)>;

impl Engine {
    /// Refuses an action that could be carried out for no key at all.
    pub(super) async fn check_action(&self, workspace: &Slug, action: &Action) -> Result<Option<ProviderRow>, Error> {
        let (Action::Distribute { provider, .. } | Action::Withdraw { provider }) = action else { return Ok(None) };
        if matches!(action, Action::Distribute { purposes, .. } if purposes.is_empty()) {
            return Err(Error::invalid("action.purposes", "choose at least one purpose"));
        }
        let path = ProviderPath { workspace: workspace.clone(), provider: provider.clone() };
        let found = providers::find(&mut *self.store().pool.acquire().await?, &path).await;
        found.map(Some).map_err(|error| match error {
            Error::NotFound(_) => Error::invalid("action.provider", format!("there is no provider {provider} here")),
            error => error,
        })
    }

    pub(super) async fn plan(&self, workspace: &Slug, action: &Action, keys: &[SelectedKey]) -> Result<Plan, Error> {
        let target = self.check_action(workspace, action).await?;
        let mut plan = Plan { keys: keys.len() as u64, ..Plan::default() };
        let mut calls: BTreeMap<ProviderName, (String, Calls)> = BTreeMap::new();
        let mut connection = self.store().pool.acquire().await?;
        for chunk in keys.chunks(CHUNK) {
            let ids: Vec<String> = chunk.iter().map(|key| key.id.clone()).collect();
            for (row, held) in with_distributions(&mut connection, &ids).await? {
                match foresee(action, &row, &held, target.as_ref()) {
                    Ok(sent) => sent.into_iter().for_each(|(provider, host, sent)| {
                        let (_, all) = calls.entry(provider).or_insert_with(|| (host, Calls::default()));
                        *all += sent;
                    }),
                    Err(reason) => {
                        plan.refused += 1;
                        if plan.first_refused.len() < NAMED {
                            plan.first_refused.push(RefusedKey { key: row.name, reason });
                        }
                    }
                }
            }
        }
        // Providers may share a vault; vaults are sent their calls at the same time.
        let mut vaults: BTreeMap<String, Cost> = BTreeMap::new();
        for (provider, (host, calls)) in calls {
            plan.calls.push(planned(provider, &host, &calls));
            *vaults.entry(host).or_default() += calls.cost;
        }
        plan.seconds = seconds(slowest(&vaults));
        Ok(plan)
    }

    /// Operations with their counts and, as far as it can be told, the time that is left.
    pub(super) async fn progress(&self, rows: Vec<OperationRow>) -> Result<Vec<Operation>, Error> {
        let mut connection = self.store().pool.acquire().await?;
        let mut counts = operations::counts(&mut connection, rows.iter().map(|row| &row.id)).await?;
        let mut found = Vec::with_capacity(rows.len());
        for row in rows {
            let counts = counts.remove(&row.id).unwrap_or_default();
            let seconds_left = if row.finished_at.is_some() || row.paused_at.is_some() {
                None
            } else {
                // The first keys go faster than any limit lets the rest go: a vault that rested takes some at once.
                let limited = modelled(&mut connection, &row, &counts).await?;
                measured(&mut connection, &row, &counts).await?.max(limited)
            };
            found.push(row.into_api(counts, seconds_left));
        }
        Ok(found)
    }
}

/// Keys with what holds them.
async fn with_distributions(
    connection: &mut AnyConnection,
    ids: &[String],
) -> Result<Vec<(keys::KeyRow, Held)>, Error> {
    let rows = keys::by_ids(connection, ids.iter().cloned()).await?;
    let of_these = Conditions::default().and_in("d.key_id", ids.iter().cloned()).and("d.removed_at IS NULL", []);
    let mut held: BTreeMap<String, Held> = BTreeMap::new();
    for found in distributions::select(connection, of_these, "ORDER BY d.id").await? {
        held.entry(found.0.key_id.clone()).or_default().push(found);
    }
    let with_held = |row: keys::KeyRow| {
        let held = held.remove(&row.id).unwrap_or_default();
        (row, held)
    };
    Ok(rows.into_iter().map(with_held).collect())
}

/// How long the rest takes at the vaults' limits: told from its first keys.
async fn modelled(
    connection: &mut AnyConnection,
    row: &OperationRow,
    counts: &OperationCounts,
) -> Result<Option<u64>, Error> {
    let ids = operations::first_left(connection, &row.id, SAMPLE).await?;
    let target = match &row.action {
        Action::Distribute { provider, .. } => {
            let path = ProviderPath { workspace: row.workspace.clone(), provider: provider.clone() };
            match providers::find(connection, &path).await {
                Err(Error::NotFound(_)) => return Ok(None),
                found => Some(found?),
            }
        }
        _ => None,
    };
    let mut vaults: BTreeMap<String, Cost> = BTreeMap::new();
    for (key, mut held) in with_distributions(connection, &ids).await? {
        // What was begun is held by its target already.
        held.retain(|(row, _)| target.as_ref().is_none_or(|target| row.provider_id != target.id));
        for (_, host, calls) in foresee(&row.action, &key, &held, target.as_ref()).unwrap_or_default() {
            *vaults.entry(host).or_default() += calls.cost;
        }
    }
    let of_these = seconds(slowest(&vaults));
    Ok(match ids.len() as u64 {
        0 => None,
        many => Some((of_these * (counts.waiting + counts.started)).div_ceil(many)),
    })
}

/// How long the slowest vault takes; all work at the same time.
fn slowest(vaults: &BTreeMap<String, Cost>) -> Duration {
    vaults.iter().map(|(host, cost)| cost::duration(host, *cost)).max().unwrap_or_default()
}

/// How long the rest takes at the pace of the last keys.
async fn measured(
    connection: &mut AnyConnection,
    row: &OperationRow,
    counts: &OperationCounts,
) -> Result<Option<u64>, Error> {
    let left = counts.waiting + counts.started;
    let (first, last, ended) = operations::last_ended(connection, &row.id).await?;
    Ok((ended > 1 && last > first).then(|| {
        let millis = u64::try_from(last - first).unwrap_or_default();
        (left * millis).div_ceil((ended - 1).unsigned_abs() * 1000)
    }))
}

fn planned(provider: ProviderName, host: &str, calls: &Calls) -> PlannedCalls {
    PlannedCalls {
        provider,
        imports: calls.imports,
        updates: calls.updates,
        deletions: calls.deletions,
        reads: calls.reads,
        seconds: seconds(cost::duration(host, calls.cost)),
    }
}

/// Whole seconds, rounded up.
fn seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

/// What an action means for one key: what each provider is sent, or why it is refused.
fn foresee(
    action: &Action,
    key: &keys::KeyRow,
    held: &Held,
    target: Option<&ProviderRow>,
) -> Result<Vec<(ProviderName, String, Calls)>, String> {
    let to_each = |calls: &dyn Fn(&DistributionRow, &[DeliveryRow]) -> Calls| {
        let sent = |(row, deliveries): &(DistributionRow, Vec<DeliveryRow>)| {
            (row.provider.clone(), row.host.clone(), calls(row, deliveries))
        };
        held.iter().filter(|(row, _)| row.withdrawn_at.is_none()).map(sent).collect()
    };
    match action {
        Action::Rotate if key.destroyed_at.is_some() => Err("it is destroyed and stays so".to_owned()),
        Action::Rotate => Ok(to_each(&|row, _| Calls {
            imports: 1,
            reads: 1,
            cost: cost::cost(&Task::Deliver(1), row),
            ..Calls::default()
        })),
        Action::Verify => Ok(to_each(&|row, deliveries| {
            let reads = deliveries.len() as u64;
            Calls { reads, cost: cost::cost(&Task::Verify(1), row) * reads, ..Calls::default() }
        })),
        Action::SetMinEnabledVersion { min_enabled_version } => {
            let minimum = min_enabled_version.unwrap_or(key.latest_version);
            if minimum > key.latest_version {
                return Err(format!("its latest version is {}: choose that or a lower one", key.latest_version));
            }
            Ok(to_each(&|row, deliveries| {
                let enables = |version: u32| version >= minimum && !row.withholds(version);
                let changes = |delivery: &&DeliveryRow| delivery.enabled != Some(enables(delivery.number));
                let updates = deliveries.iter().filter(changes).count() as u64;
                Calls { updates, cost: cost::cost(&Task::Switch(1), row) * updates, ..Calls::default() }
            }))
        }
        Action::Distribute { protection, .. } => {
            let target = target.ok_or("there is no such provider")?;
            refuse_distribution(key, held, target, *protection)?;
            let imports = u64::from(key.latest_version) - key.withheld.len() as u64;
            let host = &target.place.host;
            let cost = cost::of(&Task::Deliver(1), host, *protection, key.key_type, key.latest_version) * imports;
            let calls = Calls { imports, reads: imports, cost, ..Calls::default() };
            Ok(vec![(target.name.clone(), host.clone(), calls)])
        }
        Action::Withdraw { provider } => match held.iter().find(|(row, _)| row.provider == *provider) {
            Some((row, _)) => {
                // One step deletes it, and another sees that it is deleted.
                let cost = cost::cost(&Task::Withdraw, row) * 2;
                let calls = Calls { deletions: 1, reads: 1, cost, ..Calls::default() };
                Ok(vec![(row.provider.clone(), row.host.clone(), calls)])
            }
            None => Err(format!("{provider} does not hold it")),
        },
        Action::Delete if !held.is_empty() => Err(format!("{} providers hold it: withdraw it first", held.len())),
        Action::Delete if !key.deletion_allowed => Err("its deletion is not allowed: allow it first".to_owned()),
        Action::Delete => Ok(Vec::new()),
    }
}

fn refuse_distribution(
    key: &keys::KeyRow,
    held: &Held,
    target: &ProviderRow,
    protection: Protection,
) -> Result<(), String> {
    if !key.key_type.fits_azure() {
        return Err(format!("it is {}, and Azure takes RSA keys only", key.key_type));
    }
    if key.withheld.len() as u64 == u64::from(key.latest_version) {
        return Err("every version of it is compromised or destroyed".to_owned());
    }
    if held.iter().any(|(row, _)| row.provider_id == target.id) {
        return Err(format!("{} holds it already", target.name));
    }
    if protection == Protection::Hsm && target.hsm_refused_at.is_some() {
        return Err(format!("{} is a Standard vault and takes no HSM keys", target.name));
    }
    Ok(())
}
