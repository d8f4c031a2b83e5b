//! Typing a name before something serious happens.

use crate::prelude::*;

use super::{changed, many};

/// The field for the name.
#[component]
pub(crate) fn TypeName(
    #[prop(into)] name: String,
    /// Goes on after "Type <name>": " to delete it".
    what: &'static str,
    typed: RwSignal<String>,
    /// What is missing until the name is typed.
    left: Memo<Option<String>>,
) -> impl IntoView {
    let hint = move || left.get().unwrap_or_else(|| "The name is complete".to_owned());
    view! {
        <div class="field">
            <label for="confirm">"Type " <code>{name}</code> {what}</label>
            <input
                id="confirm"
                autocomplete="off"
                spellcheck="false"
                autofocus
                aria-describedby="confirm-hint"
                prop:value=move || typed.get()
                on:input=changed(move |text| typed.set(text))
            />
            <p class="field__hint" id="confirm-hint">
                {move || hint()}
            </p>
        </div>
    }
}

/// What is missing until the name is typed.
pub(crate) fn letters_to_go(name: &str, typed: &str) -> Option<String> {
    match name.strip_prefix(typed) {
        Some("") => None,
        Some(rest) => Some(format!("{} to go", many(rest.len() as u64, "letter"))),
        None => Some("This is not the name of the key".to_owned()),
    }
}
