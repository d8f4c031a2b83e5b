//! What every journey stands on.

mod cdp;
mod chromium;
mod client;
mod events;
mod keyboard;
mod outline;
mod tab;
mod vault;
mod wire;
mod world;

pub use client::{Client, Reply};
pub use events::Events;
pub use tab::Tab;
pub use vault::Vault;
pub use wire::{Answer, Dialect, Wire};
pub use world::World;
