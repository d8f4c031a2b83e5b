//! Questions in front of a page.

use leptos::html;
use leptos::prelude::*;

use super::{Icon, press};

/// A dialog that shows as long as `open` holds; what is inside is made anew each time.
#[component]
pub(crate) fn Dialog(
    open: RwSignal<bool>,
    /// Unique in the page.
    id: &'static str,
    #[prop(into)] title: String,
    children: ChildrenFn,
) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let wanted = open.get();
        if let Some(dialog) = dialog.get().filter(|dialog| dialog.open() != wanted) {
            if wanted {
                dialog.show_modal().expect("the dialog is in the document and closed");
            } else {
                dialog.close();
            }
        }
    });
    let content = move || {
        view! {
            <header>
                <h2 id=id>{title.clone()}</h2>
                <button type="button" data-kind="icon" aria-label="Close" on:click=press(move || open.set(false))>
                    <Icon name="close" />
                </button>
            </header>
            {children()}
        }
        .into_any()
    };
    view! {
        <dialog node_ref=dialog aria-labelledby=id on:close=move |_| open.set(false)>
            {move || open.get().then(|| content())}
        </dialog>
    }
}
