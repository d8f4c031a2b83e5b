//! Going back finds the page where it was left.

use std::cell::{Cell, RefCell};

use crate::prelude::*;
use leptos::ev;

thread_local! {
    static LEFT_AT: RefCell<Vec<(String, f64)>> = const { RefCell::new(Vec::new()) };
    static WANTED: Cell<Option<f64>> = const { Cell::new(None) };
}

fn here() -> String {
    window().location().href().unwrap_or_default()
}

/// Remembers for each address how far it was scrolled, and wants it back after the browser's back and forward.
pub(crate) fn remember_scroll() {
    let scrolled = window_event_listener(ev::scroll, |_| {
        let at = window().scroll_y().unwrap_or_default();
        LEFT_AT.with_borrow_mut(|left| {
            let here = here();
            left.retain(|(place, _)| *place != here);
            left.push((here, at));
        });
    });
    let went_back = window_event_listener(ev::popstate, |_| {
        let here = here();
        let left_at = |left: &Vec<(String, f64)>| left.iter().find(|(place, _)| *place == here).map(|(_, at)| *at);
        WANTED.set(LEFT_AT.with_borrow(left_at));
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
