//! Who we are in a vault: three fields that two pages share.

use ::api::{AzureId, Credentials};
use leptos::prelude::*;

use crate::ui::{Field, FormState, check};

/// The fields of an application's credentials.
#[derive(Clone, Copy)]
pub(super) struct CredentialFields {
    pub(super) tenant_id: RwSignal<String>,
    pub(super) client_id: RwSignal<String>,
    pub(super) client_secret: RwSignal<String>,
}

impl CredentialFields {
    pub(super) fn new(tenant_id: &str, client_id: &str) -> Self {
        Self {
            tenant_id: RwSignal::new(tenant_id.to_owned()),
            client_id: RwSignal::new(client_id.to_owned()),
            client_secret: RwSignal::default(),
        }
    }

    /// Reads the fields, or says what is wrong with them.
    pub(super) fn read(self, form: FormState) -> Option<Credentials> {
        let tenant_id = form.read("credentials.tenant_id", &self.tenant_id.read_untracked());
        let client_id = form.read("credentials.client_id", &self.client_id.read_untracked());
        let client_secret = form.read_secret("credentials.client_secret", &self.client_secret.read_untracked());
        Some(Credentials { tenant_id: tenant_id?, client_id: client_id?, client_secret: client_secret? })
    }
}

/// Tenant, application and secret.
#[component]
pub(super) fn CredentialInputs(form: FormState, fields: CredentialFields) -> impl IntoView {
    view! {
        <Field
            form
            name="credentials.tenant_id"
            label="Tenant ID"
            value=fields.tenant_id
            hint="The directory (tenant) of the vault."
            check={check::<AzureId>}
            code=true
        />
        <Field
            form
            name="credentials.client_id"
            label="Client ID"
            value=fields.client_id
            hint="The application (client) that we act as. It needs the role Key Vault Crypto Officer on the vault."
            check={check::<AzureId>}
            code=true
        />
        <Field
            form
            name="credentials.client_secret"
            label="Client secret"
            value=fields.client_secret
            hint="The secret's value, not its ID. It is sealed, and cannot be read back."
            kind="password"
            autocomplete="new-password"
        />
    }
}
