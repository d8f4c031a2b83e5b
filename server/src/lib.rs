//! The Keyferry server: extract, authorize, call the engine, reply.

mod auth;
pub mod config;
pub mod console;
mod cross_site;
pub mod demo;
mod error;
mod extract;
mod headers;
mod observe;
pub mod openapi;
mod routes;
mod run;
mod state;

pub use run::{Error, Options, Running, TlsFiles, start};
