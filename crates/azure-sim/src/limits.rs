//! The published limits of vaults and managed HSMs (azure.md §4.1 and §4.2), counted over a sliding window.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, PoisonError},
};

use serde_json::Value;

use crate::{
    answer::Answer,
    route::Route,
    state::{KeyType, Vault, Version},
    vault::Visit,
    vaults::VaultKind,
};

/// Vaults count transactions in 10 seconds, managed HSMs in one.
const VAULT_WINDOW: u64 = 10_000;
const HSM_WINDOW: u64 = 1_000;

/// All vaults of a subscription together may do so many times what one may.
const SUBSCRIPTION: u32 = 5;

/// What a request costs, and how much of it a vault allows in a window.
#[derive(Clone, Copy)]
struct Charge {
    class: &'static str,
    weight: u32,
    limit: u32,
    /// Milliseconds.
    window: u64,
}

/// Requests of the latest window: their times in Unix milliseconds and their weights.
type Window = VecDeque<(u64, u32)>;

/// Windows by vault and class; the subscription has no name.
#[derive(Default)]
pub(crate) struct Limits(Mutex<BTreeMap<(&'static str, &'static str), Window>>);

impl Limits {
    /// Counts a request, also one too many: it is assumed that refused requests count (azure.md §4.1).
    fn admit(&self, vault: &'static str, charge: Charge, now: u64) -> bool {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let window = counted.entry((vault, charge.class)).or_default();
        while window.front().is_some_and(|(at, _)| at.saturating_add(charge.window) <= now) {
            window.pop_front();
        }
        let used: u32 = window.iter().map(|(_, weight)| weight).sum();
        window.push_back((now, charge.weight));
        used + charge.weight <= charge.limit
    }

    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// Refuses a request beyond the limits of its vault, or of the subscription.
pub(crate) fn check(visit: &Visit<'_>, route: Route<'_>) -> Result<(), Answer> {
    let charge = match visit.vault.kind {
        VaultKind::Vault => visit.read(|_, vault| charge_in_vault(route, vault, &visit.request.body)).map(Some)?,
        VaultKind::ManagedHsm => charge_in_hsm(route),
    };
    let Some(charge) = charge else { return Ok(()) };
    let (limits, now) = (&visit.shared.limits, visit.shared.now_millis());
    let of_subscription = Charge { limit: charge.limit * SUBSCRIPTION, ..charge };
    let is_within = limits.admit(visit.vault.name, charge, now)
        && (visit.vault.kind == VaultKind::ManagedHsm || limits.admit("", of_subscription, now));
    if is_within { Ok(()) } else { Err(Answer::throttled()) }
}

fn charge_in_vault(route: Route<'_>, vault: &Vault, body: &[u8]) -> Charge {
    let charge = |class, weight, limit| Charge { class, weight, limit, window: VAULT_WINDOW };
    let latest = |name: &str| vault.keys.get(&name.to_ascii_lowercase()).and_then(|key| key.latest());
    match route {
        Route::Create(_) if wants_hsm(body) => charge("create HSM key", 1, 10),
        Route::Create(_) => charge("create software key", 1, 20),
        Route::Import(_) => charge("import key", 1, 300),
        Route::Get(name, _) | Route::Update(name, _) | Route::Delete(name) | Route::Use(name, ..) => {
            match latest(name) {
                Some(key) if key.kty == KeyType::RsaHsm => charge("HSM key", weight(key), 2_000),
                Some(key) => charge("software key", weight(key), 4_000),
                None => charge("other", 1, 4_000),
            }
        }
        _ => charge("other", 1, 4_000),
    }
}

/// One partition's rates. What uses keys is not throttled. An import's rate is not published; it is taken for that of
/// making a key.
fn charge_in_hsm(route: Route<'_>) -> Option<Charge> {
    let (class, limit) = match route {
        Route::Create(_) | Route::Import(_) => ("create", 1),
        Route::Delete(_) => ("delete", 10),
        Route::Purge(_) => ("purge", 10),
        Route::Get(..) => ("get", 1_100),
        _ => return None,
    };
    Some(Charge { class, weight: 1, limit, window: HSM_WINDOW })
}

/// How many RSA-2048 transactions one costs.
fn weight(version: &Version) -> u32 {
    match version.modulus.0.len() {
        ..=256 => 1,
        257..=384 => 4,
        385.. => 8,
    }
}

fn wants_hsm(body: &[u8]) -> bool {
    serde_json::from_slice::<Value>(body).is_ok_and(|body| body["kty"] == "RSA-HSM")
}
