//! What every journey stands on.

mod cdp;
mod chromium;
mod keyboard;
mod outline;
mod tab;

pub use tab::Tab;
