//! Journeys through the console, as people make them: by role, name and label.

mod auditor;
mod commands;
mod compromised;
mod drift;
mod import;
mod journey;
mod live;
mod mistakes;
mod operations;
mod redistribution;
mod schedule;
mod system;
mod tokens;
mod vaults;
