//! What stands around tables.

use crate::prelude::*;

use super::Icon;
use crate::address::Address;

/// In place of a list that has no rows: why, and what to do.
#[component]
pub(crate) fn Empty(
    icon: &'static str,
    #[prop(into)] title: String,
    #[prop(optional)] state: Option<&'static str>,
    children: Children,
) -> impl IntoView {
    view! {
        <div class="card">
            <div class="empty" data-state=state>
                <Icon name=icon />
                <h2>{title}</h2>
                {children()}
            </div>
        </div>
    }
}

/// The same in a few words, with one way out.
pub(crate) fn nothing(
    icon: &'static str,
    title: &'static str,
    text: &'static str,
    href: String,
    way: &'static str,
) -> AnyView {
    view! {
        <Empty icon title>
            <p>{text}</p>
            <div class="actions">
                <a class="button" href=href>
                    {way}
                </a>
            </div>
        </Empty>
    }
    .into_any()
}

/// Leads to the first and the next page of a list; the place is in the address.
#[component]
pub(crate) fn Pager(
    /// Where this page ends, if there is a next one.
    next: Option<String>,
) -> impl IntoView {
    let address = Address::expect();
    // Another address brings other data, and with it another pager.
    let later = untrack(|| address.value("after")).is_some();
    let first = untrack(|| address.with("after", ""));
    let next = next.map(|next| untrack(|| address.with("after", &next)));
    (later || next.is_some()).then(|| {
        view! {
            <nav class="pager" aria-label="Pages">
                <span></span>
                <span class="actions">
                    {later.then(|| view! { <a class="button" href=first>"First"</a> }.into_any())}
                    {next
                        .map(|next| {
                            view! {
                                <a class="button" href=next>
                                    "Next"
                                    <Icon name="right" />
                                </a>
                            }.into_any()
                        })}
                </span>
            </nav>
        }
        .into_any()
    })
}
