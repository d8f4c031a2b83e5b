//! The key exchange key of a provider: what it is, or how it comes about.

use std::sync::Arc;

use crate::prelude::*;
use ::api::{Cure, Explanation, Kek, Provider, Role};

use super::detail::ProviderPage;
use crate::api;
use crate::change::Change;
use crate::load::Data;
use crate::ui::{Evidence, Icon, Id, Time, Word, press};

#[component]
pub(super) fn KeyExchangeKey(page: Arc<ProviderPage>, provider: Data<Provider>) -> impl IntoView {
    let change = Change::new();
    let acts = page.may(Role::Operator);
    let state = move || {
        let provider = provider.get();
        let asks = acts && provider.kek.is_none() && provider.kek_requested_at.is_none();
        view! {
            <State provider />
            {asks.then(|| view! { <Ask page=page.clone() change /> }.into_any())}
        }
        .into_any()
    };
    view! {
        <section class="card" aria-labelledby="kek">
            <header>
                <h2 id="kek">"Key exchange key (KEK)"</h2>
            </header>
            {move || state()}
            {change.failure()}
        </section>
    }
}

#[component]
fn State(provider: Arc<Provider>) -> impl IntoView {
    let requested = provider.kek_requested_at.map(|at| {
        view! {
            <div class="notice" data-state="pending">
                <Icon name="pending" />
                <p>"It is being made; asked for " <Time at /> ". You may leave this page."</p>
            </div>
        }
        .into_any()
    });
    let nothing = (provider.kek.is_none() && provider.kek_requested_at.is_none()).then(|| {
        view! {
            <p class="soft">
                "The vault makes it in its hardware when the first key is distributed: RSA-HSM, and good for import only."
            </p>
        }.into_any()
    });
    view! {
        {provider.kek.clone().map(|kek| view! { <Facts kek /> }.into_any())}
        {nothing}
        {requested}
        {provider.kek_error.clone().map(|error| view! { <WhyNot error /> }.into_any())}
    }
}

#[component]
fn Facts(kek: Kek) -> impl IntoView {
    view! {
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
}

/// Why the last attempt made none, and what to do.
#[component]
fn WhyNot(error: Explanation) -> impl IntoView {
    let (state, cure) = match error.cure {
        Cure::Time => ("pending", "This passes by itself: it is tried again."),
        Cure::Person => ("refused", "This needs a person; then ask for it again."),
        Cure::Us => ("refused", "This is our own fault: please tell us, with what Azure said."),
    };
    view! {
        <div class="notice" role="alert" data-state=state>
            <Icon name=state />
            <p>
                <strong>{error.title}</strong>
                " "
                {cure}
            </p>
            <p>{error.advice}</p>
            <Evidence facts=error.facts command=error.command kms=error.kms />
        </div>
    }
}

#[component]
fn Ask(page: Arc<ProviderPage>, change: Change) -> impl IntoView {
    let busy = move || change.is_sending().then_some("true");
    let ask = move || {
        let provider = page.provider;
        change.send(api::request_kek(&page.workspace.slug, &page.name), move || provider.refetch());
    };
    view! {
        <div class="actions">
            <button type="button" aria-disabled=move || busy() aria-busy=move || busy() on:click=press(ask)>
                "Create the key exchange key now"
            </button>
        </div>
    }
}
