//! Every version of a key with its public key.

use ::api::{Distribution, Key, KeyName, KeyVersion};
use leptos::prelude::*;

use super::detail::KeyPage;
use crate::pages::distributions::DeliveryState;
use crate::ui::{Code, Icon, Id, Time};

/// The list of versions; each opens in place.
#[component]
pub(super) fn Versions(page: KeyPage, key: Signal<Key>) -> impl IntoView {
    let name = StoredValue::new(page.name);
    view! {
        <section class="section" aria-labelledby="all">
            <header>
                <h2 id="all">"All versions"</h2>
                <p class="soft">"Public keys only. A private key never leaves Keyferry in clear."</p>
            </header>
            <div class="folds">
                <For each=move || key.get().versions key=|version| version.number let:version>
                    <Version key version name=name.get_value() />
                </For>
            </div>
        </section>
    }
}

#[component]
fn Version(key: Signal<Key>, version: KeyVersion, name: KeyName) -> impl IntoView {
    let number = version.number;
    let latest = Memo::new(move |_| key.read().latest_version == number);
    let off = Memo::new(move |_| number < key.read().min_enabled_version);
    let badge = move || match (latest.get(), off.get()) {
        (true, _) => Some(view! { <span class="badge">"latest"</span> }),
        (false, true) => Some(view! { <span class="badge">"off"</span> }),
        (false, false) => None,
    };
    view! {
        <details id=format!("version-{number}") open=latest.get_untracked()>
            <summary>
                <Icon name="right" />
                <strong>{format!("Version {number}")}</strong>
                {badge}
                <span class="soft">"created " <Time at=version.created_at /></span>
            </summary>
            <div class="columns">
                <dl class="facts">
                    <dt>"Thumbprint"</dt>
                    <dd>
                        <Id text=version.thumbprint what=format!("thumbprint of version {number}") />
                    </dd>
                    {move || key.get().distributions.into_iter().map(|place| view! { <Place place number /> }).collect_view()}
                </dl>
                <PublicKey pem=version.public_key number name />
            </div>
        </details>
    }
}

#[component]
fn Place(place: Distribution, number: u32) -> impl IntoView {
    let delivery = place.deliveries.into_iter().find(|delivery| delivery.version == number);
    let remote = delivery.as_ref().and_then(|delivery| delivery.remote_version.clone());
    let what = format!("version in {}", place.provider);
    view! {
        <dt>"In " {place.provider.to_string()}</dt>
        <dd>
            {remote.map(|text| view! { <Id text what /> <br /> })}
            <DeliveryState delivery state=place.state />
        </dd>
    }
}

#[component]
fn PublicKey(pem: String, number: u32, name: KeyName) -> impl IntoView {
    let href = format!("data:application/x-pem-file,{}", String::from(js_sys::encode_uri_component(&pem)));
    let file = format!("{name}-{number}.pem");
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
    };
    view! { <Code title=format!("Public key of version {number}") text=pem more=download /> }
}
