//! A managed identity: the platform gives the token (Microsoft, "How to use managed identities for Azure resources on an
//! Azure VM" and "… for App Service and Azure Functions", REST endpoint reference).

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::header::HeaderValue;
use serde::Deserialize;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::connect::Unresolved;
use crate::entra::Issued;
use crate::grant::{Grant, ManagedEndpoint};
use crate::http::{self, Clients, Reply};
use crate::{Error, Garble, answer};

/// How often the endpoint is asked again: each wait is twice the one before, with 1.3 s first 82 s in all. Microsoft
/// wants 70 s at least for a service that is being updated.
const RETRIES: u32 = 6;

/// The refusal of a managed identity's endpoint, as it was answered.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ManagedAnswer {
    /// HTTP status.
    pub status: u16,
    /// `error`, such as `invalid_request`; may be empty.
    pub error: String,
    /// What it said, such as `Identity not found`; may be empty.
    pub message: String,
    /// The time after which to ask again, where it named one.
    pub retry_after: Option<Duration>,
}

/// Asks the platform for a token; repeated while it is updated, busy or broken.
pub(crate) async fn request_token(
    clients: &Clients,
    grant: &Grant,
    endpoint: &ManagedEndpoint,
) -> Result<Issued, Error> {
    let host = endpoint.url.host_str().unwrap_or_default();
    if endpoint.is_default && clients.is_redirected {
        return Err(Error::Unreachable { host: host.to_owned(), source: Arc::new(Unresolved::Unknown) });
    }
    let mut wait = clients.metadata_wait;
    for _ in 0..RETRIES {
        let answer = match request_once(clients, grant, endpoint, host).await {
            Err(Error::Managed(answer)) if answer.is_worth_waiting() => answer,
            result => return result.map_err(|error| error.before_token(host)),
        };
        tokio::time::sleep(answer.retry_after.unwrap_or_default().clamp(wait, wait * 2)).await;
        wait *= 2;
    }
    request_once(clients, grant, endpoint, host).await.map_err(|error| error.before_token(host))
}

async fn request_once(
    clients: &Clients,
    grant: &Grant,
    endpoint: &ManagedEndpoint,
    host: &str,
) -> Result<Issued, Error> {
    let mut request = clients.metadata.get(endpoint.url.clone());
    let version = if let Some(secret) = &endpoint.header {
        let variable = "IDENTITY_HEADER";
        let reason = "cannot be sent as a header";
        let mut value = HeaderValue::from_str(secret).map_err(|_| Error::InvalidEnvironment { variable, reason })?;
        value.set_sensitive(true);
        request = request.header("x-identity-header", value);
        "2019-08-01"
    } else {
        request = request.header("metadata", "true");
        "2018-02-01"
    };
    request = request.query(&[("api-version", version), ("resource", &grant.resource)]);
    if let Some(client_id) = &grant.client_id {
        request = request.query(&[("client_id", client_id)]);
    }
    let reply = http::send(request, host).await?;
    if !reply.status.is_success() {
        return Err(Error::Managed(Box::new(ManagedAnswer::read(&reply))));
    }
    let garbled = || Error::Garbled { host: host.to_owned(), reason: Garble::NotTheDocument };
    let body = Zeroizing::new(reply.body);
    let document: TokenDocument = serde_json::from_slice(&body).map_err(|_| garbled())?;
    let lifetime = document.lifetime().ok_or_else(garbled)?;
    let token = Zeroizing::new(document.access_token);
    if token.is_empty() || !document.token_type.eq_ignore_ascii_case("bearer") {
        return Err(garbled());
    }
    Ok(Issued { token, lifetime, refresh_in: None })
}

impl ManagedAnswer {
    fn read(reply: &Reply) -> Self {
        let document: ErrorDocument = serde_json::from_slice(&reply.body).unwrap_or_default();
        let message = [document.error_description, document.message].into_iter().find(|text| !text.is_empty());
        Self {
            status: reply.status.as_u16(),
            error: document.error,
            message: answer::cut(message.unwrap_or_else(|| answer::plain_text(&reply.body))),
            retry_after: answer::retry_after(&reply.headers),
        }
    }

    /// Whether the same call waits for a better answer. A 404 may be a service that is being updated, but far more
    /// often nothing at the address gives tokens: that is told at once, and whoever needs the token asks again later.
    fn is_worth_waiting(&self) -> bool {
        !self.is_lasting() && self.status != 404
    }

    /// 404 and 410 are answered while the service is being updated.
    pub(crate) fn is_lasting(&self) -> bool {
        self.status < 500 && !matches!(self.status, 404 | 408 | 410 | 429)
    }
}

impl fmt::Display for ManagedAnswer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the endpoint of the managed identity answered with status {}", self.status)?;
        for part in [&self.error, &self.message] {
            if !part.is_empty() {
                write!(formatter, ", {part}")?;
            }
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct TokenDocument {
    access_token: String,
    token_type: String,
    expires_in: Option<Value>,
    expires_on: Option<Value>,
}

impl TokenDocument {
    /// How long the token lives. Both numbers are written as text, and App Service names the end only.
    fn lifetime(&self) -> Option<Duration> {
        let seconds = |value: &Option<Value>| match value.as_ref()? {
            Value::String(text) => text.parse().ok(),
            Value::Number(number) => number.as_u64(),
            _ => None,
        };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let left = || seconds(&self.expires_on).map(|end: u64| end.saturating_sub(now));
        seconds(&self.expires_in).or_else(left).map(Duration::from_secs)
    }
}

/// The metadata service answers the first two members, App Service the last.
#[derive(Default, Deserialize)]
#[serde(default)]
struct ErrorDocument {
    error: String,
    error_description: String,
    message: String,
}
