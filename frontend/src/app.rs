//! The console: who sits here decides what is shown, the address decides which page.

use ::api::{KeyName, ProviderName, WorkspaceAccess};
use leptos::prelude::*;
use leptos_router::components::{Redirect, Route, Router, Routes};
use leptos_router::hooks::use_params_map;
use leptos_router::path;

use crate::frame::Frame;
use crate::links::Links;
use crate::pages::{audit, distributions, keys, members, overview, password, providers, sign_in, tokens, users};
use crate::session::{CurrentSession, Stage};
use crate::ui::{Announcer, Clock, Empty, NotFound, remember_scroll};

/// The whole console.
#[component]
pub(crate) fn App() -> impl IntoView {
    Clock::provide();
    let announcer = Announcer::provide();
    let session = CurrentSession::provide();
    remember_scroll();
    // Signing in again as the same person keeps the pages as they are.
    let scene = Memo::new(move |_| Scene::of(&session.stage()));
    view! {
        {announcer.region()}
        <Router>
            {move || match scene.get() {
                Scene::Waiting => view! { <main aria-busy="true"></main> }.into_any(),
                Scene::Unreachable => view! { <Unreachable /> }.into_any(),
                Scene::Door => view! { <sign_in::Door /> }.into_any(),
                Scene::NewPassword(_) => view! { <password::First /> }.into_any(),
                Scene::Console(_) => view! { <Console /> }.into_any(),
            }}
        </Router>
    }
}

#[derive(Clone, PartialEq)]
enum Scene {
    Waiting,
    Unreachable,
    Door,
    NewPassword(String),
    Console(String),
}

impl Scene {
    fn of(stage: &Stage) -> Self {
        match stage {
            Stage::Asking => Self::Waiting,
            Stage::Unreachable(_) => Self::Unreachable,
            Stage::Out => Self::Door,
            Stage::In(session) if session.must_change_password => Self::NewPassword(session.username.to_string()),
            Stage::In(session) => Self::Console(session.username.to_string()),
        }
    }
}

#[component]
fn Console() -> impl IntoView {
    view! {
        <Frame>
            <Routes fallback=NotFound>
                <Route path=path!("/") view=FirstWorkspace />
                <Route path=path!("/w/:workspace") view=in_workspace(to_overview) />
                <Route path=path!("/w/:workspace/overview") view=in_workspace(overview::page) />
                <Route path=path!("/w/:workspace/keys") view=in_workspace(keys::list) />
                <Route path=path!("/w/:workspace/keys/new") view=in_workspace(keys::create) />
                <Route path=path!("/w/:workspace/keys/:key") view=of_key(keys::detail) />
                <Route path=path!("/w/:workspace/keys/:key/versions") view=of_key(keys::versions) />
                <Route path=path!("/w/:workspace/keys/:key/distribute") view=of_key(distributions::create) />
                <Route path=path!("/w/:workspace/keys/:key/distributions/:provider") view=distribution />
                <Route path=path!("/w/:workspace/providers") view=in_workspace(providers::list) />
                <Route path=path!("/w/:workspace/providers/new") view=in_workspace(providers::create) />
                <Route path=path!("/w/:workspace/providers/:provider") view=provider />
                <Route path=path!("/w/:workspace/distributions") view=in_workspace(distributions::list) />
                <Route path=path!("/w/:workspace/audit") view=in_workspace(audit::page) />
                <Route path=path!("/w/:workspace/members") view=in_workspace(members::page) />
                <Route path=path!("/users") view=users::Users />
                <Route path=path!("/tokens") view=tokens::Tokens />
                <Route path=path!("/account/password") view=password::Change />
            </Routes>
        </Frame>
    }
}

/// A part of the address, read into what it means.
fn part<T>(name: &'static str) -> Memo<Option<T>>
where
    T: std::str::FromStr + Clone + PartialEq + Send + Sync + 'static,
{
    let parts = use_params_map();
    Memo::new(move |_| parts.read().get(name).and_then(|text| text.parse().ok()))
}

/// The workspace of the address, if it is open to this session.
fn workspace() -> Memo<Option<WorkspaceAccess>> {
    let session = CurrentSession::expect();
    let parts = use_params_map();
    Memo::new(move |_| parts.read().get("workspace").and_then(|slug| session.workspace(&slug)))
}

fn in_workspace(page: fn(WorkspaceAccess) -> AnyView) -> impl Fn() -> AnyView + Clone {
    move || {
        let workspace = workspace();
        let view = move || {
            workspace.get().map_or_else(|| view! { <NotFound /> }.into_any(), |workspace| untrack(|| page(workspace)))
        };
        view.into_any()
    }
}

fn of_key(page: fn(WorkspaceAccess, KeyName) -> AnyView) -> impl Fn() -> AnyView + Clone {
    move || {
        let (workspace, key) = (workspace(), part::<KeyName>("key"));
        let view = move || match (workspace.get(), key.get()) {
            (Some(workspace), Some(key)) => untrack(|| page(workspace, key)),
            _ => view! { <NotFound /> }.into_any(),
        };
        view.into_any()
    }
}

fn provider() -> AnyView {
    let (workspace, provider) = (workspace(), part::<ProviderName>("provider"));
    let view = move || match (workspace.get(), provider.get()) {
        (Some(workspace), Some(provider)) => untrack(|| providers::detail(workspace, provider)),
        _ => view! { <NotFound /> }.into_any(),
    };
    view.into_any()
}

fn distribution() -> AnyView {
    let (workspace, key, provider) = (workspace(), part::<KeyName>("key"), part::<ProviderName>("provider"));
    let view = move || match (workspace.get(), key.get(), provider.get()) {
        (Some(workspace), Some(key), Some(provider)) => untrack(|| distributions::detail(workspace, key, provider)),
        _ => view! { <NotFound /> }.into_any(),
    };
    view.into_any()
}

fn to_overview(workspace: WorkspaceAccess) -> AnyView {
    view! { <Redirect path=Links::of(&workspace.slug).overview() /> }.into_any()
}

#[component]
fn FirstWorkspace() -> impl IntoView {
    match untrack(|| CurrentSession::expect().workspaces()).first() {
        Some(workspace) => view! { <Redirect path=Links::of(&workspace.slug).overview() /> }.into_any(),
        None => view! {
            <Empty icon="workspace" title="No workspace is open to you">
                <p>"An admin of a workspace can make you a member of it."</p>
            </Empty>
        }
        .into_any(),
    }
}

#[component]
fn Unreachable() -> impl IntoView {
    let session = CurrentSession::expect();
    let error = move || match session.stage() {
        Stage::Unreachable(error) => format!("{}. {}", error.title(), error.advice()),
        _ => String::new(),
    };
    view! {
        <main>
            <Empty icon="warning" state="failed" title="The console did not load">
                <p>{error}</p>
                <div class="actions">
                    <button type="button" on:click=move |_| session.ask()>
                        "Try again"
                    </button>
                </div>
            </Empty>
        </main>
    }
}

/// Says that the console itself broke: a program that panicked does nothing any more.
pub(crate) fn stop() {
    if let Some(body) = document().body() {
        body.set_text_content(Some("The console stopped because of an error of its own. Reload this page to go on."));
    }
}
