//! Journeys through HTTP and the browser, and rules about the code itself.

mod api;
mod arrows;
mod browser;
mod conformance;
