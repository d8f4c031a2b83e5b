//! Microsoft Entra: a token for a service principal (OAuth 2.0 client credentials, RFC 6749 §4.4) that proves itself by a
//! secret, or by an assertion (RFC 7523) that its certificate signs or that another issuer made.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use zeroize::Zeroizing;

use crate::certificate::Certificate;
use crate::environment;
use crate::grant::{Evidence, Grant};
use crate::http::{self, Reply};
use crate::{Error, Garble, answer};

/// Waits before the second and the third try. Whoever asked has a back-off of his own for longer outages.
const WAITS: [Duration; 2] = [Duration::from_millis(250), Duration::from_secs(1)];

/// The type of an assertion that is a JSON Web Token (RFC 7523 §2.2).
const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Codes of Entra that pass by themselves (Microsoft, "Microsoft Entra authentication and authorization error codes"):
/// a loop was detected, a transient error, no service for the moment.
const PASSING: [u32; 3] = [50196, 90033, 50001];

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
pub(crate) async fn request_token(client: &reqwest::Client, grant: &Grant) -> Result<Issued, Error> {
    let mut waits = WAITS.into_iter();
    loop {
        let error = match request_once(client, grant).await {
            Ok(issued) => return Ok(issued),
            Err(error) => error.before_token(host(grant)),
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

async fn request_once(client: &reqwest::Client, grant: &Grant) -> Result<Issued, Error> {
    let url = format!("{}/{}/oauth2/v2.0/token", grant.authority, grant.tenant_id);
    let client_id = grant.client_id.as_deref().unwrap_or_default();
    let proof = proof(grant, client_id, &url).await?;
    let scope = format!("{}/.default", grant.resource);
    let mut form = vec![("grant_type", "client_credentials"), ("client_id", client_id), ("scope", &scope)];
    match &proof {
        Form::Secret(secret) => form.push(("client_secret", secret)),
        Form::Assertion(assertion) => {
            form.extend([("client_assertion_type", ASSERTION), ("client_assertion", assertion.as_str())]);
        }
    }
    let request = client.post(&url).form(&form);
    let reply = http::send(request, host(grant)).await?;
    if !reply.status.is_success() {
        return Err(Error::Entra(Box::new(EntraAnswer::read(&reply))));
    }
    let body = Zeroizing::new(reply.body);
    let document = serde_json::from_slice::<TokenDocument>(&body).ok();
    let document = document
        .filter(|document| !document.access_token.is_empty() && document.token_type.eq_ignore_ascii_case("bearer"));
    let Some(document) = document else {
        return Err(Error::Garbled { host: host(grant).to_owned(), reason: Garble::NotTheDocument });
    };
    Ok(Issued {
        token: Zeroizing::new(document.access_token),
        lifetime: Duration::from_secs(document.expires_in),
        refresh_in: document.refresh_in.map(Duration::from_secs),
    })
}

/// What proves the identity, as it is sent.
enum Form<'a> {
    Secret(&'a str),
    Assertion(Zeroizing<String>),
}

/// Files are read each time: whoever wrote them may replace them.
async fn proof<'a>(grant: &'a Grant, client_id: &str, audience: &str) -> Result<Form<'a>, Error> {
    let certificate = |file: &[u8], path: &Path, send_chain: bool| {
        let certificate = Certificate::read(file, path).map_err(|fault| Error::UnusableCertificate {
            path: (!path.as_os_str().is_empty()).then(|| path.to_owned()),
            fault,
        })?;
        Ok(Form::Assertion(certificate.assertion(client_id, audience, send_chain)))
    };
    match &grant.evidence {
        Evidence::Secret(secret) => Ok(Form::Secret(secret)),
        Evidence::Certificate { pem, send_chain } => certificate(pem.as_bytes(), Path::new(""), *send_chain),
        Evidence::CertificateFile { path, send_chain } => {
            certificate(&read(environment::CERTIFICATE, path).await?, path, *send_chain)
        }
        Evidence::FederatedFile(path) => {
            let variable = environment::FEDERATED_TOKEN;
            let file = read(variable, path).await?;
            let token = std::str::from_utf8(&file).map(str::trim).ok().filter(|token| !token.is_empty());
            let reason = "names a file that holds no token";
            let token = token.ok_or(Error::InvalidEnvironment { variable, reason })?;
            Ok(Form::Assertion(Zeroizing::new(token.to_owned())))
        }
        Evidence::Managed(_) => unreachable!("a managed identity does not ask Entra"),
    }
}

async fn read(variable: &'static str, path: &Path) -> Result<Zeroizing<Vec<u8>>, Error> {
    let file = tokio::fs::read(path).await;
    file.map(Zeroizing::new).map_err(|error| Error::UnreadableFile {
        variable,
        path: path.to_owned(),
        kind: error.kind(),
    })
}

/// The host of Entra, for errors.
fn host(grant: &Grant) -> &str {
    let rest = grant.authority.strip_prefix("https://").unwrap_or(&grant.authority);
    rest.split('/').next().unwrap_or(rest)
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
