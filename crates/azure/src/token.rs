//! Tokens: one for each identity, asked for once however many wait, renewed early, kept while it is valid.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::Mutex as Turn;
use zeroize::Zeroizing;

use crate::entra::{self, Issued};
use crate::grant::{Evidence, Grant};
use crate::http::Clients;
use crate::{Error, managed};

/// A token is renewed this long before its end, as Microsoft's own clients do.
const EARLY: Duration = Duration::from_mins(5);

/// A token that lives at least this long is renewed at half its life.
const LONG_LIVED: Duration = Duration::from_hours(2);

/// A token is not used in its last seconds, so that it does not end on its way.
const MARGIN: Duration = Duration::from_secs(10);

/// The wait after a renewal that failed while the old token is still valid.
const PAUSE: Duration = Duration::from_secs(30);

/// What may be known about a token.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TokenFacts {
    /// When it ends, in Unix seconds.
    pub expires_at: i64,
}

/// All identities in use.
pub(crate) struct Tokens {
    clients: Clients,
    sources: Mutex<HashMap<[u8; 32], Arc<TokenSource>>>,
}

impl Tokens {
    pub(crate) fn new(clients: Clients) -> Self {
        Self { clients, sources: Mutex::default() }
    }

    /// The source of tokens for a grant; the same one for the same grant. Replaced credentials are another grant, so that
    /// they count at once.
    pub(crate) fn source(&self, grant: Grant) -> Arc<TokenSource> {
        let fingerprint = grant.fingerprint();
        let mut sources = lock(&self.sources);
        if let Some(source) = sources.get(&fingerprint) {
            return Arc::clone(source);
        }
        sources.retain(|_, source| Arc::strong_count(source) > 1 || source.current().is_some());
        let source = TokenSource { clients: self.clients.clone(), grant, held: Mutex::default(), turn: Arc::default() };
        Arc::clone(sources.entry(fingerprint).or_insert(Arc::new(source)))
    }
}

/// Gives tokens to one identity.
pub(crate) struct TokenSource {
    clients: Clients,
    grant: Grant,
    held: Mutex<Held>,
    /// Whoever asks for a token holds this.
    turn: Arc<Turn<()>>,
}

#[derive(Default)]
struct Held {
    token: Option<Arc<Token>>,
    /// The last failure, for those who waited for the same answer.
    failure: Option<(Instant, Error)>,
}

pub(crate) struct Token {
    text: Zeroizing<String>,
    ends: Instant,
    renew: Instant,
    facts: TokenFacts,
}

impl Token {
    fn new(issued: Issued) -> Self {
        let now = Instant::now();
        let lifetime = issued.lifetime;
        let usual = if lifetime >= LONG_LIVED { lifetime / 2 } else { lifetime.saturating_sub(EARLY) };
        let expires = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + lifetime;
        Self {
            text: issued.token,
            ends: now + lifetime.saturating_sub(MARGIN),
            renew: now + issued.refresh_in.map_or(usual, |asked| asked.min(usual)),
            facts: TokenFacts { expires_at: expires.as_secs().try_into().unwrap_or(i64::MAX) },
        }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn facts(&self) -> TokenFacts {
        self.facts
    }
}

impl TokenSource {
    /// A valid token: the one held, or a new one. However many ask at once, one is asked for.
    pub(crate) async fn token(self: &Arc<Self>) -> Result<Arc<Token>, Error> {
        let asked = Instant::now();
        if let Some(token) = self.current() {
            if token.renew <= asked {
                self.renew_in_background();
            }
            return Ok(token);
        }
        let _turn = self.turn.lock().await;
        if let Some(token) = self.current() {
            return Ok(token);
        }
        if let Some((_, error)) = lock(&self.held).failure.as_ref().filter(|(at, _)| *at >= asked) {
            return Err(error.clone());
        }
        self.fetch().await
    }

    /// Forgets a token that a vault did not accept, unless it has been replaced already.
    pub(crate) fn forget(&self, token: &Arc<Token>) {
        let mut held = lock(&self.held);
        if held.token.as_ref().is_some_and(|current| Arc::ptr_eq(current, token)) {
            held.token = None;
        }
    }

    fn current(&self) -> Option<Arc<Token>> {
        lock(&self.held).token.clone().filter(|token| Instant::now() < token.ends)
    }

    /// Must be called by the holder of the turn only.
    async fn fetch(&self) -> Result<Arc<Token>, Error> {
        let result = match &self.grant.evidence {
            Evidence::Managed(endpoint) => managed::request_token(&self.clients, &self.grant, endpoint).await,
            _ => entra::request_token(&self.clients.azure, &self.grant).await,
        };
        let mut held = lock(&self.held);
        match result {
            Ok(issued) => {
                let token = Arc::new(Token::new(issued));
                *held = Held { token: Some(Arc::clone(&token)), failure: None };
                Ok(token)
            }
            Err(error) => {
                held.failure = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    fn renew_in_background(self: &Arc<Self>) {
        if lock(&self.held).failure.as_ref().is_some_and(|(at, _)| at.elapsed() < PAUSE) {
            return;
        }
        let Ok(turn) = Arc::clone(&self.turn).try_lock_owned() else { return };
        let source = Arc::clone(self);
        tokio::spawn(async move {
            let _turn = turn;
            if let Err(error) = source.fetch().await {
                tracing::warn!(%error, "the token was not renewed; the old one is used while it is valid");
            }
        });
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
