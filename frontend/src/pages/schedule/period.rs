//! The dialog that gives keys a period.

use std::sync::Arc;

use ::api::{KeyName, Rotation, ScheduleChange, Slug};
use leptos::prelude::*;

use crate::api;
use crate::ui::{AsCall, Dialog, Field, Foot, FormState, Summary, many, submit, whole_number};

/// The dialog; it opens with what holds now.
#[component]
pub(crate) fn Period(
    open: RwSignal<bool>,
    workspace: Slug,
    keys: Vec<KeyName>,
    now: Option<Rotation>,
    /// What follows when it is changed.
    after: Arc<dyn Fn() + Send + Sync>,
) -> impl IntoView {
    let title = match keys.as_slice() {
        [one] => format!("Rotate {one} by itself"),
        keys => format!("Rotate {} by themselves", many(keys.len() as u64, "key")),
    };
    view! {
        <Dialog open id="period-title" title>
            <Chooser open workspace=workspace.clone() keys=keys.clone() now=now.clone() after=after.clone() />
        </Dialog>
    }
}

#[component]
fn Chooser(
    open: RwSignal<bool>,
    workspace: Slug,
    keys: Vec<KeyName>,
    now: Option<Rotation>,
    after: Arc<dyn Fn() + Send + Sync>,
) -> impl IntoView {
    let form = FormState::new();
    let text = |number: Option<u32>| RwSignal::new(number.map(|number| number.to_string()).unwrap_or_default());
    let period = text(now.as_ref().map(|now| now.period_days));
    let keep = text(now.and_then(|now| now.keep_versions));
    let path = format!("/workspaces/{workspace}/schedule");
    let change = Memo::new(move |_| {
        let number = |text: RwSignal<String>| match text.read().trim() {
            "" => Some(None),
            text => text.parse::<u32>().ok().map(Some),
        };
        Some(ScheduleChange { keys: keys.clone(), period_days: number(period)?, keep_versions: number(keep)? })
    });
    let body = Signal::derive(move || change.read().as_ref().map(api::body));
    let forbidden = Signal::derive(move || change.read().is_none().then(|| "Write whole numbers".to_owned()));
    let verb = move || if period.read().trim().is_empty() { "Rotate only when asked" } else { "Set the schedule" };
    let send = move || {
        if let Some(change) = change.get_untracked() {
            let after = after.clone();
            form.send(api::change_schedule(&workspace, &change), move |()| {
                open.set(false);
                after();
            });
        }
    };
    view! {
        <form on:submit=submit(send)>
            <div class="stack">
                <Summary state=form />
                <Field
                    form
                    name="period_days"
                    label="Days from one version to the next"
                    value=period
                    hint="7 to 3650, less up to a tenth so that not all come at once. Empty: only when asked."
                    check=whole_number
                    autofocus=true
                />
                <Field
                    form
                    name="keep_versions"
                    label="Versions that stay enabled"
                    value=keep
                    hint="Empty: all. Older ones are switched off with each rotation: what they wrapped cannot be unwrapped."
                    check=whole_number
                />
                <AsCall method="PUT" path body />
            </div>
            <Foot open state=form text=Signal::derive(move || verb().to_owned()) forbidden />
        </form>
    }
}
