//! Bearer tokens for programs.

use std::sync::Arc;

use crate::prelude::*;
use ::api::{NewToken, Page, PageQuery, Role, Token, TokenName, WorkspaceAccess};

use super::members::ROLES;
use super::rights::RightsOf;
use crate::address::Address;
use crate::api;
use crate::change::Change;
use crate::load::{Load, load};
use crate::session::CurrentSession;
use crate::ui::{
    Ask, Code, Empty, ErrorOf, Field, Foot, Form, FormState, Icon, Roster, Rows, Select, Summary, Time, Word, changed,
    check, loading, now, press,
};

/// How long a token works unless another number is written, in days.
const DAYS: &str = "90";

/// The page of tokens.
#[component]
pub(crate) fn Tokens() -> impl IntoView {
    let address = Address::expect();
    let tokens = load(move || api::tokens(&PageQuery { limit: None, after: address.value("after") }));
    let mut rooms = untrack(|| CurrentSession::expect().workspaces());
    rooms.retain(|room| room.role >= Role::Operator);
    let add = (!rooms.is_empty()).then_some("Create token");
    let creating = RwSignal::new(false);
    let secret = RwSignal::new(None::<(String, String)>);
    let list = view! {
        {move || secret.get().map(|(name, secret)| view! { <Issued name secret /> }.into_any())}
        {loading(
            tokens,
            "Tokens",
            move |page| view! { {move || view! { <List page=page.get() tokens /> }.into_any()} }.into_any(),
        )}
    };
    view! {
        <Roster
            title="Tokens"
            intro="A token lets a program act as you, in one workspace, with at most the role it was given."
            add
            open=creating
            list=list.into_any()
            form=move || view! { <Create rooms=rooms.clone() open=creating tokens secret /> }
        />
    }
}

/// A new token's secret, which is shown this once.
#[component]
fn Issued(name: String, secret: String) -> impl IntoView {
    view! {
        <section class="notice" role="status" data-state="done">
            <Icon name="in_sync" />
            <h2>{format!("Token {name} was made")}</h2>
            <p>"Copy its secret now: it cannot be shown again."</p>
            <Code title="Secret" text=secret />
        </section>
    }
}

#[component]
fn List(page: Arc<Page<Token>>, tokens: Load<Page<Token>>) -> impl IntoView {
    if page.items.is_empty() {
        return view! {
            <Empty icon="lock" title="No tokens yet">
                <p>"Programs sign in with a token instead of a password."</p>
            </Empty>
        }
        .into_any();
    }
    let row = |token: &Token| view! { <Row token=token.clone() tokens /> }.into_any();
    let rows = page.items.iter().map(row).collect();
    let columns = vec!["Token", "Owner", "Workspace and role, or policies", "State", "Last use"];
    view! { <Rows caption="Tokens" columns acts=true rows next=page.next.clone() /> }.into_any()
}

#[component]
fn Row(token: Token, tokens: Load<Page<Token>>) -> impl IntoView {
    let works = token.revoked_at.is_none() && token.expires_at > now();
    let session = CurrentSession::expect();
    let may_revoke =
        token.owner.as_str() == session.username() || session.global_role() == ::api::GlobalRole::Administrator;
    let change = Change::new();
    let name = token.name.to_string();
    view! {
        <tr>
            <th scope="row">{name} {change.failure()}</th>
            <td data-label="Owner">{token.owner.to_string()}</td>
            <td data-label="For">
                <Opens token=token.clone() />
            </td>
            <td data-label="State">
                <Works token=token.clone() />
            </td>
            <td data-label="Last use">
                {match token.last_used_at {
                    Some(at) => view! { <Time at /> }.into_any(),
                    None => view! { <span class="soft">"never"</span> }.into_any(),
                }}
            </td>
            <td>
                <span class="actions">
                    <RightsOf token=token.clone() />
                    {(works && may_revoke).then(|| view! { <Revoke token tokens change /> }.into_any())}
                </span>
            </td>
        </tr>
    }
}

/// The workspace and the role, or the policies that a token carries instead.
#[component]
fn Opens(token: Token) -> impl IntoView {
    match (token.workspace, token.role) {
        (Some(workspace), Some(role)) => view! {
            <span>
                <code>{workspace.to_string()}</code>
                ", "
                {role.as_str()}
            </span>
        }
        .into_any(),
        _ if token.policies.is_empty() => view! { <span class="soft">"nothing"</span> }.into_any(),
        _ => {
            let names: Vec<&str> = token.policies.iter().map(::api::PolicyName::as_str).collect();
            view! { <code>{names.join(", ")}</code> }.into_any()
        }
    }
}

#[component]
fn Works(token: Token) -> impl IntoView {
    let (state, icon, text, verb, at) = match token.revoked_at {
        Some(at) => ("disabled", "disabled", "Revoked", "", at),
        None if token.expires_at <= now() => ("disabled", "disabled", "Expired", "", token.expires_at),
        None => ("in_sync", "in_sync", "Works", "ends ", token.expires_at),
    };
    view! {
        <Word state icon text />
        <small class="soft">{verb} <Time at /></small>
    }
}

#[component]
fn Revoke(token: Token, tokens: Load<Page<Token>>, change: Change) -> impl IntoView {
    let open = RwSignal::new(false);
    let label = format!("Revoke {}", token.name);
    let title = format!("{label}?");
    let act = move || change.send(api::revoke_token(&token.id), move || tokens.refetch());
    view! {
        <button type="button" aria-label=label on:click=press(move || open.set(true))>
            "Revoke…"
        </button>
        <Ask open id="revoke-title" title text="Revoke token" act>
            <p>"Programs that use it are refused from now on. This cannot be undone."</p>
        </Ask>
    }
}

#[component]
fn Create(
    rooms: Vec<WorkspaceAccess>,
    open: RwSignal<bool>,
    tokens: Load<Page<Token>>,
    secret: RwSignal<Option<(String, String)>>,
) -> impl IntoView {
    let form = FormState::new();
    let name = RwSignal::new(String::new());
    let days = RwSignal::new(DAYS.to_owned());
    let role = RwSignal::new(Role::Operator.as_str().to_owned());
    let room = RwSignal::new(rooms.first().map(|room| room.slug.to_string()).unwrap_or_default());
    let send = move || {
        let name = form.read::<TokenName>("name", &name.read_untracked());
        let wrong = days_wrong(&days.read_untracked());
        form.set_error("expires_in_days", wrong);
        let (days, role, room) =
            (days.read_untracked().trim().parse(), role.read_untracked().parse(), room.read_untracked().parse());
        if let (Some(name), Ok(expires_in_days @ 1..=366), Ok(role), Ok(workspace)) = (name, days, role, room) {
            let new = NewToken { name, workspace, role, expires_in_days };
            form.send(api::create_token(&new), move |issued| {
                secret.set(Some((issued.token.name.to_string(), issued.secret)));
                tokens.refetch();
                open.set(false);
            });
        }
    };
    view! {
        <Form state=form send class="">
            <div class="stack">
                <Summary state=form />
                <Field
                    form
                    name="name"
                    label="Name"
                    value=name
                    hint="What it is for."
                    check={check::<TokenName>}
                    autofocus=true
                />
                <Rooms form rooms room />
                <Select form name="role" label="Role" value=role options=ROLES.to_vec() />
                <Field
                    form
                    name="expires_in_days"
                    label="Works for, in days"
                    value=days
                    hint="1 to 366."
                    check=days_wrong
                />
            </div>
            <Foot open state=form text="Create token" />
        </Form>
    }
}

fn days_wrong(text: &str) -> Option<String> {
    match text.trim().parse::<u32>() {
        Ok(1..=366) => None,
        _ => Some("Write a number from 1 to 366.".to_owned()),
    }
}

#[component]
fn Rooms(form: FormState, rooms: Vec<WorkspaceAccess>, room: RwSignal<String>) -> impl IntoView {
    form.name_field("workspace", "Workspace");
    let option = |room: WorkspaceAccess| {
        view! { <option value=room.slug.to_string()>{room.title.to_string()}</option> }.into_any()
    };
    view! {
        <div class="field">
            <label for="workspace">"Workspace"</label>
            <select id="workspace" prop:value=move || room.get() on:change=changed(move |slug| room.set(slug))>
                {rooms.into_iter().map(option).collect_view()}
            </select>
            <ErrorOf form name="workspace" />
        </div>
    }
}
