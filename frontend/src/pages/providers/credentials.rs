//! Who we are in a vault: fields that two pages share.

use crate::prelude::*;
use ::api::{AzureId, Credentials, StoredCredentials};

use crate::command::{Command, Text, Value};
use crate::ui::{Area, Choice, Field, FormState, check};

/// What is stored to prove who we are.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Stored {
    /// A client secret.
    Secret,
    /// A certificate with its private key.
    Certificate,
    /// Nothing: the server's environment or a managed identity proves it.
    Nothing,
}

impl Stored {
    const ALL: [Self; 3] = [Self::Secret, Self::Certificate, Self::Nothing];

    fn id(self) -> &'static str {
        match self {
            Self::Secret => "proof-secret",
            Self::Certificate => "proof-certificate",
            Self::Nothing => "proof-nothing",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Secret => "With a secret",
            Self::Certificate => "With a certificate",
            Self::Nothing => "With nothing stored here",
        }
    }

    fn meaning(self) -> &'static str {
        match self {
            Self::Secret => "A client secret of the application in Microsoft Entra. It ends at its date.",
            Self::Certificate => "A certificate of the application, with its RSA private key, as PEM.",
            Self::Nothing => {
                "The server's environment proves it (AZURE_CLIENT_SECRET and its kin, or a federated token), or the managed identity of its machine."
            }
        }
    }
}

/// The fields of the request, as the server names them.
const TENANT: &str = "credentials.tenant_id";
const CLIENT: &str = "credentials.client_id";
const SECRET: &str = "credentials.client_secret";
const CERTIFICATE: &str = "credentials.certificate";

/// The fields of an application's credentials.
#[derive(Clone, Copy)]
pub(super) struct CredentialFields {
    pub(super) stored: RwSignal<Stored>,
    pub(super) tenant_id: RwSignal<String>,
    pub(super) client_id: RwSignal<String>,
    pub(super) client_secret: RwSignal<String>,
    pub(super) certificate: RwSignal<String>,
}

impl CredentialFields {
    pub(super) fn new() -> Self {
        Self {
            stored: RwSignal::new(Stored::Secret),
            tenant_id: RwSignal::default(),
            client_id: RwSignal::default(),
            client_secret: RwSignal::default(),
            certificate: RwSignal::default(),
        }
    }

    /// The fields with what is stored; secrets cannot be read back.
    pub(super) fn of(known: &StoredCredentials) -> Self {
        let fields = Self::new();
        let text = |id: &Option<AzureId>| id.as_ref().map(ToString::to_string).unwrap_or_default();
        fields.tenant_id.set(text(&known.tenant_id));
        fields.client_id.set(text(&known.client_id));
        fields.stored.set(match (known.client_secret, known.certificate) {
            (true, _) => Stored::Secret,
            (false, true) => Stored::Certificate,
            (false, false) => Stored::Nothing,
        });
        fields
    }

    /// What a command would say; secrets stand as variables.
    pub(super) fn pairs(self) -> Vec<(&'static str, Text)> {
        let stored = self.stored.get();
        let id = |name, text: RwSignal<String>, variable| {
            let text = text.read();
            (!text.trim().is_empty()).then(|| (name, Text::read::<AzureId>(&text, variable)))
        };
        let proof = match stored {
            Stored::Secret => Some(("client_secret", Text::Variable("AZURE_CLIENT_SECRET"))),
            Stored::Certificate => Some(("certificate", Text::Variable("AZURE_CERTIFICATE"))),
            Stored::Nothing => None,
        };
        let ids =
            [id("tenant_id", self.tenant_id, "AZURE_TENANT_ID"), id("client_id", self.client_id, "AZURE_CLIENT_ID")];
        ids.into_iter().chain([proof]).flatten().collect()
    }

    /// Reads the fields, or says what is wrong with them.
    pub(super) fn read(self, form: FormState) -> Option<Credentials> {
        let stored = self.stored.get_untracked();
        let id = |field, text: RwSignal<String>| {
            let text = text.read_untracked();
            if text.trim().is_empty() { None } else { form.read(field, &text) }
        };
        let secret = |wanted, field, text: RwSignal<String>| {
            if stored == wanted { form.read_secret(field, &text.read_untracked()) } else { None }
        };
        let credentials = Credentials {
            tenant_id: id(TENANT, self.tenant_id),
            client_id: id(CLIENT, self.client_id),
            client_secret: secret(Stored::Secret, SECRET, self.client_secret),
            certificate: secret(Stored::Certificate, CERTIFICATE, self.certificate),
        };
        form.is_right().then_some(credentials)
    }
}

/// A KMS provider written by a command.
pub(super) fn kms_command(mount: &str, kms: Text, vault: Text) -> Command {
    Command::write("vault_keymgmt_azure_kms", mount, vec![("kms", kms)])
        .api_field("provider", Value::word("azurekeyvault"))
        .field("key_collection", Value::Text(vault))
}

/// Forgets what was wrong with the fields.
pub(super) fn clear_errors(form: FormState) {
    for field in [TENANT, CLIENT, SECRET, CERTIFICATE] {
        form.set_error(field, None);
    }
}

/// What proves who we are, and the fields that it needs.
#[component]
pub(super) fn CredentialInputs(form: FormState, fields: CredentialFields) -> impl IntoView {
    let stored = fields.stored;
    let row = |&choice: &Stored| {
        let choose = move |_| {
            stored.set(choice);
            clear_errors(form);
        };
        let chosen = Signal::derive(move || stored.get() == choice);
        view! {
            <Choice kind="radio" name="proof" id=choice.id() label=choice.words() chosen choose>
                {choice.meaning()}
            </Choice>
        }
        .into_any()
    };
    let rows: Vec<AnyView> = Stored::ALL.iter().map(row).collect();
    view! {
        <fieldset class="field">
            <legend>"How Keyferry proves who it is"</legend>
            <p class="field__hint">"What the server's environment says always comes before what is stored here."</p>
            <div class="choices">{rows}</div>
        </fieldset>
        <Ids form fields />
        {move || proof(form, fields)}
    }
}

#[component]
fn Ids(form: FormState, fields: CredentialFields) -> impl IntoView {
    view! {
        <Field
            form
            name=TENANT
            label="Tenant ID"
            value=fields.tenant_id
            hint="The directory (tenant) of the vault. Leave it empty where the server's environment names it."
            check={check::<AzureId>}
            code=true
        />
        <Field
            form
            name=CLIENT
            label="Client ID"
            value=fields.client_id
            hint="The application that we act as; it needs Key Vault Crypto Officer on a key vault, Managed HSM Crypto User on a managed HSM. Leave it empty where the server's environment names it, or for a system-assigned managed identity."
            check={check::<AzureId>}
            code=true
        />
    }
}

fn proof(form: FormState, fields: CredentialFields) -> AnyView {
    match fields.stored.get() {
        Stored::Secret => view! {
            <Field
                form
                name=SECRET
                label="Client secret"
                value=fields.client_secret
                hint="The secret's value, not its ID. It is sealed, and cannot be read back."
                kind="password"
                autocomplete="new-password"
            />
        }
        .into_any(),
        Stored::Certificate => view! {
            <Area
                form
                name=CERTIFICATE
                label="Certificate and private key"
                value=fields.certificate
                hint="Both as PEM, one after the other. They are sealed, and cannot be read back."
                check=pem
            />
        }
        .into_any(),
        Stored::Nothing => ().into_any(),
    }
}

/// Says what a text lacks to be a certificate with its private key.
fn pem(text: &str) -> Option<String> {
    let lacks = if !text.contains("-----BEGIN CERTIFICATE-----") {
        "the certificate: it starts with -----BEGIN CERTIFICATE-----"
    } else if !text.contains("PRIVATE KEY-----") {
        "the private key: it starts with -----BEGIN PRIVATE KEY-----"
    } else {
        return None;
    };
    Some(format!("Paste also {lacks}."))
}
