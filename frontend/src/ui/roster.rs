//! Pages that list something, and add to it in a dialog.

use crate::prelude::*;

use super::{Dialog, Heading, Icon, Pager, changed, press};

/// Such a page.
#[component]
pub(crate) fn Roster(
    title: &'static str,
    intro: &'static str,
    /// What the button and the dialog say; absent where nobody may add.
    add: Option<&'static str>,
    /// Whether the dialog shows.
    open: RwSignal<bool>,
    list: AnyView,
    /// What is in the dialog.
    #[prop(into)]
    form: ViewFn,
) -> impl IntoView {
    let button = add.map(|add| {
        view! {
            <div class="actions">
                <button type="button" data-kind="primary" on:click=press(move || open.set(true))>
                    <Icon name="plus" />
                    {add}
                </button>
            </div>
        }
        .into_any()
    });
    view! {
        <header class="page">
            <div>
                <Heading text=title />
                <p class="soft">{intro}</p>
            </div>
            {button}
        </header>
        {list}
        {add.map(|title| view! { <Dialog open id="add-title" title>{form.run()}</Dialog> }.into_any())}
    }
}

/// The rows of a list, and the way to more.
#[component]
pub(crate) fn Rows(
    caption: &'static str,
    columns: Vec<&'static str>,
    /// Whether the last column holds buttons.
    #[prop(optional)]
    acts: bool,
    rows: Vec<AnyView>,
    next: Option<String>,
) -> impl IntoView {
    let head = |name: &'static str| view! { <th scope="col">{name}</th> }.into_any();
    view! {
        <table class="rows">
            <caption class="sr">{caption}</caption>
            <thead>
                <tr>
                    {columns.into_iter().map(head).collect::<Vec<AnyView>>()}
                    {acts.then(|| view! { <th scope="col"><span class="sr">"Actions"</span></th> }.into_any())}
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
        <Pager next />
    }
}

/// A row of a list: what it is about, and what is said of it, each with its label where there is no room for columns.
pub(crate) fn row(about: AnyView, cells: Vec<(&'static str, AnyView)>) -> AnyView {
    let cell = |(label, cell)| view! { <td data-label=label>{cell}</td> }.into_any();
    view! {
        <tr>
            <th scope="row">{about}</th>
            {cells.into_iter().map(cell).collect::<Vec<AnyView>>()}
        </tr>
    }
    .into_any()
}

/// A link to another page.
pub(crate) fn link(href: String, text: String) -> AnyView {
    view! { <a href=href>{text}</a> }.into_any()
}

/// A choice in a row, which counts at once.
#[component]
pub(crate) fn Pick(
    label: String,
    words: Vec<&'static str>,
    chosen: &'static str,
    choose: impl Fn(String) + 'static,
) -> impl IntoView {
    let option = |word: &'static str| {
        view! {
            <option value=word selected=word == chosen>
                {word}
            </option>
        }
        .into_any()
    };
    view! {
        <select aria-label=label on:change=changed(choose)>
            {words.into_iter().map(option).collect::<Vec<AnyView>>()}
        </select>
    }
}
