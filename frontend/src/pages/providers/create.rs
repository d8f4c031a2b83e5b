//! Connecting a vault.

use std::sync::Arc;

use crate::prelude::*;
use ::api::{DemoVault, KeyCollection, NewProvider, ProviderName, VaultKind, WorkspaceAccess};

use super::credentials::{CredentialFields, CredentialInputs, Stored, clear_errors, kms_command};
use super::vault::{VaultFields, VaultInputs};
use crate::address::Address;
use crate::api;
use crate::command::{Command, Text, Value};
use crate::links::Links;
use crate::load::load;
use crate::session::CurrentSession;
use crate::ui::{Announcer, AsCommand, Field, Form, FormState, Heading, Icon, Submit, Summary, check, loading, press};

/// The fields of this form.
#[derive(Clone, Copy)]
struct Fields {
    form: FormState,
    name: RwSignal<String>,
    vault: VaultFields,
    credentials: CredentialFields,
}

impl Fields {
    fn read(self) -> Option<NewProvider> {
        let name = self.form.read("name", &self.name.read_untracked());
        let key_collection = self.form.read("key_collection", &self.vault.key_collection.read_untracked());
        let credentials = self.credentials.read(self.form);
        Some(NewProvider {
            name: name?,
            key_collection: key_collection?,
            vault_kind: Some(self.vault.kind.get_untracked()),
            environment: self.vault.chosen_environment(),
            credentials: credentials?,
        })
    }

    /// The same as a command.
    fn command(self, mount: &str) -> Command {
        let kms = Text::read::<ProviderName>(&self.name.read(), "NAME");
        let mut credentials = self.credentials.pairs();
        let environment = self.vault.environment.get();
        if !environment.is_empty() {
            credentials.push(("environment", Text::Plain(environment)));
        }
        if self.vault.kind.get() == VaultKind::ManagedHsm {
            credentials.push(("resource", Text::from(&"managedhsm.azure.net")));
        }
        let vault = Text::read::<KeyCollection>(&self.vault.key_collection.read(), "KEY_VAULT");
        kms_command(mount, kms, vault).field("credentials", Value::Map(credentials))
    }

    fn fill(self, vault: &DemoVault) {
        self.name.set(vault.key_collection.to_string());
        self.vault.fill(vault);
        self.credentials.stored.set(Stored::Secret);
        self.credentials.tenant_id.set(vault.tenant_id.to_string());
        self.credentials.client_id.set(vault.client_id.to_string());
        self.credentials.client_secret.set(vault.client_secret.clone());
        clear_errors(self.form);
        for field in ["name", "vault_kind", "environment", "key_collection"] {
            self.form.set_error(field, None);
        }
    }
}

/// The page that connects a vault.
pub(crate) fn create(workspace: WorkspaceAccess) -> AnyView {
    let fields = Fields {
        form: FormState::new(),
        name: RwSignal::default(),
        vault: VaultFields::new(),
        credentials: CredentialFields::new(),
    };
    let demo = untrack(|| CurrentSession::expect().get()).is_some_and(|session| session.demo);
    view! {
        <header class="page">
            <div>
                <Heading text="Connect a vault" />
                <p class="soft">
                    "Name a vault and say who Keyferry is there. It is checked step by step before anything is kept."
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
    let (back, mount) = (links.providers(), workspace.path.clone());
    let address = Address::expect();
    let send = move || {
        if let Some(new) = fields.read() {
            let there = links.provider(&new.name);
            form.send(api::connect_provider(&workspace.slug, &new), move |_| address.go(&there));
        }
    };
    let command = Arc::new(move || fields.command(&mount));
    view! {
        <Form state=form send>
            <Summary state=form />
            <Names fields />
            <VaultInputs form fields=fields.vault />
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
            <AsCommand command />
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
    }
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
