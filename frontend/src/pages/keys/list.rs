//! The list of keys.

use crate::prelude::*;
use ::api::{DistributionState, KeyName, KeyQuery, KeySort, KeySummary, KeyType, Page, Role, WorkspaceAccess};

use super::super::filters::{Filters, SortBy};
use super::selection::{Bar, Chosen, tick};
use crate::address::Address;
use crate::api;
use crate::links::Links;
use crate::load::{Data, load, refresh_while};
use crate::session::CurrentSession;
use crate::ui::{Empty, Heading, Icon, Pager, State, Time, Word, loading, many, ranges};

/// The page that lists keys; what is looked for stands in the address.
pub(crate) fn list(workspace: WorkspaceAccess) -> AnyView {
    let links = Links::of(&workspace.slug);
    let address = Address::expect();
    let slug = workspace.slug.clone();
    let keys = load(move || api::keys(&slug, &wanted(address)));
    refresh_while(keys, |page| page.items.iter().any(is_moving));
    let may_create = CurrentSession::expect().may(&workspace.slug, Role::Operator);
    let new_key = links.new_key();
    let chosen = may_create.then(|| Chosen::of(address));
    view! {
        <header class="page">
            <div>
                <Heading text="Keys" />
            </div>
            <div class="actions">
                {may_create
                    .then(|| {
                        view! {
                            <a class="button" data-kind="primary" href=new_key>
                                <Icon name="plus" />
                                "Create key"
                            </a>
                        }.into_any()
                    })}
            </div>
        </header>
        <div class="stack">
            <Filters what="keys" states=true types=true search="Search keys by name" />
            {loading(keys, "Keys", move |page| view! { <Rows page links=links.clone() chosen /> }.into_any())}
            {chosen.map(|chosen| view! { <Bar chosen workspace /> }.into_any())}
        </div>
    }
    .into_any()
}

/// What the address asks for; what it does not say well is left out.
pub(super) fn wanted(address: Address) -> KeyQuery {
    KeyQuery {
        search: address.value("search"),
        key_type: address.value("type").and_then(|word| word.parse::<KeyType>().ok()),
        state: address.value("state").and_then(|word| word.parse().ok()),
        sort: address.value("sort").and_then(|word| word.parse().ok()),
        limit: None,
        after: address.value("after"),
    }
}

fn is_moving(key: &KeySummary) -> bool {
    key.holders.iter().any(|holder| matches!(holder.state, DistributionState::Pending | DistributionState::Withdrawing))
}

#[component]
fn Rows(
    page: Data<Page<KeySummary>>,
    links: Links,
    /// Absent for those who may only look.
    chosen: Option<Chosen>,
) -> impl IntoView {
    let links = StoredValue::new(links);
    let table = move || {
        let page = page.get();
        if page.items.is_empty() {
            return view! { <NoKeys links=links.get_value() may_create=chosen.is_some() /> }.into_any();
        }
        let row = |key: &KeySummary| view! { <Row key=key.clone() links=links.get_value() chosen /> }.into_any();
        let rows: Vec<AnyView> = page.items.iter().map(row).collect();
        let names: Vec<KeyName> = page.items.iter().map(|key| key.name.clone()).collect();
        let label = format!("Select the {} on this page", many(names.len() as u64, "key"));
        let tick = chosen.map(|chosen| view! { <th scope="col">{tick(chosen, names, label)}</th> }.into_any());
        view! { <Table tick rows next=page.next.clone() /> }.into_any()
    };
    view! { {move || table()} }
}

#[component]
fn Table(tick: Option<AnyView>, rows: Vec<AnyView>, next: Option<String>) -> impl IntoView {
    view! {
        <table class="rows">
            <caption class="sr">"Keys"</caption>
            <thead>
                <tr>
                    {tick}
                    <SortBy text="Name" up=KeySort::Name.as_str() down=KeySort::NameDescending.as_str() first=true />
                    <th scope="col">"Type"</th>
                    <th scope="col" class="number">
                        "Latest"
                    </th>
                    <th scope="col">"Held by"</th>
                    <SortBy text="Last rotation" up=KeySort::Rotated.as_str() down=KeySort::RotatedDescending.as_str() />
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
        <Pager next />
    }
}

#[component]
fn Row(key: KeySummary, links: Links, chosen: Option<Chosen>) -> impl IntoView {
    let off: Vec<u32> = (1..key.min_enabled_version).collect();
    let (names, label) = (vec![key.name.clone()], format!("Select {}", key.name));
    let tick = chosen.map(|chosen| view! { <td>{tick(chosen, names, label)}</td> }.into_any());
    view! {
        <tr>
            {tick}
            <th scope="row">
                <a href=links.key(&key.name)>{key.name.to_string()}</a>
            </th>
            <td data-label="Type">
                <code>{key.key_type.as_str()}</code>
            </td>
            <td class="number" data-label="Latest">
                {key.latest_version.to_string()}
                {(!off.is_empty()).then(|| view! { <small>{ranges(&off)} " off"</small> }.into_any())}
            </td>
            <td data-label="Held by">
                <Holders links name=key.name holders=key.holders />
            </td>
            <td data-label="Rotated">
                <Time at=key.rotated_at />
            </td>
        </tr>
    }
}

#[component]
fn Holders(links: Links, name: KeyName, holders: Vec<::api::Holder>) -> impl IntoView {
    let none = holders.is_empty();
    let row = move |holder: ::api::Holder| {
        view! {
            <li>
                <State state=holder.state />
                <a href=links.distribution(&name, &holder.provider)>{holder.provider.to_string()}</a>
            </li>
        }
        .into_any()
    };
    view! {
        <ul class="holders">
            {holders.into_iter().map(row).collect_view()}
            {none.then(|| view! { <li><Word state="none" icon="none" text="Not distributed" /></li> }.into_any())}
        </ul>
    }
}

#[component]
fn NoKeys(links: Links, may_create: bool) -> impl IntoView {
    let wanted = untrack(|| wanted(Address::expect()));
    let filtered =
        wanted.search.is_some() || wanted.key_type.is_some() || wanted.state.is_some() || wanted.after.is_some();
    if filtered {
        return view! {
            <Empty icon="search" title="No key matches">
                <p>"No key of this workspace is like that."</p>
                <div class="actions">
                    <a class="button" href=links.keys()>
                        "Clear filters"
                    </a>
                </div>
            </Empty>
        }
        .into_any();
    }
    view! {
        <Empty icon="key" title="No keys yet">
            <p>"A key is made here, checked and sealed. Azure sees it when you distribute it."</p>
            <div class="actions">
                {may_create.then(|| view! { <a class="button" href=links.new_key()>"Create the first key"</a> }.into_any())}
            </div>
        </Empty>
    }
    .into_any()
}
