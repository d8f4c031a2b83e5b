//! A request as Vault's clients send it: method, path, namespace, token and body, in every spelling they use.

use std::net::IpAddr;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{FromRequest as _, Request as Incoming};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::IntoResponse as _;
use percent_encoding::percent_decode_str;
use url::form_urlencoded;
use zeroize::Zeroizing;

use super::answer::Refusal;
use super::fields::{self, Fields};

/// What a request wants with its path.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Verb {
    Read,
    List,
    /// PUT and POST, which are the same.
    Write,
    Patch,
    Delete,
}

/// A request, read.
pub(super) struct Request {
    pub(super) verb: Verb,
    /// The namespace of the header, without slashes around it; empty is the root.
    pub(super) namespace: String,
    /// The path below `/v1/`, clean: no slash at the ends, no empty segment.
    pub(super) path: String,
    pub(super) query: Vec<(String, String)>,
    pub(super) fields: Fields,
    /// Whether the answer should come wrapped.
    pub(super) wrap: bool,
    pub(super) token: Option<Zeroizing<String>>,
    pub(super) source: IpAddr,
}

impl Request {
    /// Reads a request to its end.
    pub(super) async fn read(request: Incoming, source: IpAddr) -> Result<Self, Refusal> {
        let path = clean(request.uri().path().strip_prefix("/v1").unwrap_or_default())?;
        let query = form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes());
        let query: Vec<_> = query.into_owned().collect();
        let verb = verb(request.method(), &query)?;
        let headers = request.headers();
        let namespace = clean(header(headers, "x-vault-namespace"))?;
        let wrap = is_wrapped(header(headers, "x-vault-wrap-ttl"));
        let token = token(headers);
        let is_form = header(headers, CONTENT_TYPE.as_str()).starts_with("application/x-www-form-urlencoded");
        let fields = match verb {
            Verb::Write | Verb::Patch => fields::parse(&body(request).await?, is_form)?,
            Verb::Read | Verb::List | Verb::Delete => Fields::default(),
        };
        let namespace = if namespace == "root" { String::new() } else { namespace };
        Ok(Self { verb, namespace, path, query, fields, wrap, token, source })
    }

    /// The path below the root: what rights and mounts are about.
    pub(super) fn full_path(&self) -> String {
        match (self.namespace.as_str(), self.path.as_str()) {
            ("", path) => path.to_owned(),
            (namespace, "") => namespace.to_owned(),
            (namespace, path) => format!("{namespace}/{path}"),
        }
    }

    /// The last value of a parameter of the query.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn token(headers: &HeaderMap) -> Option<Zeroizing<String>> {
    let own = Some(header(headers, "x-vault-token")).filter(|token| !token.is_empty());
    let token = own.or_else(|| header(headers, AUTHORIZATION.as_str()).strip_prefix("Bearer "));
    token.map(str::trim).filter(|token| !token.is_empty()).map(|token| Zeroizing::new(token.to_owned()))
}

/// No wrapping is asked for by `0`, in whatever unit.
fn is_wrapped(ttl: &str) -> bool {
    !ttl.is_empty() && fields::duration(ttl) != Some(Duration::ZERO)
}

fn verb(method: &Method, query: &[(String, String)]) -> Result<Verb, Refusal> {
    match method.as_str() {
        "LIST" => Ok(Verb::List),
        "GET" | "HEAD" => match query.iter().rev().find(|(name, _)| name == "list") {
            None => Ok(Verb::Read),
            Some((_, value)) if value.is_empty() => Ok(Verb::Read),
            Some((_, value)) => match fields::boolean(value) {
                Some(true) => Ok(Verb::List),
                Some(false) => Ok(Verb::Read),
                None => Err(Refusal::bad("the parameter list has to be true or false")),
            },
        },
        "PUT" | "POST" => Ok(Verb::Write),
        "PATCH" => Ok(Verb::Patch),
        "DELETE" => Ok(Verb::Delete),
        _ => Err(Refusal::unsupported_operation()),
    }
}

/// A path without empty segments, decoded. One that climbs is refused: rights are about what stands there.
fn clean(path: &str) -> Result<String, Refusal> {
    let path = percent_decode_str(path).decode_utf8().map_err(|_| Refusal::bad("the path is not UTF-8"))?;
    if path.contains(char::is_control) {
        return Err(Refusal::bad("the path contains characters that cannot be printed"));
    }
    let segments: Vec<&str> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    if segments.contains(&"..") {
        return Err(Refusal::bad("path cannot contain parent references"));
    }
    Ok(segments.join("/"))
}

async fn body(request: Incoming) -> Result<Bytes, Refusal> {
    Bytes::from_request(request, &()).await.map_err(|rejection| match rejection.into_response().status() {
        StatusCode::PAYLOAD_TOO_LARGE => Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "the body is larger than 32 MiB"),
        _ => Refusal::bad("the body ended too early"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verb_of(method: &str, query: &str) -> Option<Verb> {
        let query: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        verb(&Method::from_bytes(method.as_bytes()).unwrap(), &query).ok()
    }

    #[test]
    fn lists_are_asked_for_in_every_spelling() {
        for query in ["list=true", "list=True", "list=TRUE", "list=t", "list=T", "list=1"] {
            assert_eq!(verb_of("GET", query), Some(Verb::List), "{query}");
        }
        for query in ["", "list=", "list=false", "list=0", "list=F", "after=list"] {
            assert_eq!(verb_of("GET", query), Some(Verb::Read), "{query}");
        }
        assert_eq!(verb_of("LIST", ""), Some(Verb::List));
        assert_eq!(verb_of("HEAD", ""), Some(Verb::Read));
        assert_eq!(verb_of("GET", "list=yes"), None);
        assert_eq!(verb_of("PROPFIND", ""), None);
    }

    #[test]
    fn paths_are_cleaned_and_never_climb() {
        for path in ["/keymgmt/key", "//keymgmt//key//", "/keymgmt/./key/", "/keymgmt%2Fkey"] {
            assert_eq!(clean(path).ok().as_deref(), Some("keymgmt/key"), "{path}");
        }
        for path in ["/keymgmt/../sys", "/keymgmt/%2e%2e/sys", "/%ff", "/a%00b"] {
            assert!(clean(path).is_err(), "{path}");
        }
    }

    #[test]
    fn a_wrapped_answer_is_asked_for_by_any_time_but_none() {
        assert!(["60s", "60", "5m", "soon"].into_iter().all(is_wrapped));
        assert!(!["", "0", "0s"].into_iter().any(is_wrapped));
    }
}
