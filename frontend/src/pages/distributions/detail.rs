//! One distribution: how it stands, why, and the proof.

use std::sync::Arc;

use crate::prelude::*;
use ::api::{
    Delivery, Difference, Distribution, DistributionState, DriftField, KeyName, Protection, ProviderName, Role, Slug,
    Timestamp, WorkspaceAccess,
};

use super::DeliveryState;
use super::drift::Drift;
use super::trouble::Trouble;
use super::withdraw::{Withdraw, Withdrawn};
use crate::api::{self, Call};
use crate::change::Change;
use crate::links::Links;
use crate::load::{Data, Load, load, refresh_while};
use crate::session::CurrentSession;
use crate::ui::{Badge, Heading, Icon, Id, Menu, MenuButton, Time, Word, loading, many, press};

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
    pub(super) fn send(&self, change: Change, call: fn(&Slug, &KeyName, &ProviderName) -> Call<Distribution>) {
        let load = self.load;
        change.send(call(&self.workspace.slug, &self.key, &self.provider), move || load.refetch());
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
    let place = Arc::new(Place { workspace, links, key, provider, load, withdrawing: RwSignal::new(false) });
    // Once Azure has deleted the key, the distribution is gone.
    let known = load.is_known();
    let gone = Memo::new(move |_| known.get() && load.error().is_some_and(|error| error.status() == 404));
    let body = {
        let place = place.clone();
        move || {
            let place = place.clone();
            if gone.get() {
                return view! { <Withdrawn place /> }.into_any();
            }
            loading(load, "The distribution", move |now| view! { <Body place=place.clone() now /> }.into_any())
        }
    };
    view! {
        <Header place gone />
        {move || body()}
    }
    .into_any()
}

#[component]
fn Header(place: Arc<Place>, gone: Memo<bool>) -> impl IntoView {
    let now = place.load;
    let known = now.is_known();
    let shown = move || now.last().filter(|_| !gone.get());
    let acts = place.may_act();
    let title = format!("{} in {}", place.key, place.provider);
    let badge = move || shown().map(|now| view! { <Badge state=now.state /> }.into_any());
    let facts = move || shown().map(|now| view! { <HeaderFacts now /> }.into_any());
    let actions =
        move || (known.get() && !gone.get() && acts).then(|| view! { <Actions place=place.clone() /> }.into_any());
    view! {
        <header class="page">
            <div>
                <div class="page__title">
                    <Heading text=title />
                    {move || badge()}
                </div>
                {move || facts()}
            </div>
            {move || actions()}
        </header>
    }
}

#[component]
fn HeaderFacts(now: Arc<Distribution>) -> impl IntoView {
    let delivered = now.deliveries.iter().filter(|delivery| delivery.remote_version.is_some()).count();
    let purposes: Vec<&str> = now.purposes.iter().map(|purpose| purpose.as_str()).collect();
    let protection = match now.protection {
        Protection::Hsm => "HSM",
        Protection::Software => "software",
    };
    let expires =
        now.expires_after.map(|after| format!("expires {} after a delivery", many(after.days().into(), "day")));
    let tags = now.tags.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>();
    let more = expires.into_iter().chain(tags).map(|fact| view! { <span>{fact}</span> }.into_any()).collect::<Vec<_>>();
    view! {
        <p class="page__facts">
            <span>{format!("{delivered} of {} versions delivered", now.deliveries.len())}</span>
            <span>{purposes.join(", ")}</span>
            <span>{protection}</span>
            {more}
            <span>"asked for " <Time at=now.created_at /></span>
        </p>
    }
}

#[component]
fn Actions(place: Arc<Place>) -> impl IntoView {
    let change = Change::new();
    let (now, withdrawing) = (place.load, place.withdrawing);
    let leaving = Memo::new(move |_| now.last().is_some_and(|now| now.state == DistributionState::Withdrawing));
    let blocked = move || (leaving.get() || change.is_sending()).then_some("true");
    let reason = move || leaving.get().then(|| "It is being withdrawn already".to_owned());
    let verify = {
        let place = place.clone();
        move || {
            if !leaving.get_untracked() {
                place.send(change, api::verify);
            }
        }
    };
    view! {
        <div class="actions">
            <button
                type="button"
                aria-disabled=move || blocked()
                title=move || reason()
                on:click=press(verify)
            >
                <Icon name="verified" />
                "Verify now"
            </button>
            <Menu id="more" label="More actions">
                <MenuButton
                    menu="more"
                    icon="withdrawing"
                    text="Withdraw…"
                    forbidden=Signal::derive(reason)
                    act=Box::new(move || withdrawing.set(true))
                />
            </Menu>
        </div>
        {change.failure()}
        <Withdraw place />
    }
}

#[component]
fn Body(place: Arc<Place>, now: Data<Distribution>) -> impl IntoView {
    let retry = Change::new();
    let rows = move || {
        let now = now.get();
        let last = now.deliveries.iter().map(|delivery| delivery.version).max().unwrap_or_default();
        let row = |delivery: &Delivery| {
            view! { <Row latest=delivery.version == last delivery=delivery.clone() state=now.state /> }.into_any()
        };
        now.deliveries.iter().map(row).collect::<Vec<_>>()
    };
    let load = place.load;
    let drift = Drift::of(&place.workspace.slug, move || load.refetch());
    let dialog = drift.dialog();
    let drifts = move || drift.table(&now.get(), None);
    let beside = move || now.get().inspected_at.map(|at| view! { <Beside at now=now.get() /> }.into_any());
    view! {
        {move || view! { <Trouble place=place.clone() now=now.get() retry /> }.into_any()}
        {retry.failure()}
        <section class="section" aria-labelledby="deliveries">
            <header>
                <h2 id="deliveries">"Deliveries"</h2>
                <p class="soft">
                    <Id text=now.get_untracked().url.clone() what="URL" />
                </p>
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
                <tbody>{move || rows()}</tbody>
            </table>
        </section>
        {move || beside()}
        {dialog}
        {move || drifts()}
    }
}

/// When it was last looked at what is there beside our versions, and what could not be looked at.
#[component]
fn Beside(at: Timestamp, now: Arc<Distribution>) -> impl IntoView {
    let hidden: Vec<String> = now.unreadable.iter().map(|field| field.as_str().replace('_', " ")).collect();
    let but = (!hidden.is_empty())
        .then(|| format!(". Our application lacks the permission to look at: {}", hidden.join(", ")));
    view! {
        <p class="soft">"Looked for other versions and a rotation policy " <Time at /> {but}</p>
    }
}

#[component]
fn Row(delivery: Delivery, state: DistributionState, latest: bool) -> impl IntoView {
    let version = delivery.version;
    let tag = latest.then(|| view! { " " <span class="badge">"latest"</span> }.into_any());
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
            <td data-label="Delivered">{delivery.delivered_at.map(|at| view! { <Time at /> }.into_any())}</td>
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
    let other = delivery.drift.iter().any(|difference| difference.field == DriftField::Modulus);
    let open = delivery.drift.iter().any(Difference::is_open);
    let (state, icon, text) = match (delivery.verified_at, other, open) {
        (_, true, _) => ("refused", "refused", "Another public key"),
        (Some(_), _, true) => ("drifted", "drifted", "Same public key, but drifted"),
        (Some(_), ..) => ("verified", "verified", "Same public key"),
        (None, _, true) => ("drifted", "drifted", "Drifted"),
        (None, ..) => ("pending", "pending", "Not compared yet"),
    };
    view! {
        <Word state icon text />
        {delivery.verified_at.map(|at| view! { <small class="soft">"verified " <Time at /></small> }.into_any())}
    }
}
