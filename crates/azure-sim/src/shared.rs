//! What all connections of one simulator share.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::sync::watch;

use crate::{
    Error, Options,
    faults::Faults,
    limits::Limits,
    pairs::{self, Pair},
    record::Record,
    state::{self, State},
    vaults::DEFAULT,
};

pub(crate) struct Shared {
    pub(crate) address: SocketAddr,
    pub(crate) machine_address: SocketAddr,
    /// What App Service expects of its callers.
    pub(crate) identity_header: String,
    pub(crate) ca: String,
    pub(crate) faults: Faults,
    pub(crate) limits: Limits,
    pub(crate) record: Record,
    pub(crate) stopping: watch::Sender<bool>,
    options: Options,
    state: Mutex<State>,
    enforces_limits: AtomicBool,
    deletion_delay: AtomicU64,
    token_lifetime: AtomicU64,
    clock: Mutex<Clock>,
    machine_identity: Mutex<Option<String>>,
    refused_imports: Mutex<BTreeMap<String, u32>>,
}

/// How the simulator's time differs from the machine's, in milliseconds.
#[derive(Default)]
struct Clock {
    stopped_at: Option<u64>,
    ahead: u64,
}

impl Shared {
    pub(crate) fn new(options: Options, address: SocketAddr, machine_address: SocketAddr, state: State) -> Self {
        Self {
            address,
            machine_address,
            identity_header: uuid::Uuid::new_v4().simple().to_string(),
            ca: state.certificates.ca.clone(),
            faults: Faults::default(),
            limits: Limits::default(),
            record: Record::new(),
            stopping: watch::Sender::new(false),
            options,
            state: Mutex::new(state),
            enforces_limits: AtomicBool::new(false),
            deletion_delay: AtomicU64::new(2_000),
            // 60 to 90 minutes in reality (azure.md §3.1).
            token_lifetime: AtomicU64::new(3_599),
            clock: Mutex::default(),
            machine_identity: Mutex::new(Some(DEFAULT.to_owned())),
            refused_imports: Mutex::default(),
        }
    }

    pub(crate) fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.lock())
    }

    /// Changes the state and, if it lives in a file, writes it before the change is answered. An error must have
    /// changed nothing.
    pub(crate) fn change<T, E>(&self, change: impl FnOnce(&mut State) -> Result<T, E>) -> Result<T, E> {
        let mut state = self.lock();
        let changed = change(&mut state)?;
        if let Err(error) = self.save(&state) {
            tracing::error!(%error, "the state file could not be written");
        }
        Ok(changed)
    }

    pub(crate) fn save(&self, state: &State) -> Result<(), Error> {
        match &self.options.state_file {
            Some(path) => state.save(path).map_err(Error::StateFile),
            None => Ok(()),
        }
    }

    /// Makes a pair, or draws one of the process's; none for a size that vaults do not offer.
    pub(crate) fn make_pair(&self, bits: u32) -> Option<Pair> {
        if self.options.reuse_keks { pairs::draw(bits) } else { pairs::generate(bits) }
    }

    /// How many vaults of the fleet there are.
    pub(crate) fn fleet(&self) -> usize {
        self.options.fleet
    }

    pub(crate) fn limits_are_enforced(&self) -> bool {
        self.enforces_limits.load(Ordering::Relaxed)
    }

    /// Counting starts anew.
    pub(crate) fn enforce_limits(&self, enforce: bool) {
        self.limits.clear();
        self.enforces_limits.store(enforce, Ordering::Relaxed);
    }

    /// Milliseconds between a deletion and its being seen.
    pub(crate) fn deletion_delay(&self) -> u64 {
        self.deletion_delay.load(Ordering::Relaxed)
    }

    pub(crate) fn set_deletion_delay(&self, delay: Duration) {
        self.deletion_delay.store(u64::try_from(delay.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Seconds.
    pub(crate) fn token_lifetime(&self) -> i64 {
        i64::try_from(self.token_lifetime.load(Ordering::Relaxed)).unwrap_or(i64::MAX)
    }

    pub(crate) fn set_token_lifetime(&self, lifetime: Duration) {
        self.token_lifetime.store(lifetime.as_secs(), Ordering::Relaxed);
    }

    /// The simulator's time, in Unix milliseconds.
    pub(crate) fn now_millis(&self) -> u64 {
        let clock = self.clock();
        clock.stopped_at.unwrap_or_else(state::now_millis).saturating_add(clock.ahead)
    }

    /// The simulator's time, in Unix seconds.
    pub(crate) fn now(&self) -> i64 {
        i64::try_from(self.now_millis() / 1000).unwrap_or(i64::MAX)
    }

    pub(crate) fn advance_clock(&self, by: Duration) {
        let mut clock = self.clock();
        clock.ahead = clock.ahead.saturating_add(u64::try_from(by.as_millis()).unwrap_or(u64::MAX));
    }

    pub(crate) fn stop_clock(&self) {
        self.clock().stopped_at.get_or_insert_with(state::now_millis);
    }

    fn clock(&self) -> MutexGuard<'_, Clock> {
        self.clock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The vault whose identity is the machine's own.
    pub(crate) fn machine_identity(&self) -> MutexGuard<'_, Option<String>> {
        self.machine_identity.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How often the throttling vault has refused the import now asked for, by lower-case name.
    pub(crate) fn refused_imports(&self) -> MutexGuard<'_, BTreeMap<String, u32>> {
        self.refused_imports.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
