//! Providers that keep the key as deleted: there it goes on, or starts again under a new name.

use std::sync::Arc;

use crate::prelude::*;
use ::api::{DeletedKey, Key, Role};

use super::detail::KeyPage;
use crate::api;
use crate::change::Change;
use crate::load::Data;
use crate::ui::{Ask, Icon, Moment, press};

/// Where the key is kept as deleted and not held again; nothing where it is not.
#[component]
pub(super) fn Deleted(page: Arc<KeyPage>, key: Data<Key>) -> impl IntoView {
    let change = Change::new();
    let asked = RwSignal::new(None::<DeletedKey>);
    let notices = {
        let page = page.clone();
        move || {
            let key = key.get();
            let held = |deleted: &&DeletedKey| !key.distributions.iter().any(|held| held.provider == deleted.provider);
            key.deleted.iter().filter(held).map(|deleted| notice(&page, deleted, asked)).collect::<Vec<_>>()
        }
    };
    let question = move || asked.get().map(|deleted| recover(page.clone(), deleted, change));
    view! {
        {move || notices()}
        {change.failure()}
        {move || question()}
    }
}

/// Whether a deleted key is on its way back.
pub(super) fn is_returning(deleted: &DeletedKey) -> bool {
    deleted.recovery_requested_at.is_some() && deleted.last_error.is_none()
}

fn notice(page: &Arc<KeyPage>, deleted: &DeletedKey, asked: RwSignal<Option<DeletedKey>>) -> AnyView {
    let name = deleted.name_in_kms.to_string();
    let again = format!("{}?provider={}", page.links.distribute(&page.name), deleted.provider);
    let provider = page.links.provider(&deleted.provider);
    let failed = deleted
        .last_error
        .as_ref()
        .filter(|_| deleted.recovery_requested_at.is_some())
        .map(|error| view! { <a href=provider>{error.title.clone()}</a> " " }.into_any());
    let distribute = (page.may(Role::Operator) && !is_returning(deleted))
        .then(|| view! { <a href=again>"Distribute again under a new name"</a> " " }.into_any());
    let ask = deleted.clone();
    let recover =
        (page.may(Role::Admin) && !is_returning(deleted) && deleted.purge_requested_at.is_none()).then(|| {
            view! {
                <button type="button" class="quiet" on:click=press(move || asked.set(Some(ask.clone())))>
                    {format!("Recover {name}…")}
                </button>
            }
            .into_any()
        });
    let claim = if is_returning(deleted) { "is bringing the key back" } else { "keeps the key as deleted" };
    view! {
        <div class="notice" data-state="withdrawing">
            <Icon name="withdrawing" />
            <p>
                <strong>{format!("{} {claim}.", deleted.provider)}</strong>
                " Its name there is "
                <code>{deleted.name_in_kms.to_string()}</code>
                {deleted.purge_at.map(|at| view! { ", blocked until " <Moment at /> }.into_any())}
                ". "
                {failed}
                {distribute}
                {recover}
            </p>
        </div>
    }
    .into_any()
}

fn recover(page: Arc<KeyPage>, deleted: DeletedKey, change: Change) -> AnyView {
    let open = RwSignal::new(true);
    let title = format!("Recover {} in {}?", deleted.name_in_kms, deleted.provider);
    let act = move || {
        let load = page.key;
        let call = api::recover_deleted_key(&page.workspace.slug, &deleted.provider, &deleted.name_in_kms);
        change.send(call, move || load.refetch());
    };
    view! {
        <Ask open id="recover-title" title text="Recover key" kind="primary" act>
            <p>
                "Azure brings the key back with all its versions, and its distribution goes on under this name: "
                "versions made since then follow, and services can use the key there again."
            </p>
        </Ask>
    }
    .into_any()
}
