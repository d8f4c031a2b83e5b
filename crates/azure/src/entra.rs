//! Microsoft Entra: a token for a service principal with a client secret (OAuth 2.0 client credentials, RFC 6749 §4.4).

use std::fmt;
use std::time::Duration;

use serde::Deserialize;
use zeroize::Zeroizing;

use crate::cloud::Cloud;
use crate::http::{self, Reply};
use crate::{Error, Garble, answer};

/// Waits before the second and the third try. Whoever asked has a back-off of his own for longer outages.
const WAITS: [Duration; 2] = [Duration::from_millis(250), Duration::from_secs(1)];

/// Codes of Entra that pass by themselves (Microsoft, "Microsoft Entra authentication and authorization error codes"):
/// a loop was detected, a transient error, no service for the moment.
const PASSING: [u32; 3] = [50196, 90033, 50001];

/// A service principal's credentials. They cannot be printed or copied; the secret is wiped when dropped.
pub struct Credentials {
    /// The tenant's id or domain name.
    pub tenant_id: String,
    /// The application's (client's) id.
    pub client_id: String,
    /// The secret's value.
    pub client_secret: Zeroizing<String>,
}

/// Entra's refusal, as it was answered.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EntraAnswer {
    /// HTTP status.
    pub status: u16,
    /// `error`, such as `invalid_client`; empty when the answer is not Entra's error document.
    pub error: String,
    /// The first of `error_codes`: the number in `AADSTS7000215`.
    pub aadsts: Option<u32>,
    /// The first line of `error_description`.
    pub message: String,
    /// `trace_id`, which Microsoft's support asks for.
    pub trace_id: Option<String>,
    /// `correlation_id`, which Microsoft's support asks for.
    pub correlation_id: Option<String>,
    /// The time after which to ask again, where Entra named one.
    pub retry_after: Option<Duration>,
}

/// A token as it was issued.
pub(crate) struct Issued {
    pub(crate) token: Zeroizing<String>,
    pub(crate) lifetime: Duration,
    /// After which time Entra wants it refreshed, if it said so.
    pub(crate) refresh_in: Option<Duration>,
}

/// Asks for a token; repeated a few times while Entra is busy or out of reach.
pub(crate) async fn request_token(
    client: &reqwest::Client,
    cloud: &Cloud,
    credentials: &Credentials,
) -> Result<Issued, Error> {
    let mut waits = WAITS.into_iter();
    loop {
        let error = match request_once(client, cloud, credentials).await {
            Ok(issued) => return Ok(issued),
            Err(error) => error.before_token(cloud.login),
        };
        let Some(wait) = waits.next() else { return Err(error) };
        let wait = match &error {
            Error::Unreachable { .. } => wait,
            Error::Entra(answer) if answer.status == 429 || answer.status >= 500 => {
                // A longer wait is for the one who asked.
                match answer.retry_after {
                    Some(asked) if asked > WAITS[1] => return Err(error),
                    Some(asked) => asked.max(wait),
                    None => wait,
                }
            }
            _ => return Err(error),
        };
        tokio::time::sleep(wait).await;
    }
}

async fn request_once(client: &reqwest::Client, cloud: &Cloud, credentials: &Credentials) -> Result<Issued, Error> {
    let url = format!("https://{}/{}/oauth2/v2.0/token", cloud.login, credentials.tenant_id);
    let request = client.post(url).form(&[
        ("grant_type", "client_credentials"),
        ("client_id", &credentials.client_id),
        ("client_secret", &credentials.client_secret),
        ("scope", &cloud.scope()),
    ]);
    let reply = http::send(request, cloud.login).await?;
    if !reply.status.is_success() {
        return Err(Error::Entra(Box::new(EntraAnswer::read(&reply))));
    }
    let body = Zeroizing::new(reply.body);
    let document = serde_json::from_slice::<TokenDocument>(&body).ok();
    let document = document
        .filter(|document| !document.access_token.is_empty() && document.token_type.eq_ignore_ascii_case("bearer"));
    let Some(document) = document else {
        return Err(Error::Garbled { host: cloud.login.to_owned(), reason: Garble::NotTheDocument });
    };
    Ok(Issued {
        token: Zeroizing::new(document.access_token),
        lifetime: Duration::from_secs(document.expires_in),
        refresh_in: document.refresh_in.map(Duration::from_secs),
    })
}

impl EntraAnswer {
    fn read(reply: &Reply) -> Self {
        let document: ErrorDocument = serde_json::from_slice(&reply.body).unwrap_or_default();
        let message = document.error_description.lines().next().unwrap_or_default().to_owned();
        Self {
            status: reply.status.as_u16(),
            error: document.error,
            aadsts: document.error_codes.first().copied().or_else(|| code_in(&message)),
            message: answer::cut(message),
            trace_id: document.trace_id,
            correlation_id: document.correlation_id,
            retry_after: answer::retry_after(&reply.headers),
        }
    }

    pub(crate) fn is_lasting(&self) -> bool {
        let passes = self.aadsts.is_some_and(|code| PASSING.contains(&code));
        self.status < 500 && !matches!(self.status, 408 | 429) && !passes
    }
}

impl fmt::Display for EntraAnswer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Microsoft Entra answered with status {}", self.status)?;
        for part in [&self.error, &self.message] {
            if !part.is_empty() {
                write!(formatter, ", {part}")?;
            }
        }
        Ok(())
    }
}

/// The number in a text that begins with `AADSTS<number>:`.
fn code_in(message: &str) -> Option<u32> {
    message.strip_prefix("AADSTS")?.split(':').next()?.parse().ok()
}

#[derive(Deserialize)]
struct TokenDocument {
    token_type: String,
    expires_in: u64,
    refresh_in: Option<u64>,
    access_token: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ErrorDocument {
    error: String,
    error_description: String,
    error_codes: Vec<u32>,
    trace_id: Option<String>,
    correlation_id: Option<String>,
}
