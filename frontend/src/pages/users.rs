//! The people who can sign in.

use std::sync::Arc;

use crate::prelude::*;
use ::api::{GlobalRole, NewUser, Page, PageQuery, SecretInput, User, UserChange, Username};

use super::password::long_enough;
use crate::address::Address;
use crate::api;
use crate::change::Change;
use crate::load::{Load, load};
use crate::session::CurrentSession;
use crate::ui::{
    Dialog, Field, Foot, Form, FormState, NotFound, Pick, Roster, Rows, Select, Summary, Time, Word, check, loading,
    press,
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
    let address = Address::expect();
    let users = load(move || api::users(&PageQuery { limit: None, after: address.value("after") }));
    let may_change = role == GlobalRole::Administrator;
    let adding = RwSignal::new(false);
    let add = may_change.then_some("Create user");
    let list = loading(users, "Users", move |page| {
        view! { {move || view! { <List page=page.get() users may_change /> }.into_any()} }.into_any()
    });
    view! {
        <Roster
            title="Users"
            intro="The people who can sign in. Workspaces give them their roles."
            add
            open=adding
            list=list.into_any()
            form=move || view! { <Create users open=adding /> }
        />
    }
    .into_any()
}

#[component]
fn List(page: Arc<Page<User>>, users: Load<Page<User>>, may_change: bool) -> impl IntoView {
    let row = |user: &User| view! { <Row user=user.clone() users may_change /> }.into_any();
    let rows = page.items.iter().map(row).collect();
    let columns = vec!["User", "Global role", "State", "Last sign-in"];
    view! { <Rows caption="Users" columns acts=may_change rows next=page.next.clone() /> }
}

#[component]
fn Row(user: User, users: Load<Page<User>>, may_change: bool) -> impl IntoView {
    let change = Change::new();
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
        view! { <RoleOf user=user.clone() users change /> }.into_any()
    } else {
        user.global_role.as_str().into_any()
    };
    view! {
        <tr>
            <th scope="row">{user.username.to_string()} {change.failure()}</th>
            <td data-label="Role">{role}</td>
            <td data-label="State">{state}</td>
            <td data-label="Last sign-in">
                {match user.last_signed_in_at {
                    Some(at) => view! { <Time at /> }.into_any(),
                    None => view! { <span class="soft">"never"</span> }.into_any(),
                }}
            </td>
            {may_change.then(|| view! { <td><Acts user users change /></td> }.into_any())}
        </tr>
    }
}

#[component]
fn RoleOf(user: User, users: Load<Page<User>>, change: Change) -> impl IntoView {
    let label = format!("Global role of {}", user.username);
    let choose = move |word: String| {
        if let Ok(role) = word.parse() {
            let wanted = UserChange { global_role: Some(role), ..UserChange::default() };
            change.send(api::change_user(&user.username, &wanted), move || users.refetch());
        }
    };
    let words = GlobalRole::ALL.iter().map(|role| role.as_str()).collect();
    view! { <Pick label words chosen=user.global_role.as_str() choose /> }
}

#[component]
fn Acts(user: User, users: Load<Page<User>>, change: Change) -> impl IntoView {
    let open = RwSignal::new(false);
    let disabled = user.disabled_at.is_some();
    let name = user.username.to_string();
    let who = StoredValue::new(user.username);
    let turn = move || {
        let wanted = UserChange { disabled: Some(!disabled), ..UserChange::default() };
        change.send(who.with_value(|who| api::change_user(who, &wanted)), move || users.refetch());
    };
    let verb = if disabled { "Enable" } else { "Disable" };
    view! {
        <span class="actions">
            <button
                type="button"
                aria-label=format!("New password for {name}")
                on:click=press(move || open.set(true))
            >
                "New password…"
            </button>
            <button type="button" aria-label=format!("{verb} {name}") on:click=press(turn)>
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
    let send = move || {
        let wrong = long_enough(&password.read_untracked());
        form.set_error("password", wrong.clone());
        if wrong.is_none() {
            let password = Some(SecretInput::new(password.get_untracked()));
            let change = UserChange { password, ..UserChange::default() };
            form.send(api::change_user(&who, &change), move |_| open.set(false));
        }
    };
    view! {
        <Form state=form send class="">
            <div class="stack">
                <Summary state=form />
                <p>"All sessions of this user end."</p>
                <PasswordInput form password />
            </div>
            <Foot open state=form text="Set password" />
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
    let send = move || {
        let name = form.read("username", &username.read_untracked());
        let wrong = long_enough(&password.read_untracked());
        form.set_error("password", wrong.clone());
        if let (Some(username), None, Ok(global_role)) = (name, wrong, role.read_untracked().parse()) {
            let new = NewUser { username, password: SecretInput::new(password.get_untracked()), global_role };
            form.send(api::create_user(&new), move |_| {
                users.refetch();
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
                    check={check::<Username>}
                    code=true
                    autofocus=true
                />
                <PasswordInput form password />
                <Select form name="global_role" label="Global role" value=role options=ROLES.to_vec() />
            </div>
            <Foot open state=form text="Create user" />
        </Form>
    }
}
