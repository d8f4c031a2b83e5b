//! Refuses changes that another site's page asks a browser for.

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, COOKIE, HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderName, Uri};
use axum::middleware::Next;
use axum::response::Response;

use crate::error::Error;
use crate::state::Scheme;

const X_VAULT_TOKEN: HeaderName = HeaderName::from_static("x-vault-token");
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Lets reading pass, and changes from our own pages or from programs.
pub(crate) async fn refuse(State(scheme): State<Scheme>, request: Request, next: Next) -> Result<Response, Error> {
    if request.method().is_safe() || is_our_own(request.headers(), request.uri(), scheme) {
        return Ok(next.run(request).await);
    }
    Err(Error::CrossSite)
}

/// Browsers say where a request comes from. Only programs do not, and they have no cookie.
fn is_our_own(headers: &HeaderMap, uri: &Uri, scheme: Scheme) -> bool {
    if headers.contains_key(AUTHORIZATION) || headers.contains_key(X_VAULT_TOKEN) {
        return true; // A page of another site cannot know the token.
    }
    if let Some(site) = headers.get(SEC_FETCH_SITE) {
        return site == "same-origin";
    }
    match headers.get(ORIGIN) {
        Some(origin) => own_origin(headers, uri, scheme).is_some_and(|own| origin == own.as_str()),
        None => !headers.contains_key(COOKIE),
    }
}

fn own_origin(headers: &HeaderMap, uri: &Uri, scheme: Scheme) -> Option<String> {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let authority = host.or_else(|| uri.authority().map(axum::http::uri::Authority::as_str))?;
    Some(format!("{}://{authority}", scheme.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(headers: &[(&'static str, &'static str)]) -> bool {
        let headers = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), axum::http::HeaderValue::from_static(value)));
        is_our_own(&headers.collect(), &Uri::from_static("/api/v1/session"), Scheme::Http)
    }

    const COOKIE: (&str, &str) = ("cookie", "keyferry=1");
    const HOST: (&str, &str) = ("host", "keyferry.example:8200");

    #[test]
    fn our_own_pages_and_programs_pass() {
        assert!(passes(&[HOST, COOKIE, ("sec-fetch-site", "same-origin")]));
        assert!(passes(&[HOST, COOKIE, ("origin", "http://keyferry.example:8200")]));
        assert!(passes(&[HOST]));
        assert!(passes(&[HOST, ("authorization", "Bearer kf_1")]));
    }

    #[test]
    fn other_sites_and_silent_browsers_do_not() {
        assert!(!passes(&[HOST, COOKIE]));
        for site in ["cross-site", "same-site", "none", "Same-Origin"] {
            assert!(!passes(&[HOST, COOKIE, ("sec-fetch-site", site)]), "{site}");
            assert!(!passes(&[HOST, ("sec-fetch-site", site)]), "{site} without a cookie");
        }
        for origin in ["null", "https://keyferry.example:8200", "http://keyferry.example", "http://evil.example"] {
            assert!(!passes(&[HOST, COOKIE, ("origin", origin)]), "{origin}");
        }
        assert!(!passes(&[COOKIE, ("sec-fetch-site", "cross-site"), ("origin", "http://keyferry.example:8200"), HOST]));
    }
}
