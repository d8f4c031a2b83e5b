//! Moments: how long ago, with the exact moment on hover.

use crate::prelude::*;
use ::api::Timestamp;
use js_sys::{Date, Object, Reflect};

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// How often "3 min ago" is written anew.
const TICK: i64 = 10 * SECOND;

/// What time it is, to some seconds: one for the whole console.
#[derive(Clone, Copy)]
pub(crate) struct Clock(RwSignal<Timestamp>);

impl Clock {
    /// Starts the clock for everything below.
    pub(crate) fn provide() {
        let clock = RwSignal::new(now());
        set_interval(move || clock.set(now()), std::time::Duration::from_millis(TICK.unsigned_abs()));
        provide_context(Self(clock));
    }
}

/// The moment of this browser's clock.
#[expect(clippy::cast_possible_truncation, reason = "the browser counts whole milliseconds")]
pub(crate) fn now() -> Timestamp {
    Timestamp::from_millis(Date::now() as i64)
}

/// A moment, relative to now: `3 min ago`, `in 4 min`.
#[component]
pub(crate) fn Time(at: Timestamp) -> impl IntoView {
    let Clock(clock) = use_context().expect("the console starts its clock before anything else");
    view! { <time datetime=at.to_string() title=exact(at)>{move || relative(at, clock.get().max(now()))}</time> }
}

/// A moment as a date, with how long ago below.
#[component]
pub(crate) fn Moment(at: Timestamp) -> impl IntoView {
    view! {
        <time datetime=at.to_string() title=exact(at)>
            {day(at)}
        </time>
        " "
        <small class="soft">
            <Time at />
        </small>
    }
}

fn relative(at: Timestamp, now: Timestamp) -> String {
    let distance = at.millis() - now.millis();
    let words = match distance.abs() {
        close if close < 5 * SECOND => return if distance > 0 { "in a moment" } else { "just now" }.to_owned(),
        far => span(far),
    };
    if distance > 0 { format!("in {words}") } else { format!("{words} ago") }
}

/// Writes how long something takes: `40 s`, `3 min`.
pub(crate) fn span(millis: i64) -> String {
    match millis {
        span if span < MINUTE => format!("{} s", span / SECOND),
        span if span < 2 * HOUR => format!("{} min", span / MINUTE),
        span if span < 2 * DAY => format!("{} h", span / HOUR),
        span if span < 90 * DAY => format!("{} days", span / DAY),
        span if span < 730 * DAY => format!("{} months", span / (30 * DAY)),
        span => format!("{} years", span / (365 * DAY)),
    }
}

/// Writes `23 Nov 2026, 14:27:05 UTC · 15:27:05 local`.
fn exact(at: Timestamp) -> String {
    format!("{} UTC · {} local", written(at, &[("timeZone", "UTC"), DATE, CLOCK]), written(at, &[CLOCK]))
}

/// Writes `23 Nov 2026`.
pub(crate) fn day(at: Timestamp) -> String {
    written(at, &[DATE])
}

const DATE: (&str, &str) = ("dateStyle", "medium");
const CLOCK: (&str, &str) = ("timeStyle", "medium");

#[expect(clippy::cast_precision_loss, reason = "milliseconds of this age of the world fit")]
fn written(at: Timestamp, options: &[(&str, &str)]) -> String {
    let format = Object::new();
    for (name, value) in options {
        Reflect::set(&format, &(*name).into(), &(*value).into()).expect("a new object takes any member");
    }
    Date::new(&(at.millis() as f64).into()).to_locale_string("en-GB", &format).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_told_as_people_tell_it() {
        let now = Timestamp::from_millis(1_795_000_000_000);
        let told = |millis| relative(now.plus_millis(millis), now);
        assert_eq!(told(-1), "just now");
        assert_eq!(told(-3 * MINUTE), "3 min ago");
        assert_eq!(told(4 * MINUTE), "in 4 min");
        assert_eq!(told(-60 * DAY), "60 days ago");
    }
}
