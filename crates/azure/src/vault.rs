//! One key vault, seen with one identity: the steps to reach it, and the way every request takes.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use reqwest::{Method, RequestBuilder};
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::client::Client;
use crate::connect::Unresolved;
use crate::http::{self, Reply};
use crate::location::Place;
use crate::token::{TokenFacts, TokenSource};
use crate::{Cloud, Error, Garble, Identity, VaultKind, answer};

/// The version of the REST API. 7.4 is answered by every cloud, and nothing newer is needed.
const API_VERSION: &str = "7.4";

/// Longer than any request, so that a body does not move while it is written and leave copies behind.
const LONGEST_REQUEST: usize = 16 * 1024;

/// A key vault or managed HSM with the identity that asks it; clones are cheap.
#[derive(Clone)]
pub struct Vault {
    client: Client,
    url: String,
    place: Arc<Place>,
    identity: Arc<Identity>,
    source: Arc<TokenSource>,
}

/// What a vault tells to whoever knocks.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Greeting {
    /// The tenant that the vault belongs to.
    pub tenant: String,
    /// The resource that tokens must be for, such as `https://vault.azure.net`.
    pub resource: String,
    /// How many seconds the vault's clock is ahead of ours; less than two mean nothing.
    pub clock_ahead: Option<i64>,
}

/// A request to a vault, before it has a token.
pub(crate) struct Request {
    method: Method,
    path: String,
    /// May hold a private key.
    body: Option<Arc<Zeroizing<Vec<u8>>>>,
    timeout: Option<Duration>,
}

impl Request {
    pub(crate) fn new(method: Method, path: String) -> Self {
        Self { method, path, body: None, timeout: None }
    }

    pub(crate) fn body(mut self, body: &impl Serialize) -> Self {
        let mut text = Zeroizing::new(Vec::with_capacity(LONGEST_REQUEST));
        serde_json::to_writer(&mut *text, body).expect("requests can be written as JSON");
        self.body = Some(Arc::new(text));
        self
    }

    pub(crate) fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }
}

impl Vault {
    pub(crate) fn new(client: Client, place: Place, identity: Identity, source: Arc<TokenSource>) -> Self {
        let url = format!("https://{}", place.host);
        Self { client, url, place: Arc::new(place), identity: Arc::new(identity), source }
    }

    /// `https://` and the host.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The host, such as `acme.vault.azure.net`, in lower case.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.place.host
    }

    /// Whether it is a key vault or a managed HSM.
    #[must_use]
    pub fn kind(&self) -> VaultKind {
        self.place.kind
    }

    /// The cloud it is in.
    #[must_use]
    pub fn cloud(&self) -> &Cloud {
        &self.place.cloud
    }

    /// Which identity is in force, and why the others are not. Nothing is sent.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Asks the name service alone.
    ///
    /// # Errors
    /// [`Error::UnknownVault`] when there is no such name, [`Error::Unreachable`] when it could not be asked.
    pub async fn resolve(&self) -> Result<(), Error> {
        match self.client.shared.resolver.addresses(self.host()).await {
            Ok(_) => Ok(()),
            Err(Unresolved::Unknown) => Err(Error::UnknownVault { host: self.host().to_owned() }),
            Err(error) => Err(Error::Unreachable { host: self.host().to_owned(), source: Arc::new(error) }),
        }
    }

    /// Knocks without a token: proves that the host holds the vault's certificate, and learns the vault's tenant and
    /// clock.
    ///
    /// # Errors
    /// As for every request; [`Garble::ForeignChallenge`] when what answers is not a key vault of this cloud.
    pub async fn connect(&self) -> Result<Greeting, Error> {
        let request = Request::new(Method::GET, "/keys".to_owned());
        let reply = http::send(self.prepare(&request), self.host()).await?;
        let foreign = || self.garbled(Garble::ForeignChallenge);
        let clock_ahead = answer::date(&reply.headers).map(|date| seconds(date) - seconds(SystemTime::now()));
        let answer = match reply.success() {
            Ok(_) => return Err(foreign()),
            Err(Error::Answered(answer)) if answer.status == 401 => answer,
            Err(error) => return Err(error),
        };
        // A vault that asks for a token for somebody else is not one (Microsoft, "Challenge resource verification").
        let is_own = |resource: &str| resource.trim_end_matches('/') == self.place.resource();
        let challenge = answer.challenge.filter(|challenge| is_own(&challenge.resource)).ok_or_else(foreign)?;
        Ok(Greeting { tenant: challenge.tenant, resource: challenge.resource, clock_ahead })
    }

    /// Sees to it that there is a valid token, and says until when.
    ///
    /// # Errors
    /// [`Error::Entra`] when there is none for these credentials, [`Error::Unreachable`] when Entra is out of reach.
    pub async fn token(&self) -> Result<TokenFacts, Error> {
        Ok(self.source.token().await?.facts())
    }

    pub(crate) fn import_timeout(&self) -> Duration {
        self.client.shared.options.import_timeout
    }

    pub(crate) fn deletion_poll(&self) -> Duration {
        self.client.shared.options.deletion_poll
    }

    /// Sends a request and reads the document that a success answers.
    pub(crate) async fn ask<T: DeserializeOwned>(&self, request: Request) -> Result<T, Error> {
        let body = self.send(&request).await?.success()?;
        serde_json::from_slice(&body).map_err(|_| self.garbled(Garble::NotTheDocument))
    }

    pub(crate) fn garbled(&self, reason: Garble) -> Error {
        Error::Garbled { host: self.host().to_owned(), reason }
    }

    /// Sends a request whose success says all.
    pub(crate) async fn tell(&self, request: Request) -> Result<(), Error> {
        self.send(&request).await?.success().map(|_| ())
    }

    /// Sends a request once. After a 401, which says that it was not carried out, once more with a new token.
    async fn send(&self, request: &Request) -> Result<Reply, Error> {
        let token = self.source.token().await?;
        let reply = http::send(self.prepare(request).bearer_auth(token.text()), self.host()).await?;
        if reply.status.as_u16() != 401 {
            return Ok(reply);
        }
        self.source.forget(&token);
        let token = self.source.token().await?;
        http::send(self.prepare(request).bearer_auth(token.text()), self.host()).await
    }

    fn prepare(&self, request: &Request) -> RequestBuilder {
        // A link to a next page brings its query, the version with it.
        let query = if request.path.contains('?') { String::new() } else { format!("?api-version={API_VERSION}") };
        let url = format!("{}{}{query}", self.url, request.path);
        let mut builder = self.client.shared.clients.azure.request(request.method.clone(), url);
        if let Some(timeout) = request.timeout {
            builder = builder.timeout(timeout);
        }
        match &request.body {
            Some(body) => {
                builder.header("content-type", "application/json").body(Bytes::from_owner(Body(Arc::clone(body))))
            }
            None => builder,
        }
    }
}

/// A request's body for the HTTP client, wiped when both are done with it.
struct Body(Arc<Zeroizing<Vec<u8>>>);

impl AsRef<[u8]> for Body {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// Seconds since the start of 1970.
fn seconds(time: SystemTime) -> i64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs().try_into().unwrap_or(i64::MAX))
}
