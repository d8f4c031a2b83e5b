//! The list of providers.

use crate::prelude::*;
use ::api::{Page, PageQuery, Provider, Role, VaultKind, WorkspaceAccess};

use super::Health;
use super::vault::{PUBLIC_CLOUD, cloud_words, kind_words};
use crate::address::Address;
use crate::api;
use crate::links::Links;
use crate::load::{Data, load};
use crate::session::CurrentSession;
use crate::ui::{Empty, Heading, Icon, Pager, Time, loading};

/// The page that lists the connected vaults.
pub(crate) fn list(workspace: WorkspaceAccess) -> AnyView {
    let links = Links::of(&workspace.slug);
    let address = Address::expect();
    let may_connect = CurrentSession::expect().may(&workspace.slug, Role::Admin);
    let page = load(move || api::providers(&workspace.slug, &PageQuery { limit: None, after: address.value("after") }));
    let connect = links.new_provider();
    view! {
        <header class="page">
            <div>
                <Heading text="Providers" />
                <p class="soft">"The vaults that may hold keys of this workspace."</p>
            </div>
            <div class="actions">
                {may_connect
                    .then(|| {
                        view! {
                            <a class="button" data-kind="primary" href=connect>
                                <Icon name="plus" />
                                "Connect a vault"
                            </a>
                        }.into_any()
                    })}
            </div>
        </header>
        {loading(page, "Providers", move |page| view! { <Rows page links=links.clone() may_connect /> }.into_any())}
    }
    .into_any()
}

#[component]
fn Rows(page: Data<Page<Provider>>, links: Links, may_connect: bool) -> impl IntoView {
    let table = move || {
        let page = page.get();
        if page.items.is_empty() {
            return view! { <NoProviders connect=may_connect.then(|| links.new_provider()) /> }.into_any();
        }
        let row = |provider: &Provider| view! { <Row provider=provider.clone() links=links.clone() /> }.into_any();
        let rows: Vec<AnyView> = page.items.iter().map(row).collect();
        view! { <Table rows next=page.next.clone() /> }.into_any()
    };
    view! { {move || table()} }
}

#[component]
fn Table(rows: Vec<AnyView>, next: Option<String>) -> impl IntoView {
    view! {
        <table class="rows">
            <caption class="sr">"Providers"</caption>
            <thead>
                <tr>
                    <th scope="col">"Provider"</th>
                    <th scope="col">"Vault"</th>
                    <th scope="col">"Last check"</th>
                    <th scope="col" class="number">
                        "Keys"
                    </th>
                    <th scope="col">"Connected"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
        <Pager next />
    }
}

#[component]
fn Row(provider: Provider, links: Links) -> impl IntoView {
    let plain = provider.vault_kind == VaultKind::KeyVault && provider.environment == PUBLIC_CLOUD;
    let more =
        (!plain).then(|| format!("{} · {}", kind_words(provider.vault_kind), cloud_words(&provider.environment)));
    view! {
        <tr>
            <th scope="row">
                <a href=links.provider(&provider.name)>{provider.name.to_string()}</a>
            </th>
            <td data-label="Vault">
                <code>{provider.url}</code>
                {more.map(|more| view! { <small class="soft">{more}</small> }.into_any())}
            </td>
            <td data-label="Last check">
                <Health check=provider.last_check />
            </td>
            <td class="number" data-label="Keys">
                {provider.distributions}
            </td>
            <td data-label="Connected">
                <Time at=provider.created_at />
            </td>
        </tr>
    }
}

#[component]
fn NoProviders(connect: Option<String>) -> impl IntoView {
    let forbidden = connect.is_none();
    view! {
        <Empty icon="provider" title="No providers yet">
            <p>
                "A provider is a vault that may hold your keys. Until you distribute a key, nothing is written to it."
            </p>
            {forbidden.then(|| view! { <p>"An admin of this workspace can connect one."</p> }.into_any())}
            <div class="actions">
                {connect
                    .map(|connect| {
                        view! {
                            <a class="button" href=connect>
                                "Connect the first vault"
                            </a>
                        }.into_any()
                    })}
            </div>
        </Empty>
    }
}
