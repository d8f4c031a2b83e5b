//! What is shown before, while and after something loads, and when that failed.

use crate::prelude::*;

use super::form::sentence;
use super::{Empty, Failure, press, scroll};
use crate::api::Error;
use crate::load::{Data, Load};

/// Shows what was loaded. The view is made once, and its data moves inside it; while loading again, and when that
/// fails, the last data stays.
pub(crate) fn loading<T: Send + Sync + 'static>(
    load: Load<T>,
    what: &'static str,
    view: impl Fn(Data<T>) -> AnyView + Send + Sync + 'static,
) -> AnyView {
    let data = load.data();
    shown(
        what,
        load.is_known(),
        Signal::derive(move || load.error().filter(|error| !error.is_signed_out())),
        Box::new(move || view(data)),
        Box::new(move || load.refetch()),
    )
}

fn shown(
    what: &'static str,
    known: Memo<bool>,
    error: Signal<Option<Error>>,
    view: Box<dyn Fn() -> AnyView + Send + Sync>,
    again: Box<dyn Fn() + Send + Sync>,
) -> AnyView {
    let again = StoredValue::new(again);
    let stale =
        move || error.get().map(|error| view! { <Failure error>"What you see may be old."</Failure> }.into_any());
    let missing = move || match error.get() {
        None => view! { <Skeleton what /> }.into_any(),
        Some(error) => view! {
            <Empty icon="warning" state="failed" title=format!("{what} did not load")>
                <p>{sentence(&error.title())} " " {error.advice()}</p>
                <div class="actions">
                    <button type="button" on:click=press(move || again.with_value(|again| again()))>
                        "Try again"
                    </button>
                </div>
            </Empty>
        }
        .into_any(),
    };
    view! {
        {move || {
            if known.get() {
                scroll::restore();
                let view = untrack(|| view());
                view! {
                    {move || stale().into_any()}
                    {view}
                }
                .into_any()
            } else {
                view! { {move || missing()} }.into_any()
            }
        }}
    }
    .into_any()
}

#[component]
fn Skeleton(what: &'static str) -> impl IntoView {
    view! {
        <div class="stack" aria-busy="true">
            <p class="sr">{what} " are loading"</p>
            <span class="skeleton"></span>
            <span class="skeleton"></span>
            <span class="skeleton"></span>
        </div>
    }
}
