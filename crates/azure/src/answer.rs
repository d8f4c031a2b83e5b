//! What a vault says when it says no.

use std::fmt;
use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use reqwest::header::{DATE, HeaderMap, WWW_AUTHENTICATE};
use serde::Deserialize;

/// Longer messages are cut; the longest known ones of Key Vault have about 900 characters.
const LONGEST_MESSAGE: usize = 2000;

/// A vault's refusal, as it was answered.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// `error.code`, such as `Forbidden`; empty when the answer is not Key Vault's error document.
    pub code: String,
    /// `error.innererror.code`, such as `ForbiddenByRbac`.
    pub inner_code: Option<String>,
    /// `error.message`, or the plain text of another answer; may be empty.
    pub message: String,
    /// `x-ms-request-id`, which Microsoft's support asks for.
    pub request_id: Option<String>,
    /// `x-ms-client-request-id`, which we sent.
    pub client_request_id: String,
    /// The time after which to ask again, where the vault named one; Key Vault seldom does.
    pub retry_after: Option<Duration>,
    /// With status 401: for which tenant and resource the vault wants a token.
    pub challenge: Option<Challenge>,
    /// The address that our request came from, as the vault saw it (`x-ms-keyvault-network-info`).
    pub seen_from: Option<IpAddr>,
}

/// What a vault asks of a caller without a token it accepts.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Challenge {
    /// The tenant that the vault belongs to.
    pub tenant: String,
    /// The resource the token must be for, such as `https://vault.azure.net`.
    pub resource: String,
}

impl Answer {
    pub(crate) fn read(status: u16, headers: &HeaderMap, body: &[u8], client_request_id: String) -> Self {
        let (code, inner_code, message) = match serde_json::from_slice(body) {
            Ok(Envelope { error }) => (error.code, error.inner.and_then(|inner| inner.code), error.message),
            Err(_) => (String::new(), None, plain_text(body)),
        };
        Self {
            status,
            code,
            inner_code,
            request_id: text(headers, "x-ms-request-id").or_else(|| activity_id(&message)),
            message: cut(message),
            client_request_id,
            retry_after: retry_after(headers),
            seen_from: seen_from(headers),
            challenge: headers.get(WWW_AUTHENTICATE).and_then(|value| value.to_str().ok()).and_then(Challenge::parse),
        }
    }

    pub(crate) fn is_being_changed(&self) -> bool {
        self.status == 409
            && matches!(self.inner_code.as_deref(), Some("ObjectIsBeingDeleted" | "ObjectIsBeingRecovered"))
    }

    pub(crate) fn is_being_recovered(&self) -> bool {
        self.status == 409 && self.inner_code.as_deref() == Some("ObjectIsBeingRecovered")
    }

    pub(crate) fn is_lasting(&self) -> bool {
        self.status < 500 && !matches!(self.status, 408 | 429) && !self.is_being_changed()
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the vault answered with status {}", self.status)?;
        for part in [&self.code, self.inner_code.as_deref().unwrap_or_default(), &self.message] {
            if !part.is_empty() {
                write!(formatter, ", {part}")?;
            }
        }
        Ok(())
    }
}

impl Challenge {
    /// Reads `Bearer authorization="https://<login host>/<tenant>", resource="https://…"` (Microsoft, "Authentication,
    /// requests and responses" of Key Vault). Order and spacing of the parameters are not fixed.
    fn parse(header: &str) -> Option<Self> {
        let (scheme, parameters) = header.trim().split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        let parameter = |wanted: &str| {
            parameters.split(',').find_map(|parameter| {
                let (name, value) = parameter.trim().split_once('=')?;
                name.eq_ignore_ascii_case(wanted).then(|| value.trim_matches('"'))
            })
        };
        let authority = parameter("authorization").or_else(|| parameter("authorization_uri"))?;
        let tenant = authority.strip_prefix("https://")?.split('/').nth(1).filter(|tenant| !tenant.is_empty())?;
        let resource = parameter("resource").or_else(|| parameter("scope"))?;
        Some(Self { tenant: tenant.to_owned(), resource: resource.trim_end_matches("/.default").to_owned() })
    }
}

/// A header that names a time to wait, in milliseconds or whole seconds.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let number = |name| text(headers, name)?.trim().parse::<u64>().ok();
    number("retry-after-ms")
        .or_else(|| number("x-ms-retry-after-ms"))
        .map(Duration::from_millis)
        .or_else(|| number("retry-after").map(Duration::from_secs))
}

/// The moment at which the answer was made (RFC 9110 §6.6.1).
pub(crate) fn date(headers: &HeaderMap) -> Option<SystemTime> {
    httpdate::parse_http_date(headers.get(DATE)?.to_str().ok()?).ok()
}

/// `conn_type=Ipv4;addr=20.1.2.3;act_addr_fam=InterNetwork;`
fn seen_from(headers: &HeaderMap) -> Option<IpAddr> {
    let text = text(headers, "x-ms-keyvault-network-info")?;
    text.split(';').find_map(|part| part.trim().strip_prefix("addr=")?.parse().ok())
}

/// Managed HSM names its request id at the end of the message: `(Activity ID: …)`.
fn activity_id(message: &str) -> Option<String> {
    let (_, rest) = message.rsplit_once("(Activity ID: ")?;
    Some(rest.split_once(')')?.0.trim().to_owned())
}

pub(crate) fn cut(message: String) -> String {
    match message.char_indices().nth(LONGEST_MESSAGE) {
        Some((end, _)) => message[..end].to_owned(),
        None => message,
    }
}

pub(crate) fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

/// Gateways and proxies answer in plain text or in HTML; the latter helps nobody.
pub(crate) fn plain_text(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    if text.trim_start().starts_with('<') { String::new() } else { text.trim().to_owned() }
}

#[derive(Deserialize)]
struct Envelope {
    error: Refusal,
}

#[derive(Deserialize)]
struct Refusal {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
    #[serde(alias = "innererror", alias = "innerError", alias = "InnerError")]
    inner: Option<Inner>,
}

#[derive(Deserialize)]
struct Inner {
    code: Option<String>,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        Answer::read(status, &HeaderMap::new(), body.as_bytes(), String::new())
    }

    #[test]
    fn a_refusal_keeps_every_word() {
        let body = r#"{"error":{"code":"Forbidden","message":"Caller is not authorized","innererror":{"code":"ForbiddenByRbac"}}}"#;
        let read = answer(403, body);
        assert_eq!((read.code.as_str(), read.inner_code.as_deref()), ("Forbidden", Some("ForbiddenByRbac")));
        assert_eq!(
            read.to_string(),
            "the vault answered with status 403, Forbidden, ForbiddenByRbac, Caller is not authorized"
        );
    }

    #[test]
    fn answers_that_are_no_documents_are_read_too() {
        assert_eq!(answer(401, "OK").message, "OK");
        assert_eq!(answer(502, "<html>Bad gateway</html>").message, "");
        assert_eq!(answer(500, "").code, "");
    }

    #[test]
    fn waiting_times_are_read_in_every_unit() {
        for (name, value, expected) in [
            ("retry-after", "7", Duration::from_secs(7)),
            ("retry-after-ms", "250", Duration::from_millis(250)),
            ("x-ms-retry-after-ms", "1500", Duration::from_millis(1500)),
        ] {
            let headers = HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())]);
            assert_eq!(retry_after(&headers), Some(expected), "{name}");
        }
    }

    #[test]
    fn a_challenge_is_read_whatever_its_spelling() {
        let expected = Challenge { tenant: "t-1".to_owned(), resource: "https://vault.azure.net".to_owned() };
        for header in [
            r#"Bearer authorization="https://login.microsoftonline.com/t-1", resource="https://vault.azure.net""#,
            r#"bearer resource="https://vault.azure.net",authorization_uri="https://login.windows.net/t-1/""#,
            r#"Bearer authorization="https://login.microsoftonline.com/t-1", scope="https://vault.azure.net/.default""#,
        ] {
            assert_eq!(Challenge::parse(header).as_ref(), Some(&expected), "{header}");
        }
        for header in ["", "Basic realm=x", "Bearer", r#"Bearer authorization="http://a/b", resource="c""#] {
            assert_eq!(Challenge::parse(header), None, "{header}");
        }
    }

    proptest! {
        #[test]
        fn no_answer_makes_the_reader_panic(status in 300_u16..600, body in ".{0,3000}", header in ".{0,200}") {
            let read = answer(status, &body);
            prop_assert!(read.message.chars().count() <= LONGEST_MESSAGE);
            Challenge::parse(&header);
        }
    }
}
