//! The list of distributions.

use crate::prelude::*;
use ::api::{Distribution, DistributionQuery, DistributionState, Page, WorkspaceAccess};

use crate::address::Address;
use crate::api;
use crate::links::Links;
use crate::load::{Data, load, refresh_while};
use crate::pages::filters::Filters;
use crate::ui::{Heading, Pager, State, Time, loading, nothing};

/// The page that lists which provider holds which key.
pub(crate) fn list(workspace: WorkspaceAccess) -> AnyView {
    let links = Links::of(&workspace.slug);
    let address = Address::expect();
    let page = load(move || api::distributions(&workspace.slug, &wanted(address)));
    refresh_while(page, |page| page.items.iter().any(is_moving));
    view! {
        <header class="page">
            <div>
                <Heading text="Distributions" />
                <p class="soft">"Which provider holds which key."</p>
            </div>
        </header>
        <div class="stack">
            <Filters what="distributions" states=true />
            {loading(page, "Distributions", move |page| view! { <Rows page links=links.clone() /> }.into_any())}
        </div>
    }
    .into_any()
}

fn wanted(address: Address) -> DistributionQuery {
    DistributionQuery {
        state: address.value("state").and_then(|word| word.parse().ok()),
        provider: address.value("provider").and_then(|name| name.parse().ok()),
        limit: None,
        after: address.value("after"),
    }
}

fn is_moving(distribution: &Distribution) -> bool {
    matches!(distribution.state, DistributionState::Pending | DistributionState::Withdrawing)
}

#[component]
fn Rows(page: Data<Page<Distribution>>, links: Links) -> impl IntoView {
    let address = Address::expect();
    let table = move || {
        let page = page.get();
        let links = links.clone();
        if !page.items.is_empty() {
            return view! {
                <Table rows=&page.items links />
                <Pager next=page.next.clone() />
            }
            .into_any();
        }
        let all = untrack(|| wanted(address)) == DistributionQuery::default();
        no_distributions(all, &links)
    };
    view! { {move || table()} }
}

fn no_distributions(all: bool, links: &Links) -> AnyView {
    let (icon, title, text, href, way) = if all {
        (
            "distribution",
            "No distributions yet",
            "A key is distributed from its own page.",
            links.keys(),
            "Go to the keys",
        )
    } else {
        (
            "search",
            "No distribution matches",
            "No distribution of this workspace is like that.",
            links.distributions(),
            "Clear filters",
        )
    };
    nothing(icon, title, text, href, way)
}

/// Distributions as rows.
#[component]
pub(crate) fn Table<'a>(
    rows: &'a [Distribution],
    links: Links,
    /// Whether all are of one provider, which needs no column then.
    #[prop(optional)]
    of_one_provider: bool,
) -> impl IntoView {
    let row = |row: &Distribution| view! { <Row row=row.clone() links=links.clone() of_one_provider /> }.into_any();
    let rows: Vec<AnyView> = rows.iter().map(row).collect();
    view! {
        <table class="rows">
            <caption class="sr">"Distributions"</caption>
            <thead>
                <tr>
                    <th scope="col">"Key"</th>
                    {(!of_one_provider).then(|| view! { <th scope="col">"Provider"</th> }.into_any())}
                    <th scope="col">"State"</th>
                    <th scope="col">"Name in the vault"</th>
                    <th scope="col" class="number">
                        "Versions"
                    </th>
                    <th scope="col">"Verified"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
}

#[component]
fn Row(row: Distribution, links: Links, of_one_provider: bool) -> impl IntoView {
    let there = links.distribution(&row.key, &row.provider);
    let delivered = row.deliveries.iter().filter(|delivery| delivery.remote_version.is_some()).count();
    let verified = row.deliveries.iter().filter_map(|delivery| delivery.verified_at).min();
    let why = row.last_error.map(|error| view! { <small class="soft">{error.title}</small> }.into_any());
    let provider = (!of_one_provider).then(|| {
        view! {
            <td data-label="Provider">
                <a href=links.provider(&row.provider)>{row.provider.to_string()}</a>
            </td>
        }
        .into_any()
    });
    view! {
        <tr>
            <th scope="row">
                <a href=there>{row.key.to_string()}</a>
            </th>
            {provider}
            <td data-label="State">
                <State state=row.state />
                {why}
            </td>
            <td data-label="Name">
                <code>{row.name_in_kms.to_string()}</code>
            </td>
            <td class="number" data-label="Versions">
                {format!("{delivered} of {}", row.deliveries.len())}
            </td>
            <td data-label="Verified">{verified.map(|at| view! { <Time at /> }.into_any())}</td>
        </tr>
    }
}
