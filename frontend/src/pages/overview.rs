//! The overview of a workspace: what is the state, and what needs a person.

use ::api::{
    AuditQuery, Counts, Distribution, DistributionQuery, DistributionState, Page, PageQuery, Provider, Role, Workspace,
    WorkspaceAccess,
};
use leptos::prelude::*;

use super::audit::Log;
use super::first_steps::FirstSteps;
use super::providers::Health;
use crate::api;
use crate::links::Links;
use crate::session::{CurrentSession, Load, load};
use crate::ui::{Heading, Icon, Loading, Time, Word, grouped, latest, many, refresh_while, state_name};

/// How many rows each list of the overview has.
const FEW: Option<u32> = Some(8);

/// The page one starts from.
pub(crate) fn page(workspace: WorkspaceAccess) -> AnyView {
    let slug = workspace.slug.clone();
    let room = load(move || api::workspace(&slug));
    refresh_while(room, |room| room.counts.pending + room.counts.withdrawing > 0);
    let known = latest(room);
    // The steps stay until the first key is distributed.
    let new = Memo::new(move |_| known.read().as_ref().is_some_and(|room| is_new(&room.counts)));
    let name = workspace.title.clone();
    let title = move || {
        if new.get() {
            view! { <Heading text=format!("Welcome to {name}") /> }.into_any()
        } else {
            view! { <Heading text="Overview" /> }.into_any()
        }
    };
    let may_create = CurrentSession::expect().may(&workspace.slug, Role::Operator);
    let access = workspace.clone();
    let links = Links::of(&workspace.slug);
    view! {
        <header class="page">
            <div>{title} {move || known.get().map(|room| view! { <Sum room new=new.get() /> })}</div>
            <Show when=move || may_create && !new.get()>
                <div class="actions">
                    <a class="button" data-kind="primary" href=links.new_key()>
                        <Icon name="plus" />
                        "Create key"
                    </a>
                </div>
            </Show>
        </header>
        <Loading
            load=room
            what="The overview"
            view=move |room| {
                let access = access.clone();
                move || {
                    if new.get() {
                        view! { <FirstSteps access=access.clone() counts=room.get().counts /> }.into_any()
                    } else {
                        view! { <Blocks access=access.clone() room /> }.into_any()
                    }
                }
            }
        />
    }
    .into_any()
}

fn is_new(counts: &Counts) -> bool {
    let distributions = counts.in_sync + counts.pending + counts.refused + counts.drifted + counts.withdrawing;
    counts.providers == 0 || counts.keys == 0 || distributions == 0
}

#[component]
fn Sum(room: Workspace, new: bool) -> impl IntoView {
    if new {
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
fn Blocks(access: WorkspaceAccess, room: Signal<Workspace>) -> impl IntoView {
    let links = Links::of(&access.slug);
    let slug = access.slug.clone();
    let counts = Memo::new(move |_| room.read().counts.clone());
    let trouble = {
        let slug = slug.clone();
        load(move || {
            counts.track();
            let ask = |state| {
                api::distributions(
                    &slug,
                    &DistributionQuery { state: Some(state), limit: FEW, ..DistributionQuery::default() },
                )
            };
            let (refused, drifted) = (ask(DistributionState::Refused), ask(DistributionState::Drifted));
            Box::pin(async move {
                let mut rows = refused.await?.items;
                rows.extend(drifted.await?.items);
                Ok(rows)
            })
        })
    };
    let providers = {
        let slug = slug.clone();
        load(move || api::providers(&slug, &PageQuery { limit: FEW, after: None }))
    };
    let events = load(move || {
        counts.track();
        api::audit_events(&AuditQuery { workspace: Some(slug.clone()), limit: FEW, ..AuditQuery::default() })
    });
    let audit = links.audit();
    view! {
        <Figures counts links=links.clone() />
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
            <Loading load=events what="Events" view=move |events| view! { <Log events links=links.clone() /> } />
        </section>
    }
}

/// How many distributions are in which state; each number leads to them.
#[component]
fn Figures(counts: Memo<Counts>, links: Links) -> impl IntoView {
    let distributions = links.distributions();
    let keys = links.keys();
    let figure = move |state: DistributionState, count: u64, more: &'static str| {
        let href = format!("{distributions}?state={state}");
        view! {
            <div>
                <dt>
                    <Word state=if count == 0 { "none" } else { state.as_str() } icon=state.as_str() text=state_name(state) />
                </dt>
                <dd>
                    <a href=href>{grouped(count)}</a>
                </dd>
                <dd>{more}</dd>
            </div>
        }
    };
    let all = move || {
        let counts = counts.get();
        view! {
            {figure(DistributionState::InSync, counts.in_sync, "Azure has what is wanted")}
            {figure(DistributionState::Pending, counts.pending, "on their way")}
            {figure(DistributionState::Refused, counts.refused, "need a person")}
            {figure(DistributionState::Drifted, counts.drifted, "changed in Azure")}
            {figure(DistributionState::Withdrawing, counts.withdrawing, "being taken back")}
        }
    };
    let all_keys = keys.clone();
    view! {
        <section class="card" aria-labelledby="by-state">
            <header>
                <h2 id="by-state">"Distributions by state"</h2>
                <a href=keys>{move || if counts.read().keys == 1 { "The key".to_owned() } else { format!("All {}", many(counts.read().keys, "key")) }}</a>
            </header>
            <dl class="figures">
                {all}
                <div>
                    <dt>
                        <Word state="none" icon="none" text="Not distributed" />
                    </dt>
                    <dd>
                        <a href=all_keys>{move || grouped(counts.read().keys_not_distributed)}</a>
                    </dd>
                    <dd>"keys held by us only"</dd>
                </div>
            </dl>
        </section>
    }
}

#[component]
fn Attention(trouble: Load<Vec<Distribution>>, links: Links) -> impl IntoView {
    view! {
        <section class="section" aria-labelledby="attention">
            <header>
                <h2 id="attention">"Needs a person"</h2>
            </header>
            <Loading
                load=trouble
                what="What needs a person"
                view=move |rows| {
                    let links = links.clone();
                    move || view! { <AttentionRows rows=rows.get() links=links.clone() /> }
                }
            />
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
    let row = move |row: Distribution| view! { <AttentionRow row links=links.clone() /> };
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
            <tbody>{rows.into_iter().map(row).collect_view()}</tbody>
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
                {row.last_error.as_ref().map(|error| view! { <small class="soft">{error.title.clone()}</small> })}
            </td>
            <td data-label="Since">{row.last_error.map(|error| view! { <Time at=error.at /> })}</td>
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
    let rows = move |providers: Signal<Page<Provider>>| {
        let links = links.clone();
        let row = move |provider: Provider| {
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
        };
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
                <tbody>{move || providers.get().items.into_iter().map(&row).collect_view()}</tbody>
            </table>
        }
    };
    view! {
        <section class="section" aria-labelledby="health">
            <header>
                <h2 id="health">"Providers"</h2>
                <a class="soft" href=all>
                    "All"
                </a>
            </header>
            <Loading load=providers what="Providers" view=rows />
        </section>
    }
}
