//! Replacing a provider's credentials, and forgetting a provider.

use ::api::ProviderChange;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

use super::credentials::{CredentialFields, CredentialInputs};
use super::detail::ProviderPage;
use crate::api;
use crate::ui::{Dialog, Form, FormState, Submit, Summary, latest};

/// The dialog that replaces the credentials; the old ones cannot be read.
#[component]
pub(super) fn ReplaceCredentials(page: ProviderPage) -> impl IntoView {
    view! {
        <Dialog open=page.replacing id="replace-title" title=format!("Replace the credentials of {}", page.name)>
            <Replace page=page.clone() />
        </Dialog>
    }
}

#[component]
fn Replace(page: ProviderPage) -> impl IntoView {
    let form = FormState::new();
    let fields = match latest(page.provider).get_untracked() {
        Some(provider) => CredentialFields::new(provider.tenant_id.as_str(), provider.client_id.as_str()),
        None => CredentialFields::new("", ""),
    };
    let (open, load) = (page.replacing, page.provider);
    let replace = Action::new_local(move |change: &ProviderChange| {
        let reply = api::change_provider(&page.workspace.slug, &page.name, change);
        async move {
            if form.answer(reply).await.is_some() {
                open.set(false);
            }
            load.refetch();
        }
    });
    let send = move || {
        if let Some(credentials) = fields.read(form) {
            replace.dispatch(ProviderChange { credentials });
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
                <button type="button" on:click=move |_| open.set(false)>
                    "Cancel"
                </button>
                <Submit state=form text="Replace credentials" />
            </footer>
        </Form>
    }
}

/// The dialog that forgets a provider.
#[component]
pub(super) fn DeleteProvider(page: ProviderPage) -> impl IntoView {
    view! {
        <Dialog open=page.deleting id="delete-title" title=format!("Delete {}?", page.name)>
            <Confirm page=page.clone() />
        </Dialog>
    }
}

#[component]
fn Confirm(page: ProviderPage) -> impl IntoView {
    let form = FormState::new();
    let open = page.deleting;
    let navigate = use_navigate();
    let list = page.links.providers();
    let delete = Action::new_local(move |(): &()| {
        let reply = api::delete_provider(&page.workspace.slug, &page.name);
        let (navigate, list) = (navigate.clone(), list.clone());
        async move {
            if form.answer(reply).await.is_some() {
                open.set(false);
                navigate(&list, NavigateOptions::default());
            }
        }
    });
    let send = move |event: SubmitEvent| {
        event.prevent_default();
        delete.dispatch(());
    };
    view! {
        <form on:submit=send>
            <div class="stack">
                <Summary state=form />
                <p>
                    "Keyferry forgets the vault and its sealed credentials. The vault itself, and the key exchange key in it, stay as they are."
                </p>
            </div>
            <footer>
                <button type="button" on:click=move |_| open.set(false)>
                    "Cancel"
                </button>
                <Submit state=form text="Delete provider" kind="danger" />
            </footer>
        </form>
    }
}
