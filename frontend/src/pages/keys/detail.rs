//! One key: how it stands and what can be done with it.

use std::sync::Arc;

use crate::prelude::*;
use ::api::{DistributionState, Key, KeyChange, KeyName, Role, Selection, WorkspaceAccess};

use super::delete::{AllowDeletion, DeleteKey};
use super::deleted::{Deleted, is_returning};
use super::facts::{Facts, HeldBy, Notices};
use super::matrix::Matrix;
use super::minimum::MinimumVersion;
use super::versions::{Versions, thumbprint};
use super::withhold::{self, Act, Asked};
use crate::address::Address;
use crate::api;
use crate::change::Change;
use crate::command::{Command, Text, Value};
use crate::links::Links;
use crate::load::{Data, Load, load, refresh_while};
use crate::pages::schedule::{self, Keys};
use crate::session::CurrentSession;
use crate::ui::{
    Badge, Commands, Heading, Icon, Menu, MenuButton, Time, Word, loading, many, press, ranges, state_name,
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
    pub(super) scheduling: RwSignal<bool>,
    pub(super) withholding: Asked,
}

impl KeyPage {
    /// Whether this session's role is enough.
    pub(super) fn may(&self, role: Role) -> bool {
        CurrentSession::expect().may(&self.workspace.slug, role)
    }

    /// A change of the key as a command; Terraform is told how it stays else.
    pub(super) fn command(&self, name: &'static str, value: Value) -> Command {
        let kind = untrack(|| self.key.last()).map(|key| Value::word(key.key_type.as_str()));
        let command = Command::write("vault_keymgmt_key", &self.workspace.path, self.thing());
        kind.into_iter().fold(command, |command, kind| command.declared("type", kind)).field(name, value)
    }

    /// The key, for commands.
    pub(super) fn thing(&self) -> Vec<(&'static str, Text)> {
        vec![("key", Text::from(&self.name))]
    }

    /// Sends a change of the key; afterwards the page shows what came of it.
    pub(super) fn change(&self, change: Change, what: &KeyChange) {
        let key = self.key;
        change.send(api::change_key(&self.workspace.slug, &self.name, what), move || key.refetch());
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
    let page = Arc::new(KeyPage {
        links: Links::of(&workspace.slug),
        workspace,
        name,
        key,
        choosing_minimum: RwSignal::new(false),
        allowing_deletion: RwSignal::new(false),
        deleting: RwSignal::new(false),
        scheduling: RwSignal::new(false),
        withholding: RwSignal::new(None),
    });
    view! {
        <Header page=page.clone() />
        <Tabs page=page.clone() all_versions />
        {loading(
            key,
            "The key",
            move |key| {
                let page = page.clone();
                if all_versions {
                    view! { <Versions page key /> }.into_any()
                } else {
                    view! { <Overview page key /> }.into_any()
                }
            },
        )}
    }
    .into_any()
}

fn is_moving(key: &Key) -> bool {
    let moves = |state| matches!(state, DistributionState::Pending | DistributionState::Withdrawing);
    key.distributions.iter().any(|distribution| moves(distribution.state)) || key.deleted.iter().any(is_returning)
}

#[component]
fn Overview(page: Arc<KeyPage>, key: Data<Key>) -> impl IntoView {
    view! {
        <Notices key links=page.links.clone() />
        <Deleted key page=page.clone() />
        <Matrix key page=page.clone() />
        <div class="columns">
            <Facts key />
            <HeldBy key links=page.links.clone() />
        </div>
    }
}

#[component]
fn Header(page: Arc<KeyPage>) -> impl IntoView {
    let key = page.key;
    let known = key.is_known();
    let acts = page.may(Role::Operator);
    let name = page.name.to_string();
    let actions =
        move || (known.get() && acts).then(|| view! { <Actions page=page.clone() key=key.data() /> }.into_any());
    view! {
        <header class="page">
            <div>
                <div class="page__title">
                    <Heading text=name />
                    {move || key.last().map(|key| view! { <KeyBadge key /> }.into_any())}
                </div>
                {move || key.last().map(|key| view! { <HeaderFacts key /> }.into_any())}
            </div>
            {move || actions()}
        </header>
    }
}

#[component]
fn KeyBadge(key: Arc<Key>) -> impl IntoView {
    let all = key.distributions.len();
    match key.distributions.iter().map(|distribution| distribution.state).max() {
        None if key.destroyed_at.is_some() => {
            view! { <Word state="refused" icon="warning" text="Destroyed" badge=true /> }.into_any()
        }
        None => view! { <Word state="none" icon="none" text="Not distributed" badge=true /> }.into_any(),
        Some(state @ DistributionState::InSync) => view! { <Badge state /> }.into_any(),
        Some(state) => {
            let these = key.distributions.iter().filter(|distribution| distribution.state == state).count();
            view! { <Badge state text=format!("{} in {these} of {all}", state_name(state)) /> }.into_any()
        }
    }
}

#[component]
fn HeaderFacts(key: Arc<Key>) -> impl IntoView {
    let versions = match ranges(&key.off()) {
        off if off.is_empty() => many(key.latest_version.into(), "version"),
        off => format!("{}, {off} off", many(key.latest_version.into(), "version")),
    };
    let latest = key.versions.first().cloned();
    view! {
        <div class="page__facts">
            <span>{key.key_type.as_str()}</span>
            <span>{versions}</span>
            {latest
                .map(|latest| {
                    view! {
                        <span>"last version made " <Time at=latest.created_at /></span>
                        {latest.thumbprint.is_some().then(|| thumbprint(&latest))}
                    }.into_any()
                })}
        </div>
    }
}

#[component]
fn Actions(page: Arc<KeyPage>, key: Data<Key>) -> impl IntoView {
    let change = Change::new();
    let busy = move || change.is_sending().then_some("true");
    // A destroyed key gets no other version and goes nowhere.
    let ended = Memo::new(move |_| key.get().destroyed_at.is_some());
    let blocked = move || (ended.get() || change.is_sending()).then_some("true");
    let rotate = {
        let page = page.clone();
        move || {
            if !ended.get_untracked() {
                let key = page.key;
                change.send(api::rotate_key(&page.workspace.slug, &page.name), move || key.refetch());
            }
        }
    };
    let rotation =
        Command::write("vault_keymgmt_key_rotate", &page.workspace.path, page.thing()).verb("rotate").fixed();
    let period = {
        let page = page.clone();
        move || {
            page.scheduling.get().then(|| {
                let load = page.key;
                let keys = Keys {
                    workspace: page.workspace.slug.clone(),
                    selection: Selection { keys: Some(vec![page.name.clone()]), filter: None },
                    count: 1,
                    now: key.get_untracked().rotation.clone(),
                    after: Arc::new(move || load.refetch()),
                };
                schedule::period(page.scheduling, keys)
            })
        }
    };
    let link = page.links.distribute(&page.name);
    let fits = key.get_untracked().key_type.fits_azure();
    let distribute = move || {
        fits.then(|| {
            view! {
                <a class="button" href=link.clone()>
                    <Icon name="distribution" />
                    "Distribute"
                </a>
            }
            .into_any()
        })
    };
    view! {
        <div class="actions">
            {move || (!ended.get()).then(|| distribute())}
            <button
                type="button"
                data-kind="primary"
                aria-disabled=move || blocked()
                title=move || ended.get().then_some("This key is destroyed")
                aria-busy=move || busy()
                on:click=press(rotate)
            >
                <Icon name="rotate" />
                "Rotate"
            </button>
            <button type="button" popovertarget="as-command">
                "As command"
            </button>
            <div id="as-command" popover>
                <div class="stack">
                    <h2>"Rotate as command"</h2>
                    <Commands command=rotation />
                </div>
            </div>
            <More page=page.clone() key change />
        </div>
        {change.failure()}
        <MinimumVersion page=page.clone() key />
        <AllowDeletion page=page.clone() change />
        {move || period()}
        <DeleteKey page=page.clone() key />
        {move || withhold::question(&page, key)}
    }
}

#[component]
fn More(page: Arc<KeyPage>, key: Data<Key>, change: Change) -> impl IntoView {
    let may_delete = page.may(Role::Admin);
    let (choosing, allowing, deleting) = (page.choosing_minimum, page.allowing_deletion, page.deleting);
    let (scheduling, withholding) = (page.scheduling, page.withholding);
    let import = key.get_untracked().key_type.fits_azure().then(|| {
        let (address, there) = (Address::expect(), page.links.import_version(&page.name));
        let go = Box::new(move || address.go(&there));
        view! { <MenuButton menu="more" icon="plus" text="Import next version…" act=go /> }.into_any()
    });
    let set_deletion = move || {
        if key.get_untracked().deletion_allowed {
            page.change(change, &KeyChange { deletion_allowed: Some(false), ..KeyChange::default() });
        } else {
            allowing.set(true);
        }
    };
    let deletion = move || if key.get().deletion_allowed { "Forbid deletion" } else { "Allow deletion…" };
    let act = |(act, icon): (Act, &'static str)| {
        let done = move || key.get().versions.iter().all(|version| act.is_done(version));
        let forbidden = Signal::derive(move || done().then(|| "No version is left".to_owned()));
        let text = format!("{}…", act.text("key"));
        let ask = Box::new(move || withholding.set(Some((act, None))));
        view! { <MenuButton menu="more" icon text forbidden act=ask /> }.into_any()
    };
    let acts = may_delete
        .then(|| [(Act::Compromise, "warning"), (Act::Destroy, "trash")].map(act).into_iter().collect::<Vec<_>>());
    let one = move || (key.get().latest_version == 1).then(|| "There is only one version".to_owned());
    let delete = may_delete.then(|| {
        view! {
            <MenuButton
                menu="more"
                icon="trash"
                text="Delete key…"
                forbidden=Signal::derive(move || why_not_deleted(&key.get()))
                act=Box::new(move || deleting.set(true))
            />
        }
        .into_any()
    });
    view! {
        <Menu id="more" label="More actions">
            <MenuButton
                menu="more"
                icon="disabled"
                text="Minimum enabled version…"
                forbidden=Signal::derive(one)
                act=Box::new(move || choosing.set(true))
            />
            <MenuButton
                menu="more"
                icon="calendar"
                text="Schedule…"
                act=Box::new(move || scheduling.set(true))
            />
            {import}
            <MenuButton
                menu="more"
                icon="lock"
                text=Signal::derive(move || deletion().to_owned())
                act=Box::new(set_deletion)
            />
            {acts}
            {delete}
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
fn Tabs(page: Arc<KeyPage>, all_versions: bool) -> impl IntoView {
    let key = page.key;
    let count = move || {
        key.last().map(|key| view! { <span aria-hidden="true">{key.latest_version.to_string()}</span> }.into_any())
    };
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
                        {move || count()}
                    </a>
                </li>
                <li>
                    <a href=format!("{}?subject={}", page.links.audit(), page.name)>"Activity"</a>
                </li>
            </ul>
        </nav>
    }
}
