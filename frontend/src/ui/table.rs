//! What stands around tables.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use super::Icon;

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

/// Leads to the first and the next page of a list; the place is in the address.
#[component]
pub(crate) fn Pager(
    /// Where this page ends, if there is a next one.
    #[prop(into)]
    next: Signal<Option<String>>,
) -> impl IntoView {
    let location = use_location();
    let with_after = move |after: Option<&str>| {
        let mut query = location.query.get();
        query.remove("after");
        if let Some(after) = after {
            query.insert("after", after.to_owned());
        }
        format!("{}{}", location.pathname.get(), query.to_query_string())
    };
    let later = move || location.query.read().get("after").is_some();
    view! {
        <Show when=move || later() || next.read().is_some()>
            <nav class="pager" aria-label="Pages">
                <span></span>
                <span class="actions">
                    {move || later().then(|| view! { <a class="button" href=with_after(None)>"First"</a> })}
                    {move || {
                        next.get()
                            .map(|next| {
                                view! {
                                    <a class="button" href=with_after(Some(&next))>
                                        "Next"
                                        <Icon name="right" />
                                    </a>
                                }
                            })
                    }}
                </span>
            </nav>
        </Show>
    }
}
