//! What was received, for tests to question, and waiting for it.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use tokio::sync::watch;

use crate::{Call, request::Request};

/// One request as it arrived.
#[derive(Clone, Debug)]
pub struct Received {
    /// When its body had been read.
    pub at: SystemTime,
    /// HTTP method.
    pub method: String,
    /// Host asked for, without port, in lower case.
    pub host: String,
    /// Path without the query.
    pub path: String,
    /// Which call it is, if the simulator knows it.
    pub call: Option<Call>,
    /// Status answered; none while it is in work or when the connection was closed instead.
    pub status: Option<u16>,
    /// Body as text, without client secrets, assertions and tokens. `key_hsm` is kept.
    pub body: String,
}

/// How many requests are kept; a demo that runs for weeks must not grow.
const KEPT: usize = 20_000;

/// The latest requests, in the order of their arrival.
pub(crate) struct Record {
    received: Mutex<VecDeque<Received>>,
    in_work: watch::Sender<usize>,
    arrivals: watch::Sender<usize>,
}

impl Record {
    pub(crate) fn new() -> Self {
        Self { received: Mutex::default(), in_work: watch::Sender::new(0), arrivals: watch::Sender::new(0) }
    }

    /// Notes an arrival and gives its number, for [`Record::answered`].
    pub(crate) fn arrived(&self, request: &Request, call: Option<Call>) -> usize {
        let mut received = self.lock();
        if received.len() == KEPT {
            received.pop_front();
        }
        received.push_back(Received {
            at: SystemTime::now(),
            method: request.method.clone(),
            host: request.host.clone(),
            path: request.path.clone(),
            call,
            status: None,
            body: redact(&request.body_text(), call),
        });
        let mut place = 0;
        self.arrivals.send_modify(|count| {
            place = *count;
            *count += 1;
        });
        place
    }

    pub(crate) fn answered(&self, place: usize, status: u16) {
        let mut received = self.lock();
        let forgotten = *self.arrivals.borrow() - received.len();
        if let Some(received) = place.checked_sub(forgotten).and_then(|kept| received.get_mut(kept)) {
            received.status = Some(status);
            tracing::debug!(method = received.method, host = received.host, path = received.path, status, "answered");
        }
    }

    pub(crate) fn all(&self) -> Vec<Received> {
        self.lock().iter().cloned().collect()
    }

    /// Resolves once `count` such calls have arrived since the start.
    pub(crate) async fn wait_for(&self, call: Call, count: usize) {
        let mut arrivals = self.arrivals.subscribe();
        while self.lock().iter().filter(|received| received.call == Some(call)).count() < count {
            if arrivals.changed().await.is_err() {
                return;
            }
        }
    }

    /// Counts a piece of work until the returned guard is dropped.
    pub(crate) fn work(&self) -> Work {
        self.in_work.send_modify(|count| *count += 1);
        Work(self.in_work.clone())
    }

    /// Resolves once no request is being worked on.
    pub(crate) async fn idle(&self) {
        // The sender lives in `self`, so the channel cannot close while this waits.
        let _ = self.in_work.subscribe().wait_for(|count| *count == 0).await;
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Received>> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request in work.
pub(crate) struct Work(watch::Sender<usize>);

impl Drop for Work {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

/// Removes what a record must not keep from a token request.
fn redact(body: &str, call: Option<Call>) -> String {
    if call != Some(Call::Token) {
        return body.to_owned();
    }
    let secret = ["client_secret", "client_assertion", "refresh_token", "password"];
    url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(url::form_urlencoded::parse(body.as_bytes()).map(|(name, value)| {
            let value = if secret.contains(&&*name) { "redacted".into() } else { value };
            (name, value)
        }))
        .finish()
}
