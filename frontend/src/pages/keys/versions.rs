//! Every version of a key with its public key.

use std::sync::Arc;

use crate::prelude::*;
use ::api::{Distribution, Key, KeyVersion, Role};

use super::detail::KeyPage;
use super::matrix::cell;
use super::withhold::{Act, withheld};
use crate::load::Data;
use crate::ui::{Code, Icon, Id, Moment, Time, press};

/// The list of versions; each opens in place.
#[component]
pub(super) fn Versions(page: Arc<KeyPage>, key: Data<Key>) -> impl IntoView {
    // What was made stays; so what is open stays open until there is one more.
    let load = page.key;
    let count = Memo::new(move |_| load.last().map(|key| key.latest_version));
    let all = move || {
        let _ = count.get();
        let version =
            |version: &KeyVersion| view! { <Version key version=version.clone() page=page.clone() /> }.into_any();
        key.get_untracked().versions.iter().map(version).collect::<Vec<_>>()
    };
    view! {
        <section class="section" aria-labelledby="all">
            <header>
                <h2 id="all">"All versions"</h2>
                <p class="soft">"Public keys only. A private key never leaves Keyferry in clear."</p>
            </header>
            <div class="folds">
                {move || all()}
            </div>
        </section>
    }
}

#[component]
fn Version(key: Data<Key>, version: KeyVersion, page: Arc<KeyPage>) -> impl IntoView {
    let number = version.number;
    let made = version.clone();
    let now = Memo::new(move |_| {
        key.get().versions.iter().find(|version| version.number == number).cloned().unwrap_or_else(|| made.clone())
    });
    let latest = Memo::new(move |_| key.get().latest_version == number);
    let off = Memo::new(move |_| number < key.get().min_enabled_version);
    let badge = move || match (latest.get(), off.get()) {
        (true, _) => Some("latest"),
        (false, true) => Some("off"),
        (false, false) => None,
    };
    let places = move || {
        let (key, now) = (key.get(), now.get());
        let place = |place: &Distribution| view! { <Place place=place.clone() version=now.clone() /> }.into_any();
        key.distributions.iter().map(place).collect::<Vec<_>>()
    };
    let file = format!("{}-{number}.pem", page.name);
    view! {
        <details id=format!("version-{number}") open=latest.get_untracked()>
            <summary>
                <Icon name="right" />
                <strong>{format!("Version {number}")}</strong>
                {move || badge().map(|word| view! { <span class="badge">{word}</span> }.into_any())}
                {move || withheld(&now.read())}
                <span class="soft">"created " <Time at=version.created_at /></span>
            </summary>
            <div class="columns">
                <dl class="facts">
                    <dt>"Thumbprint"</dt>
                    <dd>{thumbprint(&version)}</dd>
                    {move || places()}
                    {move || fate(&page, &now.read())}
                </dl>
                {version.public_key.map(|pem| view! { <PublicKey pem number file /> }.into_any())}
            </div>
        </details>
    }
}

/// Since when and why nobody may use a version any more, and what can still be done to it.
fn fate(page: &KeyPage, version: &KeyVersion) -> AnyView {
    let number = version.number;
    let asked = page.withholding;
    let reason = version.compromise_reason.as_ref().map(ToString::to_string);
    let compromised = version.compromised_at.map(|at| {
        view! {
            <dt>"Compromised"</dt>
            <dd><Moment at /> <br /> {reason}</dd>
        }
        .into_any()
    });
    let destroyed = version.destroyed_at.map(|at| {
        view! {
            <dt>"Private key destroyed"</dt>
            <dd><Moment at /></dd>
        }
        .into_any()
    });
    let button = |act: Act| {
        let text = format!("{}…", act.text(&format!("version {number}")));
        let ask = press(move || asked.set(Some((act, Some(number)))));
        view! { <button type="button" on:click=ask>{text}</button> }.into_any()
    };
    let left = [Act::Compromise, Act::Destroy].into_iter().filter(|act| !act.is_done(version));
    let buttons: Vec<AnyView> = left.filter(|_| page.may(Role::Admin)).map(button).collect();
    let acts = (!buttons.is_empty()).then(|| {
        view! {
            <dt>"For good"</dt>
            <dd class="actions">{buttons}</dd>
        }
        .into_any()
    });
    view! { {compromised} {destroyed} {acts} }.into_any()
}

/// The thumbprint of a version's public key; a symmetric key has neither.
pub(super) fn thumbprint(version: &KeyVersion) -> AnyView {
    let what = format!("thumbprint of version {}", version.number);
    match version.thumbprint.clone() {
        Some(text) => view! { <Id text what /> }.into_any(),
        None => "None: a symmetric key has no public key".into_any(),
    }
}

#[component]
fn Place(place: Distribution, version: KeyVersion) -> impl IntoView {
    let delivery = place.deliveries.into_iter().find(|delivery| delivery.version == version.number);
    let remote = delivery.as_ref().and_then(|delivery| delivery.remote_version.clone());
    let what = format!("version in {}", place.provider);
    view! {
        <dt>"In " {place.provider.to_string()}</dt>
        <dd>
            {remote.map(|text| view! { <Id text what /> <br /> }.into_any())}
            {cell(&version, delivery, place.state)}
        </dd>
    }
}

#[component]
fn PublicKey(pem: String, number: u32, file: String) -> impl IntoView {
    let href = format!("data:application/x-pem-file,{}", String::from(js_sys::encode_uri_component(&pem)));
    let download = move || {
        view! {
            <a
                class="button quiet"
                href=href.clone()
                download=file.clone()
                aria-label=format!("Download public key of version {number}")
            >
                <Icon name="download" />
                "Download"
            </a>
        }
        .into_any()
    };
    view! { <Code title=format!("Public key of version {number}") text=pem more=download /> }
}
