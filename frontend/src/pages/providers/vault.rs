//! Which vault: its kind, its cloud, and the address that follows.

use crate::prelude::*;
use ::api::{DemoVault, KeyCollection, VaultKind};

use crate::ui::{Choice, ErrorOf, Field, FormState, Icon, Select, check};

/// One of Azure's separate clouds.
struct Cloud {
    name: &'static str,
    words: &'static str,
    vaults: Option<&'static str>,
    managed_hsms: Option<&'static str>,
}

/// Microsoft, "Azure Key Vault security, domains and DNS suffixes"; the suffixes of Azure Stack are in a file at the
/// server.
const CLOUDS: [Cloud; 5] = [
    known(PUBLIC_CLOUD, "Azure Public", "vault.azure.net", Some("managedhsm.azure.net")),
    known(
        "AzureUSGovernmentCloud",
        "Azure US Government",
        "vault.usgovcloudapi.net",
        Some("managedhsm.usgovcloudapi.net"),
    ),
    known("AzureChinaCloud", "Azure China", "vault.azure.cn", Some("managedhsm.azure.cn")),
    known(GERMANY, "Azure Germany (retired)", "vault.microsoftazure.de", None),
    Cloud { name: "AzureStackCloud", words: "Azure Stack", vaults: None, managed_hsms: None },
];

/// The cloud that most vaults are in.
pub(super) const PUBLIC_CLOUD: &str = "AzurePublicCloud";

const GERMANY: &str = "AzureGermanCloud";

const fn known(
    name: &'static str,
    words: &'static str,
    vaults: &'static str,
    managed_hsms: Option<&'static str>,
) -> Cloud {
    Cloud { name, words, vaults: Some(vaults), managed_hsms }
}

/// What people call a cloud.
pub(super) fn cloud_words(name: &str) -> String {
    CLOUDS.iter().find(|cloud| cloud.name == name).map_or(name, |cloud| cloud.words).to_owned()
}

/// What people call a kind of vault.
pub(crate) fn kind_words(kind: VaultKind) -> &'static str {
    match kind {
        VaultKind::KeyVault => "Key Vault",
        VaultKind::ManagedHsm => "Managed HSM",
    }
}

/// The fields that name a vault.
#[derive(Clone, Copy)]
pub(super) struct VaultFields {
    pub(super) key_collection: RwSignal<String>,
    pub(super) kind: RwSignal<VaultKind>,
    /// The cloud by its name; empty leaves it to the server.
    pub(super) environment: RwSignal<String>,
}

impl VaultFields {
    pub(super) fn new() -> Self {
        Self {
            key_collection: RwSignal::default(),
            kind: RwSignal::new(VaultKind::KeyVault),
            environment: RwSignal::default(),
        }
    }

    pub(super) fn fill(self, vault: &DemoVault) {
        self.key_collection.set(vault.key_collection.to_string());
        self.kind.set(vault.vault_kind);
        self.environment.set(vault.environment.clone());
    }

    /// The cloud, where one is chosen.
    pub(super) fn chosen_environment(self) -> Option<String> {
        Some(self.environment.get_untracked()).filter(|name| !name.is_empty())
    }
}

/// The vault's kind, its cloud, its name, and its address while it is typed.
#[component]
pub(super) fn VaultInputs(form: FormState, fields: VaultFields) -> impl IntoView {
    let default = ("", "As the server's environment says, else Azure Public");
    let options = std::iter::once(default).chain(CLOUDS.iter().map(|cloud| (cloud.name, cloud.words))).collect();
    let rows: Vec<AnyView> = VaultKind::ALL.iter().map(|kind| kind_row(form, fields, *kind)).collect();
    form.name_field("vault_kind", "Kind");
    view! {
        <fieldset class="field" id="vault_kind" tabindex="-1">
            <legend>"Kind"</legend>
            <div class="choices">{rows}</div>
            <ErrorOf form name="vault_kind" />
        </fieldset>
        <Select form name="environment" label="Cloud" value=fields.environment options />
        <Field
            form
            name="key_collection"
            label="Key vault"
            value=fields.key_collection
            hint="The name of the vault or managed HSM, not its URL."
            check={check::<KeyCollection>}
            code=true
        />
        {move || address(fields)}
        {move || (*fields.environment.read() == GERMANY).then(|| view! { <Retired /> }.into_any())}
    }
}

fn kind_row(form: FormState, fields: VaultFields, kind: VaultKind) -> AnyView {
    let (label, meaning) = match kind {
        VaultKind::KeyVault => ("Key vault", "Premium takes HSM keys and software keys, Standard only software keys."),
        VaultKind::ManagedHsm => {
            ("Managed HSM", "An HSM of your own, which takes HSM keys only. It has an address and roles of its own.")
        }
    };
    let choose = move |_| {
        fields.kind.set(kind);
        form.set_error("vault_kind", None);
    };
    let chosen = Signal::derive(move || fields.kind.get() == kind);
    view! {
        <Choice kind="radio" name="vault_kind" id=format!("kind-{kind}") label chosen choose>
            {meaning}
        </Choice>
    }
    .into_any()
}

/// Where the vault will be looked for.
fn address(fields: VaultFields) -> Option<AnyView> {
    let name: KeyCollection = fields.key_collection.read().trim().parse().ok()?;
    let chosen = fields.environment.get();
    let open = chosen.is_empty();
    let cloud = CLOUDS.iter().find(|cloud| open || cloud.name == chosen)?;
    let (suffix, missing) = match (fields.kind.get(), cloud.vaults) {
        (_, None) => (None, "Its address follows from the file that AZURE_ENVIRONMENT_FILEPATH names at the server."),
        (VaultKind::KeyVault, suffix) => (suffix, ""),
        (VaultKind::ManagedHsm, Some(_)) => (cloud.managed_hsms, "There are no managed HSMs in this cloud."),
    };
    let Some(suffix) = suffix else {
        return Some(view! { <p class="soft">{missing}</p> }.into_any());
    };
    let url = format!("https://{}.{suffix}", name.as_str().to_ascii_lowercase());
    let unless = open.then_some(", unless the server's environment names another cloud");
    Some(
        view! {
            <p class="soft">
                "Its address is " <output for="key_collection"><code>{url}</code></output> {unless}
            </p>
        }
        .into_any(),
    )
}

#[component]
fn Retired() -> impl IntoView {
    view! {
        <div class="notice" data-state="pending">
            <Icon name="warning" />
            <p>"Microsoft closed this cloud in October 2021: nothing answers there any more."</p>
        </div>
    }
}
