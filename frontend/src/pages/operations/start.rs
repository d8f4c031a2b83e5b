//! The dialog that plans an operation and starts it.

use std::sync::Arc;

use crate::prelude::*;
use ::api::{Action, NewOperation, PageQuery, Plan, Selection, WorkspaceAccess};

use super::Act;
use super::plan::Foreseen;
use crate::address::Address;
use crate::api::{self, Call};
use crate::links::Links;
use crate::load::load;
use crate::pages::distributions::{Attributes, Protections, Providers, Purposes, Wish, attributes, protection};
use crate::ui::{
    Dialog, Field, Foot, FormState, Summary, TypeName, as_call, letters_to_go, loading, many, submit, whole_number,
};

/// What is about to be done to which keys.
struct Task {
    act: Act,
    selection: Selection,
    count: u64,
    workspace: WorkspaceAccess,
    open: RwSignal<bool>,
}

/// The dialog, open from the beginning.
#[component]
pub(crate) fn Start(act: Act, selection: Selection, count: u64, workspace: WorkspaceAccess) -> impl IntoView {
    let open = RwSignal::new(true);
    let title = act.title(&many(count, "key"), None);
    let task = Arc::new(Task { act, selection, count, workspace, open });
    view! {
        <Dialog open id="start-title" title>
            <Confirm task=task.clone() />
        </Dialog>
    }
}

#[component]
fn Confirm(task: Arc<Task>) -> impl IntoView {
    let form = FormState::new();
    let (act, open, count) = (task.act, task.open, task.count);
    let wish = Wish::new(form);
    let minimum = RwSignal::new(String::new());
    let choices = choices(&task, wish, minimum);
    let Choices { view: chosen, action } = choices;
    let phrase = act.title(&many(count, "key"), None).to_ascii_lowercase();
    let typed = RwSignal::new(String::new());
    let to_type = act.takes_away().then(|| phrase.clone());
    let new = {
        let task = task.clone();
        // As it is sent, so that it is the same kind of memo as others.
        Memo::new(move |_| Some(api::body(&NewOperation { action: action()?, selection: task.selection.clone() })))
    };
    let slug = task.workspace.slug.clone();
    let plan = load(move || new.get().map_or_else(Call::<Plan>::none, |new| api::plan_operation(&slug, new)));
    let left = Memo::new(move |_| letters_to_go(&phrase, &typed.read()));
    let forbidden = Signal::derive(move || match plan.last().as_deref() {
        None | Some(None) => Some("Choose the rest first".to_owned()),
        Some(Some(plan)) if plan.keys == plan.refused => Some("Every key would be refused".to_owned()),
        _ => left.get().filter(|_| act.takes_away()),
    });
    let text = Signal::derive(move || {
        let ready = plan.last().and_then(|plan| plan.as_ref().as_ref().map(|plan| plan.keys - plan.refused));
        act.title(&many(ready.unwrap_or(count), "key"), wish.provider.get().as_ref())
    });
    let (address, links) = (Address::expect(), Links::of(&task.workspace.slug));
    let path = format!("/workspaces/{}/operations", task.workspace.slug);
    let send = move || {
        if let (Some(new), None) = (new.get_untracked(), forbidden.get_untracked()) {
            let links = links.clone();
            form.send(api::start_operation(&task.workspace.slug, new), move |operation| {
                open.set(false);
                address.go(&links.operation(&operation.id));
            });
        }
    };
    view! {
        <form on:submit=submit(send)>
            <div class="stack">
                <Summary state=form />
                {chosen}
                {loading(plan, "The plan", move |plan| view! { <Foreseen plan meaning=act.meaning() /> }.into_any())}
                {to_type.map(|name| view! { <TypeName name what=" to go on" typed left /> }.into_any())}
                {as_call("POST", path, new)}
            </div>
            <Foot
                open
                state=form
                text
                kind=if act.takes_away() { "danger" } else { "primary" }
                forbidden
                signed=true
            />
        </form>
    }
}

/// What is to be chosen before it is known what to do, and what came of that.
struct Choices {
    view: Option<AnyView>,
    action: Box<dyn Fn() -> Option<Action> + Send + Sync>,
}

fn choices(task: &Task, wish: Wish, minimum: RwSignal<String>) -> Choices {
    let (act, form) = (task.act, wish.form);
    match act {
        Act::Rotate => Choices { view: None, action: Box::new(|| Some(Action::Rotate)) },
        Act::Verify => Choices { view: None, action: Box::new(|| Some(Action::Verify)) },
        Act::Delete => Choices { view: None, action: Box::new(|| Some(Action::Delete)) },
        Act::Minimum => Choices {
            view: Some(
                view! {
                    <Field
                        form
                        name="min_enabled_version"
                        label="Lowest version that stays enabled"
                        value=minimum
                        hint="Empty: the latest of each key."
                        check=whole_number
                    />
                }
                .into_any(),
            ),
            action: Box::new(move || {
                let text = minimum.read();
                let min_enabled_version = match text.trim() {
                    "" => None,
                    text => Some(text.parse().ok()?),
                };
                Some(Action::SetMinEnabledVersion { min_enabled_version })
            }),
        },
        Act::Distribute | Act::Withdraw => places(task, wish),
    }
}

/// The provider, and what a key may do there.
fn places(task: &Task, wish: Wish) -> Choices {
    let slug = task.workspace.slug.clone();
    let links = Links::of(&slug);
    let distributes = task.act == Act::Distribute;
    let providers = load(move || api::providers(&slug, &PageQuery { limit: Some(200), after: None }));
    let chosen = Signal::derive(move || {
        let name = wish.provider.get()?;
        providers.last()?.items.iter().find(|provider| provider.name == name).cloned()
    });
    let view = loading(providers, "The providers", move |providers| {
        let rest = distributes.then(|| {
            view! {
                <Purposes wish />
                <Protections wish chosen />
                <Attributes wish />
            }
            .into_any()
        });
        let providers = providers.get_untracked().items.clone();
        view! {
            <Providers wish providers links=links.clone() hint="For all of these keys." />
            {rest}
        }
        .into_any()
    });
    let action = Box::new(move || {
        let provider = wish.provider.get()?;
        if !distributes {
            return Some(Action::Withdraw { provider });
        }
        let purposes = Some(wish.purposes.get()).filter(|purposes| !purposes.is_empty())?;
        let (expires_after, tags) = attributes(wish)?;
        Some(Action::Distribute { provider, purposes, protection: protection(wish, chosen), expires_after, tags })
    });
    Choices { view: Some(view), action }
}
