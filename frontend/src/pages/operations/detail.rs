//! One operation: how far it is and what can be done about it.

use std::sync::Arc;

use crate::prelude::*;
use ::api::{Operation, OperationId, OperationPath, OperationState, Role, WorkspaceAccess};

use super::outcomes::{Figures, Outcomes};
use super::{ended, progress, standing, title, total};
use crate::api;
use crate::change::Change;
use crate::links::Links;
use crate::load::{Data, Load, load, refresh_while};
use crate::session::CurrentSession;
use crate::ui::{Ask, Heading, Icon, Time, grouped, loading, many, press, span};

/// What the parts of this page share.
pub(super) struct OperationPage {
    pub(super) path: OperationPath,
    pub(super) links: Links,
    load: Load<Operation>,
}

/// The page of an operation.
pub(crate) fn detail(workspace: WorkspaceAccess, operation: OperationId) -> AnyView {
    let acts = CurrentSession::expect().may(&workspace.slug, Role::Operator);
    let links = Links::of(&workspace.slug);
    let path = OperationPath { workspace: workspace.slug, operation };
    let load = {
        let path = path.clone();
        load(move || api::operation(&path))
    };
    refresh_while(load, |operation| operation.state != OperationState::Finished);
    let page = Arc::new(OperationPage { path, links, load });
    loading(load, "The operation", move |operation| {
        let page = page.clone();
        view! {
            <Header page=page.clone() operation acts />
            <Card operation />
            <Outcomes page operation />
        }
        .into_any()
    })
}

#[component]
fn Header(page: Arc<OperationPage>, operation: Data<Operation>, acts: bool) -> impl IntoView {
    let now = operation.get_untracked();
    view! {
        <header class="page">
            <div>
                <div class="page__title">
                    <Heading text=title(&now) />
                    {move || standing(&operation.get(), true)}
                </div>
                <p class="page__facts">
                    <span>"asked for by " <strong>{now.requested_by.clone()}</strong> ", " <Time at=now.created_at /></span>
                </p>
            </div>
            {acts.then(|| view! { <Actions page operation /> }.into_any())}
        </header>
    }
}

/// The one way that is asked about first.
const CANCEL: &str = "cancel";

/// What can be done to an operation: the call, the drawing, the words, and when.
type Way = (&'static str, &'static str, &'static str, fn(&Operation) -> bool);

const WAYS: [Way; 4] = [
    ("pause", "pause", "Pause", |now| now.state == OperationState::Running),
    ("resume", "running", "Resume", |now| now.state == OperationState::Paused),
    ("retry", "retry", "Retry refused", |now| now.counts.refused > 0),
    (CANCEL, "stop", "Cancel the rest…", |now| now.counts.waiting > 0),
];

#[component]
fn Actions(page: Arc<OperationPage>, operation: Data<Operation>) -> impl IntoView {
    let change = Change::new();
    let cancelling = RwSignal::new(false);
    let load = page.load;
    let path = page.path.clone();
    let steer = move |verb| change.send(api::steer_operation(&path, verb), move || load.refetch());
    let cancel = steer.clone();
    let buttons = move || {
        let now = operation.get();
        let button = |&(verb, icon, text, _): &Way| {
            let steer = steer.clone();
            let act: Box<dyn Fn()> = Box::new(move || if verb == CANCEL { cancelling.set(true) } else { steer(verb) });
            view! {
                <button type="button" aria-disabled=move || change.is_sending().then_some("true") on:click=press(act)>
                    <Icon name=icon />
                    {text}
                </button>
            }
            .into_any()
        };
        WAYS.iter().filter(|way| way.3(&now)).map(button).collect::<Vec<AnyView>>()
    };
    view! {
        <div class="actions">{move || buttons()}</div>
        {change.failure()}
        <Ask open=cancelling id="cancel-title" title="Cancel the rest?" text="Cancel the rest" act=move || cancel(CANCEL)>
            <ul class="consequences">{move || consequences(&operation.get())}</ul>
        </Ask>
    }
}

/// What cancelling means, in numbers.
fn consequences(now: &Operation) -> Vec<AnyView> {
    let counts = &now.counts;
    let line = |(count, words): (u64, &'static str)| {
        view! {
            <li>
                <strong>{grouped(count)}</strong>
                <span>{words}</span>
            </li>
        }
        .into_any()
    };
    let lines = [
        (counts.waiting, "not begun: left as they are"),
        (counts.started, "under way: they go on to their end"),
        (counts.done, "done: they stay so"),
    ];
    lines.into_iter().map(line).collect()
}

#[component]
fn Card(operation: Data<Operation>) -> impl IntoView {
    let heading = move || {
        let now = operation.get();
        format!("{} of {} finished", grouped(ended(&now)), many(total(&now), "key"))
    };
    view! {
        <section class="card" aria-labelledby="progress">
            <header>
                <h2 id="progress">{move || heading()}</h2>
                <p class="soft" role="status">
                    {move || rest(&operation.get())}
                </p>
            </header>
            {move || progress(&operation.get())}
            <Figures operation />
        </section>
    }
}

/// What is to be expected.
fn rest(now: &Operation) -> AnyView {
    let left = now
        .seconds_left
        .filter(|seconds| *seconds > 0)
        .map(|seconds| format!("about {} left", span(i64::try_from(seconds).unwrap_or_default() * 1000)));
    match (now.state, left, now.finished_at) {
        (OperationState::Running, Some(left), _) => left.into_any(),
        (OperationState::Running, None, _) => "begun; you may leave, the work goes on".into_any(),
        (OperationState::Paused, ..) => "paused: what was begun ends, nothing else begins".into_any(),
        (OperationState::Finished, _, at) => at.map(|at| view! { "ended " <Time at /> }.into_any()).into_any(),
    }
}
