//! Loads: what is shown before, while and after, and when it failed.

use std::time::Duration;

use leptos::prelude::*;

use super::{Empty, Failure, scroll};
use crate::session::Load;

/// How long to wait between two looks at something that moves.
const PAUSE: Duration = Duration::from_millis(1200);

/// Shows what was loaded. The view is made once, and its data moves inside it; while loading again, and when that
/// fails, the last data stays.
#[component]
pub(crate) fn Loading<T, V>(
    load: Load<T>,
    /// What loads: "Keys".
    what: &'static str,
    view: impl Fn(Signal<T>) -> V + Send + Sync + 'static,
) -> impl IntoView
where
    T: Clone + PartialEq + Send + Sync + 'static,
    V: IntoView + 'static,
{
    let last = latest(load);
    let ready = Memo::new(move |_| last.read().is_some());
    let error = Memo::new(move |_| load.get().and_then(Result::err));
    let data = Signal::derive(move || last.get().expect("shown only when something was loaded"));
    move || {
        if ready.get() {
            scroll::restore();
            let stale = move || error.get().filter(|error| !error.is_signed_out());
            view! {
                {move || stale().map(|error| view! { <Failure error>"What you see may be old."</Failure> })}
                {untrack(|| view(data))}
            }
            .into_any()
        } else {
            match error.get().filter(|error| !error.is_signed_out()) {
                None => view! { <Skeleton what /> }.into_any(),
                Some(error) => view! {
                    <Empty icon="warning" state="failed" title=format!("{what} did not load")>
                        <p>{error.title()} ". " {error.advice()}</p>
                        <div class="actions">
                            <button type="button" on:click=move |_| load.refetch()>
                                "Try again"
                            </button>
                        </div>
                    </Empty>
                }
                .into_any(),
            }
        }
    }
}

/// The last data that was loaded, if any ever was.
pub(crate) fn latest<T: Clone + PartialEq + Send + Sync + 'static>(load: Load<T>) -> Memo<Option<T>> {
    Memo::new(move |before: Option<&Option<T>>| match load.get() {
        Some(Ok(now)) => Some(now),
        _ => before.cloned().flatten(),
    })
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

/// Loads again and again while something moves and somebody looks.
pub(crate) fn refresh_while<T: Clone + 'static>(load: Load<T>, moves: impl Fn(&T) -> bool + 'static) {
    // Each answer, good or bad, starts one timer; a hidden tab waits without asking.
    let looks = RwSignal::new(0_u32);
    Effect::new(move |before: Option<bool>| {
        looks.track();
        let moving = match load.get() {
            Some(Ok(now)) => moves(&now),
            // After signing in again it is loaded anew.
            Some(Err(error)) => before == Some(true) && !error.is_signed_out(),
            None => false,
        };
        if moving {
            let look = move || {
                if document().hidden() {
                    looks.update(|count| *count += 1);
                } else {
                    load.refetch();
                }
            };
            if let Ok(timer) = set_timeout_with_handle(look, PAUSE) {
                on_cleanup(move || timer.clear());
            }
        }
        moving
    });
}
