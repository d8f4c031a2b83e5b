//! Signing in, at the door or again in front of an open page.

use crate::prelude::*;
use ::api::{SecretInput, SignIn};
use leptos::html;

use crate::api;
use crate::session::CurrentSession;
use crate::ui::{Field, Form, FormState, Heading, Icon, Submit, Summary};

/// The fields; the form may stand in front of a page that has such fields too.
const USERNAME: &str = "session.username";
const PASSWORD: &str = "session.password";

/// The page in front of the console. The address stays, so that one goes on where one wanted to go.
#[component]
pub(crate) fn Door() -> impl IntoView {
    let host = window().location().host().unwrap_or_default();
    let wanted = window().location().pathname().unwrap_or_default();
    view! {
        <div class="door">
            <main>
                <p class="brand">
                    <Icon name="logo" />
                    "Keyferry"
                </p>
                <div class="card">
                    <Heading text="Sign in" />
                    <p class="soft">"to " <code>{host}</code></p>
                    {(wanted.len() > 1)
                        .then(|| view! { <p class="soft">"You go on to " <code>{wanted}</code> "."</p> }.into_any())}
                    <SignInForm />
                </div>
                <p class="soft">"No account? An administrator of your organisation can make one."</p>
            </main>
        </div>
    }
}

/// In front of an open page whose session has ended: what was typed there is kept.
#[component]
pub(crate) fn Again() -> impl IntoView {
    let session = CurrentSession::expect();
    let dialog = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let wanted = session.ended();
        if let Some(dialog) = dialog.get().filter(|dialog| dialog.open() != wanted) {
            if wanted {
                dialog.show_modal().expect("the dialog is in the document and closed");
            } else {
                dialog.close();
            }
        }
    });
    let content = || {
        view! {
            <header>
                <h2 id="again">"Sign in again"</h2>
            </header>
            <div class="stack">
                <div class="notice" role="status" data-state="pending">
                    <Icon name="info" />
                    <p>
                        <strong>"You were signed out. "</strong>
                        "Sign in and go on where you were. What you typed is kept; what you sent last, send again."
                    </p>
                </div>
                <SignInForm />
            </div>
        }
        .into_any()
    };
    view! {
        <dialog node_ref=dialog aria-labelledby="again" on:cancel=|event: web_sys::Event| event.prevent_default()>
            {move || session.ended().then(content)}
        </dialog>
    }
}

#[component]
fn SignInForm() -> impl IntoView {
    let session = CurrentSession::expect();
    let form = FormState::new();
    let username = RwSignal::new(session.username());
    let known = !username.read_untracked().is_empty();
    let password = RwSignal::new(String::new());
    let send = move || {
        let named = !username.read_untracked().trim().is_empty();
        form.set_error(USERNAME, (!named).then(|| "Write your user name.".to_owned()));
        let given = form.read_secret(PASSWORD, &password.read_untracked()).is_some();
        if named && given {
            let who = SignIn {
                username: username.get_untracked().trim().to_owned(),
                password: SecretInput::new(password.get_untracked()),
            };
            password.set(String::new());
            form.send(api::sign_in(&who), move |begun| session.begin(begun));
        }
    };
    view! {
        <Form state=form send>
            <Summary state=form />
            <Field form name=USERNAME label="User name" value=username autocomplete="username" autofocus=!known />
            <Field
                form
                name=PASSWORD
                label="Password"
                value=password
                kind="password"
                autocomplete="current-password"
                autofocus=known
            />
            <Submit state=form text="Sign in" />
        </Form>
    }
}
