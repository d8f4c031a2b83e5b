//! Replacing a provider's credentials, and forgetting a provider.

use std::sync::Arc;

use crate::prelude::*;
use ::api::ProviderChange;

use super::credentials::{CredentialFields, CredentialInputs, kms_command};
use super::detail::ProviderPage;
use crate::address::Address;
use crate::api;
use crate::command::{Command, Text, Value};
use crate::ui::{AsCommand, Dialog, Foot, Form, FormState, Summary, submit};

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
    let command = {
        let (mount, kms) = (page.workspace.path.clone(), page.name.clone());
        let vault = untrack(|| load.last())
            .map_or(Text::Variable("KEY_VAULT"), |provider| Text::from(&provider.key_collection));
        Arc::new(move || {
            kms_command(&mount, Text::from(&kms), vault.clone())
                .field("credentials", Value::Map(fields.pairs()))
                .declared("credentials_wo_version", Value::Bare("2".to_owned()))
        })
    };
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
                <AsCommand command />
            </div>
            <Foot open state=form text="Replace credentials" />
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
    let thing = vec![("kms", Text::from(&page.name))];
    let command = Command::delete("vault_keymgmt_azure_kms", &page.workspace.path, thing).fixed();
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
                <AsCommand command />
            </div>
            <Foot open state=form text="Delete provider" kind="danger" />
        </form>
    }
}
