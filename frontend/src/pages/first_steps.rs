//! The three first steps in a new workspace.

use crate::prelude::*;
use ::api::{Counts, Role, WorkspaceAccess};

use crate::links::Links;
use crate::session::CurrentSession;
use crate::ui::Word;

/// What to do first, second and third.
#[component]
pub(super) fn FirstSteps(access: WorkspaceAccess, counts: Counts) -> impl IntoView {
    let links = Links::of(&access.slug);
    let session = CurrentSession::expect();
    let operates = session.may(&access.slug, Role::Operator);
    let connected = counts.providers > 0;
    let created = counts.keys > 0;
    let connect = Way::to(links.new_provider(), session.may(&access.slug, Role::Admin), None);
    let create = Way::to(links.new_key(), operates, None);
    let missing = (!connected || !created).then_some("Needs a connected vault and a key.");
    let distribute = Way::to(links.keys(), operates, missing);
    view! {
        <ol class="columns" data-three>
            <Step number=1 title="Connect a vault" done=connected current=!connected way=connect>
                <p>
                    "Name a Key Vault and say who Keyferry is there. It is checked step by step, and what is missing is said with the exact role."
                </p>
                <p class="soft">
                    "You need the vault's name, and an application with the role " <strong>"Key Vault Crypto Officer"</strong>
                    " on that vault."
                </p>
            </Step>
            <Step number=2 title="Create a key" done=created current=connected && !created way=create>
                <p>
                    "Keyferry makes the RSA key, checks it with a second implementation and keeps it sealed. It is yours before any cloud has seen it."
                </p>
            </Step>
            <Step number=3 title="Distribute it" done=false current=connected && created way=distribute>
                <p>
                    "The private key is wrapped for the vault's own hardware. When it has arrived, the public key in Azure is compared with ours: that is the proof."
                </p>
            </Step>
        </ol>
    }
}

/// Where a step leads, or why not.
enum Way {
    Open(String),
    /// What must be done before.
    Later(&'static str),
    /// The role is not enough.
    Others,
}

impl Way {
    fn to(href: String, allowed: bool, missing: Option<&'static str>) -> Self {
        match (allowed, missing) {
            (false, _) => Self::Others,
            (true, Some(missing)) => Self::Later(missing),
            (true, None) => Self::Open(href),
        }
    }
}

#[component]
fn Step(number: u8, title: &'static str, done: bool, current: bool, way: Way, children: Children) -> impl IntoView {
    let tag = if done {
        view! { <Word state="done" icon="in_sync" text="Done" badge=true /> }.into_any()
    } else {
        let state = current.then_some("enabled");
        view! {
            <span class="badge" data-state=state>
                {format!("Step {number} of 3")}
            </span>
        }
        .into_any()
    };
    let button = match way {
        Way::Open(href) => view! {
            <a class="button" data-kind=current.then_some("primary") href=href>
                {title}
            </a>
        }
        .into_any(),
        Way::Later(missing) => view! {
            <button type="button" aria-disabled="true" aria-describedby="needs">
                {title}
            </button>
            <span class="soft" id="needs">
                {missing}
            </span>
        }
        .into_any(),
        Way::Others => ().into_any(),
    };
    view! {
        <li class="card" aria-current=current.then_some("step")>
            <header>
                <h2>{title}</h2>
                {tag}
            </header>
            {children()}
            <div class="actions">{button}</div>
        </li>
    }
}
