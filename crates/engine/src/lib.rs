//! The product: use cases, storage, sealing, reconciliation, audit.
//!
//! Use cases write intent; one reconciler talks to Azure.

mod accounts;
mod actor;
mod audit;
mod background;
mod backup;
mod check;
mod clock;
mod compromise;
mod cost;
mod deleted_keys;
mod destruction;
mod differences;
mod distributions;
mod drift;
mod error;
mod explain;
mod generate;
mod identity;
mod keys;
mod mounts;
mod namespaces;
mod operations;
mod own_keys;
mod patience;
mod policies;
mod pool;
mod providers;
mod reconcile;
mod resealing;
mod schedule;
mod seal;
mod standing;
mod start;
mod store;
mod turns;
mod workspaces;

pub use accounts::{Caller, FirstPassword, IssuedPolicyToken, Lineage, NewPolicyToken, PolicyToken, StoredSession};
pub use actor::Actor;
pub use audit::{Chain, Trail};
pub use azure::{ClientOptions, ConnectTo, Environment};
pub use backup::{Backup, back_up, restore};
pub use error::Error;
pub use mounts::{Mount, MountInfo, MountSettings};
pub use namespaces::Namespace;
pub use patience::Arrival;
pub use policies::Policy;
pub use seal::SealingKey;
pub use start::{Engine, Options, read_sealing_key};
