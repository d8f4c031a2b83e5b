//! Taking a key back from a provider.

use std::sync::Arc;

use crate::prelude::*;

use super::detail::Place;
use crate::api;
use crate::command::{Command, Text};
use crate::ui::{AsCommand, Dialog, Foot, FormState, Icon, Summary, submit};

/// The dialog that withdraws a key.
#[component]
pub(super) fn Withdraw(place: Arc<Place>) -> impl IntoView {
    view! {
        <Dialog
            open=place.withdrawing
            id="withdraw-title"
            title=format!("Withdraw {} from {}?", place.key, place.provider)
        >
            <Confirm place=place.clone() />
        </Dialog>
    }
}

#[component]
fn Confirm(place: Arc<Place>) -> impl IntoView {
    let form = FormState::new();
    let (open, load) = (place.withdrawing, place.load);
    let delivered = untrack(|| load.last())
        .map_or(0, |now| now.deliveries.iter().filter(|delivery| delivery.remote_version.is_some()).count());
    let provider = place.provider.to_string();
    let text = format!("Withdraw from {provider}");
    let thing = vec![("kms", Text::from(&place.provider)), ("key", Text::from(&place.key))];
    let command = Command::delete("vault_keymgmt_distribute_key", &place.workspace.path, thing).fixed();
    let send = move || {
        form.send(api::withdraw(&place.workspace.slug, &place.key, &place.provider), move |_| {
            open.set(false);
            load.refetch();
        });
    };
    view! {
        <form on:submit=submit(send)>
            <div class="stack">
                <Summary state=form />
                <p>"The key itself stays in Keyferry with all its versions, and can be distributed again."</p>
                <Consequences delivered provider />
                <AsCommand command />
            </div>
            <Foot open state=form text kind="danger" />
        </form>
    }
}

#[component]
fn Consequences(delivered: usize, provider: String) -> impl IntoView {
    view! {
        <ul class="consequences">
            <li>
                <strong>"1"</strong>
                <span>"vault loses the key: " <code>{provider}</code></span>
            </li>
            <li>
                <strong>{delivered.to_string()}</strong>
                <span>
                    {match delivered {
                        0 => "versions are there, so nothing is deleted",
                        1 => "version is deleted there. Azure keeps it as deleted for some days, and blocks the name so long",
                        _ => "versions are deleted there. Azure keeps them as deleted for some days, and blocks the name so long",
                    }}
                </span>
            </li>
            <li>
                <Icon name="warning" />
                <span>
                    "Services that use this key there " <strong>"can no longer decrypt or unwrap with it"</strong>
                </span>
            </li>
        </ul>
    }
}

/// In place of a distribution that has ended.
#[component]
pub(super) fn Withdrawn(place: Arc<Place>) -> impl IntoView {
    view! {
        <div class="notice" data-state="done" role="status">
            <Icon name="in_sync" />
            <p>
                <strong>{format!("{} no longer holds {}.", place.provider, place.key)}</strong>
                " Azure shows the key as deleted. "
                <a href=place.links.key(&place.key)>{format!("Go to {}", place.key)}</a>
            </p>
        </div>
    }
}
