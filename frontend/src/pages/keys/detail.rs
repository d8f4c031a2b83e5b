//! One key: how it stands and what can be done with it.

use ::api::{DistributionState, Key, KeyChange, KeyName, Role, WorkspaceAccess};
use leptos::prelude::*;

use super::delete::{AllowDeletion, DeleteKey};
use super::facts::{Facts, HeldBy, Notices};
use super::matrix::Matrix;
use super::minimum::MinimumVersion;
use super::versions::Versions;
use crate::api::{self, Error};
use crate::links::Links;
use crate::session::{CurrentSession, Load, load};
use crate::ui::{
    Badge, Failure, Heading, Icon, Id, Loading, Menu, MenuButton, Time, Word, latest, many, ranges, refresh_while,
    state_name,
};

/// What the parts of this page share.
#[derive(Clone)]
pub(super) struct KeyPage {
    pub(super) workspace: WorkspaceAccess,
    pub(super) links: Links,
    pub(super) name: KeyName,
    pub(super) key: Load<Key>,
    pub(super) choosing_minimum: RwSignal<bool>,
    pub(super) allowing_deletion: RwSignal<bool>,
    pub(super) deleting: RwSignal<bool>,
}

impl KeyPage {
    /// Whether this session's role is enough.
    pub(super) fn may(&self, role: Role) -> bool {
        CurrentSession::expect().may(&self.workspace.slug, role)
    }

    /// Sends a change of the key; afterwards the page shows what came of it.
    pub(super) fn change(&self) -> Action<KeyChange, Result<(), Error>> {
        let Self { workspace, name, key, .. } = self.clone();
        Action::new_local(move |change: &KeyChange| {
            let reply = api::change_key(&workspace.slug, &name, change);
            async move {
                let answer = reply.await;
                key.refetch();
                answer.map(|_| ())
            }
        })
    }
}

/// The page of a key.
pub(crate) fn detail(workspace: WorkspaceAccess, name: KeyName) -> AnyView {
    page(workspace, name, false)
}

/// The page with every version of a key and its public key.
pub(crate) fn versions(workspace: WorkspaceAccess, name: KeyName) -> AnyView {
    page(workspace, name, true)
}

fn page(workspace: WorkspaceAccess, name: KeyName, all_versions: bool) -> AnyView {
    let key = {
        let (slug, name) = (workspace.slug.clone(), name.clone());
        load(move || api::key(&slug, &name))
    };
    refresh_while(key, is_moving);
    let page = KeyPage {
        links: Links::of(&workspace.slug),
        workspace,
        name,
        key,
        choosing_minimum: RwSignal::new(false),
        allowing_deletion: RwSignal::new(false),
        deleting: RwSignal::new(false),
    };
    view! {
        <Header page=page.clone() />
        <Tabs page=page.clone() all_versions />
        <Loading
            load=key
            what="The key"
            view=move |key| {
                if all_versions {
                    view! { <Versions page=page.clone() key /> }.into_any()
                } else {
                    view! { <Overview page=page.clone() key /> }.into_any()
                }
            }
        />
    }
    .into_any()
}

fn is_moving(key: &Key) -> bool {
    let moves = |state| matches!(state, DistributionState::Pending | DistributionState::Withdrawing);
    key.distributions.iter().any(|distribution| moves(distribution.state))
}

#[component]
fn Overview(page: KeyPage, key: Signal<Key>) -> impl IntoView {
    view! {
        <Notices key links=page.links.clone() />
        <Matrix key page=page.clone() />
        <div class="columns">
            <Facts key />
            <HeldBy key links=page.links />
        </div>
    }
}

#[component]
fn Header(page: KeyPage) -> impl IntoView {
    let key = latest(page.key);
    let known = Memo::new(move |_| key.read().is_some());
    let acts = page.may(Role::Operator);
    let name = page.name.to_string();
    view! {
        <header class="page">
            <div>
                <div class="page__title">
                    <Heading text=name />
                    {move || key.get().map(|key| view! { <KeyBadge key /> })}
                </div>
                {move || key.get().map(|key| view! { <HeaderFacts key /> })}
            </div>
            <Show when=move || known.get() && acts>
                <Actions page=page.clone() key=Signal::derive(move || key.get().expect("shown once it is known")) />
            </Show>
        </header>
    }
}

#[component]
fn KeyBadge(key: Key) -> impl IntoView {
    let all = key.distributions.len();
    match key.distributions.iter().map(|distribution| distribution.state).max() {
        None => view! { <Word state="none" icon="none" text="Not distributed" badge=true /> }.into_any(),
        Some(state @ DistributionState::InSync) => view! { <Badge state /> }.into_any(),
        Some(state) => {
            let these = key.distributions.iter().filter(|distribution| distribution.state == state).count();
            view! { <Badge state text=format!("{} in {these} of {all}", state_name(state)) /> }.into_any()
        }
    }
}

#[component]
fn HeaderFacts(key: Key) -> impl IntoView {
    let off: Vec<u32> = (1..key.min_enabled_version).collect();
    let versions = match ranges(&off) {
        off if off.is_empty() => many(key.latest_version.into(), "version"),
        off => format!("{}, {off} off", many(key.latest_version.into(), "version")),
    };
    let latest = key.versions.into_iter().next();
    view! {
        <div class="page__facts">
            <span>{key.key_type.as_str()}</span>
            <span>{versions}</span>
            {latest
                .map(|latest| {
                    view! {
                        <span>"last version made " <Time at=latest.created_at /></span>
                        <Id text=latest.thumbprint what=format!("thumbprint of version {}", latest.number) />
                    }
                })}
        </div>
    }
}

#[component]
fn Actions(page: KeyPage, key: Signal<Key>) -> impl IntoView {
    let rotate = {
        let KeyPage { workspace, name, key, .. } = page.clone();
        Action::new_local(move |(): &()| {
            let reply = api::rotate_key(&workspace.slug, &name);
            async move {
                let answer = reply.await;
                key.refetch();
                answer.map(|_| ())
            }
        })
    };
    let change = page.change();
    let busy = move || (rotate.pending().get() || change.pending().get()).then_some("true");
    let press = move |_| {
        if busy().is_none() {
            rotate.dispatch(());
        }
    };
    let failed =
        move || rotate.value().get().and_then(Result::err).or_else(|| change.value().get().and_then(Result::err));
    view! {
        <div class="actions">
            <a class="button" href=page.links.distribute(&page.name)>
                <Icon name="distribution" />
                "Distribute"
            </a>
            <button type="button" data-kind="primary" aria-disabled=busy aria-busy=busy on:click=press>
                <Icon name="rotate" />
                "Rotate"
            </button>
            <More page=page.clone() key change />
        </div>
        {move || failed().map(|error| view! { <Failure error /> })}
        <MinimumVersion page=page.clone() key />
        <AllowDeletion page=page.clone() change />
        <DeleteKey page key />
    }
}

#[component]
fn More(page: KeyPage, key: Signal<Key>, change: Action<KeyChange, Result<(), Error>>) -> impl IntoView {
    let allowed = Memo::new(move |_| key.read().deletion_allowed);
    let set_deletion = move || {
        if allowed.get_untracked() {
            change.dispatch(KeyChange { deletion_allowed: Some(false), ..KeyChange::default() });
        } else {
            page.allowing_deletion.set(true);
        }
    };
    let deletion = Signal::derive(move || if allowed.get() { "Forbid deletion" } else { "Allow deletion…" }.to_owned());
    let one = Signal::derive(move || (key.read().latest_version == 1).then(|| "There is only one version".to_owned()));
    let may_delete = page.may(Role::Admin);
    view! {
        <Menu id="more" label="More actions">
            <MenuButton
                menu="more"
                icon="disabled"
                text="Minimum enabled version…"
                forbidden=one
                act=move || page.choosing_minimum.set(true)
            />
            <MenuButton menu="more" icon="lock" text=deletion act=set_deletion />
            {may_delete
                .then(|| {
                    view! {
                        <MenuButton
                            menu="more"
                            icon="trash"
                            text="Delete key…"
                            forbidden=Signal::derive(move || why_not_deleted(&key.read()))
                            act=move || page.deleting.set(true)
                        />
                    }
                })}
        </Menu>
    }
}

/// Why a key cannot be deleted now.
pub(super) fn why_not_deleted(key: &Key) -> Option<String> {
    match (key.distributions.len(), key.deletion_allowed) {
        (0, true) => None,
        (0, false) => Some("Allow deletion first".to_owned()),
        (count, _) => Some(format!("Withdraw it from {} first", many(count as u64, "provider"))),
    }
}

#[component]
fn Tabs(page: KeyPage, all_versions: bool) -> impl IntoView {
    let key = latest(page.key);
    let count = move || key.get().map(|key| view! { <span aria-hidden="true">{key.latest_version}</span> });
    let current = |here: bool| here.then_some("page");
    view! {
        <nav class="tabs" aria-label=page.name.to_string()>
            <ul>
                <li>
                    <a href=page.links.key(&page.name) aria-current=current(!all_versions)>
                        "Overview"
                    </a>
                </li>
                <li>
                    <a href=page.links.versions(&page.name) aria-current=current(all_versions)>
                        "Versions"
                        {count}
                    </a>
                </li>
                <li>
                    <a href=format!("{}?subject={}", page.links.audit(), page.name)>"Activity"</a>
                </li>
            </ul>
        </nav>
    }
}
