//! The list of distributions.

use ::api::{Distribution, DistributionQuery, DistributionState, Page, WorkspaceAccess};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::api;
use crate::links::Links;
use crate::pages::filters::Filters;
use crate::session::load;
use crate::ui::{Empty, Heading, Loading, Pager, State, Time, refresh_while};

/// The page that lists which provider holds which key.
pub(crate) fn list(workspace: WorkspaceAccess) -> AnyView {
    let links = Links::of(&workspace.slug);
    let query = use_query_map();
    let wanted = Memo::new(move |_| {
        let query = query.read();
        DistributionQuery {
            state: query.get("state").and_then(|word| word.parse().ok()),
            provider: query.get("provider").and_then(|name| name.parse().ok()),
            limit: None,
            after: query.get("after"),
        }
    });
    let page = load(move || api::distributions(&workspace.slug, &wanted.read()));
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
            <Loading
                load=page
                what="Distributions"
                view=move |page| view! { <Rows page links=links.clone() wanted /> }
            />
        </div>
    }
    .into_any()
}

fn is_moving(distribution: &Distribution) -> bool {
    matches!(distribution.state, DistributionState::Pending | DistributionState::Withdrawing)
}

#[component]
fn Rows(page: Signal<Page<Distribution>>, links: Links, wanted: Memo<DistributionQuery>) -> impl IntoView {
    let empty = Memo::new(move |_| page.read().items.is_empty());
    move || {
        if !empty.get() {
            return view! {
                <Table rows=Signal::derive(move || page.get().items) links=links.clone() />
                <Pager next=Signal::derive(move || page.read().next.clone()) />
            }
            .into_any();
        }
        let (keys, all) = (links.keys(), links.distributions());
        if *wanted.read_untracked() == DistributionQuery::default() {
            view! {
                <Empty icon="distribution" title="No distributions yet">
                    <p>"A key is distributed from its own page."</p>
                    <div class="actions">
                        <a class="button" href=keys>
                            "Go to the keys"
                        </a>
                    </div>
                </Empty>
            }
            .into_any()
        } else {
            view! {
                <Empty icon="search" title="No distribution matches">
                    <p>"No distribution of this workspace is like that."</p>
                    <div class="actions">
                        <a class="button" href=all>
                            "Clear filters"
                        </a>
                    </div>
                </Empty>
            }
            .into_any()
        }
    }
}

/// Distributions as rows.
#[component]
pub(crate) fn Table(
    #[prop(into)] rows: Signal<Vec<Distribution>>,
    links: Links,
    /// Whether all are of one provider, which needs no column then.
    #[prop(optional)]
    of_one_provider: bool,
) -> impl IntoView {
    view! {
        <table class="rows">
            <caption class="sr">"Distributions"</caption>
            <thead>
                <tr>
                    <th scope="col">"Key"</th>
                    {(!of_one_provider).then(|| view! { <th scope="col">"Provider"</th> })}
                    <th scope="col">"State"</th>
                    <th scope="col">"Name in the vault"</th>
                    <th scope="col" class="number">
                        "Versions"
                    </th>
                    <th scope="col">"Verified"</th>
                </tr>
            </thead>
            <tbody>
                {move || {
                    rows.get()
                        .into_iter()
                        .map(|row| view! { <Row row links=links.clone() of_one_provider /> })
                        .collect_view()
                }}
            </tbody>
        </table>
    }
}

#[component]
fn Row(row: Distribution, links: Links, of_one_provider: bool) -> impl IntoView {
    let there = links.distribution(&row.key, &row.provider);
    let delivered = row.deliveries.iter().filter(|delivery| delivery.remote_version.is_some()).count();
    let verified = row.deliveries.iter().filter_map(|delivery| delivery.verified_at).min();
    let why = row.last_error.map(|error| view! { <small class="soft">{error.title}</small> });
    let provider = (!of_one_provider).then(|| {
        view! {
            <td data-label="Provider">
                <a href=links.provider(&row.provider)>{row.provider.to_string()}</a>
            </td>
        }
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
            <td data-label="Verified">{verified.map(|at| view! { <Time at /> })}</td>
        </tr>
    }
}
