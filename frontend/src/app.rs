//! The console: who sits here decides what is shown, the address decides which page.

use crate::prelude::*;
use ::api::WorkspaceAccess;

use crate::address::Address;
use crate::frame::Frame;
use crate::links::Links;
use crate::live::Live;
use crate::pages::{
    audit, distributions, keys, members, operations, overview, password, providers, schedule, sign_in, system, tokens,
    users,
};
use crate::session::{CurrentSession, Stage};
use crate::ui::{Announcer, Clock, Empty, NotFound, follow_pointer, press, remember_scroll};

/// The whole console.
#[component]
pub(crate) fn App() -> impl IntoView {
    Clock::provide();
    let announcer = Announcer::provide();
    Address::provide();
    let session = CurrentSession::provide();
    Live::provide();
    remember_scroll();
    follow_pointer();
    // Signing in again as the same person keeps the pages as they are.
    let scene = Memo::new(move |_| Scene::of(&session.stage()));
    view! {
        {announcer.region()}
        {move || match scene.get() {
                Scene::Waiting => view! { <main aria-busy="true"></main> }.into_any(),
                Scene::Unreachable => view! { <Unreachable /> }.into_any(),
                Scene::Door => view! { <sign_in::Door /> }.into_any(),
                Scene::NewPassword(_) => view! { <password::First /> }.into_any(),
                Scene::Console(_) => view! { <Console /> }.into_any(),
        }}
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
    let address = Address::expect();
    view! {
        <Frame>
            {move || {
                let path = address.path();
                untrack(|| page(&path))
            }}
        </Frame>
    }
}

/// The page of an address.
fn page(path: &str) -> AnyView {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let page = match parts.as_slice() {
        [] => Some(view! { <FirstWorkspace /> }.into_any()),
        ["w", slug, rest @ ..] => {
            CurrentSession::expect().workspace(slug).and_then(|workspace| page_in(workspace, rest))
        }
        ["users"] => Some(view! { <users::Users /> }.into_any()),
        ["system"] => Some(system::page()),
        ["tokens"] => Some(view! { <tokens::Tokens /> }.into_any()),
        ["account", "password"] => Some(view! { <password::Change /> }.into_any()),
        _ => None,
    };
    page.unwrap_or_else(|| view! { <NotFound /> }.into_any())
}

fn page_in(workspace: WorkspaceAccess, parts: &[&str]) -> Option<AnyView> {
    let page = match parts {
        [] | ["overview"] => overview::page(workspace),
        ["keys"] => keys::list(workspace),
        ["keys", "new"] => keys::create(workspace),
        ["import"] => keys::import(workspace, None),
        ["keys", key, "import"] => keys::import(workspace, Some(key.parse().ok()?)),
        ["keys", key] => keys::detail(workspace, key.parse().ok()?),
        ["keys", key, "versions"] => keys::versions(workspace, key.parse().ok()?),
        ["keys", key, "distribute"] => distributions::create(workspace, key.parse().ok()?),
        ["keys", key, "distributions", provider] => {
            distributions::detail(workspace, key.parse().ok()?, provider.parse().ok()?)
        }
        ["providers"] => providers::list(workspace),
        ["providers", "new"] => providers::create(workspace),
        ["providers", provider] => providers::detail(workspace, provider.parse().ok()?),
        ["distributions"] => distributions::list(workspace),
        ["drift"] => distributions::board(workspace),
        ["operations"] => operations::list(workspace),
        ["operations", operation] => operations::detail(workspace, operation.parse().ok()?),
        ["schedule"] => schedule::page(workspace),
        ["audit"] => audit::page(workspace),
        ["members"] => members::page(workspace),
        _ => return None,
    };
    Some(page)
}

#[component]
fn FirstWorkspace() -> impl IntoView {
    match CurrentSession::expect().workspaces().first() {
        Some(workspace) => {
            let overview = Links::of(&workspace.slug).overview();
            let address = Address::expect();
            // Not while this page is being made: the address decides which page it is.
            queue_microtask(move || address.replace(&overview));
            ().into_any()
        }
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
                    <button type="button" on:click=press(move || session.ask())>
                        "Try again"
                    </button>
                </div>
            </Empty>
        </main>
    }
}
