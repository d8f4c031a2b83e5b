//! Distributing a key to a provider.

use std::sync::Arc;

use crate::prelude::*;
use ::api::{
    Key, KeyName, KeyType, NameInKms, NewDistribution, Page, PageQuery, Protection, Provider, ProviderName, Purpose,
    VaultKind, WorkspaceAccess,
};

use super::attributes::{Attributes, Expiry};
use super::choices::{Protections, Providers, Purposes};
use super::consequences::Consequences;
use crate::address::Address;
use crate::api;
use crate::command::{Command, Text, Value};
use crate::links::Links;
use crate::load::load;
use crate::ui::{
    AsCommand, Empty, Field, Form, FormState, Heading, Submit, Summary, check, loading, many, now, ranges,
};

/// What has been chosen so far.
#[derive(Clone, Copy)]
pub(crate) struct Wish {
    pub(crate) form: FormState,
    pub(crate) provider: RwSignal<Option<ProviderName>>,
    pub(super) protection: RwSignal<Protection>,
    pub(crate) purposes: RwSignal<Vec<Purpose>>,
    pub(super) name: RwSignal<String>,
    pub(super) expires_after: RwSignal<String>,
    pub(super) tags: RwSignal<String>,
}

impl Wish {
    /// A provider that is still to be chosen, and what is most often wanted there.
    pub(crate) fn new(form: FormState) -> Self {
        Self {
            form,
            provider: RwSignal::new(None),
            protection: RwSignal::new(Protection::Hsm),
            purposes: RwSignal::new(vec![Purpose::Wrap, Purpose::Unwrap]),
            name: RwSignal::default(),
            expires_after: RwSignal::default(),
            tags: RwSignal::default(),
        }
    }
}

/// The page that distributes a key.
pub(crate) fn create(workspace: WorkspaceAccess, name: KeyName) -> AnyView {
    let address = Address::expect();
    let both = {
        let (slug, name) = (workspace.slug.clone(), name.clone());
        load(move || api::key(&slug, &name).and(api::providers(&slug, &PageQuery { limit: Some(200), after: None })))
    };
    let title = format!("Distribute {name}");
    let wish = Wish::new(FormState::new());
    wish.provider.set(untrack(|| address.value("provider")).and_then(|name| name.parse().ok()));
    wish.name.set(NameInKms::default_for(&name, now().millis() / 1000).to_string());
    view! {
        <header class="page">
            <div>
                <Heading text=title />
                {move || both.last().filter(|both| both.0.key_type.fits_azure()).map(|both| view! { <WhatGoes key=&both.0 /> }.into_any())}
            </div>
        </header>
        {loading(
            both,
            "The key",
            move |both| view! { <Both both=both.get_untracked() wish workspace=workspace.clone() /> }.into_any(),
        )}
    }
    .into_any()
}

#[component]
fn WhatGoes<'a>(key: &'a Key) -> impl IntoView {
    let mut off = key.deliverable();
    let versions = many(off.len() as u64, "version");
    let go = if off.len() == 1 { "goes" } else { "go" };
    off.retain(|number| *number < key.min_enabled_version);
    view! {
        <p class="page__facts">
            <span>{key.key_type.as_str()}</span>
            <span>
                {if off.is_empty() {
                    format!("{versions} {go}")
                } else {
                    format!("{versions} {go}, {} switched off", ranges(&off))
                }}
            </span>
        </p>
    }
}

#[component]
fn Both(both: Arc<(Key, Page<Provider>)>, wish: Wish, workspace: WorkspaceAccess) -> impl IntoView {
    let links = Links::of(&workspace.slug);
    let (key, providers) = &*both;
    if !key.key_type.fits_azure() {
        return view! { <CannotGo kind=key.key_type new_key=links.new_key() back=links.key(&key.name) /> }.into_any();
    }
    if providers.items.is_empty() {
        let connect = links.new_provider();
        return view! {
            <Empty icon="provider" title="No providers yet">
                <p>"A key is distributed to a vault: connect one first."</p>
                <div class="actions">
                    <a class="button" href=connect>
                        "Connect a vault"
                    </a>
                </div>
            </Empty>
        }
        .into_any();
    }
    let free: Vec<_> = providers.items.iter().filter(|provider| !holds(key, &provider.name)).collect();
    if let ([only], None) = (free.as_slice(), wish.provider.get_untracked()) {
        wish.provider.set(Some(only.name.clone()));
    }
    let places = StoredValue::new(providers.items.clone());
    let chosen = Signal::derive(move || {
        let name = wish.provider.get()?;
        places.read_value().iter().find(|provider| provider.name == name).cloned()
    });
    view! {
        <div class="split">
            <WishForm wish workspace key=key.clone() providers=providers.items.clone() chosen />
            <Consequences wish key=key.clone() chosen />
        </div>
    }
    .into_any()
}

/// In place of the form, where the key's type rules out Azure.
#[component]
fn CannotGo(kind: KeyType, new_key: String, back: String) -> impl IntoView {
    view! {
        <Empty icon="distribution" title="This key cannot be sent to Azure">
            <p>
                "Azure takes RSA keys from outside, and this one is " <code>{kind.as_str()}</code>
                ". A key keeps its type: create another one for Azure."
            </p>
            <div class="actions">
                <a class="button" href=new_key>
                    "Create key"
                </a>
                <a class="button" data-kind="plain" href=back>
                    "Back to the key"
                </a>
            </div>
        </Empty>
    }
}

/// Whether a provider holds a key, or is about to.
pub(super) fn holds(key: &Key, provider: &ProviderName) -> bool {
    key.distributions.iter().any(|distribution| distribution.provider == *provider)
}

#[component]
fn WishForm(
    wish: Wish,
    workspace: WorkspaceAccess,
    key: Key,
    providers: Vec<Provider>,
    chosen: Signal<Option<Provider>>,
) -> impl IntoView {
    let form = wish.form;
    let links = Links::of(&workspace.slug);
    let back = links.key(&key.name);
    let address = Address::expect();
    let (mount, thing) = (workspace.path.clone(), Text::from(&key.name));
    let (name, after) = (key.name.clone(), links.clone());
    let send = move || {
        if let Some(new) = read(wish, chosen) {
            let there = after.distribution(&name, &new.provider);
            form.send(api::distribute(&workspace.slug, &name, &new), move |_| address.go(&there));
        }
    };
    let command = Arc::new(move || {
        let kms = wish.provider.get().map_or(Text::Variable("PROVIDER"), |name| Text::from(&name));
        let purposes = wish.purposes.read().iter().map(|purpose| purpose.as_str()).collect();
        Command::write("vault_keymgmt_distribute_key", &mount, vec![("kms", kms), ("key", thing.clone())])
            .field("purpose", Value::List(purposes))
            .field("protection", Value::word(protection(wish, chosen).as_str()))
    });
    let text = Signal::derive(move || match wish.provider.get() {
        Some(provider) => format!("Distribute to {provider}"),
        None => "Distribute".to_owned(),
    });
    view! {
        <Form state=form send>
            <Summary state=form />
            <Providers wish key providers links hint="Who shall hold a copy of this key." />
            <Purposes wish />
            <Protections wish chosen />
            <Field
                form
                name="name_in_kms"
                label="Name in the vault"
                value=wish.name
                hint="Letters, digits and hyphens. The time at the end keeps a name from meeting a deleted one."
                check={check::<NameInKms>}
                code=true
            />
            <Url chosen wish />
            <Attributes wish />
            <div class="actions">
                <Submit state=form text />
                <a class="button" data-kind="plain" href=back>
                    "Cancel"
                </a>
            </div>
            <AsCommand command but="A command does not name the key in the vault (it gets its name and the time), and gives it neither expiry nor tags." />
        </Form>
    }
}

/// How the key will be protected: a managed HSM leaves no choice.
pub(crate) fn protection(wish: Wish, chosen: Signal<Option<Provider>>) -> Protection {
    if is_managed_hsm(chosen) { Protection::Hsm } else { wish.protection.get() }
}

/// Whether the chosen provider is a managed HSM.
pub(super) fn is_managed_hsm(chosen: Signal<Option<Provider>>) -> bool {
    chosen.read().as_ref().is_some_and(|provider| provider.vault_kind == VaultKind::ManagedHsm)
}

/// Reads the form, or says what is missing.
fn read(wish: Wish, chosen: Signal<Option<Provider>>) -> Option<NewDistribution> {
    let form = wish.form;
    let provider = wish.provider.get_untracked();
    let purposes = wish.purposes.get_untracked();
    form.set_error("provider", provider.is_none().then(|| "Choose a provider.".to_owned()));
    form.set_error("purposes", purposes.is_empty().then(|| "Choose at least one purpose.".to_owned()));
    let name_in_kms = form.read("name_in_kms", &wish.name.read_untracked());
    let expiry = form.read("expires_after", &wish.expires_after.read_untracked());
    let tags = form.read("tags", &wish.tags.read_untracked());
    if !form.is_right() {
        return None;
    }
    let (protection, Expiry(expires_after)) = (untrack(|| protection(wish, chosen)), expiry?);
    Some(NewDistribution { provider: provider?, purposes, protection, name_in_kms, expires_after, tags: tags? })
}

/// The key's URL there, as it would be.
#[component]
fn Url(chosen: Signal<Option<Provider>>, wish: Wish) -> impl IntoView {
    let url = move || {
        let base = chosen.get()?.url;
        let name: NameInKms = wish.name.read().trim().parse().ok()?;
        Some(format!("{}/keys/{name}", base.trim_end_matches('/')))
    };
    view! {
        <p class="soft">
            {move || if url().is_some() { "Services will use " } else { "No URL yet" }}
            <output for="name_in_kms">
                <code>{move || url()}</code>
            </output>
        </p>
    }
}
