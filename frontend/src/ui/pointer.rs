//! The pointer: what would move the page waits until it is released, or its click would miss.

use std::cell::RefCell;
use std::time::Duration;

use crate::prelude::*;

type Act = Box<dyn FnOnce()>;

/// Where the pointer is, with what waits for it.
enum Pointer {
    Up,
    Down(Vec<Act>),
}

thread_local! {
    static POINTER: RefCell<Pointer> = const { RefCell::new(Pointer::Up) };
}

/// Follows the pointer, once for the whole console.
pub(crate) fn follow_pointer() {
    window_event_listener_untyped("pointerdown", |_| POINTER.set(Pointer::Down(Vec::new())));
    for released in ["pointerup", "pointercancel"] {
        // The click comes first.
        window_event_listener_untyped(released, |_| set_timeout(release, Duration::ZERO));
    }
}

fn release() {
    if let Pointer::Down(waiting) = POINTER.replace(Pointer::Up) {
        for act in waiting {
            act();
        }
    }
}

/// Acts at once, or when the pointer is released.
pub(crate) fn when_released(act: impl FnOnce() + 'static) {
    let act: Act = Box::new(act);
    let now = POINTER.with_borrow_mut(|pointer| match pointer {
        Pointer::Up => Some(act),
        Pointer::Down(waiting) => {
            waiting.push(act);
            None
        }
    });
    if let Some(act) = now {
        act();
    }
}
