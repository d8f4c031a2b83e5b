//! What time it is, here and at the database.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use api::Timestamp;

use crate::{Engine, Error};

/// What leases bear that two clocks are apart, in milliseconds.
const TOLERATED: i64 = 2_000;

/// How often the clocks are compared, and while they are apart.
const COMPARED_EVERY: Duration = Duration::from_mins(1);
const COMPARED_AGAIN: Duration = Duration::from_secs(5);

/// This moment by the machine's clock.
pub(crate) fn now() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is after 1970");
    Timestamp::from_millis(i64::try_from(since_epoch.as_millis()).expect("the clock is before the year 292,000,000"))
}

/// How this machine's clock was found last.
#[derive(Default)]
pub(crate) struct Comparison(Mutex<Option<Compared>>);

#[derive(Clone, Copy)]
struct Compared {
    at: Instant,
    /// By how many milliseconds this machine's clock is ahead.
    ahead: i64,
}

impl Compared {
    fn is_apart(self) -> bool {
        self.ahead.abs() > TOLERATED
    }

    fn holds(self) -> bool {
        self.at.elapsed() < if self.is_apart() { COMPARED_AGAIN } else { COMPARED_EVERY }
    }
}

impl Engine {
    /// How far this node's clock and the database's are apart, if they are too far apart to share work by time. Compared
    /// every minute, and before anything is claimed.
    ///
    /// # Errors
    /// [`Error::Database`] when it does not answer.
    pub async fn clocks_apart(&self) -> Result<Option<Duration>, Error> {
        let known = *self.clocks().0.lock().unwrap_or_else(PoisonError::into_inner);
        let compared = match known.filter(|compared| compared.holds()) {
            Some(compared) => compared,
            None => self.compare_clocks(known.is_some_and(Compared::is_apart)).await?,
        };
        let apart = Duration::from_millis(compared.ahead.unsigned_abs());
        Ok(Some(apart).filter(|_| compared.is_apart()))
    }

    async fn compare_clocks(&self, was_apart: bool) -> Result<Compared, Error> {
        let (at, before) = (Instant::now(), now());
        let theirs = self.store().now().await?;
        let ahead = match theirs {
            Some(theirs) if theirs < before => before.millis() - theirs.millis(),
            Some(theirs) => (now().millis() - theirs.millis()).min(0),
            None => 0,
        };
        let compared = Compared { at, ahead };
        match (was_apart, compared.is_apart()) {
            (false, true) => tracing::error!(
                "this machine's clock is {} s {} the database's: nothing is sent to Azure until both agree",
                ahead.abs() / 1000,
                if ahead > 0 { "ahead of" } else { "behind" }
            ),
            (true, false) => tracing::info!("this machine's clock and the database's agree again"),
            _ => {}
        }
        *self.clocks().0.lock().unwrap_or_else(PoisonError::into_inner) = Some(compared);
        Ok(compared)
    }
}
