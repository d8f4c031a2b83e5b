//! Who we are in a vault and why, and what we may do there.

use std::sync::Arc;

use crate::prelude::*;
use ::api::{Identity, Permission, Proof, Provider, Setting, Source, Timestamp, UnusedProof};

use crate::ui::{Icon, Id, Time, Word};

/// Which identity is in force, and why the others are not.
#[component]
pub(super) fn WhoWeAre(provider: Arc<Provider>) -> impl IntoView {
    let body = match provider.identity.clone() {
        Some(identity) => view! { <InForce identity replaced=provider.credentials_replaced_at /> }.into_any(),
        None => view! {
            <div class="notice" data-state="refused">
                <Icon name="refused" />
                <p>
                    <strong>"No identity is complete."</strong>
                    " Replace the credentials, or complete those in the server's environment. A check says what is missing."
                </p>
            </div>
        }
        .into_any(),
    };
    view! {
        <section class="card" aria-labelledby="identity">
            <header>
                <h2 id="identity">"Who we are there"</h2>
            </header>
            {body}
        </section>
    }
}

#[component]
fn InForce(identity: Identity, replaced: Timestamp) -> impl IntoView {
    let Identity { tenant, client, proof, unused, warning } = identity;
    let client = match client {
        Some(client) => setting(client, "client ID"),
        None => view! { "the system-assigned managed identity" }.into_any(),
    };
    let stored = matches!(proof, Proof::StoredSecret | Proof::StoredCertificate);
    let since = stored
        .then(|| view! { <small class="soft">" set " <Time at=replaced /> "; cannot be read back"</small> }.into_any());
    view! {
        <dl class="facts">
            <dt>"Tenant"</dt>
            <dd>{setting(tenant, "tenant ID")}</dd>
            <dt>"Application"</dt>
            <dd>{client}</dd>
            <dt>"Proof"</dt>
            <dd>
                <Word state="in_sync" icon="in_sync" text=proof_words(proof) />
                {since}
            </dd>
        </dl>
        {warning.map(|warning| view! { <Warning warning /> }.into_any())}
        {(!unused.is_empty()).then(|| view! { <Unused unused /> }.into_any())}
    }
}

/// A value with who said it, and why what is stored does not count.
fn setting(setting: Setting, what: &'static str) -> AnyView {
    let source = match setting.source {
        Source::Environment => "from the server's environment",
        Source::Stored => "stored here",
        Source::Platform => "from the server's machine",
        Source::Default => "by default",
    };
    view! {
        <Id text=setting.value what />
        " "
        <small class="soft">{source}</small>
        {setting.unused.map(|reason| view! { <p class="soft">{reason}</p> }.into_any())}
    }
    .into_any()
}

#[component]
fn Warning(warning: String) -> impl IntoView {
    view! {
        <div class="notice" data-state="pending">
            <Icon name="warning" />
            <p>{warning}</p>
        </div>
    }
}

#[component]
fn Unused(unused: Vec<UnusedProof>) -> impl IntoView {
    let row = |unused: UnusedProof| {
        view! {
            <li>
                <Icon name="none" />
                <strong>{proof_words(unused.proof)}</strong>
                <p>{unused.reason}</p>
            </li>
        }
        .into_any()
    };
    let rows: Vec<AnyView> = unused.into_iter().map(row).collect();
    view! {
        <h3>"Why nothing else proves it"</h3>
        <ul class="log">{rows}</ul>
    }
}

fn proof_words(proof: Proof) -> &'static str {
    match proof {
        Proof::EnvironmentSecret => "Secret in the environment",
        Proof::EnvironmentCertificate => "Certificate in the environment",
        Proof::FederatedToken => "Federated token",
        Proof::StoredSecret => "Stored secret",
        Proof::StoredCertificate => "Stored certificate",
        Proof::ManagedIdentity => "Managed identity",
    }
}

/// What our application may do in the vault, as far as use has shown it.
#[component]
pub(super) fn Permissions(provider: Arc<Provider>) -> impl IntoView {
    let rows: Vec<AnyView> = provider.permissions.iter().map(permission).collect();
    view! {
        <section class="card" aria-labelledby="permissions">
            <header>
                <h2 id="permissions">"What we may do with keys"</h2>
                <p class="soft">"Learned from use"</p>
            </header>
            {if rows.is_empty() {
                view! { <p class="soft">"Not known yet: each permission shows when it is first used."</p> }.into_any()
            } else {
                view! { <dl class="facts">{rows}</dl> }.into_any()
            }}
        </section>
    }
}

fn permission(permission: &Permission) -> AnyView {
    let (state, icon, text) = match permission.granted {
        Some(true) => ("in_sync", "in_sync", "Granted"),
        Some(false) => ("refused", "refused", "Refused"),
        None => ("none", "none", "Not used yet"),
    };
    let at = permission.at.map(|at| view! { <small class="soft">" " <Time at /></small> }.into_any());
    view! {
        <dt>{permission.name.clone()}</dt>
        <dd>
            <Word state icon text />
            {at}
        </dd>
    }
    .into_any()
}
