//! Allowing a key's deletion, and deleting it.

use std::sync::Arc;

use crate::prelude::*;
use ::api::{Key, KeyChange};

use super::detail::KeyPage;
use crate::address::Address;
use crate::api;
use crate::change::Change;
use crate::command::{Command, Value};
use crate::load::Data;
use crate::ui::{AsCommand, Ask, Dialog, Foot, FormState, Icon, Summary, TypeName, letters_to_go, submit};

/// The dialog before a key may be deleted.
#[component]
pub(super) fn AllowDeletion(page: Arc<KeyPage>, change: Change) -> impl IntoView {
    let open = page.allowing_deletion;
    let title = format!("Allow deletion of {}?", page.name);
    let command = page.command("deletion_allowed", Value::Bare("true".to_owned())).fixed();
    let act = move || page.change(change, &KeyChange { deletion_allowed: Some(true), ..KeyChange::default() });
    view! {
        <Ask open id="allow-title" title text="Allow deletion" kind="primary" act>
            <p>
                "Nothing is deleted now. From then on an admin of this workspace can delete the key, "
                "once no provider holds it, by typing its name."
            </p>
            <AsCommand command=command.clone() />
        </Ask>
    }
}

/// The dialog that deletes a key.
#[component]
pub(super) fn DeleteKey(page: Arc<KeyPage>, key: Data<Key>) -> impl IntoView {
    let open = page.deleting;
    view! {
        <Dialog open id="delete-title" title=format!("Delete {}?", page.name)>
            <Confirm page=page.clone() key=key.get_untracked() />
        </Dialog>
    }
}

#[component]
fn Confirm(page: Arc<KeyPage>, key: Arc<Key>) -> impl IntoView {
    let form = FormState::new();
    let open = page.deleting;
    let typed = RwSignal::new(String::new());
    let name = key.name.to_string();
    let left = {
        let name = name.clone();
        Memo::new(move |_| letters_to_go(&name, &typed.read()))
    };
    let address = Address::expect();
    let command = Command::delete("vault_keymgmt_key", &page.workspace.path, page.thing()).fixed();
    let send = move || {
        if left.read_untracked().is_none() {
            let list = page.links.keys();
            form.send(api::delete_key(&page.workspace.slug, &page.name), move |()| {
                open.set(false);
                address.go(&list);
            });
        }
    };
    view! {
        <form on:submit=submit(send)>
            <div class="stack">
                <Summary state=form />
                <p>"This cannot be undone. Keyferry destroys its own copy of the private key."</p>
                <Consequences key />
                <TypeName name what=" to delete it" typed left />
                <AsCommand command />
            </div>
            <Foot open state=form text="Delete key" kind="danger" forbidden=left signed=true />
        </form>
    }
}

#[component]
fn Consequences(key: Arc<Key>) -> impl IntoView {
    view! {
        <ul class="consequences">
            <li>
                <strong>{key.latest_version.to_string()}</strong>
                <span>{if key.latest_version == 1 { "version is destroyed here" } else { "versions are destroyed here" }}</span>
            </li>
            <li>
                <strong>"0"</strong>
                <span>
                    "vaults lose the key now: no provider holds it any more. "
                    "What Azure keeps as deleted, those who may recover it there can get back"
                </span>
            </li>
            <li>
                <Icon name="warning" />
                <span>
                    "What was encrypted with any of these versions "
                    <strong>"can no longer be decrypted"</strong>
                    ". Keyferry cannot see who uses the key: ask before"
                </span>
            </li>
        </ul>
    }
}
