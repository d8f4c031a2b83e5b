//! One provider: whether it is healthy, who we are there, what it holds.

use ::api::{Distribution, DistributionQuery, Page, Provider, ProviderName, Role, WorkspaceAccess};
use leptos::prelude::*;

use super::Health;
use super::check::Steps;
use super::delete::{DeleteProvider, ReplaceCredentials};
use crate::api;
use crate::links::Links;
use crate::pages::distributions::Table;
use crate::session::{CurrentSession, Load, load};
use crate::ui::{Failure, Heading, Icon, Id, Loading, Menu, MenuButton, Time, Word, latest, many};

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
    fn may(&self, role: Role) -> bool {
        CurrentSession::expect().may(&self.workspace.slug, role)
    }
}

/// The page of a provider.
pub(crate) fn detail(workspace: WorkspaceAccess, name: ProviderName) -> AnyView {
    let provider = {
        let (slug, name) = (workspace.slug.clone(), name.clone());
        load(move || api::provider(&slug, &name))
    };
    let held = {
        let (slug, provider) = (workspace.slug.clone(), Some(name.clone()));
        let wanted = DistributionQuery { provider, limit: Some(20), ..DistributionQuery::default() };
        load(move || api::distributions(&slug, &wanted))
    };
    let links = Links::of(&workspace.slug);
    let page = ProviderPage {
        workspace,
        links,
        name,
        provider,
        replacing: RwSignal::new(false),
        deleting: RwSignal::new(false),
    };
    let all = format!("{}?provider={}", page.links.distributions(), page.name);
    let links = page.links.clone();
    view! {
        <Header page />
        <Loading load=provider what="The provider" view=|provider| view! { <Cards provider /> } />
        <section class="section" aria-labelledby="held">
            <header>
                <h2 id="held">"Keys held"</h2>
                <a class="soft" href=all>
                    "All"
                </a>
            </header>
            <Loading load=held what="Keys" view=move |held| view! { <Held held links=links.clone() /> } />
        </section>
    }
    .into_any()
}

#[component]
fn Header(page: ProviderPage) -> impl IntoView {
    let provider = latest(page.provider);
    let known = Memo::new(move |_| provider.read().is_some());
    let acts = page.may(Role::Operator);
    let facts = move || {
        provider.get().map(|provider| {
            view! {
                <p class="page__facts">
                    <span>"Key Vault"</span>
                    <Id text=provider.url what="URL" />
                    <span>{many(provider.distributions, "key")} " held"</span>
                </p>
            }
        })
    };
    view! {
        <header class="page">
            <div>
                <div class="page__title">
                    <Heading text=page.name.to_string() />
                    {move || provider.get().map(|provider| view! { <Health check=provider.last_check badge=true /> })}
                </div>
                {facts}
            </div>
            <Show when=move || known.get() && acts>
                <Actions
                    page=page.clone()
                    held=Signal::derive(move || provider.read().as_ref().map_or(0, |provider| provider.distributions))
                />
            </Show>
        </header>
    }
}

#[component]
fn Actions(page: ProviderPage, held: Signal<u64>) -> impl IntoView {
    let check = {
        let ProviderPage { workspace, name, provider, .. } = page.clone();
        Action::new_local(move |(): &()| {
            let reply = api::check_provider(&workspace.slug, &name);
            async move {
                let answer = reply.await;
                provider.refetch();
                answer.map(|_| ())
            }
        })
    };
    let busy = move || check.pending().get().then_some("true");
    let press = move |_| {
        if busy().is_none() {
            check.dispatch(());
        }
    };
    let manages = page.may(Role::Admin);
    let (replacing, deleting) = (page.replacing, page.deleting);
    let full = Signal::derive(move || match held.get() {
        0 => None,
        count => Some(format!("Withdraw its {} first", many(count, "key"))),
    });
    view! {
        <div class="actions">
            <button type="button" data-kind="primary" aria-disabled=busy aria-busy=busy on:click=press>
                <Icon name="retry" />
                {move || if busy().is_some() { "Checking…" } else { "Check now" }}
            </button>
            {manages
                .then(|| {
                    view! {
                        <Menu id="more" label="More actions">
                            <MenuButton
                                menu="more"
                                icon="lock"
                                text="Replace credentials…"
                                act=move || replacing.set(true)
                            />
                            <MenuButton
                                menu="more"
                                icon="trash"
                                text="Delete provider…"
                                forbidden=full
                                act=move || deleting.set(true)
                            />
                        </Menu>
                        <ReplaceCredentials page=page.clone() />
                        <DeleteProvider page />
                    }
                })}
        </div>
        {move || check.value().get().and_then(Result::err).map(|error| view! { <Failure error /> })}
    }
}

#[component]
fn Cards(provider: Signal<Provider>) -> impl IntoView {
    let check = move || match provider.get().last_check {
        Some(check) => view! { <Steps check /> }.into_any(),
        None => view! { <p class="soft">"Not checked yet."</p> }.into_any(),
    };
    let when = move || provider.get().last_check.map(|check| view! { <p class="soft"><Time at=check.at /></p> });
    view! {
        <div class="columns">
            <section class="card" aria-labelledby="check">
                <header>
                    <h2 id="check">"Last check"</h2>
                    {when}
                </header>
                {check}
            </section>
            <div class="stack">
                {move || view! { <Identity provider=provider.get() /> }}
                {move || view! { <KeyExchangeKey provider=provider.get() /> }}
            </div>
        </div>
    }
}

#[component]
fn Identity(provider: Provider) -> impl IntoView {
    view! {
        <section class="card" aria-labelledby="identity">
            <header>
                <h2 id="identity">"Who we are there"</h2>
            </header>
            <dl class="facts">
                <dt>"Application"</dt>
                <dd>
                    <Id text=provider.client_id what="client ID" />
                </dd>
                <dt>"Tenant"</dt>
                <dd>
                    <Id text=provider.tenant_id what="tenant ID" />
                </dd>
                <dt>"Secret"</dt>
                <dd>"set " <Time at=provider.credentials_replaced_at /> "; cannot be read back"</dd>
            </dl>
        </section>
    }
}

#[component]
fn KeyExchangeKey(provider: Provider) -> impl IntoView {
    let facts = match provider.kek {
        None => view! {
            <p class="soft">
                "The vault makes it in its hardware when the first key is distributed: RSA-HSM, and good for import only."
            </p>
        }
        .into_any(),
        Some(kek) => view! {
            <dl class="facts">
                <dt>"Key"</dt>
                <dd>
                    <Id text=kek.kid what="KEK URL" />
                </dd>
                <dt>"Type"</dt>
                <dd>
                    {format!("RSA-HSM, {} bit", kek.bits)} " "
                    <Word state="in_sync" icon="in_sync" text="Used for transfers" />
                </dd>
                <dt>"Operations"</dt>
                <dd>"import, and nothing else"</dd>
            </dl>
        }
        .into_any(),
    };
    view! {
        <section class="card" aria-labelledby="kek">
            <header>
                <h2 id="kek">"Key exchange key (KEK)"</h2>
            </header>
            {facts}
        </section>
    }
}

#[component]
fn Held(held: Signal<Page<Distribution>>, links: Links) -> impl IntoView {
    let none = Memo::new(move |_| held.read().items.is_empty());
    move || {
        if none.get() {
            view! { <p class="soft">"This provider holds no key."</p> }.into_any()
        } else {
            let rows = Signal::derive(move || held.get().items);
            view! { <Table rows links=links.clone() of_one_provider=true /> }.into_any()
        }
    }
}
