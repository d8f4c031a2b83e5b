//! What was measured, beside what it may be.

use std::time::Duration;

use serde_json::json;

/// What a figure may be.
#[derive(Clone, Copy)]
pub(crate) enum Budget {
    AtMost(f64),
    AtLeast(f64),
    /// Shown only.
    None,
}

/// Prints a figure.
pub(crate) fn report(what: &str, measured: f64, unit: &str, budget: Budget) {
    let (at_most, at_least) = match budget {
        Budget::AtMost(most) => (Some(most), None),
        Budget::AtLeast(least) => (None, Some(least)),
        Budget::None => (None, None),
    };
    let figure = json!({
        "what": what, "measured": measured, "unit": unit, "at_most": at_most, "at_least": at_least,
    });
    println!("{figure}");
}

/// The time that so much of all took no longer than: half is the median.
pub(crate) fn quantile(times: &mut [Duration], part: f64) -> f64 {
    times.sort_unstable();
    let last = times.len().checked_sub(1).expect("something was measured");
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a few")]
    let place = (last as f64 * part).ceil() as usize;
    millis(times[place])
}

/// A time in milliseconds.
pub(crate) fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
