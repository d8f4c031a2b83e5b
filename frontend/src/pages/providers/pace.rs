//! How much a vault is sent.

use std::sync::Arc;

use crate::prelude::*;
use ::api::{Provider, VaultKind};

/// The card of a vault's limits.
#[component]
pub(super) fn PaceCard(provider: Arc<Provider>) -> impl IntoView {
    let pace = &provider.pace;
    let others = match provider.vault_kind {
        VaultKind::KeyVault => "; larger keys and keys in the HSM count for more of them",
        VaultKind::ManagedHsm => "; deletions count for more of them",
    };
    view! {
        <section class="card" aria-labelledby="pace">
            <header>
                <h2 id="pace">"Pace"</h2>
            </header>
            <dl class="facts">
                <dt>"Imports"</dt>
                <dd>{format!("at most {} in 10 seconds", pace.imports_per_10_s)}</dd>
                <dt>"Other calls"</dt>
                <dd>{format!("at most {} in 10 seconds{others}", pace.others_per_10_s)}</dd>
            </dl>
            <p class="soft">"The limits that Microsoft publishes, shared by all servers of Keyferry."</p>
        </section>
    }
}
