//! Keys of the list that are chosen for something to be done to all of them.

use std::sync::Arc;

use crate::prelude::*;
use ::api::{Action, KeyFilter, KeyName, NewOperation, Role, Selection, WorkspaceAccess};

use super::list::wanted;
use crate::address::Address;
use crate::api;
use crate::links::Links;
use crate::pages::operations::{ACTS, Act, Start};
use crate::pages::schedule::{self, Keys};
use crate::session::CurrentSession;
use crate::ui::{FormState, Icon, Summary, changed, many, press};

/// Which keys are chosen: some by their names, or all that the filter matches.
#[derive(Clone, Copy)]
pub(super) struct Chosen {
    names: RwSignal<Vec<KeyName>>,
    all: RwSignal<Option<(KeyFilter, u64)>>,
    address: Address,
}

impl Chosen {
    /// Nothing yet, of what the filter matches.
    pub(super) fn of(address: Address) -> Self {
        Self { names: RwSignal::default(), all: RwSignal::default(), address }
    }

    fn filter(self) -> KeyFilter {
        let wanted = wanted(self.address);
        KeyFilter { search: wanted.search, key_type: wanted.key_type, state: wanted.state }
    }

    /// How many, if they are all that the filter of now matches.
    fn whole(self) -> Option<u64> {
        self.all.read().as_ref().filter(|(filter, _)| *filter == self.filter()).map(|(_, count)| *count)
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
            Selection { keys: None, filter: Some(self.filter()) }
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
pub(super) fn tick(chosen: Chosen, names: Vec<KeyName>, label: String) -> AnyView {
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
    .into_any()
}

/// What can be done to the chosen keys; shown as long as there are some.
#[component]
pub(super) fn Bar(chosen: Chosen, workspace: WorkspaceAccess) -> impl IntoView {
    let doing = RwSignal::new(None::<Act>);
    let some = Memo::new(move |_| chosen.count() > 0);
    let form = FormState::new();
    let slug = workspace.slug.clone();
    let all = move || {
        let filter = untrack(|| chosen.filter());
        let selection = Selection { keys: None, filter: Some(filter.clone()) };
        let new = api::body(&NewOperation { action: Action::Verify, selection });
        form.send(api::plan_operation(&slug, new), move |plan| {
            chosen.names.set(Vec::new());
            chosen.all.set(plan.map(|plan| (filter, plan.keys)));
        });
    };
    let may_delete = CurrentSession::expect().may(&workspace.slug, Role::Admin);
    let planning = RwSignal::new(false);
    let button = move |icon: &'static str, text: &'static str, act: Box<dyn Fn()>| {
        view! {
            <button type="button" data-kind="plain" on:click=press(act)>
                <Icon name=icon />
                {text}
            </button>
        }
        .into_any()
    };
    let acts = move || {
        let act = |&act: &Act| {
            let (icon, text) = act.button();
            button(icon, text, Box::new(move || doing.set(Some(act))))
        };
        let mut acts: Vec<AnyView> = ACTS.iter().filter(|act| may_delete || **act != Act::Delete).map(act).collect();
        acts.insert(1, button("calendar", "Schedule", Box::new(move || planning.set(true))));
        acts
    };
    let (address, there) = (Address::expect(), Links::of(&workspace.slug).schedule());
    let after = Arc::new(move || address.go(&there));
    let slug = workspace.slug.clone();
    let period = move || {
        planning.get().then(|| {
            let (selection, count) = untrack(|| (chosen.selection(), chosen.count()));
            schedule::period(
                planning,
                Keys { workspace: slug.clone(), selection, count, now: None, after: after.clone() },
            )
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
