//! Replacing one's own password.

use crate::prelude::*;
use ::api::{PasswordChange, SecretInput};

use crate::api;
use crate::session::CurrentSession;
use crate::ui::{Announcer, Field, Form, FormState, Heading, Icon, Submit, Summary};

/// Below this a password is refused; the server says so too.
const LEAST: usize = 12;

/// The page that stands before everything else while the first password is not replaced.
#[component]
pub(crate) fn First() -> impl IntoView {
    let session = CurrentSession::expect();
    view! {
        <div class="door">
            <main>
                <p class="brand">
                    <Icon name="logo" />
                    "Keyferry"
                </p>
                <div class="card">
                    <Heading text="Choose a new password" />
                    <p class="soft">
                        "The password of " <strong>{session.username()}</strong>
                        " was made for the first sign-in only. Replace it, then the console opens."
                    </p>
                    <PasswordForm done=move || session.ask() />
                </div>
            </main>
        </div>
    }
}

/// The page behind "Change password".
#[component]
pub(crate) fn Change() -> impl IntoView {
    let changed = RwSignal::new(false);
    let announcer = Announcer::expect();
    let done = move || {
        changed.set(true);
        announcer.say("Your password was changed");
    };
    let content = move || {
        if !changed.get() {
            return view! { <PasswordForm done /> }.into_any();
        }
        view! {
            <div class="notice" data-state="done">
                <Icon name="in_sync" />
                <p>
                    <strong>"Your password was changed."</strong>
                    " Your other sessions have ended."
                </p>
            </div>
        }
        .into_any()
    };
    view! {
        <header class="page">
            <div>
                <Heading text="Change password" />
                <p class="soft">"All your other sessions end."</p>
            </div>
        </header>
        {move || content()}
    }
}

#[component]
fn PasswordForm(done: impl Fn() + Copy + 'static) -> impl IntoView {
    let form = FormState::new();
    let username = CurrentSession::expect().username();
    let [current, new, again] = [(); 3].map(|()| RwSignal::new(String::new()));
    let send = move || {
        let current_password = form.read_secret("current_password", &current.read_untracked());
        form.set_error("new_password", long_enough(&new.read_untracked()));
        let differs = *new.read_untracked() != *again.read_untracked();
        form.set_error("again", differs.then(|| "This is not the same as the new password.".to_owned()));
        if let (Some(current_password), None, false) = (current_password, long_enough(&new.read_untracked()), differs) {
            let new_password = SecretInput::new(new.get_untracked());
            let change = PasswordChange { current_password, new_password };
            form.send(api::change_password(&change), move |()| done());
        }
    };
    view! {
        <Form state=form send>
            <Summary state=form />
            // Password managers want to know whose password it is.
            <input type="text" name="username" autocomplete="username" value=username hidden readonly />
            <Fields form current new again />
            <div class="actions">
                <Submit state=form text="Change password" />
            </div>
        </Form>
    }
}

#[component]
fn Fields(form: FormState, current: RwSignal<String>, new: RwSignal<String>, again: RwSignal<String>) -> impl IntoView {
    view! {
        <Field
            form
            name="current_password"
            label="Current password"
            value=current
            kind="password"
            autocomplete="current-password"
        />
        <Field
            form
            name="new_password"
            label="New password"
            value=new
            hint="At least 12 characters; 15 or more are better. A sentence is easy to remember."
            check=long_enough
            kind="password"
            autocomplete="new-password"
        />
        <Field
            form
            name="again"
            label="New password again"
            value=again
            kind="password"
            autocomplete="new-password"
        />
    }
}

/// What is wrong with a new password.
pub(super) fn long_enough(password: &str) -> Option<String> {
    (password.chars().count() < LEAST).then(|| format!("Use at least {LEAST} characters."))
}
