//! The address of the page: what it says, how it changes, what a click on a link does.
//!
//! The console needs a path, a few query values and the history; a router crate would be a tenth of its weight.

use crate::prelude::*;
use leptos::ev;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlAnchorElement, MouseEvent, UrlSearchParams};

/// The address: one for the whole console.
#[derive(Clone, Copy)]
pub(crate) struct Address {
    path: RwSignal<String>,
    query: RwSignal<String>,
}

impl Address {
    /// Reads the address, and from then on follows links and the browser's history.
    pub(crate) fn provide() -> Self {
        let address = Self { path: RwSignal::default(), query: RwSignal::default() };
        address.read();
        provide_context(address);
        window_event_listener(ev::popstate, move |_| address.read());
        window_event_listener(ev::click, move |event| address.follow(&event));
        address
    }

    /// The one address of the console.
    pub(crate) fn expect() -> Self {
        use_context().expect("the console provides its address before anything else")
    }

    /// The path, such as `/w/payments/keys`.
    pub(crate) fn path(self) -> String {
        self.path.get()
    }

    /// A value of the query; an empty one counts as absent.
    pub(crate) fn value(self, name: &str) -> Option<String> {
        parameters(&self.query.read()).get(name).filter(|value| !value.is_empty())
    }

    /// This page with another value in the query, from the first page of a list on.
    pub(crate) fn with(self, name: &str, value: &str) -> String {
        let query = parameters(&self.query.read());
        query.delete("after");
        query.delete(name);
        if !value.is_empty() {
            query.set(name, value);
        }
        let query = String::from(query.to_string());
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{}{mark}{query}", self.path.get())
    }

    /// Goes to another page.
    pub(crate) fn go(self, address: &str) {
        change(|history| history.push_state_with_url(&JsValue::NULL, "", Some(address)));
        window().scroll_to_with_x_and_y(0.0, 0.0);
        self.read();
    }

    /// Changes the address of this page without a new place in the history.
    pub(crate) fn replace(self, address: &str) {
        change(|history| history.replace_state_with_url(&JsValue::NULL, "", Some(address)));
        self.read();
    }

    fn read(self) {
        let location = window().location();
        let put = |signal: RwSignal<String>, now: Result<String, JsValue>| {
            let now = now.unwrap_or_default();
            if *signal.read_untracked() != now {
                signal.set(now);
            }
        };
        // The query first: a new page reads it when it is made.
        put(self.query, location.search());
        put(self.path, location.pathname());
    }

    /// Follows a plain click on a link to another page of the console.
    fn follow(self, event: &MouseEvent) {
        let held = event.ctrl_key() || event.meta_key() || event.shift_key() || event.alt_key();
        if event.default_prevented() || event.button() != 0 || held {
            return;
        }
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let Some(link) = target.and_then(|target| target.closest("a[href]:not([download])").ok().flatten()) else {
            return;
        };
        let link: HtmlAnchorElement = link.unchecked_into();
        if Ok(link.origin()) == window().location().origin() {
            event.prevent_default();
            self.go(&format!("{}{}", link.pathname(), link.search()));
        }
    }
}

fn parameters(query: &str) -> UrlSearchParams {
    UrlSearchParams::new_with_str(query).expect("any text is a query")
}

fn change(act: impl FnOnce(web_sys::History) -> Result<(), JsValue>) {
    let history = window().history().expect("a page has a history");
    act(history).expect("the address is one of this server");
}
