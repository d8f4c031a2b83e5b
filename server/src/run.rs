//! Starting and stopping: engine, reconciler and listener.

use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use api::{DemoVault, SecretInput};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderMap, Method, Uri};
use axum::middleware::{from_fn, from_fn_with_state, map_response};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use engine::{Engine, FirstPassword};
use hyper_util::rt::TokioTimer;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tower_http::catch_panic::CatchPanicLayer;

use crate::auth;
use crate::console::Console;
use crate::error::Error as Refusal;
use crate::state::{DemoVaults, Scheme, State};
use crate::{cross_site, headers, observe, routes};

/// The largest body that is read.
const LARGEST_BODY: usize = 1024 * 1024;

/// The largest body that is read below `/v1`, as Vault does.
const LARGEST_VAULT_BODY: usize = 32 * 1024 * 1024;

/// The longest that a request may take that waits for nobody.
const LONGEST: Duration = Duration::from_secs(30);

/// How long a connection may take to send the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// How long requests in work may take when the server stops.
const STOP_TIMEOUT: Duration = Duration::from_secs(30);

/// What a server needs to start.
pub struct Options {
    /// Address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The engine's own.
    pub engine: engine::Options,
    /// The password of `admin` at the very first start; without it one is made.
    pub admin_password: Option<SecretInput>,
    /// Certificate and key; without them the server speaks plain HTTP.
    pub tls: Option<TlsFiles>,
    /// The vaults of an embedded simulator, if there is one.
    pub demo: Option<Vec<DemoVault>>,
}

/// What the server shows to prove who it is.
pub struct TlsFiles {
    /// Certificate chain, PEM.
    pub cert: PathBuf,
    /// Its private key, PEM.
    pub key: PathBuf,
}

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Choose another address.
    #[error("the address {0} cannot be listened on")]
    Listen(SocketAddr, #[source] io::Error),
    /// Give other files.
    #[error("the TLS certificate and key cannot be used")]
    Tls(#[source] io::Error),
    /// The engine says what is wrong.
    #[error(transparent)]
    Engine(#[from] engine::Error),
}

/// A running server.
pub struct Running {
    address: SocketAddr,
    scheme: Scheme,
    engine: Engine,
    first_password: Option<FirstPassword>,
    handle: Handle<SocketAddr>,
    serving: JoinHandle<io::Result<()>>,
    reconciling: JoinHandle<()>,
    stop_reconciling: oneshot::Sender<()>,
}

/// Starts a server.
///
/// # Errors
/// When the address is taken, the certificate is not one, or the engine does not start.
pub async fn start(options: Options) -> Result<Running, Error> {
    let unusable = |error| Error::Listen(options.listen, error);
    let listener = TcpListener::bind(options.listen).map_err(unusable)?;
    listener.set_nonblocking(true).map_err(unusable)?;
    let address = listener.local_addr().map_err(unusable)?;
    // Only the first call of a process decides, and all of ours say the same.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let tls = match &options.tls {
        Some(TlsFiles { cert, key }) => Some(RustlsConfig::from_pem_file(cert, key).await.map_err(Error::Tls)?),
        None => None,
    };
    let scheme = if tls.is_some() { Scheme::Https } else { Scheme::Http };

    let engine = Engine::start(options.engine).await?;
    let first_password = engine.first_start(options.admin_password.as_ref(), options.demo.is_some()).await?;
    let (stop_reconciling, stopped) = oneshot::channel();
    let reconciler = engine.clone();
    let reconciling = tokio::spawn(async move {
        reconciler.reconcile(async { drop(stopped.await) }).await;
    });

    let state = State {
        engine: engine.clone(),
        attempts: Arc::default(),
        console: Console::load(),
        demo: DemoVaults(options.demo.map(Arc::new)),
        scheme,
    };
    let handle = Handle::new();
    let serving = tokio::spawn(serve(listener, tls, router(state), handle.clone()).map_err(unusable)?);
    Ok(Running { address, scheme, engine, first_password, handle, serving, reconciling, stop_reconciling })
}

impl Running {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where a browser finds it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme.as_str(), self.address)
    }

    /// The password made for the first administrator, if this was the very first start.
    #[must_use]
    pub fn first_password(&self) -> Option<&FirstPassword> {
        self.first_password.as_ref()
    }

    /// The engine behind it.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Takes no new requests, finishes those in work and the reconciler's steps, then closes the database.
    pub async fn stop(self) {
        self.handle.graceful_shutdown(Some(STOP_TIMEOUT));
        self.engine.end_waiting();
        // It ends with an error only when the listener breaks, and there is nothing left to do about that.
        drop(self.serving.await);
        let _ = self.stop_reconciling.send(());
        drop(self.reconciling.await);
        self.engine.close().await;
    }
}

fn serve(
    listener: TcpListener,
    tls: Option<RustlsConfig>,
    router: Router,
    handle: Handle<SocketAddr>,
) -> io::Result<impl Future<Output = io::Result<()>>> {
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let mut plain = axum_server::from_tcp(listener)?.handle(handle);
    plain.http_builder().http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    Ok(async move {
        match tls {
            Some(config) => plain.acceptor(axum_server::tls_rustls::RustlsAcceptor::new(config)).serve(service).await,
            None => plain.serve(service).await,
        }
    })
}

/// Every route; layers are written from the inside out. The two faces of the product answer errors each in their own
/// shape, and only Vault's waits for Azure.
fn router(state: State) -> Router {
    let (api, _) = routes::api().split_for_parts();
    Router::new()
        .nest("/api/v1", api)
        .route("/health", get(routes::health))
        .route("/ready", get(routes::ready))
        .fallback(console)
        .method_not_allowed_fallback(|| async { Refusal::Method })
        .layer(auth::layer(state.engine.clone(), state.scheme))
        .layer(from_fn_with_state(state.clone(), cross_site::refuse))
        .layer(from_fn_with_state(LONGEST, observe::limit_time))
        .layer(CatchPanicLayer::custom(|_| Refusal::Panic.into_response()))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .merge(vault(&state))
        .layer(from_fn(observe::observe))
        .layer(from_fn_with_state(state.clone(), headers::add))
        .with_state(state)
}

fn vault(state: &State) -> Router<State> {
    routes::vault()
        .layer(from_fn_with_state(state.clone(), cross_site::refuse))
        .layer(from_fn_with_state(state.engine.patience() + LONGEST, observe::limit_time))
        .layer(CatchPanicLayer::custom(|_| Refusal::Panic.into_response()))
        .layer(DefaultBodyLimit::max(LARGEST_VAULT_BODY))
        .layer(map_response(routes::in_vaults_shape))
}

/// What is no route is a page of the console, one of its files, or nothing.
async fn console(
    axum::extract::State(console): axum::extract::State<Console>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let response = console.respond(&method, uri.path(), &headers);
    response.ok_or_else(|| Refusal::NotFound("this address".to_owned()))
}
