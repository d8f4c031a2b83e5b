//! The pointer: what would move the page waits until it is released, or its click would miss.

use std::cell::RefCell;
use std::time::Duration;

use crate::prelude::*;

type Act = Box<dyn FnOnce()>;

/// Nothing waits longer than a click may take: a release over a menu of the browser's own is never told.
const LONGEST: Duration = Duration::from_secs(1);

thread_local! {
    /// What waits, while the pointer is pressed.
    static WAITING: RefCell<Option<Vec<Act>>> = const { RefCell::new(None) };
}

/// Follows the pointer, once for the whole console.
pub(crate) fn follow_pointer() {
    window_event_listener_untyped("pointerdown", |_| {
        WAITING.with_borrow_mut(|waiting| {
            waiting.get_or_insert_default();
        });
        set_timeout(release, LONGEST);
    });
    for released in ["pointerup", "pointercancel"] {
        // The click comes first.
        window_event_listener_untyped(released, |_| set_timeout(release, Duration::ZERO));
    }
}

fn release() {
    for act in WAITING.take().into_iter().flatten() {
        act();
    }
}

/// Acts at once, or when the pointer is released.
pub(crate) fn when_released(act: impl FnOnce() + 'static) {
    let act: Act = Box::new(act);
    let now = WAITING.with_borrow_mut(|waiting| match waiting {
        Some(waiting) => {
            waiting.push(act);
            None
        }
        None => Some(act),
    });
    if let Some(act) = now {
        act();
    }
}
