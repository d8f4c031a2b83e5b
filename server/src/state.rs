//! What every handler can reach.

use std::sync::Arc;

use api::DemoVault;
use axum::extract::FromRef;
use engine::Engine;

use crate::auth::Attempts;
use crate::console::Console;

/// What every handler can reach. Cheap to clone.
#[derive(Clone, FromRef)]
pub(crate) struct State {
    pub(crate) engine: Engine,
    pub(crate) attempts: Arc<Attempts>,
    pub(crate) console: Console,
    pub(crate) demo: DemoVaults,
    pub(crate) scheme: Scheme,
}

/// The embedded simulator's vaults; `None` when the server runs without one.
#[derive(Clone)]
pub(crate) struct DemoVaults(pub(crate) Option<Arc<Vec<DemoVault>>>);

/// How clients reach this server.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) enum Scheme {
    Http,
    Https,
}

impl Scheme {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}
