//! What every journey stands on.

mod cdp;
mod chromium;
mod client;
mod keyboard;
mod outline;
mod tab;
mod world;

pub use client::{Client, Reply};
pub use tab::Tab;
pub use world::World;
