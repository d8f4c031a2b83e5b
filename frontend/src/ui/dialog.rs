//! Questions in front of a page.

use crate::prelude::*;
use leptos::html;

use super::{FormState, Icon, Submit, press, submit};
use crate::session::CurrentSession;

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

/// The end of a form in a dialog: leaves it, or sends it.
#[component]
pub(crate) fn Foot(
    open: RwSignal<bool>,
    state: FormState,
    #[prop(into)] text: Signal<String>,
    #[prop(default = "primary")] kind: &'static str,
    /// Why it cannot be sent now.
    #[prop(optional, into)]
    forbidden: Signal<Option<String>>,
    /// Whether to say whose name the audit trail will show.
    #[prop(optional)]
    signed: bool,
) -> impl IntoView {
    let signature = signed.then(|| {
        let name = CurrentSession::expect().username();
        view! {
            <span class="soft">
                "Written to the audit trail as " <strong>{name}</strong>
            </span>
        }
        .into_any()
    });
    view! {
        <footer>
            {signature}
            <button type="button" on:click=press(move || open.set(false))>
                "Cancel"
            </button>
            <Submit state text kind forbidden />
        </footer>
    }
}

/// A question before something is done at once.
#[component]
pub(crate) fn Ask(
    open: RwSignal<bool>,
    /// Unique in the page.
    id: &'static str,
    #[prop(into)] title: String,
    /// What the button says.
    text: &'static str,
    #[prop(default = "danger")] kind: &'static str,
    act: impl Fn() + Send + Sync + 'static,
    children: ChildrenFn,
) -> impl IntoView {
    let act = StoredValue::new(Box::new(act) as Box<dyn Fn() + Send + Sync>);
    let content = move || question(open, act, text, kind, children());
    view! { <Dialog open id title>{content()}</Dialog> }
}

/// One function for all questions, whatever they do.
fn question(
    open: RwSignal<bool>,
    act: StoredValue<Box<dyn Fn() + Send + Sync>>,
    text: &'static str,
    kind: &'static str,
    content: AnyView,
) -> AnyView {
    let send = move || {
        open.set(false);
        act.with_value(|act| act());
    };
    view! {
        <form on:submit=submit(send)>
            <div class="stack">{content}</div>
            <Foot open state=FormState::new() text kind />
        </form>
    }
    .into_any()
}
