//! The engine against a real database and the simulator: each story on SQLite, and again on PostgreSQL.

mod accounts;
mod backups;
mod chain;
mod compromised;
mod deleted_keys;
mod destroyed;
mod drift;
mod explanations;
mod faults;
mod histories;
mod identities;
mod keks;
mod life;
mod operations;
mod outcomes;
mod own_keys;
mod paces;
mod patience;
mod pools;
mod refusals;
mod resealing;
mod rights;
mod schedules;
mod starting;
mod support;
mod vaults;
