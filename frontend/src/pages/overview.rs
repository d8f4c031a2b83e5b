//! The overview of a workspace: what is the state, and what needs a person.

use std::sync::Arc;

use crate::prelude::*;
use ::api::{
    AuditQuery, Counts, Distribution, DistributionQuery, DistributionState, Page, PageQuery, Provider, Role, Workspace,
    WorkspaceAccess,
};

use super::audit::Log;
use super::first_steps::FirstSteps;
use super::providers::Health;
use crate::api;
use crate::links::Links;
use crate::load::{Data, Load, load, refresh_while};
use crate::session::CurrentSession;
use crate::ui::{Heading, Icon, Time, Word, grouped, loading, many, state_name};

/// How many rows each list of the overview has.
const FEW: Option<u32> = Some(8);

/// The page one starts from.
pub(crate) fn page(workspace: WorkspaceAccess) -> AnyView {
    let slug = workspace.slug.clone();
    let room = load(move || api::workspace(&slug));
    refresh_while(room, |room| room.counts.pending + room.counts.withdrawing > 0);
    // The steps stay until the first key is distributed.
    let steps = Memo::new(move |_| room.last().map(|room| room.counts.clone()).filter(is_new));
    let name = workspace.title.clone();
    let title = move || {
        let text = if steps.read().is_some() { format!("Welcome to {name}") } else { "Overview".to_owned() };
        view! { <Heading text /> }.into_any()
    };
    let may_create = CurrentSession::expect().may(&workspace.slug, Role::Operator);
    let links = Links::of(&workspace.slug);
    let create =
        move || (may_create && steps.read().is_none()).then(|| view! { <CreateKey href=links.new_key() /> }.into_any());
    let sum = move || room.last().map(|room| view! { <Sum room /> }.into_any());
    view! {
        <header class="page">
            <div>{move || title()} {move || sum()}</div>
            {move || create()}
        </header>
        {loading(room, "The overview", move |room| view! { <Content access=workspace.clone() room steps /> }.into_any())}
    }
    .into_any()
}

#[component]
fn CreateKey(href: String) -> impl IntoView {
    view! {
        <div class="actions">
            <a class="button" data-kind="primary" href=href>
                <Icon name="plus" />
                "Create key"
            </a>
        </div>
    }
}

#[component]
fn Content(access: WorkspaceAccess, room: Data<Workspace>, steps: Memo<Option<Counts>>) -> impl IntoView {
    let content = move || {
        let access = access.clone();
        match steps.get() {
            Some(counts) => view! { <FirstSteps access counts /> }.into_any(),
            None => view! { <Blocks access room /> }.into_any(),
        }
    };
    view! { {move || content()} }
}

fn is_new(counts: &Counts) -> bool {
    let distributions = counts.in_sync + counts.pending + counts.refused + counts.drifted + counts.withdrawing;
    counts.providers == 0 || counts.keys == 0 || distributions == 0
}

#[component]
fn Sum(room: Arc<Workspace>) -> impl IntoView {
    if is_new(&room.counts) {
        return view! { <p class="soft">"Three steps, and an Azure service uses a key that you own."</p> }.into_any();
    }
    view! {
        <p class="page__facts">
            <span>"Workspace " <code>{room.slug.to_string()}</code></span>
            <span>
                {format!("{}, {}", many(room.counts.keys, "key"), many(room.counts.providers, "provider"))}
            </span>
        </p>
    }
    .into_any()
}

#[component]
fn Blocks(access: WorkspaceAccess, room: Data<Workspace>) -> impl IntoView {
    let links = Links::of(&access.slug);
    let slug = access.slug.clone();
    let trouble = {
        let slug = slug.clone();
        let ask = move |state| {
            let wanted = DistributionQuery { state: Some(state), limit: FEW, ..DistributionQuery::default() };
            api::distributions(&slug, &wanted)
        };
        load(move || {
            room.get();
            ask(DistributionState::Refused).and(ask(DistributionState::Drifted))
        })
    };
    let providers = {
        let slug = slug.clone();
        load(move || api::providers(&slug, &PageQuery { limit: FEW, after: None }))
    };
    let events = load(move || {
        room.get();
        api::audit_events(&AuditQuery { workspace: Some(slug.clone()), limit: FEW, ..AuditQuery::default() })
    });
    let audit = links.audit();
    view! {
        <Figures room links=links.clone() />
        <div class="split">
            <Attention trouble links=links.clone() />
            <ProviderHealth providers links=links.clone() />
        </div>
        <section class="section" aria-labelledby="events">
            <header>
                <h2 id="events">"Latest events"</h2>
                <a class="soft" href=audit>
                    "Audit"
                </a>
            </header>
            {loading(events, "Events", move |events| view! { <Log events links=links.clone() /> }.into_any())}
        </section>
    }
}

/// How many distributions are in which state; each number leads to them.
#[component]
fn Figures(room: Data<Workspace>, links: Links) -> impl IntoView {
    let keys = links.keys();
    let all = move || match room.get().counts.keys {
        1 => "The key".to_owned(),
        keys => format!("All {}", many(keys, "key")),
    };
    let figures = move || {
        let counts = &room.get().counts;
        let figure = |state: DistributionState, count: u64, more: &'static str| {
            let href = format!("{}?state={state}", links.distributions());
            let tone = if count == 0 { "none" } else { state.as_str() };
            view! { <Figure tone icon=state.as_str() name=state_name(state) href count more /> }.into_any()
        };
        vec![
            figure(DistributionState::InSync, counts.in_sync, "Azure has what is wanted"),
            figure(DistributionState::Pending, counts.pending, "on their way"),
            figure(DistributionState::Refused, counts.refused, "need a person"),
            figure(DistributionState::Drifted, counts.drifted, "changed in Azure"),
            figure(DistributionState::Withdrawing, counts.withdrawing, "being taken back"),
            view! {
                <Figure
                    tone="none"
                    icon="none"
                    name="Not distributed"
                    href=links.keys()
                    count=counts.keys_not_distributed
                    more="keys held by us only"
                />
            }
            .into_any(),
        ]
    };
    view! {
        <section class="card" aria-labelledby="by-state">
            <header>
                <h2 id="by-state">"Distributions by state"</h2>
                <a href=keys>{move || all()}</a>
            </header>
            <dl class="figures">{move || figures()}</dl>
        </section>
    }
}

#[component]
fn Figure(
    tone: &'static str,
    icon: &'static str,
    name: &'static str,
    href: String,
    count: u64,
    more: &'static str,
) -> impl IntoView {
    view! {
        <div>
            <dt>
                <Word state=tone icon text=name />
            </dt>
            <dd>
                <a href=href>{grouped(count)}</a>
            </dd>
            <dd>{more}</dd>
        </div>
    }
}

#[component]
fn Attention(trouble: Load<(Page<Distribution>, Page<Distribution>)>, links: Links) -> impl IntoView {
    let rows = move |trouble: Data<(Page<Distribution>, Page<Distribution>)>| {
        let links = links.clone();
        let all = move || {
            let (refused, drifted) = &*trouble.get();
            let rows = refused.items.iter().chain(&drifted.items).cloned().collect();
            view! { <AttentionRows rows links=links.clone() /> }.into_any()
        };
        view! { {move || all()} }.into_any()
    };
    view! {
        <section class="section" aria-labelledby="attention">
            <header>
                <h2 id="attention">"Needs a person"</h2>
            </header>
            {loading(trouble, "What needs a person", rows)}
        </section>
    }
}

#[component]
fn AttentionRows(rows: Vec<Distribution>, links: Links) -> impl IntoView {
    if rows.is_empty() {
        return view! {
            <p>
                <Word state="in_sync" icon="in_sync" text="Nothing needs a person" />
            </p>
        }
        .into_any();
    }
    let row = move |row: Distribution| view! { <AttentionRow row links=links.clone() /> }.into_any();
    view! {
        <table class="rows">
            <thead>
                <tr>
                    <th scope="col">"Key"</th>
                    <th scope="col">"What is wrong"</th>
                    <th scope="col">"Since"</th>
                    <th scope="col">
                        <span class="sr">"Way out"</span>
                    </th>
                </tr>
            </thead>
            <tbody>{rows.into_iter().map(row).collect::<Vec<_>>()}</tbody>
        </table>
    }
    .into_any()
}

#[component]
fn AttentionRow(row: Distribution, links: Links) -> impl IntoView {
    let there = links.distribution(&row.key, &row.provider);
    let (verb, way_out) = match row.state {
        DistributionState::Drifted => ("Drifted in", "Compare"),
        _ => ("Refused by", "What to do"),
    };
    let state = row.state.as_str();
    let label = format!("{way_out}: {} in {}", row.key, row.provider);
    view! {
        <tr>
            <th scope="row">
                <a href=links.key(&row.key)>{row.key.to_string()}</a>
            </th>
            <td data-label="State">
                <Word state icon=state text=format!("{verb} {}", row.provider) />
                {row.last_error.as_ref().map(|error| view! { <small class="soft">{error.title.clone()}</small> }.into_any())}
            </td>
            <td data-label="Since">{row.last_error.map(|error| view! { <Time at=error.at /> }.into_any())}</td>
            <td>
                <span class="actions">
                    <a href=there aria-label=label>
                        {way_out}
                    </a>
                </span>
            </td>
        </tr>
    }
}

#[component]
fn ProviderHealth(providers: Load<Page<Provider>>, links: Links) -> impl IntoView {
    let all = links.providers();
    let rows = move |providers: Data<Page<Provider>>| {
        let row =
            |provider: &Provider| view! { <HealthRow provider=provider.clone() links=links.clone() /> }.into_any();
        let rows: Vec<AnyView> = providers.get().items.iter().map(row).collect();
        view! {
            <table class="rows">
                <thead>
                    <tr>
                        <th scope="col">"Provider"</th>
                        <th scope="col">"Last check"</th>
                        <th scope="col" class="number">
                            "Keys"
                        </th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        }
        .into_any()
    };
    view! {
        <section class="section" aria-labelledby="health">
            <header>
                <h2 id="health">"Providers"</h2>
                <a class="soft" href=all>
                    "All"
                </a>
            </header>
            {loading(providers, "Providers", rows)}
        </section>
    }
}

#[component]
fn HealthRow(provider: Provider, links: Links) -> impl IntoView {
    view! {
        <tr>
            <th scope="row">
                <a href=links.provider(&provider.name)>{provider.name.to_string()}</a>
                <small class="soft">{provider.key_collection.to_string()}</small>
            </th>
            <td data-label="Last check">
                <Health check=provider.last_check />
            </td>
            <td class="number" data-label="Keys">
                {grouped(provider.distributions)}
            </td>
        </tr>
    }
}
