//! One distribution: how it stands, why, and the proof.

use ::api::{
    Delivery, Difference, Distribution, DistributionState, KeyName, Protection, ProviderName, Role, WorkspaceAccess,
};
use leptos::prelude::*;

use super::DeliveryState;
use super::trouble::Trouble;
use super::withdraw::{Withdraw, Withdrawn};
use crate::api::{self, Error, Reply};
use crate::links::Links;
use crate::session::{CurrentSession, Load, load};
use crate::ui::{Badge, Failure, Heading, Icon, Id, Loading, Menu, MenuButton, Time, Word, latest, refresh_while};

/// What the parts of this page share.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) workspace: WorkspaceAccess,
    pub(super) links: Links,
    pub(super) key: KeyName,
    pub(super) provider: ProviderName,
    pub(super) load: Load<Distribution>,
    pub(super) withdrawing: RwSignal<bool>,
}

impl Place {
    /// Whether this session may change anything here.
    pub(super) fn may_act(&self) -> bool {
        CurrentSession::expect().may(&self.workspace.slug, Role::Operator)
    }

    /// Sends one of the calls on this distribution; afterwards the page shows what came of it.
    pub(super) fn act(
        &self,
        call: fn(&::api::Slug, &KeyName, &ProviderName) -> Reply<Distribution>,
    ) -> Action<(), Result<(), Error>> {
        let Self { workspace, key, provider, load, .. } = self.clone();
        Action::new_local(move |(): &()| {
            let reply = call(&workspace.slug, &key, &provider);
            async move {
                let answer = reply.await;
                load.refetch();
                answer.map(|_| ())
            }
        })
    }
}

/// The page of a distribution.
pub(crate) fn detail(workspace: WorkspaceAccess, key: KeyName, provider: ProviderName) -> AnyView {
    let load = {
        let (slug, key, provider) = (workspace.slug.clone(), key.clone(), provider.clone());
        load(move || api::distribution(&slug, &key, &provider))
    };
    refresh_while(load, |now| matches!(now.state, DistributionState::Pending | DistributionState::Withdrawing));
    let links = Links::of(&workspace.slug);
    let place = Place { workspace, links, key, provider, load, withdrawing: RwSignal::new(false) };
    let last = latest(load);
    // Once Azure has deleted the key, the distribution is gone.
    let gone = Memo::new(move |_| {
        last.read().is_some() && load.get().is_some_and(|now| now.is_err_and(|error| error.status() == 404))
    });
    view! {
        <Header place=place.clone() gone />
        <Show
            when=move || gone.get()
            fallback={
                let place = place.clone();
                move || {
                    let place = place.clone();
                    view! {
                        <Loading
                            load
                            what="The distribution"
                            view=move |now| view! { <Body place=place.clone() now /> }
                        />
                    }
                }
            }
        >
            <Withdrawn place=place.clone() />
        </Show>
    }
    .into_any()
}

#[component]
fn Header(place: Place, gone: Memo<bool>) -> impl IntoView {
    let now = latest(place.load);
    let shown = move || now.get().filter(|_| !gone.get());
    let known = Memo::new(move |_| shown().is_some());
    let acts = place.may_act();
    view! {
        <header class="page">
            <div>
                <div class="page__title">
                    <Heading text=format!("{} in {}", place.key, place.provider) />
                    {move || shown().map(|now| view! { <Badge state=now.state /> })}
                </div>
                {move || shown().map(|now| view! { <HeaderFacts now /> })}
            </div>
            <Show when=move || known.get() && acts>
                <Actions
                    place=place.clone()
                    state=Signal::derive(move || now.read().as_ref().map(|now| now.state))
                />
            </Show>
        </header>
    }
}

#[component]
fn HeaderFacts(now: Distribution) -> impl IntoView {
    let delivered = now.deliveries.iter().filter(|delivery| delivery.remote_version.is_some()).count();
    let purposes: Vec<&str> = now.purposes.iter().map(|purpose| purpose.as_str()).collect();
    let protection = match now.protection {
        Protection::Hsm => "HSM",
    };
    view! {
        <p class="page__facts">
            <span>{format!("{delivered} of {} versions delivered", now.deliveries.len())}</span>
            <span>{purposes.join(", ")}</span>
            <span>{protection}</span>
            <span>"asked for " <Time at=now.created_at /></span>
        </p>
    }
}

#[component]
fn Actions(place: Place, state: Signal<Option<DistributionState>>) -> impl IntoView {
    let verify = place.act(api::verify);
    let withdrawing = place.withdrawing;
    let leaving = Memo::new(move |_| state.get() == Some(DistributionState::Withdrawing));
    let blocked = move || (leaving.get() || verify.pending().get()).then_some("true");
    let press = move |_| {
        if blocked().is_none() {
            verify.dispatch(());
        }
    };
    let reason = Signal::derive(move || leaving.get().then(|| "It is being withdrawn already".to_owned()));
    view! {
        <div class="actions">
            <button
                type="button"
                aria-disabled=blocked
                title=move || reason.get()
                on:click=press
            >
                <Icon name="verified" />
                "Verify now"
            </button>
            <Menu id="more" label="More actions">
                <MenuButton
                    menu="more"
                    icon="withdrawing"
                    text="Withdraw…"
                    forbidden=reason
                    act=move || withdrawing.set(true)
                />
            </Menu>
        </div>
        {move || verify.value().get().and_then(Result::err).map(|error| view! { <Failure error /> })}
        <Withdraw place />
    }
}

#[component]
fn Body(place: Place, now: Signal<Distribution>) -> impl IntoView {
    let retry = place.act(api::retry);
    let url = Memo::new(move |_| now.read().url.clone());
    let rows = move || {
        let now = now.get();
        let last = now.deliveries.iter().map(|delivery| delivery.version).max().unwrap_or_default();
        let row = |delivery: Delivery| view! { <Row latest=delivery.version == last delivery state=now.state /> };
        now.deliveries.clone().into_iter().map(row).collect_view()
    };
    view! {
        {move || view! { <Trouble place=place.clone() now=now.get() retry /> }}
        {move || retry.value().get().and_then(Result::err).map(|error| view! { <Failure error /> })}
        <section class="section" aria-labelledby="deliveries">
            <header>
                <h2 id="deliveries">"Deliveries"</h2>
                {move || view! { <p class="soft"><Id text=url.get() what="URL" /></p> }}
            </header>
            <table class="rows">
                <thead>
                    <tr>
                        <th scope="col">"Version"</th>
                        <th scope="col">"State"</th>
                        <th scope="col">"Version in Azure"</th>
                        <th scope="col">"Delivered"</th>
                        <th scope="col">"Proof"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </section>
        {move || now.get().deliveries.into_iter().map(|delivery| view! { <Drift delivery /> }).collect_view()}
    }
}

#[component]
fn Row(delivery: Delivery, state: DistributionState, latest: bool) -> impl IntoView {
    let version = delivery.version;
    let tag = latest.then(|| view! { " " <span class="badge">"latest"</span> });
    let plain = Delivery { verified_at: None, ..delivery.clone() };
    let rest = match delivery.remote_version.clone() {
        None => view! {
            <td data-label="Waits for" colspan="3">
                <span class="soft">"not delivered yet"</span>
            </td>
        }
        .into_any(),
        Some(remote) => view! {
            <td data-label="Version in Azure">
                <Id text=remote what=format!("version in Azure of version {version}") />
            </td>
            <td data-label="Delivered">{delivery.delivered_at.map(|at| view! { <Time at /> })}</td>
            <td data-label="Proof">
                <Proof delivery />
            </td>
        }
        .into_any(),
    };
    view! {
        <tr>
            <th scope="row">{version} {tag}</th>
            <td data-label="State">
                <DeliveryState delivery=Some(plain) state />
            </td>
            {rest}
        </tr>
    }
}

/// What the last comparison of a delivery showed.
#[component]
fn Proof(delivery: Delivery) -> impl IntoView {
    let other = delivery.drift.iter().any(|difference| difference.field == "modulus");
    let (state, icon, text) = match (delivery.verified_at, other, delivery.drift.is_empty()) {
        (_, true, _) => ("refused", "refused", "Another public key"),
        (Some(_), false, true) => ("verified", "verified", "Same public key"),
        (_, false, false) => ("drifted", "drifted", "Same public key, but drifted"),
        (None, false, true) => ("pending", "pending", "Not compared yet"),
    };
    view! {
        <Word state icon text />
        {delivery.verified_at.map(|at| view! { <small class="soft">"verified " <Time at /></small> })}
    }
}

/// What we want and what Azure has, side by side.
#[component]
fn Drift(delivery: Delivery) -> impl IntoView {
    let id = format!("drift-{}", delivery.version);
    let row = |difference: Difference| {
        view! {
            <tr>
                <th scope="row">{difference.field}</th>
                <td data-label="We want">{difference.wanted}</td>
                <td data-label="Azure has">
                    <Word state="drifted" icon="drifted" text=difference.found />
                </td>
            </tr>
        }
    };
    (!delivery.drift.is_empty()).then(|| {
        view! {
            <section class="section" aria-labelledby=id.clone()>
                <header>
                    <h2 id=id.clone()>{format!("Drift of version {}", delivery.version)}</h2>
                    <p class="soft">"Someone changed the key in Azure."</p>
                </header>
                <table class="rows">
                    <thead>
                        <tr>
                            <th scope="col">"Field"</th>
                            <th scope="col">"We want"</th>
                            <th scope="col">"Azure has"</th>
                        </tr>
                    </thead>
                    <tbody>{delivery.drift.into_iter().map(row).collect_view()}</tbody>
                </table>
            </section>
        }
    })
}
