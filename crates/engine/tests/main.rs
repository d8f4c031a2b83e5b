//! The engine against a real database and the simulator: each story on SQLite, and again on PostgreSQL.

mod accounts;
mod chain;
mod faults;
mod histories;
mod life;
mod refusals;
mod starting;
mod support;
