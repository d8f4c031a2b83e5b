//! Serves the console: one page, and assets whose names carry a hash of their content.
//!
//! `cargo xtask console` builds it. With the feature `embed` the files are part of the binary,
//! else they are read once, at start, from the target folder that the binary lies in.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};

/// First segments of paths that belong to programs: no page of the console begins with them.
const PROGRAMS: [&str; 6] = ["api", "assets", "health", "metrics", "ready", "v1"];

const NOT_BUILT: &str = "The console was not built. Run `cargo xtask console` and start the server again.\n";

/// The files of the console, in memory.
#[derive(Clone)]
pub struct Console(Arc<HashMap<String, Asset>>);

struct Asset {
    plain: Bytes,
    brotli: Option<Bytes>,
    gzip: Option<Bytes>,
    media_type: &'static str,
    etag: HeaderValue,
}

impl Console {
    /// Loads the console; one that was not built is no error here, it answers 503.
    #[must_use]
    pub fn load() -> Self {
        Self::new(files())
    }

    /// Takes paths such as `assets/theme-1f0c.js` with their content; `….br` and `….gz` are the
    /// compressed forms of the file beside them.
    fn new(mut files: HashMap<String, Bytes>) -> Self {
        let is_plain = |path: &&String| !matches!(extension(path), "br" | "gz");
        let paths: Vec<String> = files.keys().filter(is_plain).cloned().collect();
        let assets = paths.into_iter().filter_map(|path| {
            let plain = files.remove(&path)?;
            let asset = Asset {
                etag: etag(&plain),
                brotli: files.remove(&format!("{path}.br")),
                gzip: files.remove(&format!("{path}.gz")),
                media_type: media_type(&path),
                plain,
            };
            Some((path, asset))
        });
        Self(Arc::new(assets.collect()))
    }

    /// Answers a request for a page or an asset. `None` means that nothing of the console is asked
    /// for: the path belongs to programs, names no file, or the method is not for reading.
    #[must_use]
    pub fn respond(&self, method: &Method, path: &str, headers: &HeaderMap) -> Option<Response> {
        if method != Method::GET && method != Method::HEAD {
            return None;
        }
        let path = path.trim_start_matches('/');
        if let Some(asset) = self.0.get(path).filter(|_| path.starts_with("assets/")) {
            return Some(asset.respond(headers, "public, max-age=31536000, immutable"));
        }
        if PROGRAMS.contains(&path.split('/').next().unwrap_or_default()) {
            return None;
        }
        Some(match self.0.get("index.html") {
            Some(page) => page.respond(headers, "no-cache"),
            None => (StatusCode::SERVICE_UNAVAILABLE, NOT_BUILT).into_response(),
        })
    }
}

impl Asset {
    fn respond(&self, headers: &HeaderMap, caching: &'static str) -> Response {
        let common: [(HeaderName, HeaderValue); 3] = [
            (CACHE_CONTROL, HeaderValue::from_static(caching)),
            (ETAG, self.etag.clone()),
            (VARY, HeaderValue::from_static("accept-encoding")),
        ];
        if list(headers, IF_NONE_MATCH).any(|tag| tag == "*" || self.etag == tag) {
            return (StatusCode::NOT_MODIFIED, common).into_response();
        }
        let accepts = |coding| list(headers, ACCEPT_ENCODING).any(|offer| offers(offer, coding));
        let compressed = [("br", &self.brotli), ("gzip", &self.gzip)];
        let chosen = compressed
            .into_iter()
            .find_map(|(coding, body)| Some((coding, body.as_ref().filter(|_| accepts(coding))?)));
        let body = chosen.map_or(&self.plain, |(_, body)| body);
        let media_type = [(CONTENT_TYPE, self.media_type)];
        let coding = chosen.map(|(coding, _)| [(CONTENT_ENCODING, coding)]);
        (common, media_type, coding, Body::from(body.clone())).into_response()
    }
}

/// A tag that is the same in every process; weak, because all encodings share it.
fn etag(content: &Bytes) -> HeaderValue {
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    let etag = format!("W/\"{:016x}\"", hasher.finish());
    HeaderValue::try_from(etag).expect("hexadecimal digits are a valid header")
}

/// The members of a list that may be spread over several headers of one name.
fn list(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim)
}

/// Whether one member of `Accept-Encoding`, such as `br;q=0.5`, offers a coding (RFC 9110, 12.5.3).
fn offers(member: &str, coding: &str) -> bool {
    let (name, weight) = member.split_once(';').unwrap_or((member, "q=1"));
    let weight = weight.trim().trim_start_matches("q=").parse::<f32>();
    name.trim().eq_ignore_ascii_case(coding) && weight.is_ok_and(|weight| weight > 0.0)
}

fn extension(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(_, extension)| extension)
}

fn media_type(path: &str) -> &'static str {
    match extension(path) {
        "css" => "text/css; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "png" => "image/png",
        "svg" => "image/svg+xml",
        "wasm" => "application/wasm",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(feature = "embed")]
fn files() -> HashMap<String, Bytes> {
    static EMBEDDED: include_dir::Dir<'_> = include_dir::include_dir!("$KEYFERRY_CONSOLE");

    let files = EMBEDDED.files().chain(EMBEDDED.dirs().flat_map(include_dir::Dir::files));
    files.map(|file| (file.path().to_string_lossy().into_owned(), Bytes::from_static(file.contents()))).collect()
}

/// Reads `console` in the nearest folder above this binary that has a built one:
/// the binary lies in `target/debug`, a test in `target/debug/deps`.
#[cfg(not(feature = "embed"))]
fn files() -> HashMap<String, Bytes> {
    let binary = std::env::current_exe().unwrap_or_default();
    let mut folders = binary.ancestors().skip(1).take(3).map(|folder| folder.join("console"));
    let Some(folder) = folders.find(|folder| folder.join("index.html").is_file()) else {
        return HashMap::new();
    };
    read(&folder).unwrap_or_default()
}

#[cfg(not(feature = "embed"))]
fn read(folder: &std::path::Path) -> std::io::Result<HashMap<String, Bytes>> {
    let mut files = HashMap::new();
    for prefix in ["", "assets/"] {
        for entry in std::fs::read_dir(folder.join(prefix))? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
                files.insert(path, Bytes::from(std::fs::read(entry.path())?));
            }
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: &str = "/assets/console-1f.js";

    fn console() -> Console {
        let files = [
            ("index.html", "page"),
            ("assets/console-1f.js", "script"),
            ("assets/console-1f.js.br", "brotli"),
            ("assets/console-1f.js.gz", "gzip"),
        ];
        Console::new(files.map(|(path, content)| (path.to_owned(), content.into())).into())
    }

    fn get(path: &str, headers: &[(HeaderName, &'static str)]) -> Option<Response> {
        let headers = headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value)));
        console().respond(&Method::GET, path, &headers.collect())
    }

    async fn body(response: Response) -> Bytes {
        axum::body::to_bytes(response.into_body(), 1024).await.unwrap()
    }

    #[tokio::test]
    async fn a_browser_receives_the_smallest_form_it_accepts() {
        for (accepted, coding, content) in [
            ("gzip, deflate, br, zstd", Some("br"), "brotli"),
            ("gzip;q=0.8, br; q=0", Some("gzip"), "gzip"),
            ("GZIP", Some("gzip"), "gzip"),
            ("identity", None, "script"),
        ] {
            let response = get(SCRIPT, &[(ACCEPT_ENCODING, accepted)]).unwrap();
            let said = response.headers().get(CONTENT_ENCODING).map(|value| value.to_str().unwrap());
            assert_eq!(said, coding, "{accepted}");
            assert_eq!(response.headers()[CONTENT_TYPE], "text/javascript; charset=utf-8");
            assert_eq!(response.headers()[VARY], "accept-encoding");
            assert_eq!(body(response).await, content, "{accepted}");
        }
    }

    #[test]
    fn assets_are_kept_for_ever_and_the_page_is_asked_for_again() {
        let caching = |path| get(path, &[]).unwrap().headers()[CACHE_CONTROL].clone();
        assert_eq!(caching(SCRIPT), "public, max-age=31536000, immutable");
        assert_eq!(caching("/"), "no-cache");
        assert_eq!(caching("/w/payments/keys"), "no-cache");
    }

    #[tokio::test]
    async fn a_page_that_did_not_change_is_not_sent_again() {
        let first = get("/w/payments/keys", &[]).unwrap();
        let tag = first.headers()[ETAG].clone();
        let headers = [(IF_NONE_MATCH, HeaderValue::from_static("\"other\"")), (IF_NONE_MATCH, tag)];
        let headers = HeaderMap::from_iter(headers);

        let second = console().respond(&Method::GET, "/", &headers).unwrap();

        assert_eq!(second.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(body(first).await, "page");
        assert_eq!(body(second).await, "");
    }

    #[test]
    fn paths_of_programs_and_changes_are_not_answered() {
        for path in ["/api", "/api/v1/keys", "/v1/sys", "/health", "/ready", "/metrics", "/assets/gone.js"] {
            assert!(get(path, &[]).is_none(), "{path}");
        }
        assert!(console().respond(&Method::POST, "/", &HeaderMap::new()).is_none());
        assert!(get("/healthy", &[]).is_some());
    }

    #[tokio::test]
    async fn a_console_that_was_not_built_says_how_to_build_it() {
        let console = Console::new(HashMap::new());
        let response = console.respond(&Method::GET, "/", &HeaderMap::new()).unwrap();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(body(response).await.starts_with(b"The console was not built. Run `cargo xtask console`"));
    }
}
