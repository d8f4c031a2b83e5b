//! What a page is called, and who is told.

use crate::prelude::*;
use leptos::html;
use web_sys::FocusOptions;

/// Speaks to people who listen to the page.
#[derive(Clone, Copy)]
pub(crate) struct Announcer {
    text: RwSignal<String>,
    arrived: StoredValue<bool>,
}

impl Announcer {
    /// Starts it for everything below.
    pub(crate) fn provide() -> Self {
        let announcer = Self { text: RwSignal::default(), arrived: StoredValue::new(false) };
        provide_context(announcer);
        announcer
    }

    pub(crate) fn expect() -> Self {
        use_context().expect("the console has an announcer before anything else")
    }

    /// Says something once the page is quiet.
    pub(crate) fn say(self, text: &str) {
        self.text.set(text.to_owned());
    }

    /// Where the words are put for screen readers.
    pub(crate) fn region(self) -> impl IntoView {
        view! { <p class="sr" role="status" aria-live="polite">{move || self.text.get()}</p> }
    }
}

/// The one `<h1>` of a page: names the document, takes the focus after a navigation, and is announced.
#[component]
pub(crate) fn Heading(#[prop(into)] text: String) -> impl IntoView {
    let announcer = Announcer::expect();
    let heading = NodeRef::<html::H1>::new();
    document().set_title(&format!("{text} · Keyferry"));
    let words = text.clone();
    heading.on_load(move |heading| {
        if announcer.arrived.get_value() {
            let options = FocusOptions::new();
            options.set_prevent_scroll(true);
            // A heading that cannot take the focus is still announced.
            let _ = heading.focus_with_options(&options);
            announcer.say(&words);
        }
        announcer.arrived.set_value(true);
    });
    view! {
        <h1 node_ref=heading tabindex="-1">
            {text}
        </h1>
    }
}

/// The page for what does not exist, or is not open to this session.
#[component]
pub(crate) fn NotFound() -> impl IntoView {
    view! {
        <header class="page">
            <div>
                <Heading text="Not found" />
                <p class="soft">"This page does not exist, or it belongs to a workspace that is not open to you."</p>
            </div>
        </header>
        <p>
            <a href="/">"Go to the overview"</a>
        </p>
    }
}
