//! Looking for rows of a list: the search, the filters and the order stand in the address.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use crate::prelude::*;
use ::api::KeyType;
use leptos::leptos_dom::helpers::TimeoutHandle;

use crate::address::Address;
use crate::ui::{Icon, changed, press, submit};

/// How long somebody has stopped typing when the search begins.
const REST: Duration = Duration::from_millis(300);

/// States of distributions with their words.
const STATES: [(&str, &str); 6] = [
    ("", "Any"),
    ("in_sync", "In sync"),
    ("pending", "Pending"),
    ("refused", "Refused"),
    ("drifted", "Drifted"),
    ("withdrawing", "Withdrawing"),
];

/// The search and the filters above a list.
#[component]
pub(super) fn Filters(
    /// What is listed.
    what: &'static str,
    /// The name of the search field, if there is one.
    #[prop(optional)]
    search: Option<&'static str>,
    /// Which part of the address the search fills.
    #[prop(default = "search")]
    part: &'static str,
    #[prop(optional)] states: bool,
    #[prop(optional)] types: bool,
) -> impl IntoView {
    view! {
        <form class="actions" role="search" aria-label=what on:submit=submit(|| ())>
            {search.map(|label| view! { <Search label part /> }.into_any())}
            {states.then(|| view! { <Filter label="State" part="state" options=STATES.to_vec() /> }.into_any())}
            {types.then(|| view! { <Filter label="Type" part="type" options=types_of_keys() /> }.into_any())}
        </form>
    }
}

fn types_of_keys() -> Vec<(&'static str, &'static str)> {
    std::iter::once(("", "Any")).chain(KeyType::ALL.iter().map(|kind| (kind.as_str(), kind.as_str()))).collect()
}

#[component]
fn Search(label: &'static str, part: &'static str) -> impl IntoView {
    let address = Address::expect();
    let text = Memo::new(move |_| address.value(part).unwrap_or_default());
    let waiting = Rc::new(Cell::new(None::<TimeoutHandle>));
    let typed = move |text: String| {
        if let Some(timer) = waiting.take() {
            timer.clear();
        }
        waiting.set(
            set_timeout_with_handle(move || address.replace(&untrack(|| address.with(part, text.trim()))), REST).ok(),
        );
    };
    view! {
        <div class="search">
            <Icon name="search" />
            <input
                type="search"
                name=part
                aria-label=label
                placeholder=label
                autocomplete="off"
                prop:value=move || text.get()
                on:input=changed(typed)
            />
        </div>
    }
}

#[component]
fn Filter(label: &'static str, part: &'static str, options: Vec<(&'static str, &'static str)>) -> impl IntoView {
    let address = Address::expect();
    let chosen = Memo::new(move |_| address.value(part).unwrap_or_default());
    let option = move |(word, words): (&'static str, &'static str)| {
        view! {
            <option value=word selected=move || chosen.get() == word>
                {words}
            </option>
        }
        .into_any()
    };
    view! {
        <label class="actions soft">
            {label}
            <select name=part on:change=changed(move |word| address.replace(&untrack(|| address.with(part, &word))))>
                {options.into_iter().map(option).collect_view()}
            </select>
        </label>
    }
}

/// A column head that changes the order.
#[component]
pub(super) fn SortBy(
    text: &'static str,
    up: &'static str,
    down: &'static str,
    /// Whether this is the order when the address names none.
    #[prop(optional)]
    first: bool,
) -> impl IntoView {
    let address = Address::expect();
    let order = Memo::new(move |_| match address.value("sort") {
        Some(sort) if sort == up => Some("ascending"),
        Some(sort) if sort == down => Some("descending"),
        None if first => Some("ascending"),
        _ => None,
    });
    let turn = move || {
        let other = if order.get_untracked() == Some("ascending") { down } else { up };
        address.replace(&untrack(|| address.with("sort", other)));
    };
    view! {
        <th scope="col" aria-sort=move || order.get()>
            <button type="button" class="quiet" on:click=press(turn)>
                {text}
                <Icon name="sort" />
            </button>
        </th>
    }
}
