//! Things to copy: ids, public keys, secrets.

use std::time::Duration;

use crate::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen_futures::JsFuture;

use super::{Announcer, Icon, press};

/// How long a button says "Copied".
const PRAISE: Duration = Duration::from_secs(2);

/// A button that copies a text and says so.
#[component]
pub(crate) fn CopyButton(
    /// What is copied.
    #[prop(into)]
    text: Signal<String>,
    /// What it is called: the button is named "Copy …".
    #[prop(into)]
    what: String,
    /// Whether the button shows a word, not only a drawing.
    #[prop(optional)]
    worded: bool,
) -> impl IntoView {
    let said = RwSignal::new(None::<&'static str>);
    let announcer = Announcer::expect();
    let copy = move || {
        let text = text.get_untracked();
        spawn_local(async move {
            let clipboard = window().navigator().clipboard();
            let done = !clipboard.is_falsy() && JsFuture::from(clipboard.write_text(&text)).await.is_ok();
            let word = if done { "Copied" } else { "Not copied: the browser forbids it" };
            said.set(Some(word));
            announcer.say(word);
            set_timeout(move || said.set(None), PRAISE);
        });
    };
    let name = format!("Copy {what}");
    view! {
        <button
            type="button"
            class="quiet"
            data-copied=move || (said.get() == Some("Copied")).then_some("")
            aria-label=move || said.get().map_or_else(|| name.clone(), str::to_owned)
            on:click=press(copy)
        >
            {move || view! { <Icon name=if said.get() == Some("Copied") { "check" } else { "copy" } /> }.into_any()}
            {move || said.get().or(worded.then_some("Copy"))}
        </button>
    }
}

/// An id in monospace with a button to copy it.
#[component]
pub(crate) fn Id(#[prop(into)] text: String, #[prop(into)] what: String) -> impl IntoView {
    view! {
        <span class="id">
            <code>{text.clone()}</code>
            <CopyButton text what />
        </span>
    }
}

/// A block of text with its name and a button to copy it.
#[component]
pub(crate) fn Code(
    #[prop(into)] title: String,
    #[prop(into)] text: String,
    /// More buttons, left of "Copy".
    #[prop(optional, into)]
    more: ViewFn,
) -> impl IntoView {
    view! {
        <figure class="code">
            <figcaption>
                {title.clone()} <span class="actions">{more.run()} <CopyButton text=text.clone() what=title worded=true /></span>
            </figcaption>
            <pre tabindex="0"><code>{text}</code></pre>
        </figure>
    }
}
