//! Connecting a vault.

use std::sync::Arc;

use ::api::{DemoVault, KeyCollection, NewProvider, ProviderName, VaultKind, WorkspaceAccess};
use leptos::prelude::*;

use super::credentials::{CredentialFields, CredentialInputs};
use crate::address::Address;
use crate::api;
use crate::links::Links;
use crate::load::load;
use crate::session::CurrentSession;
use crate::ui::{Announcer, Field, Form, FormState, Heading, Icon, Submit, Summary, check, loading, press};

/// The fields of this form.
#[derive(Clone, Copy)]
struct Fields {
    form: FormState,
    name: RwSignal<String>,
    key_collection: RwSignal<String>,
    credentials: CredentialFields,
}

impl Fields {
    fn read(self) -> Option<NewProvider> {
        let name = self.form.read("name", &self.name.read_untracked());
        let key_collection = self.form.read("key_collection", &self.key_collection.read_untracked());
        let credentials = self.credentials.read(self.form);
        Some(NewProvider {
            name: name?,
            key_collection: key_collection?,
            vault_kind: VaultKind::KeyVault,
            credentials: credentials?,
        })
    }

    fn fill(self, vault: &DemoVault) {
        self.name.set(vault.key_collection.to_string());
        self.key_collection.set(vault.key_collection.to_string());
        self.credentials.tenant_id.set(vault.tenant_id.to_string());
        self.credentials.client_id.set(vault.client_id.to_string());
        self.credentials.client_secret.set(vault.client_secret.clone());
        for field in
            ["name", "key_collection", "credentials.tenant_id", "credentials.client_id", "credentials.client_secret"]
        {
            self.form.set_error(field, None);
        }
    }
}

/// The page that connects a vault.
pub(crate) fn create(workspace: WorkspaceAccess) -> AnyView {
    let fields = Fields {
        form: FormState::new(),
        name: RwSignal::default(),
        key_collection: RwSignal::default(),
        credentials: CredentialFields::new("", ""),
    };
    let demo = untrack(|| CurrentSession::expect().get()).is_some_and(|session| session.demo);
    view! {
        <header class="page">
            <div>
                <Heading text="Connect a vault" />
                <p class="soft">
                    "Name a Key Vault and say who Keyferry is there. It is checked step by step before anything is kept."
                </p>
            </div>
        </header>
        <div class="split">
            <ConnectForm fields workspace />
            {demo.then(|| view! { <DemoVaults fields /> }.into_any())}
        </div>
    }
    .into_any()
}

#[component]
fn ConnectForm(fields: Fields, workspace: WorkspaceAccess) -> impl IntoView {
    let form = fields.form;
    let links = Links::of(&workspace.slug);
    let back = links.providers();
    let address = Address::expect();
    let send = move || {
        if let Some(new) = fields.read() {
            let there = links.provider(&new.name);
            form.send(api::connect_provider(&workspace.slug, &new), move |_| address.go(&there));
        }
    };
    view! {
        <Form state=form send>
            <Summary state=form />
            <Names fields />
            <Url key_collection=fields.key_collection />
            <CredentialInputs form fields=fields.credentials />
            <div class="actions">
                <Submit state=form text="Connect" />
                <a class="button" data-kind="plain" href=back>
                    "Cancel"
                </a>
                <p class="soft" role="status">
                    {move || form.is_sending().then_some("Checking the vault step by step…")}
                </p>
            </div>
        </Form>
    }
}

#[component]
fn Names(fields: Fields) -> impl IntoView {
    let form = fields.form;
    view! {
        <Field
            form
            name="name"
            label="Name"
            value=fields.name
            hint="What this provider is called here. Letters, digits and _; - and . may stand inside."
            check={check::<ProviderName>}
            code=true
            autofocus=true
        />
        <Field
            form
            name="key_collection"
            label="Key vault"
            value=fields.key_collection
            hint="The vault's name, not its URL. HSM keys need a Premium vault."
            check={check::<KeyCollection>}
            code=true
        />
    }
}

#[component]
fn Url(key_collection: RwSignal<String>) -> impl IntoView {
    let url = move || {
        let name: KeyCollection = key_collection.read().trim().parse().ok()?;
        Some(format!("https://{}.vault.azure.net", name.as_str().to_lowercase()))
    };
    view! { {move || url().map(|url| view! { <p class="soft">"Its address is " <output for="key_collection"><code>{url}</code></output></p> }.into_any())} }
}

/// The vaults of the simulator, each with credentials that work on it.
#[component]
fn DemoVaults(fields: Fields) -> impl IntoView {
    let vaults = load(api::demo_vaults);
    view! {
        <aside class="stack aside" aria-label="Demo vaults">
            <section class="card" aria-labelledby="demo">
                <header>
                    <h2 id="demo">"Demo vaults"</h2>
                </header>
                <p class="soft">
                    "This server carries an Azure simulator. Choose a vault, and the form is filled in with credentials that work on it."
                </p>
                {loading(vaults, "Demo vaults", move |vaults| view! { <DemoList vaults=vaults.get() fields /> }.into_any())}
            </section>
        </aside>
    }
}

#[component]
fn DemoList(vaults: Arc<Vec<DemoVault>>, fields: Fields) -> impl IntoView {
    let announcer = Announcer::expect();
    let row = |at: usize| {
        let vault = &vaults[at];
        let name = vault.key_collection.to_string();
        let filled = format!("The form was filled in with {name}");
        let label = format!("Fill in {name}");
        let teaches = vault.teaches.clone();
        let vaults = Arc::clone(&vaults);
        let fill = move || {
            fields.fill(&vaults[at]);
            announcer.say(&filled);
        };
        view! {
            <li>
                <Icon name="provider" />
                <strong>{name}</strong>
                <button type="button" aria-label=label on:click=press(fill)>
                    "Fill in"
                </button>
                <p>{teaches}</p>
            </li>
        }
        .into_any()
    };
    let rows: Vec<AnyView> = (0..vaults.len()).map(row).collect();
    view! { <ul class="log">{rows}</ul> }
}
