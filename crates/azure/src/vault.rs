//! One key vault, seen with one identity: the steps to reach it, and the way every request takes.

use std::sync::Arc;
use std::time::Duration;

use reqwest::{Method, RequestBuilder};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::client::Client;
use crate::cloud::Cloud;
use crate::connect::Unresolved;
use crate::http::{self, Reply};
use crate::token::{TokenFacts, TokenSource};
use crate::{Challenge, Error, Garble};

/// The version of the REST API. 7.4 is answered by every cloud, and nothing newer is needed.
const API_VERSION: &str = "7.4";

/// A key vault with the identity that asks it; clones are cheap.
#[derive(Clone)]
pub struct Vault {
    client: Client,
    host: String,
    url: String,
    cloud: &'static Cloud,
    source: Arc<TokenSource>,
}

/// A request to a vault, before it has a token.
pub(crate) struct Request {
    method: Method,
    path: String,
    body: Option<String>,
    timeout: Option<Duration>,
}

impl Request {
    pub(crate) fn new(method: Method, path: String) -> Self {
        Self { method, path, body: None, timeout: None }
    }

    pub(crate) fn body(mut self, body: &impl Serialize) -> Self {
        self.body = Some(serde_json::to_string(body).expect("requests can be written as JSON"));
        self
    }

    pub(crate) fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }
}

impl Vault {
    pub(crate) fn new(client: Client, host: String, cloud: &'static Cloud, source: Arc<TokenSource>) -> Self {
        Self { client, url: format!("https://{host}"), host, cloud, source }
    }

    /// `https://` and the host.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The host, such as `acme.vault.azure.net`, in lower case.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Asks the name service alone.
    ///
    /// # Errors
    /// [`Error::UnknownVault`] when there is no such name, [`Error::Unreachable`] when it could not be asked.
    pub async fn resolve(&self) -> Result<(), Error> {
        match self.client.shared.resolver.addresses(&self.host).await {
            Ok(_) => Ok(()),
            Err(Unresolved::Unknown) => Err(Error::UnknownVault { host: self.host.clone() }),
            Err(error) => Err(Error::Unreachable { host: self.host.clone(), source: Arc::new(error) }),
        }
    }

    /// Knocks without a token: proves that the host holds the vault's certificate, and learns the vault's tenant.
    ///
    /// # Errors
    /// As for every request; [`Garble::ForeignChallenge`] when what answers is not a key vault of this cloud.
    pub async fn connect(&self) -> Result<Challenge, Error> {
        let request = Request::new(Method::GET, "/keys".to_owned());
        let reply = http::send(self.prepare(&request), &self.host).await?;
        let foreign = || Error::Garbled { host: self.host.clone(), reason: Garble::ForeignChallenge };
        let answer = match reply.success() {
            Ok(_) => return Err(foreign()),
            Err(Error::Answered(answer)) if answer.status == 401 => answer,
            Err(error) => return Err(error),
        };
        // A vault that asks for a token for somebody else is not one (Microsoft, "Challenge resource verification").
        let resource = format!("https://{}", self.cloud.vault_suffix);
        answer.challenge.filter(|challenge| challenge.resource.trim_end_matches('/') == resource).ok_or_else(foreign)
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
        Error::Garbled { host: self.host.clone(), reason }
    }

    /// Sends a request once. After a 401, which says that it was not carried out, once more with a new token.
    async fn send(&self, request: &Request) -> Result<Reply, Error> {
        let token = self.source.token().await?;
        let reply = http::send(self.prepare(request).bearer_auth(token.text()), &self.host).await?;
        if reply.status.as_u16() != 401 {
            return Ok(reply);
        }
        self.source.forget(&token);
        let token = self.source.token().await?;
        http::send(self.prepare(request).bearer_auth(token.text()), &self.host).await
    }

    fn prepare(&self, request: &Request) -> RequestBuilder {
        let url = format!("{}{}?api-version={API_VERSION}", self.url, request.path);
        let mut builder = self.client.shared.http.request(request.method.clone(), url);
        if let Some(timeout) = request.timeout {
            builder = builder.timeout(timeout);
        }
        match &request.body {
            Some(body) => builder.header("content-type", "application/json").body(body.clone()),
            None => builder,
        }
    }
}
