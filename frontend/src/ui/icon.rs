//! Drawings out of one file.

use crate::prelude::*;

/// The file of all drawings; its name carries a hash of its content.
const SHEET: &str = match option_env!("KEYFERRY_ICONS") {
    Some(url) => url,
    None => "/assets/icons.svg",
};

/// A drawing that says nothing by itself: the words beside it do.
#[component]
pub(crate) fn Icon(name: &'static str) -> impl IntoView {
    view! {
        <svg aria-hidden="true">
            <use_ href=format!("{SHEET}#icon-{name}") />
        </svg>
    }
}
