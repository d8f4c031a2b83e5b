//! Replacing a provider's credentials, and forgetting a provider.

use std::sync::Arc;

use ::api::ProviderChange;
use leptos::prelude::*;

use super::credentials::{CredentialFields, CredentialInputs};
use super::detail::ProviderPage;
use crate::address::Address;
use crate::api;
use crate::ui::{Dialog, Form, FormState, Submit, Summary, press, submit};

/// The dialog that replaces the credentials; the old ones cannot be read.
#[component]
pub(super) fn ReplaceCredentials(page: Arc<ProviderPage>) -> impl IntoView {
    view! {
        <Dialog open=page.replacing id="replace-title" title=format!("Replace the credentials of {}", page.name)>
            <Replace page=page.clone() />
        </Dialog>
    }
}

#[component]
fn Replace(page: Arc<ProviderPage>) -> impl IntoView {
    let form = FormState::new();
    let fields = match untrack(|| page.provider.last()) {
        Some(provider) => CredentialFields::of(&provider.stored_credentials),
        None => CredentialFields::new(),
    };
    let (open, load) = (page.replacing, page.provider);
    let send = move || {
        if let Some(credentials) = fields.read(form) {
            let change = ProviderChange { credentials };
            form.send(api::change_provider(&page.workspace.slug, &page.name, &change), move |_| {
                open.set(false);
                load.refetch();
            });
        }
    };
    view! {
        <Form state=form send class="">
            <div class="stack">
                <Summary state=form />
                <p class="soft">"The new ones are checked first; until they work, the old ones stay in force."</p>
                <CredentialInputs form fields />
            </div>
            <footer>
                <button type="button" on:click=press(move || open.set(false))>
                    "Cancel"
                </button>
                <Submit state=form text="Replace credentials" />
            </footer>
        </Form>
    }
}

/// The dialog that forgets a provider.
#[component]
pub(super) fn DeleteProvider(page: Arc<ProviderPage>) -> impl IntoView {
    view! {
        <Dialog open=page.deleting id="delete-title" title=format!("Delete {}?", page.name)>
            <Confirm page=page.clone() />
        </Dialog>
    }
}

#[component]
fn Confirm(page: Arc<ProviderPage>) -> impl IntoView {
    let form = FormState::new();
    let open = page.deleting;
    let address = Address::expect();
    let send = move || {
        let list = page.links.providers();
        form.send(api::delete_provider(&page.workspace.slug, &page.name), move |()| {
            open.set(false);
            address.go(&list);
        });
    };
    view! {
        <form on:submit=submit(send)>
            <div class="stack">
                <Summary state=form />
                <p>
                    "Keyferry forgets the vault and its sealed credentials. The vault itself, and the key exchange key in it, stay as they are."
                </p>
            </div>
            <footer>
                <button type="button" on:click=press(move || open.set(false))>
                    "Cancel"
                </button>
                <Submit state=form text="Delete provider" kind="danger" />
            </footer>
        </form>
    }
}
