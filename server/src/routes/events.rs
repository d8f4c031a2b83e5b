//! The audit trail as it grows: server-sent events.

use std::convert::Infallible;
use std::time::Duration;

use api::{AuditEntry, EventsQuery};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use engine::{Engine, Trail};
use futures::{Stream, StreamExt as _, stream};

use crate::auth::Listener;
use crate::error::Error;
use crate::extract::Query;

/// How long nothing is sent before a comment shows that the connection lives; also how long a caller without rights may
/// stay unnoticed on a quiet server.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Each new row of the audit trail, oldest first, as in the list of events: from behind `after` or the header
/// `Last-Event-ID`, or from now on. The stream ends with the caller's session, token or account.
#[utoipa::path(get, path = "/events", tag = "audit", params(EventsQuery),
    responses((status = OK, body = AuditEntry, content_type = "text/event-stream")))]
pub(crate) async fn stream_events(
    State(engine): State<Engine>,
    listener: Listener,
    Query(query): Query<EventsQuery>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Error> {
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok()?.parse().ok());
    let trail = engine.follow_trail(last.or(query.after)).await?;
    let pieces = stream::unfold((engine, listener, trail), |(engine, listener, mut trail)| async move {
        let piece = match next_piece(&engine, &listener, &mut trail).await {
            Ok(piece) => piece?,
            Err(error) => {
                // The client asks again, from where it was.
                tracing::error!(error = &error as &dyn std::error::Error, "the stream of events ends");
                return None;
            }
        };
        Some((stream::iter(piece.into_iter().map(|entry| Ok(event(&entry)))), (engine, listener, trail)))
    });
    Ok(Sse::new(pieces.flatten()).keep_alive(KeepAlive::new().interval(HEARTBEAT)))
}

/// What is new for the listener, after at most a heartbeat; `None` when the stream ends. Every change of rights is a row of
/// the trail itself, so it counts before anything behind it is shown.
async fn next_piece(
    engine: &Engine,
    listener: &Listener,
    trail: &mut Trail,
) -> Result<Option<Vec<AuditEntry>>, engine::Error> {
    let _ = tokio::time::timeout(HEARTBEAT, trail.grown()).await;
    if engine.is_stopping() {
        return Ok(None);
    }
    match listener.caller_now(engine).await? {
        Some(caller) => Ok(Some(trail.read(&caller).await?)),
        None => Ok(None),
    }
}

fn event(entry: &AuditEntry) -> Event {
    let text = serde_json::to_string(entry).expect("entries are text");
    Event::default().id(entry.seq.to_string()).data(text)
}
