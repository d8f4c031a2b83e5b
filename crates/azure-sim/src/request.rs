//! A request after its body has been read.

use std::net::IpAddr;

/// What the handlers need to know about a request.
pub(crate) struct Request {
    pub(crate) method: String,
    /// As sent, with its port: `localhost:8443`.
    pub(crate) authority: String,
    /// Without port, in lower case.
    pub(crate) host: String,
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) bearer: Option<String>,
    pub(crate) client_request_id: Option<String>,
    /// Whether it says `Metadata: true`, as instance metadata wants it.
    pub(crate) has_metadata_header: bool,
    /// `X-IDENTITY-HEADER` of App Service.
    pub(crate) identity_header: Option<String>,
    /// Where it came from.
    pub(crate) client: IpAddr,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// Reads what matters of a head. Parameter names are decoded: some clients send `api%2Dversion`.
    pub(crate) fn new(head: &hyper::http::request::Parts, client: IpAddr, body: Vec<u8>) -> Self {
        let header = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
        let authority = head.uri.authority().map_or_else(|| header("host").unwrap_or_default(), |host| host.as_str());
        let bearer = header("authorization").and_then(|value| {
            let (scheme, token) = value.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
        });
        Self {
            method: head.method.as_str().to_owned(),
            authority: authority.to_ascii_lowercase(),
            host: without_port(authority).to_ascii_lowercase(),
            path: head.uri.path().to_owned(),
            query: url::form_urlencoded::parse(head.uri.query().unwrap_or_default().as_bytes()).into_owned().collect(),
            bearer,
            client_request_id: header("x-ms-client-request-id").map(str::to_owned),
            has_metadata_header: header("metadata").is_some_and(|value| value.eq_ignore_ascii_case("true")),
            identity_header: header("x-identity-header").map(str::to_owned),
            client,
            body,
        }
    }

    /// The path's parts; a trailing slash adds none.
    pub(crate) fn segments(&self) -> Vec<&str> {
        let path = self.path.trim_start_matches('/');
        path.strip_suffix('/').unwrap_or(path).split('/').collect()
    }

    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub(crate) fn body_text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Whether the caller reached the simulator by a name of this machine.
    pub(crate) fn is_local(&self) -> bool {
        matches!(self.host.as_str(), "localhost" | "127.0.0.1" | "[::1]")
    }
}

fn without_port(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    }
}

#[cfg(test)]
mod tests {
    use super::without_port;

    #[test]
    fn a_port_is_no_part_of_the_host() {
        for (authority, host) in [
            ("localhost:8443", "localhost"),
            ("a.vault.azure.net", "a.vault.azure.net"),
            ("[::1]:1", "[::1]"),
            ("[::1]", "[::1]"),
            ("", ""),
        ] {
            assert_eq!(without_port(authority), host);
        }
    }
}
