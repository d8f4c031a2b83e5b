//! Sessions of browsers: kept in the database, named by a cookie.

use std::collections::HashMap;
use std::fmt;

use api::Timestamp;
use async_trait::async_trait;
use engine::{Engine, StoredSession};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use tower_sessions::cookie::SameSite;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{self, SessionStore};
use tower_sessions::{Expiry, Session, SessionManagerLayer};

use crate::error::Error;
use crate::state::Scheme;

/// A session that is not used for so long ends.
const IDLE: i64 = 30 * 60_000;

/// A session ends after this time, used or not.
const LONGEST: i64 = 12 * 3_600_000;

/// How long a session is used before that is noted again.
const TOUCH_AFTER: i64 = 60_000;

/// The one entry of a session.
const KEY: &str = "state";

/// What is kept with a session.
#[derive(Clone, Deserialize, Serialize)]
pub(crate) struct SessionState {
    pub(crate) user_id: String,
    started_at: i64,
    used_at: i64,
}

impl SessionState {
    /// When the session ends at the latest.
    pub(crate) fn ends_at(&self) -> Timestamp {
        Timestamp::from_millis(self.started_at + LONGEST)
    }

    fn expires_at(&self) -> Timestamp {
        Timestamp::from_millis((self.used_at + IDLE).min(self.started_at + LONGEST))
    }

    /// Starts a session under a new id; one that the browser had before ends.
    pub(crate) async fn start(session: &Session, user_id: &str) -> Result<Self, Error> {
        if session.id().is_some() {
            session.flush().await?;
        }
        let now = now();
        let state = Self { user_id: user_id.to_owned(), started_at: now, used_at: now };
        session.insert(KEY, &state).await?;
        Ok(state)
    }

    /// The state of the request's session, if there is one; notes now and then that it is used.
    pub(crate) async fn of(session: &Session) -> Result<Option<Self>, Error> {
        let Some(mut state) = session.get::<Self>(KEY).await? else { return Ok(None) };
        if state.used_at + TOUCH_AFTER <= now() {
            state.used_at = now();
            session.insert(KEY, &state).await?;
        }
        Ok(Some(state))
    }
}

/// The cookie: `__Host-` binds it to this very host, and needs TLS.
pub(crate) fn layer(engine: Engine, scheme: Scheme) -> SessionManagerLayer<Sessions> {
    let is_tls = scheme == Scheme::Https;
    SessionManagerLayer::new(Sessions(engine))
        .with_name(if is_tls { "__Host-keyferry" } else { "keyferry" })
        .with_secure(is_tls)
        .with_http_only(true)
        .with_same_site(SameSite::Strict)
        .with_path("/")
        .with_expiry(Expiry::OnInactivity(Duration::milliseconds(IDLE)))
}

/// Sessions in the engine's database.
#[derive(Clone)]
pub(crate) struct Sessions(Engine);

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sessions")
    }
}

#[async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> session_store::Result<()> {
        // After a flush the record still has the id that the browser sent, which somebody may have planted there.
        record.id = Id::default();
        self.0.create_session(&record.id.to_string(), &stored(record)?).await.map_err(|error| backend(&error))
    }

    async fn save(&self, record: &Record) -> session_store::Result<()> {
        self.0.save_session(&record.id.to_string(), &stored(record)?).await.map_err(|error| backend(&error))
    }

    async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
        let Some(session) = self.0.load_session(&id.to_string()).await.map_err(|error| backend(&error))? else {
            return Ok(None);
        };
        let state =
            serde_json::from_str(&session.data).map_err(|error| session_store::Error::Decode(error.to_string()))?;
        let seconds = session.expires_at.millis() / 1000;
        let expiry_date = OffsetDateTime::from_unix_timestamp(seconds)
            .map_err(|error| session_store::Error::Decode(error.to_string()))?;
        Ok(Some(Record { id: *id, data: HashMap::from([(KEY.to_owned(), state)]), expiry_date }))
    }

    async fn delete(&self, id: &Id) -> session_store::Result<()> {
        self.0.end_session(&id.to_string()).await.map_err(|error| backend(&error))
    }
}

fn stored(record: &Record) -> session_store::Result<StoredSession> {
    let encode = |error: serde_json::Error| session_store::Error::Encode(error.to_string());
    let value = record.data.get(KEY).cloned().unwrap_or_default();
    let state: SessionState = serde_json::from_value(value).map_err(encode)?;
    let data = serde_json::to_string(&state).map_err(encode)?;
    Ok(StoredSession { expires_at: state.expires_at(), user_id: state.user_id, data })
}

fn backend(error: &engine::Error) -> session_store::Error {
    session_store::Error::Backend(error.to_string())
}

fn now() -> i64 {
    let millis = OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000;
    i64::try_from(millis).expect("the clock is before the year 292,000,000")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unused_session_ends_after_half_an_hour_and_a_used_one_after_twelve() {
        let at = |used_at| SessionState { user_id: String::new(), started_at: 0, used_at }.expires_at().millis();
        assert_eq!(at(0), 30 * 60_000);
        assert_eq!(at(3_600_000), 90 * 60_000);
        assert_eq!(at(12 * 3_600_000 - 1), 12 * 3_600_000);
    }
}
