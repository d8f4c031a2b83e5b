//! Who may do what in a workspace.

use std::sync::Arc;

use crate::prelude::*;
use ::api::{Member, MemberChange, Page, PageQuery, Role, Slug, Username, WorkspaceAccess};

use crate::address::Address;
use crate::api;
use crate::change::Change;
use crate::load::{Load, load};
use crate::session::CurrentSession;
use crate::ui::{
    Ask, Empty, Field, Foot, Form, FormState, Icon, Pick, Roster, Rows, Select, Summary, Time, check, loading, press,
};

/// Roles with their words.
pub(super) const ROLES: [(&str, &str); 3] = [
    ("auditor", "auditor: reads everything, changes nothing"),
    ("operator", "operator: creates, distributes and rotates keys"),
    ("admin", "admin: also connects vaults, deletes keys, gives roles"),
];

/// What the parts of this page share.
#[derive(Clone)]
struct Room {
    slug: Slug,
    members: Load<Page<Member>>,
    may_change: bool,
}

/// The page of a workspace's members.
pub(crate) fn page(workspace: WorkspaceAccess) -> AnyView {
    let address = Address::expect();
    let slug = workspace.slug.clone();
    let members = load(move || api::members(&slug, &PageQuery { limit: None, after: address.value("after") }));
    let may_change = CurrentSession::expect().may(&workspace.slug, Role::Admin);
    let room = Room { slug: workspace.slug, members, may_change };
    let adding = RwSignal::new(false);
    let add = may_change.then_some("Add member");
    let form_room = room.clone();
    let list = loading(members, "Members", move |page| {
        let room = room.clone();
        let rows = move || view! { <List page=page.get() room=room.clone() /> }.into_any();
        view! { {move || rows()} }.into_any()
    });
    view! {
        <Roster
            title="Members"
            intro="Who may do what in this workspace. Administrators of the server are admins everywhere."
            add
            open=adding
            list=list.into_any()
            form=move || view! { <Add room=form_room.clone() open=adding /> }
        />
    }
    .into_any()
}

#[component]
fn List(page: Arc<Page<Member>>, room: Room) -> impl IntoView {
    if page.items.is_empty() {
        return view! {
            <Empty icon="members" title="No members yet">
                <p>"Nobody has a role of their own in this workspace."</p>
            </Empty>
        }
        .into_any();
    }
    let acts = room.may_change;
    let row = |member: &Member| view! { <Row member=member.clone() room=room.clone() /> }.into_any();
    let rows = page.items.iter().map(row).collect();
    view! { <Rows caption="Members" columns=vec!["User", "Role", "Since"] acts rows next=page.next.clone() /> }
        .into_any()
}

#[component]
fn Row(member: Member, room: Room) -> impl IntoView {
    let may_change = room.may_change;
    let change = Change::new();
    let role = if may_change {
        view! { <RoleOf member=member.clone() room=room.clone() change /> }.into_any()
    } else {
        member.role.as_str().into_any()
    };
    let since = member.since;
    let name = member.username.to_string();
    let remove = may_change.then(|| view! { <td><Remove member room change /></td> }.into_any());
    view! {
        <tr>
            <th scope="row">{name} {change.failure()}</th>
            <td data-label="Role">{role}</td>
            <td data-label="Since">
                <Time at=since />
            </td>
            {remove}
        </tr>
    }
}

#[component]
fn RoleOf(member: Member, room: Room, change: Change) -> impl IntoView {
    let label = format!("Role of {}", member.username);
    let choose = move |word: String| {
        if let Ok(role) = word.parse() {
            let (members, who) = (room.members, &member.username);
            change.send(api::set_member(&room.slug, who, &MemberChange { role }), move || members.refetch());
        }
    };
    let words = Role::ALL.iter().map(|role| role.as_str()).collect();
    view! { <Pick label words chosen=member.role.as_str() choose /> }
}

#[component]
fn Remove(member: Member, room: Room, change: Change) -> impl IntoView {
    let open = RwSignal::new(false);
    let label = format!("Remove {}", member.username);
    let title = format!("{label}?");
    let act = move || {
        let members = room.members;
        change.send(api::remove_member(&room.slug, &member.username), move || members.refetch());
    };
    view! {
        <span class="actions">
            <button type="button" data-kind="icon" aria-label=label on:click=press(move || open.set(true))>
                <Icon name="trash" />
            </button>
        </span>
        <Ask open id="remove-title" title text="Remove member" act>
            <p>"The person can no longer open this workspace, and their tokens for it stop working."</p>
        </Ask>
    }
}

#[component]
fn Add(room: Room, open: RwSignal<bool>) -> impl IntoView {
    let form = FormState::new();
    let username = RwSignal::new(String::new());
    let role = RwSignal::new(Role::Operator.as_str().to_owned());
    let members = room.members;
    let send = move || {
        let who = form.read("username", &username.read_untracked());
        if let (Some(who), Ok(role)) = (who, role.read_untracked().parse()) {
            form.send(api::set_member(&room.slug, &who, &MemberChange { role }), move |_| {
                members.refetch();
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
                    name="username"
                    label="User name"
                    value=username
                    hint="Somebody who can sign in already."
                    check={check::<Username>}
                    code=true
                    autofocus=true
                />
                <Select form name="role" label="Role" value=role options=ROLES.to_vec() />
            </div>
            <Foot open state=form text="Add member" />
        </Form>
    }
}
