//! Who may do what in a workspace.

use ::api::{Member, MemberChange, Page, PageQuery, Role, Slug, Username, WorkspaceAccess};
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::api::{self, Error};
use crate::session::{CurrentSession, Load, load};
use crate::ui::{
    Dialog, Empty, Failure, Field, Form, FormState, Heading, Icon, Loading, Pager, Select, Submit, Summary, Time, check,
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
    let query = use_query_map();
    let slug = workspace.slug.clone();
    let members = load(move || api::members(&slug, &PageQuery { limit: None, after: query.read().get("after") }));
    let may_change = CurrentSession::expect().may(&workspace.slug, Role::Admin);
    let room = Room { slug: workspace.slug, members, may_change };
    let adding = RwSignal::new(false);
    let add_room = StoredValue::new(room.clone());
    view! {
        <header class="page">
            <div>
                <Heading text="Members" />
                <p class="soft">"Who may do what in this workspace. Administrators of the server are admins everywhere."</p>
            </div>
            {may_change
                .then(|| {
                    view! {
                        <div class="actions">
                            <button type="button" data-kind="primary" on:click=move |_| adding.set(true)>
                                <Icon name="plus" />
                                "Add member"
                            </button>
                        </div>
                    }
                })}
        </header>
        <Loading
            load=members
            what="Members"
            view=move |page| {
                let room = room.clone();
                move || view! { <Rows page=page.get() room=room.clone() /> }
            }
        />
        <Dialog open=adding id="add-title" title="Add member">
            <Add room=add_room.get_value() open=adding />
        </Dialog>
    }
    .into_any()
}

#[component]
fn Rows(page: Page<Member>, room: Room) -> impl IntoView {
    if page.items.is_empty() {
        return view! {
            <Empty icon="members" title="No members yet">
                <p>"Nobody has a role of their own in this workspace."</p>
            </Empty>
        }
        .into_any();
    }
    let next = page.next;
    let may_change = room.may_change;
    let row = move |member: Member| view! { <Row member room=room.clone() /> };
    view! {
        <table class="rows">
            <caption class="sr">"Members"</caption>
            <thead>
                <tr>
                    <th scope="col">"User"</th>
                    <th scope="col">"Role"</th>
                    <th scope="col">"Since"</th>
                    {may_change.then(|| view! { <th scope="col"><span class="sr">"Actions"</span></th> })}
                </tr>
            </thead>
            <tbody>{page.items.into_iter().map(row).collect_view()}</tbody>
        </table>
        <Pager next />
    }
    .into_any()
}

#[component]
fn Row(member: Member, room: Room) -> impl IntoView {
    let who = member.username.clone();
    let (members, may_change) = (room.members, room.may_change);
    let slug = room.slug.clone();
    // `None` removes the member.
    let change = Action::new_local(move |role: &Option<Role>| {
        let reply: api::Reply<()> = match role {
            Some(role) => {
                let reply = api::set_member(&slug, &who, &MemberChange { role: *role });
                Box::pin(async move { reply.await.map(|_| ()) })
            }
            None => api::remove_member(&slug, &who),
        };
        async move {
            let answer = reply.await;
            members.refetch();
            answer
        }
    });
    let failed = move || change.value().get().and_then(Result::err).map(|error| view! { <Failure error /> });
    let role = if may_change {
        view! { <RoleOf username=member.username.clone() role=member.role change /> }.into_any()
    } else {
        member.role.as_str().into_any()
    };
    view! {
        <tr>
            <th scope="row">{member.username.to_string()} {failed}</th>
            <td data-label="Role">{role}</td>
            <td data-label="Since">
                <Time at=member.since />
            </td>
            {may_change.then(|| view! { <td><Remove username=member.username change /></td> })}
        </tr>
    }
}

type Change = Action<Option<Role>, Result<(), Error>>;

#[component]
fn RoleOf(username: Username, role: Role, change: Change) -> impl IntoView {
    let option = move |&other: &Role| {
        view! {
            <option value=other.as_str() selected=other == role>
                {other.as_str()}
            </option>
        }
    };
    let choose = move |event| {
        if let Ok(role) = event_target_value(&event).parse() {
            change.dispatch(Some(role));
        }
    };
    view! {
        <select aria-label=format!("Role of {username}") on:change=choose>
            {Role::ALL.iter().map(option).collect_view()}
        </select>
    }
}

#[component]
fn Remove(username: Username, change: Change) -> impl IntoView {
    let open = RwSignal::new(false);
    let label = format!("Remove {username}");
    let send = move |event: SubmitEvent| {
        event.prevent_default();
        open.set(false);
        change.dispatch(None);
    };
    view! {
        <span class="actions">
            <button type="button" data-kind="icon" aria-label=label.clone() on:click=move |_| open.set(true)>
                <Icon name="trash" />
            </button>
        </span>
        <Dialog open id="remove-title" title=format!("{label}?")>
            <form on:submit=send>
                <div class="stack">
                    <p>"The person can no longer open this workspace, and their tokens for it stop working."</p>
                </div>
                <footer>
                    <button type="button" on:click=move |_| open.set(false)>
                        "Cancel"
                    </button>
                    <button data-kind="danger">"Remove member"</button>
                </footer>
            </form>
        </Dialog>
    }
}

#[component]
fn Add(room: Room, open: RwSignal<bool>) -> impl IntoView {
    let form = FormState::new();
    let username = RwSignal::new(String::new());
    let role = RwSignal::new(Role::Operator.as_str().to_owned());
    let members = room.members;
    let add = Action::new_local(move |(who, role): &(Username, Role)| {
        let reply = api::set_member(&room.slug, who, &MemberChange { role: *role });
        async move {
            if form.answer(reply).await.is_some() {
                members.refetch();
                open.set(false);
            }
        }
    });
    let send = move || {
        let who = form.read("username", &username.read_untracked());
        if let (Some(who), Ok(role)) = (who, role.read_untracked().parse()) {
            add.dispatch((who, role));
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
            <footer>
                <button type="button" on:click=move |_| open.set(false)>
                    "Cancel"
                </button>
                <Submit state=form text="Add member" />
            </footer>
        </Form>
    }
}
