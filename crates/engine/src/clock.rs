//! What time it is.

use std::time::{SystemTime, UNIX_EPOCH};

use api::Timestamp;

/// This moment by the machine's clock.
pub(crate) fn now() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is after 1970");
    Timestamp::from_millis(i64::try_from(since_epoch.as_millis()).expect("the clock is before the year 292,000,000"))
}
