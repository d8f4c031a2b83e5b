//! The engine: what it needs to start, and what every use case shares.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use api::KeyType;
use tokio::sync::{Notify, watch};
use zeroize::Zeroizing;

use crate::accounts::{Hashing, Refusals};
use crate::clock::Comparison;
use crate::reconcile::ReadKek;
use crate::seal::SealingKeys;
use crate::store::Store;
use crate::store::sealed::SealedWith;
use crate::turns::Turns;
use crate::{Error, SealingKey};

/// What an engine needs to start.
pub struct Options {
    /// The directory of this node: its identity, its lock and, by default, database and sealing key. Made if absent.
    pub data: PathBuf,
    /// `sqlite:…` or `postgres://…`; `None` is an SQLite file in the data directory.
    pub database: Option<String>,
    /// A file that holds the sealing key; `None` is `sealing-key` in the data directory. Made if the database is new
    /// and SQLite.
    pub sealing_key_file: Option<PathBuf>,
    /// The sealing key itself, instead of a file.
    pub sealing_key: Option<SealingKey>,
    /// The sealing key before this one, until everything was sealed anew.
    pub previous_sealing_key: Option<SealingKey>,
    /// How many pairs of which types are kept ready.
    pub pool: Vec<(KeyType, u64)>,
    /// How Azure is reached.
    pub azure: azure::ClientOptions,
    /// How long Azure may still be finishing an import whose reply was lost, before it is repeated.
    pub settling_time: Duration,
    /// The first delay after a failure; it doubles up to 300 times itself.
    pub first_delay: Duration,
    /// How long a use case that waits for Azure waits before it says that it goes on.
    pub patience: Duration,
}

impl Options {
    /// Everything by default, in this data directory.
    #[must_use]
    pub fn new(data: PathBuf) -> Self {
        Self {
            data,
            database: None,
            sealing_key_file: None,
            sealing_key: None,
            previous_sealing_key: None,
            pool: Vec::new(),
            azure: azure::ClientOptions::default(),
            settling_time: Duration::from_mins(2),
            first_delay: Duration::from_secs(1),
            patience: Duration::from_secs(50),
        }
    }
}

/// The product. Cheap to clone; all clones are the same engine.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

struct Inner {
    store: Store,
    sealing_keys: SealingKeys,
    pool: Vec<(KeyType, u64)>,
    azure: azure::Client,
    node: String,
    settling_time: Duration,
    first_delay: Duration,
    patience: Duration,
    deletion_poll: Duration,
    making_keks: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
    read_keks: Mutex<HashMap<String, Arc<tokio::sync::Mutex<Option<ReadKek>>>>>,
    clocks: Comparison,
    wake: Notify,
    outcomes: Notify,
    trail_head: watch::Sender<u64>,
    is_stopping: AtomicBool,
    turns: Turns,
    hashing: Hashing,
    refusals: Refusals,
    // Held for as long as the engine lives: one process per data directory.
    _lock: File,
}

impl Engine {
    /// Opens the database and brings it up to date. The reconciler runs in [`Engine::reconcile`].
    ///
    /// # Errors
    /// [`Error::Start`] with one sentence when the data directory is in use, or the sealing key is missing or not the
    /// one this database was sealed with: nothing is written then.
    pub async fn start(options: Options) -> Result<Self, Error> {
        std::fs::create_dir_all(&options.data).map_err(|error| unusable(&options.data, &error))?;
        let lock = lock(&options.data)?;
        let url = database_url(&options.data, options.database.as_deref());
        let sealed_with = Store::sealed_with(&url).await?;
        let sealing_keys = SealingKeys {
            current: sealing_key(&options, &url, sealed_with.as_ref())?,
            previous: options.previous_sealing_key,
        };
        let is_replaced = sealed_with.is_some_and(|known| known.current != sealing_keys.current.id());
        let store = Store::open(&url).await?;
        store.note_sealing_key(&sealing_keys.current.id()).await?;
        let node = node(&options.data)?;
        store.end_leases(&node).await?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let engine = Self(Arc::new(Inner {
            store,
            sealing_keys,
            pool: options.pool,
            deletion_poll: options.azure.deletion_poll,
            making_keks: Mutex::default(),
            read_keks: Mutex::default(),
            azure: azure::Client::new(options.azure).map_err(Error::Azure)?,
            node,
            settling_time: options.settling_time,
            first_delay: options.first_delay,
            patience: options.patience,
            clocks: Comparison::default(),
            wake: Notify::new(),
            outcomes: Notify::new(),
            trail_head: watch::Sender::new(0),
            is_stopping: AtomicBool::new(false),
            turns: Turns::new(cores),
            hashing: Hashing::default(),
            refusals: Refusals::default(),
            _lock: lock,
        }));
        if let (true, Some(previous)) = (is_replaced, &engine.sealing_keys().previous) {
            engine.begin_resealing(previous).await?;
        }
        Ok(engine)
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// [`Error::Database`] when it does not.
    pub async fn ready(&self) -> Result<(), Error> {
        self.0.store.ping().await
    }

    /// Closes the database, after everything else has ended.
    pub async fn close(&self) {
        self.0.store.close().await;
    }

    pub(crate) fn store(&self) -> &Store {
        &self.0.store
    }

    pub(crate) fn sealing_keys(&self) -> &SealingKeys {
        &self.0.sealing_keys
    }

    pub(crate) fn azure(&self) -> &azure::Client {
        &self.0.azure
    }

    pub(crate) fn node(&self) -> &str {
        &self.0.node
    }

    /// How this machine's clock compares with the database's.
    pub(crate) fn clocks(&self) -> &Comparison {
        &self.0.clocks
    }

    pub(crate) fn settling_time(&self) -> Duration {
        self.0.settling_time
    }

    pub(crate) fn first_delay(&self) -> Duration {
        self.0.first_delay
    }

    /// How long a use case that waits for Azure waits at most.
    #[must_use]
    pub fn patience(&self) -> Duration {
        self.0.patience
    }

    /// How long to wait before looking again whether Azure has deleted a key.
    pub(crate) fn deletion_poll(&self) -> Duration {
        self.0.deletion_poll
    }

    /// Held by the one step that makes a vault's key exchange key.
    pub(crate) fn making_kek(&self, host: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut making = self.0.making_keks.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(making.entry(host.to_owned()).or_default())
    }

    /// The key exchange key of a provider that was read last; held by the one step that reads it.
    pub(crate) fn read_kek(&self, provider: &str) -> Arc<tokio::sync::Mutex<Option<ReadKek>>> {
        let mut read = self.0.read_keks.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(read.entry(provider.to_owned()).or_default())
    }

    /// Notified whenever there is something new to reconcile.
    pub(crate) fn wake(&self) -> &Notify {
        &self.0.wake
    }

    /// Lets nobody wait for Azure any longer: what is under way goes on after the next start.
    pub fn end_waiting(&self) {
        self.0.is_stopping.store(true, Ordering::Relaxed);
        self.outcomes().notify_waiters();
        self.trail_head().send_modify(|_| ());
    }

    /// How long the audit trail is, while somebody follows it.
    pub(crate) fn trail_head(&self) -> &watch::Sender<u64> {
        &self.0.trail_head
    }

    /// Whether nobody shall wait any longer.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.0.is_stopping.load(Ordering::Relaxed)
    }

    /// Notified whenever a step of this node has ended, whatever came of it.
    pub(crate) fn outcomes(&self) -> &Notify {
        &self.0.outcomes
    }

    /// How many pairs of which types are kept ready.
    pub(crate) fn pool_sizes(&self) -> &[(KeyType, u64)] {
        &self.0.pool
    }

    /// Turns at making and checking keys.
    pub(crate) fn turns(&self) -> &Turns {
        &self.0.turns
    }

    pub(crate) fn hashing(&self) -> &Hashing {
        &self.0.hashing
    }

    pub(crate) fn refusals(&self) -> &Refusals {
        &self.0.refusals
    }
}

fn unusable(path: &Path, error: &std::io::Error) -> Error {
    Error::Start(format!("{} cannot be used: {error}", path.display()))
}

/// The database that was named, or the one in the data directory.
pub(crate) fn database_url(data: &Path, named: Option<&str>) -> String {
    named.map_or_else(|| format!("sqlite://{}?mode=rwc", data.join("keyferry.db").display()), str::to_owned)
}

/// Held for as long as a process works in a data directory.
pub(crate) fn lock(data: &Path) -> Result<File, Error> {
    let path = data.join("lock");
    let file = File::create(&path).map_err(|error| unusable(&path, &error))?;
    file.try_lock().map_err(|_| Error::Start(format!("{} is in use by another keyferry process", data.display())))?;
    Ok(file)
}

/// The node's id: made once, kept in its data directory.
fn node(data: &Path) -> Result<String, Error> {
    let path = data.join("node");
    match std::fs::read_to_string(&path) {
        Ok(node) if !node.trim().is_empty() => Ok(node.trim().to_owned()),
        _ => {
            let node = crate::store::new_id();
            std::fs::write(&path, &node).map_err(|error| unusable(&path, &error))?;
            Ok(node)
        }
    }
}

/// Finds the sealing key, or makes one where nothing was sealed yet. Never writes beside a database that has one.
fn sealing_key(options: &Options, url: &str, sealed_with: Option<&SealedWith>) -> Result<SealingKey, Error> {
    let path = options.sealing_key_file.clone().unwrap_or_else(|| options.data.join("sealing-key"));
    let key = match &options.sealing_key {
        Some(key) => SealingKey::from_text(&key.to_text())?,
        None if path.exists() => read_sealing_key(&path)?,
        None if sealed_with.is_some() => {
            return Err(Error::Start(format!(
                "the sealing key is missing: {} does not exist, and this database was sealed with one; put it back",
                path.display()
            )));
        }
        None if !url.starts_with("sqlite:") => {
            return Err(Error::Start(
                "with PostgreSQL the sealing key must be given, the same to every node: --sealing-key-file".to_owned(),
            ));
        }
        None => write_sealing_key(&path)?,
    };
    if let Some(sealed_with) = sealed_with {
        refuse_other_keys(&key.id(), options.previous_sealing_key.as_ref(), sealed_with)?;
    }
    Ok(key)
}

/// The keys that are given must open everything.
fn refuse_other_keys(current: &str, previous: Option<&SealingKey>, sealed_with: &SealedWith) -> Result<(), Error> {
    let SealedWith { current: wanted, previous: being_replaced } = sealed_with;
    let previous = previous.map(SealingKey::id);
    let is_replacing = previous.as_ref() == Some(wanted);
    let sentence = match being_replaced {
        None if current == wanted || is_replacing => return Ok(()),
        Some(old) if current == wanted && previous.as_ref() == Some(old) => return Ok(()),
        Some(old) if current == wanted || is_replacing => format!(
            "the sealing key {old} is still being replaced by {wanted}: start with {wanted}, and with {old} as the \
             previous one, until everything was sealed anew; nothing was changed"
        ),
        _ => format!(
            "the sealing key is not the one this database was sealed with (given {current}, wanted {wanted}); nothing \
             was changed"
        ),
    };
    Err(Error::Start(sentence))
}

/// Reads a sealing key from its file.
///
/// # Errors
/// [`Error::Start`] when the file cannot be read or holds none.
pub fn read_sealing_key(path: &Path) -> Result<SealingKey, Error> {
    let mut text = Zeroizing::new(String::with_capacity(128));
    let mut file = File::open(path).map_err(|error| unusable(path, &error))?;
    file.read_to_string(&mut text).map_err(|error| unusable(path, &error))?;
    SealingKey::from_text(&text)
}

fn write_sealing_key(path: &Path) -> Result<SealingKey, Error> {
    let key = SealingKey::generate();
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(|error| unusable(path, &error))?;
    let written = file.write_all(key.to_text().as_bytes()).and_then(|()| file.sync_all());
    written.map_err(|error| unusable(path, &error))?;
    Ok(key)
}
