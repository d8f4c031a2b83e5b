//! One provider: whether it is healthy, who we are there, what it holds.

use std::sync::Arc;

use crate::prelude::*;
use ::api::{Distribution, DistributionQuery, Page, Provider, ProviderName, Role, Timestamp, WorkspaceAccess};

use super::Health;
use super::check::Steps;
use super::delete::{DeleteProvider, ReplaceCredentials};
use super::deleted_keys::DeletedKeys;
use super::identity::{Permissions, WhoWeAre};
use super::kek::KeyExchangeKey;
use super::pace::PaceCard;
use super::vault::{cloud_words, kind_words};
use crate::api;
use crate::change::Change;
use crate::links::Links;
use crate::load::{Data, Load, load, refresh_while};
use crate::pages::distributions::Table;
use crate::session::CurrentSession;
use crate::ui::{Heading, Icon, Id, Menu, MenuButton, Time, loading, many, now, press};

/// What the parts of this page share.
#[derive(Clone)]
pub(super) struct ProviderPage {
    pub(super) workspace: WorkspaceAccess,
    pub(super) links: Links,
    pub(super) name: ProviderName,
    pub(super) provider: Load<Provider>,
    pub(super) replacing: RwSignal<bool>,
    pub(super) deleting: RwSignal<bool>,
}

impl ProviderPage {
    pub(super) fn may(&self, role: Role) -> bool {
        CurrentSession::expect().may(&self.workspace.slug, role)
    }
}

/// The page of a provider.
pub(crate) fn detail(workspace: WorkspaceAccess, name: ProviderName) -> AnyView {
    let provider = {
        let (slug, name) = (workspace.slug.clone(), name.clone());
        load(move || api::provider(&slug, &name))
    };
    refresh_while(provider, |provider| provider.kek_requested_at.is_some());
    let held = {
        let (slug, provider) = (workspace.slug.clone(), Some(name.clone()));
        let wanted = DistributionQuery { provider, limit: Some(20), ..DistributionQuery::default() };
        load(move || api::distributions(&slug, &wanted))
    };
    let links = Links::of(&workspace.slug);
    let page = Arc::new(ProviderPage {
        workspace,
        links,
        name,
        provider,
        replacing: RwSignal::new(false),
        deleting: RwSignal::new(false),
    });
    let all = format!("{}?provider={}", page.links.distributions(), page.name);
    let links = page.links.clone();
    view! {
        <Header page=page.clone() />
        {
            let page = page.clone();
            loading(provider, "The provider", move |provider| view! { <Cards page=page.clone() provider /> }.into_any())
        }
        <section class="section" aria-labelledby="held">
            <header>
                <h2 id="held">"Keys held"</h2>
                <a class="soft" href=all>
                    "All"
                </a>
            </header>
            {loading(held, "Keys", move |held| view! { <Held held links=links.clone() /> }.into_any())}
        </section>
        <DeletedKeys page held />
    }
    .into_any()
}

#[component]
fn Header(page: Arc<ProviderPage>) -> impl IntoView {
    let provider = page.provider;
    let known = provider.is_known();
    let acts = page.may(Role::Operator);
    let name = page.name.to_string();
    let badge = move || {
        let check = provider.last()?.last_check.clone();
        Some(view! { <Health check badge=true /> }.into_any())
    };
    let facts = move || provider.last().map(|provider| view! { <HeaderFacts provider /> }.into_any());
    let actions = move || (known.get() && acts).then(|| view! { <Actions page=page.clone() /> }.into_any());
    view! {
        <header class="page">
            <div>
                <div class="page__title">
                    <Heading text=name />
                    {move || badge()}
                </div>
                {move || facts()}
            </div>
            {move || actions()}
        </header>
    }
}

#[component]
fn HeaderFacts(provider: Arc<Provider>) -> impl IntoView {
    view! {
        <p class="page__facts">
            <span>{kind_words(provider.vault_kind)}</span>
            <span>{cloud_words(&provider.environment)}</span>
            <Id text=provider.url.clone() what="URL" />
            <span>{many(provider.distributions, "key")} " held"</span>
        </p>
    }
}

#[component]
fn Actions(page: Arc<ProviderPage>) -> impl IntoView {
    let change = Change::new();
    let busy = move || change.is_sending().then_some("true");
    let manages = page.may(Role::Admin);
    let more = manages.then(|| view! { <More page=page.clone() /> }.into_any());
    let check = move || {
        let provider = page.provider;
        change.send(api::check_provider(&page.workspace.slug, &page.name), move || provider.refetch());
    };
    view! {
        <div class="actions">
            <button
                type="button"
                data-kind="primary"
                aria-disabled=move || busy()
                aria-busy=move || busy()
                on:click=press(check)
            >
                <Icon name="retry" />
                {move || if change.is_sending() { "Checking…" } else { "Check now" }}
            </button>
            {more}
        </div>
        {change.failure()}
    }
}

#[component]
fn More(page: Arc<ProviderPage>) -> impl IntoView {
    let (provider, replacing, deleting) = (page.provider, page.replacing, page.deleting);
    let full = Signal::derive(move || match provider.last().map_or(0, |provider| provider.distributions) {
        0 => None,
        count => Some(format!("Withdraw its {} first", many(count, "key"))),
    });
    view! {
        <Menu id="more" label="More actions">
            <MenuButton
                menu="more"
                icon="lock"
                text="Replace credentials…"
                act=Box::new(move || replacing.set(true))
            />
            <MenuButton
                menu="more"
                icon="trash"
                text="Delete provider…"
                forbidden=full
                act=Box::new(move || deleting.set(true))
            />
        </Menu>
        <ReplaceCredentials page=page.clone() />
        <DeleteProvider page />
    }
}

#[component]
fn Cards(page: Arc<ProviderPage>, provider: Data<Provider>) -> impl IntoView {
    let check = move || match provider.get().last_check.clone() {
        Some(check) => view! { <Steps check /> }.into_any(),
        None => view! { <p class="soft">"Not checked yet."</p> }.into_any(),
    };
    let when = move || {
        let at = provider.get().last_check.as_ref()?.at;
        Some(view! { <p class="soft"><Time at /></p> }.into_any())
    };
    view! {
        {move || provider.get().pace.paused_until.map(|until| view! { <Paused until /> }.into_any())}
        <div class="columns">
            <div class="stack">
                <section class="card" aria-labelledby="check">
                    <header>
                        <h2 id="check">"Last check"</h2>
                        {move || when()}
                    </header>
                    {move || check()}
                </section>
                {move || view! { <Permissions provider=provider.get() /> }.into_any()}
                {move || view! { <PaceCard provider=provider.get() /> }.into_any()}
            </div>
            <div class="stack">
                {move || view! { <WhoWeAre provider=provider.get() /> }.into_any()}
                <KeyExchangeKey page provider />
            </div>
        </div>
    }
}

/// The vault asked for fewer requests, and gets none for a while.
#[component]
fn Paused(until: Timestamp) -> impl IntoView {
    (until > now()).then(|| {
        view! {
            <div class="notice" data-state="pending">
                <Icon name="pause" />
                <p>
                    <strong>"This vault is paused."</strong>
                    " It asked for fewer requests and gets the next one "
                    <Time at=until />
                    ". Nothing is lost: what waits goes by itself."
                </p>
            </div>
        }
        .into_any()
    })
}

#[component]
fn Held(held: Data<Page<Distribution>>, links: Links) -> impl IntoView {
    let table = move || {
        let held = held.get();
        if held.items.is_empty() {
            view! { <p class="soft">"This provider holds no key."</p> }.into_any()
        } else {
            view! { <Table rows=&held.items links=links.clone() of_one_provider=true /> }.into_any()
        }
    };
    view! { {move || table()} }
}
