//! What will happen when a key is distributed, before the button.

use crate::prelude::*;
use ::api::{Key, Protection, Provider};

use super::create::{Wish, protection};
use crate::ui::{Icon, many, ranges};

/// The calls that will follow, and what travels.
#[component]
pub(super) fn Consequences(wish: Wish, key: Key, chosen: Signal<Option<Provider>>) -> impl IntoView {
    let protection = move || protection(wish, chosen);
    let count = key.deliverable().len() as u64;
    let calls = move || match protection() {
        Protection::Hsm => many(count + 1, "call"),
        Protection::Software => many(count, "call"),
    };
    let key = StoredValue::new(key);
    view! {
        <aside class="stack aside" aria-label="What will happen">
            <section class="card" aria-labelledby="calls">
                <header>
                    <h2 id="calls">"What will happen"</h2>
                    <p class="soft">{move || calls()}</p>
                </header>
                {move || view! { <Calls wish key=key.get_value() protection=protection() /> }.into_any()}
                <p class="soft">
                    "Until Azure confirms, the key is " <em>"pending"</em> "; you may leave this page."
                </p>
                {move || chosen.get().map(|provider| view! { <Doubt provider /> }.into_any())}
            </section>
            <section class="card" aria-labelledby="wrapped">
                <header>
                    <h2 id="wrapped">"What travels"</h2>
                </header>
                {move || travels(protection(), chosen.get())}
            </section>
        </aside>
    }
}

fn travels(protection: Protection, chosen: Option<Provider>) -> AnyView {
    let vault = chosen.map_or_else(|| "the vault".to_owned(), |provider| provider.key_collection.to_string());
    match protection {
        Protection::Hsm => view! {
            <p class="soft">
                "The private key leaves Keyferry only wrapped for the hardware of " <code>{vault}</code>
                " (BYOK: RSA-OAEP and AES-256 key wrap). On the way it is readable by no one, us included."
            </p>
        }
        .into_any(),
        Protection::Software => view! {
            <p class="soft">
                "The private key goes to " <code>{vault}</code>
                " as it is. TLS hides it on the way; Azure can read it when it arrives."
            </p>
        }
        .into_any(),
    }
}

#[component]
fn Calls(wish: Wish, key: Key, protection: Protection) -> impl IntoView {
    let all = key.deliverable();
    let off: Vec<u32> = all.iter().copied().filter(|number| *number < key.min_enabled_version).collect();
    let count = all.len().to_string();
    let hsm = protection == Protection::Hsm;
    let act = if hsm { "Wrap and import" } else { "Import" };
    let which = match (all.len(), off.is_empty()) {
        (1, _) => format!("{act} version {}", ranges(&all)),
        (_, true) => format!("{act} versions {}, oldest first", ranges(&all)),
        (_, false) => {
            format!("{act} versions {}, oldest first, {} disabled from the start", ranges(&all), ranges(&off))
        }
    };
    let kek = hsm.then(|| {
        view! {
            <li>
                <strong>"1"</strong>
                <span>
                    "Look up the key exchange key, or have the vault make it" <br />
                    <code class="soft">"GET /keys/keyferry-kek"</code>
                </span>
            </li>
        }
        .into_any()
    });
    view! {
        <ol class="consequences">
            {kek}
            <li>
                <strong>{count.clone()}</strong>
                <span>
                    {which} <br /> <code class="soft">{move || format!("PUT /keys/{}", wish.name.get())}</code>
                </span>
            </li>
            <li>
                <strong>{count}</strong>
                <span>
                    "Compare each public key with ours" <br /> <code class="soft">"in the reply to the import"</code>
                </span>
            </li>
        </ol>
    }
}

/// A provider whose last check failed may still be chosen: the versions wait.
#[component]
fn Doubt(provider: Provider) -> impl IntoView {
    let failed = provider.last_check.is_some_and(|check| !check.passed());
    failed.then(|| {
        view! {
            <div class="notice" data-state="refused">
                <Icon name="refused" />
                <p>
                    <strong>{format!("The last check of {} failed.", provider.name)}</strong>
                    " You may distribute now: the versions wait and go when it is mended."
                </p>
            </div>
        }
        .into_any()
    })
}
