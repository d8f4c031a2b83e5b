//! Keys of the list that are chosen for something to be done to all of them.

use std::sync::Arc;

use ::api::{Action, KeyFilter, KeyName, NewOperation, Role, Selection, WorkspaceAccess};
use leptos::prelude::*;

use crate::address::Address;
use crate::api;
use crate::links::Links;
use crate::pages::operations::{ACTS, Act, Start};
use crate::pages::schedule::Period;
use crate::session::CurrentSession;
use crate::ui::{FormState, Icon, Summary, changed, many, press};

/// Which keys are chosen: some by their names, or all that the filter matches.
#[derive(Clone, Copy)]
pub(super) struct Chosen {
    names: RwSignal<Vec<KeyName>>,
    all: RwSignal<Option<(KeyFilter, u64)>>,
    filter: Memo<KeyFilter>,
}

impl Chosen {
    /// Nothing yet, of what the filter matches.
    pub(super) fn of(filter: Memo<KeyFilter>) -> Self {
        Self { names: RwSignal::default(), all: RwSignal::default(), filter }
    }

    /// How many, if they are all that the filter of now matches.
    fn whole(self) -> Option<u64> {
        self.all.read().as_ref().filter(|(filter, _)| *filter == *self.filter.read()).map(|(_, count)| *count)
    }

    fn has(self, names: &[KeyName]) -> bool {
        self.whole().is_some() || names.iter().all(|name| self.names.read().contains(name))
    }

    fn turn(self, names: &[KeyName]) {
        let had = untrack(|| self.has(names));
        self.names.update(|chosen| {
            chosen.retain(|name| !names.contains(name));
            if !had {
                chosen.extend_from_slice(names);
            }
        });
    }

    fn count(self) -> u64 {
        self.whole().unwrap_or(self.names.read().len() as u64)
    }

    fn selection(self) -> Selection {
        if self.whole().is_some() {
            Selection { keys: None, filter: Some(self.filter.get()) }
        } else {
            Selection { keys: Some(self.names.get()), filter: None }
        }
    }

    fn clear(self) {
        self.names.set(Vec::new());
        self.all.set(None);
    }
}

/// The mark beside some keys.
#[component]
pub(super) fn Tick(chosen: Chosen, names: Vec<KeyName>, label: String) -> impl IntoView {
    let these = names.clone();
    view! {
        <input
            type="checkbox"
            aria-label=label
            disabled=move || chosen.whole().is_some()
            prop:checked=move || chosen.has(&these)
            on:change=changed(move |_| chosen.turn(&names))
        />
    }
}

/// What can be done to the chosen keys; shown as long as there are some.
#[component]
pub(super) fn Bar(chosen: Chosen, workspace: WorkspaceAccess) -> impl IntoView {
    let doing = RwSignal::new(None::<Act>);
    let some = Memo::new(move |_| chosen.count() > 0);
    let form = FormState::new();
    let slug = workspace.slug.clone();
    let all = move || {
        let filter = chosen.filter.get_untracked();
        let selection = Selection { keys: None, filter: Some(filter.clone()) };
        let new = NewOperation { action: Action::Verify, selection };
        form.send(api::plan_operation(&slug, &new), move |plan| {
            chosen.names.set(Vec::new());
            chosen.all.set(plan.map(|plan| (filter, plan.keys)));
        });
    };
    let may_delete = CurrentSession::expect().may(&workspace.slug, Role::Admin);
    let acts = move || {
        let button = |&act: &Act| {
            let (icon, text) = act.button();
            view! {
                <button type="button" data-kind="plain" on:click=press(move || doing.set(Some(act)))>
                    <Icon name=icon />
                    {text}
                </button>
            }
            .into_any()
        };
        ACTS.iter().filter(|act| may_delete || **act != Act::Delete).map(button).collect::<Vec<AnyView>>()
    };
    let planning = RwSignal::new(false);
    let plan = move || {
        if untrack(|| chosen.whole()).is_none() {
            planning.set(true);
        }
    };
    let (address, there) = (Address::expect(), Links::of(&workspace.slug).schedule());
    let after = Arc::new(move || address.go(&there));
    let slug = workspace.slug.clone();
    let period = move || {
        planning.get().then(|| {
            let keys = chosen.names.get_untracked();
            view! { <Period open=planning workspace=slug.clone() keys now=None after=after.clone() /> }.into_any()
        })
    };
    let bar = move || {
        view! {
            <Summary state=form />
            <div class="bulk" role="toolbar" aria-label="Selected keys">
                <output>
                    <strong>{move || many(chosen.count(), "key")}</strong>
                    " selected"
                </output>
                <button type="button" aria-disabled=move || chosen.whole().is_some().then_some("true") on:click=press(all.clone())>
                    "Select all that match"
                </button>
                {acts()}
                <button
                    type="button"
                    data-kind="plain"
                    aria-disabled=move || chosen.whole().is_some().then_some("true")
                    title=move || chosen.whole().map(|_| "Choose the keys one by one")
                    on:click=press(plan)
                >
                    <Icon name="calendar" />
                    "Schedule"
                </button>
                <button type="button" data-kind="icon" aria-label="Clear selection" on:click=press(move || chosen.clear())>
                    <Icon name="close" />
                </button>
            </div>
        }
        .into_any()
    };
    let start = move || {
        doing.get().map(|act| {
            let (selection, count) = untrack(|| (chosen.selection(), chosen.count()));
            view! { <Start act selection count workspace=workspace.clone() /> }.into_any()
        })
    };
    view! {
        {move || some.get().then(|| bar())}
        {move || start()}
        {move || period()}
    }
}
