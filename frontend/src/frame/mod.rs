//! What stands around every page.

mod bar;
mod side;

use crate::prelude::*;

use crate::address::Address;
use crate::live::Live;
use crate::pages::sign_in;
use crate::session::CurrentSession;

/// Skip link, navigation, top bar, and the page in the middle.
#[component]
pub(crate) fn Frame(children: Children) -> impl IntoView {
    let session = CurrentSession::expect();
    let address = Address::expect();
    let live = Live::expect();
    // The workspace of the address; on pages outside workspaces, the one seen before.
    let workspace = Memo::new(move |before: Option<&Option<_>>| {
        let slug = address.path().strip_prefix("/w/")?.split('/').next().map(str::to_owned);
        slug.and_then(|slug| session.workspace(&slug)).or_else(|| before.cloned().flatten())
    });
    let workspace = Memo::new(move |_| workspace.get().or_else(|| session.workspaces().into_iter().next()));
    view! {
        <a class="skip" href="#content" on:click=skip>
            "Skip to content"
        </a>
        <div class="console">
            <side::Side workspace />
            <bar::Bar />
            <main id="content" tabindex="-1">
                <p role="status" class=move || if live.is_lost() { "toast" } else { "sr" }>
                    {move || live.is_lost().then_some("Connection lost, trying again")}
                </p>
                {children()}
            </main>
        </div>
        <sign_in::Again />
    }
}

fn skip(event: leptos::ev::MouseEvent) {
    use wasm_bindgen::JsCast;
    // A hash in the address would be a place of its own in the history.
    event.prevent_default();
    if let Some(content) = document().get_element_by_id("content") {
        // Where it cannot take the focus, the page stays as it is.
        let _ = content.unchecked_into::<web_sys::HtmlElement>().focus();
    }
}
