//! Versions × providers: which version is where, and in which state.

use std::sync::Arc;

use crate::prelude::*;
use ::api::{Delivery, Distribution, DistributionState, Key, KeyVersion, Role};

use super::detail::KeyPage;
use super::lanes::{self, lanes};
use super::withhold::withheld;
use crate::links::Links;
use crate::load::Data;
use crate::pages::distributions::DeliveryState;
use crate::ui::{Moment, press, ranges};

/// The table of versions and providers.
#[component]
pub(super) fn Matrix(key: Data<Key>, page: Arc<KeyPage>) -> impl IntoView {
    let may_change = page.may(Role::Operator);
    let distributes = may_change && key.get_untracked().key_type.fits_azure();
    let name = page.name.to_string();
    let distribute = page.links.distribute(&page.name);
    let (links, choosing) = (page.links.clone(), page.choosing_minimum);
    view! {
        <section class="section" aria-labelledby="matrix">
            <header>
                <h2 id="matrix">"Versions and where they are"</h2>
                {distributes.then(|| view! { <p><a href=distribute>"Distribute to another provider"</a></p> }.into_any())}
            </header>
            <div class="scroller" tabindex="0" role="region" aria-label="Versions and providers">
                <table class="matrix">
                    <caption class="sr">
                        {format!("Versions of {name} and where each is delivered, enabled and verified")}
                    </caption>
                    {move || view! { <Head key=key.get() links=links.clone() /> }.into_any()}
                    {move || view! { <Bodies key=key.get() choosing=may_change.then_some(choosing) /> }.into_any()}
                </table>
            </div>
        </section>
    }
}

#[component]
fn Head(key: Arc<Key>, links: Links) -> impl IntoView {
    let head = move |distribution: &Distribution| {
        view! {
            <th scope="col">
                <a href=links.distribution(&distribution.key, &distribution.provider)>
                    {distribution.provider.to_string()}
                </a>
            </th>
        }
        .into_any()
    };
    view! {
        <thead>
            <tr>
                <th scope="col">"Version"</th>
                <th scope="col">"Created"</th>
                {lanes::head(&key)}
                {key.distributions.iter().map(head).collect_view()}
            </tr>
        </thead>
    }
}

#[component]
fn Bodies(key: Arc<Key>, choosing: Option<RwSignal<bool>>) -> impl IntoView {
    let rows = |enabled: bool| {
        let these = key.versions.iter().filter(move |version| version.enabled == enabled);
        these.map(|version| view! { <Row key=key.clone() version=version.clone() /> }.into_any()).collect_view()
    };
    view! {
        <tbody>{rows(true)}</tbody>
        <tbody>
            <Floor key=key.clone() choosing />
            {rows(false)}
        </tbody>
    }
}

#[component]
fn Row(key: Arc<Key>, version: KeyVersion) -> impl IntoView {
    let number = version.number;
    let place = |distribution: &Distribution| {
        let delivery = distribution.deliveries.iter().find(|delivery| delivery.version == number).cloned();
        view! { <td>{cell(&version, delivery, distribution.state)}</td> }.into_any()
    };
    view! {
        <tr data-off=(!version.enabled).then_some("")>
            <th scope="row">
                {number} " "
                {(number == key.latest_version).then(|| view! { <span class="badge">"latest"</span> " " }.into_any())}
                {withheld(&version)}
            </th>
            <td>
                <Moment at=version.created_at />
            </td>
            {lanes(&key, &version)}
            {key.distributions.iter().map(place).collect_view()}
        </tr>
    }
}

/// How a version stands in one vault: one that nobody may use is not on its way there.
pub(super) fn cell(version: &KeyVersion, delivery: Option<Delivery>, state: DistributionState) -> AnyView {
    let is_there = delivery.as_ref().is_some_and(|delivery| delivery.remote_version.is_some());
    if version.is_withheld() && !is_there {
        return view! { <span class="soft">"Not delivered"</span> }.into_any();
    }
    view! { <DeliveryState delivery state /> }.into_any()
}

/// The line between the versions that are enabled and those that are not.
#[component]
fn Floor(key: Arc<Key>, choosing: Option<RwSignal<bool>>) -> impl IntoView {
    let off = key.off();
    let said = match off.as_slice() {
        [] => "Every version is enabled. ".to_owned(),
        [one] => format!("Version {one} is off everywhere. "),
        _ => format!("Versions {} are off everywhere. ", ranges(&off)),
    };
    let change = choosing.filter(|_| key.latest_version > 1).map(|choosing| {
        view! {
            <button type="button" class="quiet" on:click=press(move || choosing.set(true))>
                "Change…"
            </button>
        }
        .into_any()
    });
    // Without a provider the words stand in the second column.
    let columns = key.distributions.len().max(1).to_string();
    let first = if key.distributions.is_empty() { "1" } else { "2" };
    let lanes = (first == "2").then(|| {
        view! {
            <td>
                <svg class="lanes" viewBox="0 0 1000 32" preserveAspectRatio="none" aria-hidden="true">
                    <path class="lanes__floor" d="M0 1H1000" />
                </svg>
            </td>
        }
        .into_any()
    });
    view! {
        <tr class="matrix__floor">
            <th scope="rowgroup" colspan=first>
                {format!("Minimum enabled version: {}", key.min_enabled_version)}
            </th>
            {lanes}
            <td colspan=columns>{said} {change}</td>
        </tr>
    }
}
