//! `cargo xtask bench`: measures what the design gives a budget, on the program as it ships.
//!
//! Each figure is a line of JSON on standard output; what is being done is told on standard error.

mod database;
mod deliveries;
mod figure;
mod keys;
mod lists;
mod memory;
mod node;
mod pool;
mod seed;

use std::env;

use crate::database::Database;

#[tokio::main]
async fn main() {
    // Cargo itself adds words that begin with a hyphen.
    let words: Vec<String> = env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let is_wanted = |chapter: &str| words.is_empty() || words.iter().any(|word| chapter.contains(word.as_str()));
    if is_wanted("pool") {
        pool::measure().await;
    }
    if is_wanted("memory") {
        memory::measure().await;
    }
    for database in Database::ALL {
        if is_wanted(&format!("lists {database}")) {
            lists::measure(database).await;
        }
        if is_wanted(&format!("deliveries {database}")) {
            deliveries::unthrottled(database).await;
        }
    }
    if is_wanted("limits") {
        deliveries::limited().await;
    }
}
