//! The people who can sign in.

use ::api::{GlobalRole, NewUser, Page, PageQuery, SecretInput, User, UserChange, Username};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::password::long_enough;
use crate::api::{self, Error};
use crate::session::{CurrentSession, Load, load};
use crate::ui::{
    Dialog, Failure, Field, Form, FormState, Heading, Icon, Loading, NotFound, Pager, Select, Submit, Summary, Time,
    Word, check,
};

/// Global roles with their words.
const ROLES: [(&str, &str); 3] = [
    ("none", "none: only what workspaces give"),
    ("auditor", "auditor: reads everything everywhere"),
    ("administrator", "administrator: manages users, admin everywhere"),
];

/// The page of all users.
#[component]
pub(crate) fn Users() -> impl IntoView {
    let role = CurrentSession::expect().global_role();
    if role == GlobalRole::None {
        return view! { <NotFound /> }.into_any();
    }
    let query = use_query_map();
    let users = load(move || api::users(&PageQuery { limit: None, after: query.read().get("after") }));
    let may_change = role == GlobalRole::Administrator;
    let adding = RwSignal::new(false);
    view! {
        <header class="page">
            <div>
                <Heading text="Users" />
                <p class="soft">"The people who can sign in. Workspaces give them their roles."</p>
            </div>
            {may_change
                .then(|| {
                    view! {
                        <div class="actions">
                            <button type="button" data-kind="primary" on:click=move |_| adding.set(true)>
                                <Icon name="plus" />
                                "Create user"
                            </button>
                        </div>
                    }
                })}
        </header>
        <Loading
            load=users
            what="Users"
            view=move |page| move || view! { <Rows page=page.get() users may_change /> }
        />
        <Dialog open=adding id="add-title" title="Create user">
            <Create users open=adding />
        </Dialog>
    }
    .into_any()
}

#[component]
fn Rows(page: Page<User>, users: Load<Page<User>>, may_change: bool) -> impl IntoView {
    let next = page.next;
    let row = move |user: User| view! { <Row user users may_change /> };
    view! {
        <table class="rows">
            <caption class="sr">"Users"</caption>
            <thead>
                <tr>
                    <th scope="col">"User"</th>
                    <th scope="col">"Global role"</th>
                    <th scope="col">"State"</th>
                    <th scope="col">"Last sign-in"</th>
                    {may_change.then(|| view! { <th scope="col"><span class="sr">"Actions"</span></th> })}
                </tr>
            </thead>
            <tbody>{page.items.into_iter().map(row).collect_view()}</tbody>
        </table>
        <Pager next />
    }
}

type Change = Action<UserChange, Result<(), Error>>;

#[component]
fn Row(user: User, users: Load<Page<User>>, may_change: bool) -> impl IntoView {
    let who = user.username.clone();
    let change: Change = Action::new_local(move |change: &UserChange| {
        let reply = api::change_user(&who, change);
        async move {
            let answer = reply.await;
            users.refetch();
            answer.map(|_| ())
        }
    });
    let failed = move || change.value().get().and_then(Result::err).map(|error| view! { <Failure error /> });
    let state = match user.disabled_at {
        Some(at) => view! {
            <Word state="disabled" icon="disabled" text="Disabled" />
            <small class="soft">
                <Time at />
            </small>
        }
        .into_any(),
        None => view! { <Word state="in_sync" icon="in_sync" text="Can sign in" /> }.into_any(),
    };
    let role = if may_change {
        view! { <RoleOf user=user.clone() change /> }.into_any()
    } else {
        user.global_role.as_str().into_any()
    };
    view! {
        <tr>
            <th scope="row">{user.username.to_string()} {failed}</th>
            <td data-label="Role">{role}</td>
            <td data-label="State">{state}</td>
            <td data-label="Last sign-in">
                {match user.last_signed_in_at {
                    Some(at) => view! { <Time at /> }.into_any(),
                    None => view! { <span class="soft">"never"</span> }.into_any(),
                }}
            </td>
            {may_change.then(|| view! { <td><Acts user change /></td> })}
        </tr>
    }
}

#[component]
fn RoleOf(user: User, change: Change) -> impl IntoView {
    let option = move |&other: &GlobalRole| {
        view! {
            <option value=other.as_str() selected=other == user.global_role>
                {other.as_str()}
            </option>
        }
    };
    let choose = move |event| {
        if let Ok(role) = event_target_value(&event).parse() {
            change.dispatch(UserChange { global_role: Some(role), ..UserChange::default() });
        }
    };
    view! {
        <select aria-label=format!("Global role of {}", user.username) on:change=choose>
            {GlobalRole::ALL.iter().map(option).collect_view()}
        </select>
    }
}

#[component]
fn Acts(user: User, change: Change) -> impl IntoView {
    let open = RwSignal::new(false);
    let disabled = user.disabled_at.is_some();
    let name = user.username.to_string();
    let turn = move |_| {
        change.dispatch(UserChange { disabled: Some(!disabled), ..UserChange::default() });
    };
    let verb = if disabled { "Enable" } else { "Disable" };
    let who = StoredValue::new(user.username);
    view! {
        <span class="actions">
            <button
                type="button"
                aria-label=format!("New password for {name}")
                on:click=move |_| open.set(true)
            >
                "New password…"
            </button>
            <button type="button" aria-label=format!("{verb} {name}") on:click=turn>
                {verb}
            </button>
        </span>
        <Dialog open id="password-title" title=format!("New password for {name}")>
            <NewPassword who=who.get_value() open />
        </Dialog>
    }
}

#[component]
fn NewPassword(who: Username, open: RwSignal<bool>) -> impl IntoView {
    let form = FormState::new();
    let password = RwSignal::new(String::new());
    let set = Action::new_local(move |change: &UserChange| {
        let reply = api::change_user(&who, change);
        async move {
            if form.answer(reply).await.is_some() {
                open.set(false);
            }
        }
    });
    let send = move || {
        let wrong = long_enough(&password.read_untracked());
        form.set_error("password", wrong.clone());
        if wrong.is_none() {
            let password = Some(SecretInput::new(password.get_untracked()));
            set.dispatch(UserChange { password, ..UserChange::default() });
        }
    };
    view! {
        <Form state=form send class="">
            <div class="stack">
                <Summary state=form />
                <p>"All sessions of this user end."</p>
                <PasswordInput form password />
            </div>
            <footer>
                <button type="button" on:click=move |_| open.set(false)>
                    "Cancel"
                </button>
                <Submit state=form text="Set password" />
            </footer>
        </Form>
    }
}

#[component]
fn PasswordInput(form: FormState, password: RwSignal<String>) -> impl IntoView {
    view! {
        <Field
            form
            name="password"
            label="Password"
            value=password
            hint="At least 12 characters; 15 or more are better."
            check=long_enough
            kind="password"
            autocomplete="new-password"
        />
    }
}

#[component]
fn Create(users: Load<Page<User>>, open: RwSignal<bool>) -> impl IntoView {
    let form = FormState::new();
    let [username, password] = [(); 2].map(|()| RwSignal::new(String::new()));
    let role = RwSignal::new(GlobalRole::None.as_str().to_owned());
    let create = Action::new_local(move |new: &NewUser| {
        let reply = api::create_user(new);
        async move {
            if form.answer(reply).await.is_some() {
                users.refetch();
                open.set(false);
            }
        }
    });
    let send = move || {
        let name = form.read("username", &username.read_untracked());
        let wrong = long_enough(&password.read_untracked());
        form.set_error("password", wrong.clone());
        if let (Some(username), None, Ok(global_role)) = (name, wrong, role.read_untracked().parse()) {
            create.dispatch(NewUser { username, password: SecretInput::new(password.get_untracked()), global_role });
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
                    check={check::<Username>}
                    code=true
                    autofocus=true
                />
                <PasswordInput form password />
                <Select form name="global_role" label="Global role" value=role options=ROLES.to_vec() />
            </div>
            <footer>
                <button type="button" on:click=move |_| open.set(false)>
                    "Cancel"
                </button>
                <Submit state=form text="Create user" />
            </footer>
        </Form>
    }
}
