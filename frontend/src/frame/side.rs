//! The sidebar: which workspace, which page.

use crate::prelude::*;
use ::api::{Counts, GlobalRole, WorkspaceAccess};

use crate::address::Address;
use crate::api;
use crate::links::Links;
use crate::load::load;
use crate::session::CurrentSession;
use crate::ui::{Icon, grouped, hide_popover, press};

/// The sidebar; on narrow screens a menu.
#[component]
pub(super) fn Side(workspace: Memo<Option<WorkspaceAccess>>) -> impl IntoView {
    let session = CurrentSession::expect();
    let now = untrack(|| session.get());
    let version = now.as_ref().map(|session| session.version.clone());
    let demo = now.is_some_and(|session| session.demo).then(|| view! { <Simulated /> }.into_any());
    let users = (session.global_role() != GlobalRole::None).then(|| view! { <Administration /> }.into_any());
    view! {
        <nav id="side" popover aria-label="Main">
            <a class="brand" href="/">
                <Icon name="logo" />
                "Keyferry"
            </a>
            {move || workspace.get().map(|workspace| view! { <Switcher workspace /> }.into_any())}
            {move || workspace.get().map(|workspace| view! { <WorkspacePages workspace /> }.into_any())}
            {users}
            <footer>{demo} "keyferry " {version}</footer>
        </nav>
    }
}

#[component]
fn Administration() -> impl IntoView {
    view! {
        <div class="menu">
            <h2 id="administration">"Administration"</h2>
            <ul aria-labelledby="administration">
                <Page href="/users".to_owned() icon="user" text="Users" />
                <Page href="/system".to_owned() icon="system" text="System" />
            </ul>
        </div>
    }
}

#[component]
fn Simulated() -> impl IntoView {
    view! {
        <span data-state="running">
            <Icon name="info" />
            "Azure is simulated"
        </span>
        <br />
    }
}

#[component]
fn Switcher(workspace: WorkspaceAccess) -> impl IntoView {
    let session = CurrentSession::expect();
    let current = workspace.slug.clone();
    let row = move |other: WorkspaceAccess| {
        let icon = if other.slug == current { "check" } else { "workspace" };
        view! {
            <li>
                <a href=Links::of(&other.slug).overview() on:click=press(|| hide_popover("workspaces"))>
                    <Icon name=icon />
                    {other.title.to_string()}
                    <small>{other.role.as_str()}</small>
                </a>
            </li>
        }
        .into_any()
    };
    view! {
        <div>
            <button
                type="button"
                class="switcher"
                popovertarget="workspaces"
                aria-label=format!("Workspace: {}. Switch", workspace.title)
            >
                <Icon name="workspace" />
                <span>{workspace.title.to_string()}</span>
                <Icon name="down" />
            </button>
            <div id="workspaces" popover>
                <ul class="menu">{move || session.workspaces().into_iter().map(&row).collect_view()}</ul>
            </div>
        </div>
    }
}

#[component]
fn WorkspacePages(workspace: WorkspaceAccess) -> impl IntoView {
    let links = Links::of(&workspace.slug);
    let address = Address::expect();
    let room = load(move || {
        address.path();
        api::workspace(&workspace.slug)
    });
    let count =
        move |of: fn(&Counts) -> u64| -> Count { Box::new(move || room.last().map_or(0, |room| of(&room.counts))) };
    view! {
        <div class="menu">
            <ul>
                <Page href=links.overview() icon="overview" text="Overview" />
                <Page href=links.keys() icon="key" text="Keys" count=count(|counts| counts.keys) />
                <Page
                    href=links.providers()
                    icon="provider"
                    text="Providers"
                    count=count(|counts| counts.providers)
                />
                <Page
                    href=links.distributions()
                    icon="distribution"
                    text="Distributions"
                    count=count(|counts| counts.refused)
                    state="refused"
                />
                <Page
                    href=links.drift()
                    icon="drifted"
                    text="Drift"
                    count=count(|counts| counts.drifted)
                    state="drifted"
                />
                <Page href=links.operations() icon="operation" text="Operations" />
                <Page href=links.schedule() icon="calendar" text="Schedule" />
                <Page href=links.audit() icon="audit" text="Audit" />
                <Page
                    href=links.members()
                    icon="members"
                    text="Members"
                    count=count(|counts| counts.members)
                />
                <Page href="/tokens".to_owned() icon="lock" text="Tokens" />
            </ul>
        </div>
    }
}

/// How many of something there are now.
type Count = Box<dyn Fn() -> u64 + Send + Sync>;

/// A page in the sidebar. The number beside it is for the eye: the page itself says it in words.
#[component]
fn Page(
    href: String,
    icon: &'static str,
    text: &'static str,
    #[prop(optional)] count: Option<Count>,
    #[prop(optional)] state: Option<&'static str>,
) -> impl IntoView {
    let address = Address::expect();
    let here = href.clone();
    let current = move || address.path().starts_with(&here).then_some("page");
    let number = move || {
        count
            .as_ref()
            .map(|count| count())
            .filter(|count| *count > 0)
            .map(|count| view! { <span aria-hidden="true" data-state=state>{grouped(count)}</span> }.into_any())
    };
    view! {
        <li>
            <a href=href aria-current=move || current() on:click=press(|| hide_popover("side"))>
                <Icon name=icon />
                <span>{text}</span>
                {move || number()}
            </a>
        </li>
    }
}
