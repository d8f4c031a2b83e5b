//! Making a key.

use std::sync::Arc;

use crate::prelude::*;
use ::api::{KeyName, KeyType, NewKey, WorkspaceAccess};

use crate::address::Address;
use crate::api;
use crate::command::{Command, Text, Value};
use crate::links::Links;
use crate::ui::{AsCommand, Choice, ErrorOf, Field, Form, FormState, Heading, Submit, Summary, check};

/// The page that makes a key.
pub(crate) fn create(workspace: WorkspaceAccess) -> AnyView {
    let import = Links::of(&workspace.slug).import();
    view! {
        <header class="page">
            <div>
                <Heading text="Create key" />
                <p class="soft">
                    "Keyferry makes the key, checks it with a second implementation and keeps it sealed. "
                    "No cloud sees it until you distribute it. " <a href=import>"Import a key of your own"</a>
                </p>
            </div>
        </header>
        <CreateForm workspace />
    }
    .into_any()
}

#[component]
fn CreateForm(workspace: WorkspaceAccess) -> impl IntoView {
    let form = FormState::new();
    let links = Links::of(&workspace.slug);
    let (back, mount) = (links.keys(), workspace.path.clone());
    let name = RwSignal::new(String::new());
    let key_type = RwSignal::new(KeyType::Rsa3072);
    let address = Address::expect();
    let send = move || {
        if let Some(name) = form.read("name", &name.read_untracked()) {
            let there = links.key(&name);
            let new = NewKey {
                name,
                key_type: key_type.get_untracked(),
                deletion_allowed: false,
                replica_regions: Vec::new(),
            };
            form.send(api::create_key(&workspace.slug, &new), move |_| address.go(&there));
        }
    };
    let command = Arc::new(move || {
        let thing = vec![("key", Text::read::<KeyName>(&name.read(), "NAME"))];
        Command::write("vault_keymgmt_key", &mount, thing).field("type", Value::word(key_type.get().as_str()))
    });
    view! {
        <Form state=form send>
            <Summary state=form />
            <Field
                form
                name="name"
                label="Name"
                value=name
                hint="Letters, digits and _; - and . may stand inside. It cannot be changed later."
                check={check::<KeyName>}
                code=true
                autofocus=true
            />
            <Types form key_type />
            <div class="actions">
                <Submit state=form text="Create key" />
                <a class="button" data-kind="plain" href=back>
                    "Cancel"
                </a>
            </div>
            <AsCommand command />
        </Form>
    }
}

#[component]
fn Types(form: FormState, key_type: RwSignal<KeyType>) -> impl IntoView {
    let choice = move |&kind: &KeyType| {
        view! {
            <Choice
                kind="radio"
                name="type"
                id=format!("type-{kind}")
                label=kind.as_str()
                chosen=Signal::derive(move || key_type.get() == kind)
                choose=move |_| key_type.set(kind)
            >
                {meaning(kind)}
            </Choice>
        }
        .into_any()
    };
    let (fit, stay): (Vec<KeyType>, Vec<KeyType>) = KeyType::ALL.iter().partition(|kind| kind.fits_azure());
    let rows = |kinds: Vec<KeyType>| kinds.iter().map(choice).collect::<Vec<AnyView>>();
    view! {
        <fieldset class="field">
            <legend>"Type"</legend>
            <p class="field__hint">"The same for every version of the key."</p>
            <div class="choices">{rows(fit)}</div>
            <p class="field__hint">"These cannot be sent to Azure, which takes RSA keys only:"</p>
            <div class="choices">{rows(stay)}</div>
            <ErrorOf form name="type" />
        </fieldset>
    }
}

fn meaning(kind: KeyType) -> &'static str {
    match kind {
        KeyType::Rsa2048 => "Accepted everywhere, and the quickest.",
        KeyType::Rsa3072 => "For data that must stay secret beyond 2030.",
        KeyType::Rsa4096 => "The largest that Azure takes; made and used more slowly.",
        KeyType::Aes256Gcm96 => "Symmetric, 256 bits: it has no public key.",
        KeyType::EcdsaP256 => "Signs on the curve P-256.",
        KeyType::EcdsaP384 => "Signs on the curve P-384.",
        KeyType::EcdsaP521 => "Signs on the curve P-521.",
    }
}
