//! Going back finds the page where it was left.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use crate::prelude::*;
use leptos::ev;

thread_local! {
    static LEFT_AT: RefCell<BTreeMap<String, f64>> = const { RefCell::new(BTreeMap::new()) };
    static WANTED: Cell<Option<f64>> = const { Cell::new(None) };
}

fn here() -> String {
    window().location().href().unwrap_or_default()
}

/// Remembers for each address how far it was scrolled, and wants it back after the browser's back and forward.
pub(crate) fn remember_scroll() {
    let scrolled = window_event_listener(ev::scroll, |_| {
        let at = window().scroll_y().unwrap_or_default();
        LEFT_AT.with_borrow_mut(|left| left.insert(here(), at));
    });
    let went_back = window_event_listener(ev::popstate, |_| {
        WANTED.set(LEFT_AT.with_borrow(|left| left.get(&here()).copied()));
    });
    let clicked = window_event_listener(ev::click, |_| WANTED.set(None));
    on_cleanup(move || {
        scrolled.remove();
        went_back.remove();
        clicked.remove();
    });
}

/// Scrolls to where this page was left, once its content is there.
pub(super) fn restore() {
    if let Some(at) = WANTED.take() {
        request_animation_frame(move || window().scroll_to_with_x_and_y(0.0, at));
    }
}
