//! Server-sent events as a client reads them.

use std::time::Duration;

use api::AuditEntry;
use reqwest::{Method, Response};

use crate::Client;

/// How long an event may take.
const LONGEST: Duration = Duration::from_secs(20);

/// A stream of events.
pub struct Events {
    response: Response,
    text: String,
}

impl Client {
    /// Follows the audit trail: `?after=…`, or nothing.
    ///
    /// # Panics
    /// When the server does not answer with a stream.
    pub async fn follow(&self, query: &str) -> Events {
        let request = self.request(Method::GET, &format!("/api/v1/events{query}"));
        let response = request.send().await.expect("the server answers");
        assert_eq!((response.status().as_u16(), &response.headers()["content-type"]), (200, &EVENT_STREAM));
        Events { response, text: String::new() }
    }
}

/// The content type of a stream of events.
pub(crate) const EVENT_STREAM: reqwest::header::HeaderValue =
    reqwest::header::HeaderValue::from_static("text/event-stream");

impl Events {
    /// The next row of the trail; `None` when the stream has ended.
    ///
    /// # Panics
    /// When none comes, or it is not as the API says.
    pub async fn next(&mut self) -> Option<AuditEntry> {
        loop {
            if let Some(end) = self.text.find("\n\n") {
                let message: String = self.text.drain(..end + 2).collect();
                let of = |name: &str| message.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
                // A heartbeat has no data.
                let Some(data) = of("data:") else { continue };
                let entry: AuditEntry = serde_json::from_str(data).expect("a row of the trail");
                assert_eq!(of("id:"), Some(entry.seq.to_string().as_str()));
                return Some(entry);
            }
            let piece = tokio::time::timeout(LONGEST, self.response.chunk()).await.expect("something comes");
            let piece = piece.expect("the stream is whole")?;
            self.text.push_str(std::str::from_utf8(&piece).expect("events are text"));
        }
    }

    /// The next event that may be read, with this action.
    ///
    /// # Panics
    /// When the stream ends before it comes.
    pub async fn until(&mut self, action: &str) -> AuditEntry {
        loop {
            let entry = self.next().await.expect("the stream goes on");
            if entry.event.as_ref().is_some_and(|event| event.action == action) {
                return entry;
            }
        }
    }
}
