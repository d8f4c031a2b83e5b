//! The minimum enabled version, with what it switches off and on.

use std::sync::Arc;

use crate::prelude::*;
use ::api::{Distribution, Key, KeyChange, KeyVersion};

use super::detail::KeyPage;
use crate::api;
use crate::command::Value;
use crate::load::Data;
use crate::pages::distributions::DeliveryState;
use crate::ui::{AsCommand, Dialog, Foot, FormState, Icon, Summary, Time, Word, and, ranges, submit};

/// The dialog that changes the minimum enabled version.
#[component]
pub(super) fn MinimumVersion(page: Arc<KeyPage>, key: Data<Key>) -> impl IntoView {
    let open = page.choosing_minimum;
    view! {
        <Dialog open id="minimum-title" title=format!("Minimum enabled version of {}", page.name)>
            <Chooser page=page.clone() key=key.get_untracked() />
        </Dialog>
    }
}

/// Works on the key as it was when the dialog opened.
#[component]
fn Chooser(page: Arc<KeyPage>, key: Arc<Key>) -> impl IntoView {
    let form = FormState::new();
    // As Vault has it, a minimum of 0 is one of 1.
    let key = Arc::new(Key { min_enabled_version: key.min_enabled_version.max(1), ..Key::clone(&key) });
    let chosen = RwSignal::new(key.min_enabled_version);
    let now = key.min_enabled_version;
    let (open, load) = (page.choosing_minimum, page.key);
    let command = {
        let page = page.clone();
        Arc::new(move || page.command("min_enabled_version", Value::Bare(chosen.get().to_string())))
    };
    let send = move || {
        let minimum = chosen.get_untracked();
        if minimum != now {
            let change = KeyChange { min_enabled_version: Some(minimum), ..KeyChange::default() };
            form.send(api::change_key(&page.workspace.slug, &page.name, &change), move |_| {
                open.set(false);
                load.refetch();
            });
        }
    };
    let nothing = Signal::derive(move || (chosen.get() == now).then(|| "Choose another version first".to_owned()));
    let preview = Arc::clone(&key);
    view! {
        <form on:submit=submit(send)>
            <div class="stack">
                <Summary state=form />
                <p class="soft">
                    "Versions below it are switched off wherever the key is held. They can be switched on again at any time."
                </p>
                <Table key chosen />
                {move || view! { <Preview key=Arc::clone(&preview) minimum=chosen.get() /> }.into_any()}
                <AsCommand command />
            </div>
            <Foot open state=form text=Signal::derive(move || verb(now, chosen.get())) forbidden=nothing />
        </form>
    }
}

fn verb(now: u32, minimum: u32) -> String {
    let (word, numbers): (&str, Vec<u32>) =
        if minimum > now { ("off", (now..minimum).collect()) } else { ("on", (minimum..now).collect()) };
    match numbers.as_slice() {
        [] => "Nothing changes".to_owned(),
        [one] => format!("Switch {word} version {one}"),
        _ => format!("Switch {word} versions {}", ranges(&numbers)),
    }
}

#[component]
fn Table(key: Arc<Key>, chosen: RwSignal<u32>) -> impl IntoView {
    let head = |place: &Distribution| view! { <th scope="col">{place.provider.to_string()}</th> }.into_any();
    let row = |version: &KeyVersion| view! { <Row key=key.clone() version=version.clone() chosen /> }.into_any();
    view! {
        <fieldset class="field">
            <legend>"Lowest version that stays enabled"</legend>
            <div class="scroller">
                <table class="floor">
                    <thead>
                        <tr>
                            <th scope="col">
                                <span class="sr">"Choose"</span>
                            </th>
                            <th scope="col">"Version"</th>
                            <th scope="col">"Created"</th>
                            {key.distributions.iter().map(head).collect_view()}
                        </tr>
                    </thead>
                    <tbody>{key.versions.iter().map(row).collect_view()}</tbody>
                </table>
            </div>
        </fieldset>
    }
}

#[component]
fn Row(key: Arc<Key>, version: KeyVersion, chosen: RwSignal<u32>) -> impl IntoView {
    let number = version.number;
    let now = key.min_enabled_version;
    let id = format!("minimum-{number}");
    let tag = |word: &'static str| view! { " " <span class="badge">{word}</span> }.into_any();
    let cell = |place: Distribution| {
        let delivery = place.deliveries.iter().find(|delivery| delivery.version == number).cloned();
        view! { <td>{move || will_be(number, now, chosen.get(), delivery.clone(), &place)}</td> }.into_any()
    };
    view! {
        <tr
            data-floor=move || (chosen.get() == number).then_some("")
            data-off=move || (number < chosen.get()).then_some("")
        >
            <td>
                <input
                    type="radio"
                    name="minimum"
                    id=id.clone()
                    prop:checked=move || chosen.get() == number
                    on:change=move |_| chosen.set(number)
                />
            </td>
            <th scope="row">
                <label for=id>
                    <span class="sr">"Version "</span>
                    {number.to_string()}
                </label>
                {(number == key.latest_version).then(|| tag("latest"))}
                {(number == now).then(|| tag("now"))}
            </th>
            <td>
                <Time at=version.created_at />
            </td>
            {key.distributions.iter().cloned().map(cell).collect_view()}
        </tr>
    }
}

/// What becomes of a delivery when another minimum holds.
fn will_be(number: u32, now: u32, minimum: u32, delivery: Option<::api::Delivery>, place: &Distribution) -> AnyView {
    match (number >= now, number >= minimum) {
        (true, false) => view! { <Word state="due" icon="disabled" text="will be disabled" /> }.into_any(),
        (false, true) => view! { <Word state="enabled" icon="in_sync" text="will be enabled" /> }.into_any(),
        _ => view! { <DeliveryState delivery state=place.state /> }.into_any(),
    }
}

#[component]
fn Preview(key: Arc<Key>, minimum: u32) -> impl IntoView {
    let now = key.min_enabled_version;
    let less = minimum > now;
    let changed: Vec<u32> = (now.min(minimum)..now.max(minimum)).collect();
    let vaults: Vec<String> = key.distributions.iter().map(|place| place.provider.to_string()).collect();
    let stay: Vec<u32> = (minimum..=key.latest_version).collect();
    let title = if less { "What is switched off" } else { "What is switched on" };
    let warning = less.then(|| {
        let these = if changed.len() == 1 { "version" } else { "versions" };
        view! {
            <div class="notice" data-state="due">
                <Icon name="warning" />
                <p>
                    <strong>{format!("Data wrapped with {these} {} cannot be unwrapped", ranges(&changed))}</strong>
                    {if changed.len() == 1 { " while it is off. " } else { " while they are off. " }}
                    "Services that keep the version in the key's URL must first move to "
                    {format!("version {}.", key.latest_version)}
                </p>
            </div>
        }
        .into_any()
    });
    (!changed.is_empty()).then(|| {
        view! {
            <h3>{title}</h3>
            <ul class="consequences" aria-label=title>
                <li>
                    <strong>{changed.len().to_string()}</strong>
                    <span>{format!("{}: {}", if changed.len() == 1 { "version" } else { "versions" }, ranges(&changed))}</span>
                </li>
                <li>
                    <strong>{vaults.len().to_string()}</strong>
                    <span>{if vaults.is_empty() { "vaults: no provider holds the key".to_owned() } else { format!("{}: {}", if vaults.len() == 1 { "vault" } else { "vaults" }, and(&vaults)) }}</span>
                </li>
                <li>
                    <strong>{stay.len().to_string()}</strong>
                    <span>{format!("{} then: {}", if stay.len() == 1 { "version is enabled" } else { "versions are enabled" }, ranges(&stay))}</span>
                </li>
            </ul>
            {warning}
        }.into_any()
    })
}
