//! One HTTPS request and its bounded answer; what failed is sorted by what may have happened to the request.

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::redirect::Policy;
use reqwest::{Certificate, RequestBuilder, Response, StatusCode};
use uuid::Uuid;

use crate::connect::{Resolver, Unresolved};
use crate::{Answer, ClientOptions, Error, Garble};

/// No answer of Key Vault comes near this size; more is not read.
const LONGEST_ANSWER: usize = 1024 * 1024;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Elsewhere than on Azure nobody answers at the metadata service's address.
const METADATA_CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

const USER_AGENT: &str = concat!("keyferry/", env!("CARGO_PKG_VERSION"));

/// The HTTP clients; clones share connections.
#[derive(Clone)]
pub(crate) struct Clients {
    /// For Entra and the vaults.
    pub(crate) azure: reqwest::Client,
    /// For the metadata service, which is plain HTTP on a local address.
    pub(crate) metadata: reqwest::Client,
    /// The wait before the metadata service is asked a second time.
    pub(crate) metadata_wait: Duration,
    /// Whether connections go to a simulator, so that no real service may be asked that nobody named.
    pub(crate) is_redirected: bool,
}

/// A successful answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    pub(crate) client_request_id: String,
}

impl Reply {
    /// The answer of a vault, if it is a success.
    pub(crate) fn success(self) -> Result<Vec<u8>, Error> {
        if self.status.is_success() {
            return Ok(self.body);
        }
        let answer = Answer::read(self.status.as_u16(), &self.headers, &self.body, self.client_request_id);
        Err(Error::Answered(Box::new(answer)))
    }
}

impl Clients {
    pub(crate) fn new(options: &ClientOptions) -> Result<Self, Error> {
        Ok(Self {
            azure: azure(options)?,
            metadata: metadata(options)?,
            metadata_wait: options.metadata_wait,
            is_redirected: !options.connect_to.is_empty(),
        })
    }
}

/// The client for the metadata service: never through a proxy (Microsoft, "How to use managed identities for Azure
/// resources on an Azure VM to acquire an access token").
fn metadata(options: &ClientOptions) -> Result<reqwest::Client, Error> {
    reqwest::Client::builder()
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .http1_only()
        .connect_timeout(METADATA_CONNECT_TIMEOUT)
        .timeout(options.timeout)
        .user_agent(USER_AGENT)
        .build()
        .map_err(|error| Error::Setup(Arc::new(error)))
}

/// The client for Azure: TLS always, no redirects, no cookies, nothing repeated.
fn azure(options: &ClientOptions) -> Result<reqwest::Client, Error> {
    let setup = |error| Error::Setup(Arc::new(error));
    let mut builder = reqwest::Client::builder()
        .https_only(true)
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        // One request, one connection: when it breaks, the outcome of one request is unknown and not of many.
        .http1_only()
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(options.timeout)
        .user_agent(USER_AGENT)
        .dns_resolver(Resolver::new(&options.connect_to));
    if !options.connect_to.is_empty() {
        builder = builder.no_proxy();
    }
    if let Some(pem) = &options.ca_pem {
        builder = builder.tls_certs_only(Certificate::from_pem_bundle(pem.as_bytes()).map_err(setup)?);
    }
    builder.build().map_err(setup)
}

/// Sends one request and reads its answer, whatever its status.
pub(crate) async fn send(request: RequestBuilder, host: &str) -> Result<Reply, Error> {
    let client_request_id = Uuid::new_v4().to_string();
    let request = request.header("x-ms-client-request-id", &client_request_id);
    let response = request.send().await.map_err(|error| sort(error, host))?;
    let status = response.status();
    let headers = response.headers().clone();
    tracing::debug!(host, status = status.as_u16(), client_request_id, "Azure answered");
    if status.is_redirection() {
        return Err(Error::Redirected { host: host.to_owned(), status: status.as_u16() });
    }
    let body = match read(response, host).await {
        Err(error) if status.is_success() => return Err(error),
        // The status says enough.
        body => body.unwrap_or_default(),
    };
    Ok(Reply { status, headers, body, client_request_id })
}

async fn read(mut response: Response, host: &str) -> Result<Vec<u8>, Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| lost(error, host))? {
        if body.len() + chunk.len() > LONGEST_ANSWER {
            return Err(Error::Garbled { host: host.to_owned(), reason: Garble::TooLong });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn sort(error: reqwest::Error, host: &str) -> Error {
    if error.is_builder() {
        return Error::Setup(Arc::new(error.without_url()));
    }
    if !error.is_connect() {
        return lost(error, host);
    }
    match unresolved(&error) {
        Some(Unresolved::Unknown) => Error::UnknownVault { host: host.to_owned() },
        _ => Error::Unreachable { host: host.to_owned(), source: Arc::new(error.without_url()) },
    }
}

fn lost(error: reqwest::Error, host: &str) -> Error {
    Error::Lost { host: host.to_owned(), source: Arc::new(error.without_url()) }
}

/// What our resolver said, if it was the resolver that failed.
fn unresolved(error: &reqwest::Error) -> Option<Unresolved> {
    let mut cause: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(unresolved) = error.downcast_ref() {
            return Some(*unresolved);
        }
        cause = error.source();
    }
    None
}
