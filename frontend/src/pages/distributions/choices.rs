//! What can be chosen when a key is distributed.

use crate::prelude::*;
use ::api::{Key, Protection, Provider, Purpose};

use super::create::{Wish, holds, is_managed_hsm, protection};
use crate::links::Links;
use crate::pages::providers::kind_words;
use crate::ui::{Choice, ErrorOf, Word, many};

/// Who shall hold a copy of the key.
#[component]
pub(crate) fn Providers(
    wish: Wish,
    /// The key, if it is only one.
    #[prop(optional)]
    key: Option<Key>,
    providers: Vec<Provider>,
    links: Links,
    hint: &'static str,
) -> impl IntoView {
    wish.form.name_field("provider", "Provider");
    let invalid = wish.form.error("provider");
    let row = move |provider: Provider| {
        let holding = key.as_ref().filter(|key| holds(key, &provider.name));
        let held = holding.is_some();
        let name = provider.name.clone();
        let (chosen, choose) = (name.clone(), name.clone());
        let about = if let Some(key) = holding {
            let there = links.distribution(&key.name, &name);
            view! { "Holds this key already. " <a href=there>"See the distribution"</a> }.into_any()
        } else {
            view! { <About links=links.clone() provider /> }.into_any()
        };
        view! {
            <Choice
                kind="radio"
                name="provider"
                id=format!("provider-{name}")
                label=name.to_string()
                chosen=Signal::derive(move || !held && wish.provider.read().as_ref() == Some(&chosen))
                disabled=held
                choose=move |_| {
                    wish.provider.set(Some(choose.clone()));
                    wish.form.set_error("provider", None);
                }
            >
                {about}
            </Choice>
        }
        .into_any()
    };
    view! {
        <fieldset class="field" id="provider" tabindex="-1">
            <legend>"Provider"</legend>
            <p class="field__hint">{hint}</p>
            <div class="choices" data-invalid=move || invalid.read().is_some().then_some("")>
                {providers.into_iter().map(row).collect_view()}
            </div>
            <ErrorOf form=wish.form name="provider" />
        </fieldset>
    }
}

#[component]
fn About(provider: Provider, links: Links) -> impl IntoView {
    let failed = provider.last_check.as_ref().is_some_and(|check| !check.passed());
    let keys = many(provider.distributions, "key");
    view! {
        {format!("{} {}. {keys} held. ", kind_words(provider.vault_kind), provider.key_collection)}
        {failed
            .then(|| {
                view! {
                    <Word state="failed" icon="refused" text="Its last check failed." />
                    " "
                    <a href=links.provider(&provider.name)>"What to do"</a>
                }.into_any()
            })}
    }
}

/// What the key may do there.
#[component]
pub(crate) fn Purposes(wish: Wish) -> impl IntoView {
    wish.form.name_field("purposes", "Purposes");
    let invalid = wish.form.error("purposes");
    let row = move |&purpose: &Purpose| {
        let choose = move |on: bool| {
            wish.purposes.update(|purposes| {
                purposes.retain(|other| *other != purpose);
                purposes.extend(on.then_some(purpose));
                purposes.sort();
            });
            wish.form.set_error("purposes", None);
        };
        view! {
            <Choice
                kind="checkbox"
                name="purposes"
                id=format!("purpose-{purpose}")
                label=purpose.as_str()
                chosen=Signal::derive(move || wish.purposes.read().contains(&purpose))
                choose
            >
                {meaning(purpose)}
            </Choice>
        }
        .into_any()
    };
    view! {
        <fieldset class="field" id="purposes" tabindex="-1">
            <legend>"Purposes"</legend>
            <p class="field__hint">
                "What Azure lets this key do. It cannot be changed later, only by distributing again."
            </p>
            <div class="choices" data-pairs data-invalid=move || invalid.read().is_some().then_some("")>
                {Purpose::ALL.iter().map(row).collect_view()}
            </div>
            <ErrorOf form=wish.form name="purposes" />
        </fieldset>
    }
}

fn meaning(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Encrypt => "Encrypts small data with the public key",
        Purpose::Decrypt => "Decrypts what was encrypted",
        Purpose::Sign => "Signs a digest",
        Purpose::Verify => "Checks a signature",
        Purpose::Wrap => "Wraps another key: storage and disk encryption",
        Purpose::Unwrap => "Unwraps it again; needed to read data",
    }
}

/// How the key is protected there.
#[component]
pub(crate) fn Protections(wish: Wish, chosen: Signal<Option<Provider>>) -> impl IntoView {
    wish.form.name_field("protection", "Protection");
    let managed = Memo::new(move |_| is_managed_hsm(chosen));
    let row = move |&choice: &Protection| {
        let disabled = choice == Protection::Software && managed.get();
        view! {
            <Choice
                kind="radio"
                name="protection"
                id=format!("protection-{choice}")
                label=choice.as_str()
                chosen=Signal::derive(move || protection(wish, chosen) == choice)
                disabled
                choose=move |_| {
                    wish.protection.set(choice);
                    wish.form.set_error("protection", None);
                }
            >
                {protects(choice, disabled)}
            </Choice>
        }
        .into_any()
    };
    let rows = move || Protection::ALL.iter().map(row).collect::<Vec<AnyView>>();
    view! {
        <fieldset class="field" id="protection" tabindex="-1">
            <legend>"Protection"</legend>
            <div class="choices">{move || rows()}</div>
            <ErrorOf form=wish.form name="protection" />
        </fieldset>
    }
}

fn protects(protection: Protection, disabled: bool) -> &'static str {
    match (protection, disabled) {
        (Protection::Hsm, _) => {
            "Stays in hardware, arrives by BYOK transfer. Needs a Premium vault or a managed HSM, and the right to import."
        }
        (Protection::Software, false) => {
            "Azure's software keeps it. It travels inside TLS only, so its private key is visible to Azure. Works on Standard vaults too, and needs no key exchange key."
        }
        (Protection::Software, true) => "A managed HSM takes HSM keys only.",
    }
}
