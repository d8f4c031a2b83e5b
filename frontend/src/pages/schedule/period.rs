//! The dialog that gives keys a period.

use std::sync::Arc;

use crate::prelude::*;
use ::api::{Rotation, ScheduleChange, Selection, Slug};

use crate::api;
use crate::ui::{Dialog, Field, Foot, FormState, Summary, as_call, many, submit, whole_number};

/// Whose period is chosen, what holds now, and what follows when it is changed.
#[derive(Clone)]
pub(crate) struct Keys {
    pub(crate) workspace: Slug,
    pub(crate) selection: Selection,
    pub(crate) count: u64,
    pub(crate) now: Option<Rotation>,
    pub(crate) after: Arc<dyn Fn() + Send + Sync>,
}

/// The dialog; it opens with what holds now.
pub(crate) fn period(open: RwSignal<bool>, keys: Keys) -> AnyView {
    let title = match keys.selection.keys.as_deref() {
        Some([one]) => format!("Rotate {one} by itself"),
        _ => format!("Rotate {} by themselves", many(keys.count, "key")),
    };
    view! {
        <Dialog open id="period-title" title>
            {chooser(open, keys.clone())}
        </Dialog>
    }
    .into_any()
}

fn chooser(open: RwSignal<bool>, keys: Keys) -> AnyView {
    let Keys { workspace, selection, now, after, .. } = keys;
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
        let (period_days, keep_versions) = (number(period)?, number(keep)?);
        Some(api::body(&ScheduleChange { selection: selection.clone(), period_days, keep_versions }))
    });
    let forbidden = Signal::derive(move || change.read().is_none().then(|| "Write whole numbers".to_owned()));
    let verb = move || if period.read().trim().is_empty() { "Rotate only when asked" } else { "Set the schedule" };
    let send = move || {
        if let Some(change) = change.get_untracked() {
            let after = after.clone();
            form.send(api::change_schedule(&workspace, change), move |()| {
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
                {as_call("PUT", path, change)}
            </div>
            <Foot open state=form text=Signal::derive(move || verb().to_owned()) forbidden />
        </form>
    }
    .into_any()
}
