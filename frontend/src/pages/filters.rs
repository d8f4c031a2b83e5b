//! Looking for rows of a list: the search, the filters and the order stand in the address.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use leptos::ev::SubmitEvent;
use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate, use_query_map};

use crate::ui::Icon;

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

const TYPES: [(&str, &str); 4] =
    [("", "Any"), ("rsa-2048", "rsa-2048"), ("rsa-3072", "rsa-3072"), ("rsa-4096", "rsa-4096")];

/// Puts a value into the address, from the first page on.
fn put() -> impl Fn(&str, &str) + Clone + 'static {
    let location = use_location();
    let navigate = use_navigate();
    move |name, value| {
        let mut query = location.query.get_untracked();
        query.remove("after");
        query.remove(name);
        if !value.is_empty() {
            query.insert(name.to_owned(), value.to_owned());
        }
        let address = format!("{}{}", location.pathname.get_untracked(), query.to_query_string());
        navigate(&address, NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() });
    }
}

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
        <form class="actions" role="search" aria-label=what on:submit=|event: SubmitEvent| event.prevent_default()>
            {search.map(|label| view! { <Search label part /> })}
            {states.then(|| view! { <Filter label="State" part="state" options=STATES.to_vec() /> })}
            {types.then(|| view! { <Filter label="Type" part="type" options=TYPES.to_vec() /> })}
        </form>
    }
}

#[component]
fn Search(label: &'static str, part: &'static str) -> impl IntoView {
    let put = put();
    let query = use_query_map();
    let text = Memo::new(move |_| query.read().get(part).unwrap_or_default());
    let waiting = Rc::new(Cell::new(None::<TimeoutHandle>));
    let typed = move |event| {
        let (put, text) = (put.clone(), event_target_value(&event));
        if let Some(timer) = waiting.take() {
            timer.clear();
        }
        waiting.set(set_timeout_with_handle(move || put(part, text.trim()), REST).ok());
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
                prop:value=text
                on:input=typed
            />
        </div>
    }
}

#[component]
fn Filter(label: &'static str, part: &'static str, options: Vec<(&'static str, &'static str)>) -> impl IntoView {
    let put = put();
    let query = use_query_map();
    let chosen = Memo::new(move |_| query.read().get(part).unwrap_or_default());
    let option = move |(word, words): (&'static str, &'static str)| {
        view! {
            <option value=word selected=move || chosen.get() == word>
                {words}
            </option>
        }
    };
    view! {
        <label class="actions soft">
            {label}
            <select name=part on:change=move |event| put(part, &event_target_value(&event))>
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
    let put = put();
    let query = use_query_map();
    let order = Memo::new(move |_| match query.read().get("sort") {
        Some(sort) if sort == up => Some("ascending"),
        Some(sort) if sort == down => Some("descending"),
        None if first => Some("ascending"),
        _ => None,
    });
    let turn = move |_| put("sort", if order.get_untracked() == Some("ascending") { down } else { up });
    view! {
        <th scope="col" aria-sort=move || order.get()>
            <button type="button" class="quiet" on:click=turn>
                {text}
                <Icon name="sort" />
            </button>
        </th>
    }
}
