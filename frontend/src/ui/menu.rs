//! Menus that hang below a button.

use crate::prelude::*;
use leptos::ev::MouseEvent;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::Icon;

/// A button with the drawing of three dots and the menu that it opens.
#[component]
pub(crate) fn Menu(id: &'static str, #[prop(into)] label: String, children: Children) -> impl IntoView {
    view! {
        <button type="button" data-kind="icon" popovertarget=id aria-label=label>
            <Icon name="more" />
        </button>
        <div id=id popover>
            <ul class="menu">{children()}</ul>
        </div>
    }
}

/// One thing to do in a menu; a reason makes it say why it cannot be done now.
#[component]
pub(crate) fn MenuButton(
    menu: &'static str,
    icon: &'static str,
    #[prop(into)] text: Signal<String>,
    #[prop(optional, into)] forbidden: Signal<Option<String>>,
    act: Box<dyn Fn()>,
) -> impl IntoView {
    let click = move || {
        if forbidden.read_untracked().is_none() {
            hide_popover(menu);
            act();
        }
    };
    view! {
        <li>
            <button type="button" aria-disabled=move || forbidden.read().is_some().then_some("true") on:click=press(click)>
                <Icon name=icon />
                {text}
                {move || forbidden.get().map(|reason| view! { <small>{reason}</small> }.into_any())}
            </button>
        </li>
    }
}

/// What a button does when it is pressed; all such handlers are one type in the program.
pub(crate) fn press(act: impl Fn() + 'static) -> Box<dyn FnMut(MouseEvent)> {
    Box::new(move |_| act())
}

/// Closes an open menu.
pub(crate) fn hide_popover(id: &str) {
    if let Some(menu) = document().get_element_by_id(id) {
        // One that is not open stays closed.
        let _ = menu.unchecked_into::<HtmlElement>().hide_popover();
    }
}
