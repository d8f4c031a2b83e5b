//! Azure Resource Manager, as far as Azure's command line needs it to sign in (azure.md §7): which endpoints there are,
//! and one subscription. It answers by the names of this machine only.

use serde_json::json;

use crate::{answer::Answer, clouds::PUBLIC, request::Request, state::State, token::Claims, vaults::DEFAULT};

/// The subscription that all vaults are in.
const SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000000";

/// What its tokens are for.
const AUDIENCE: &str = "https://management.azure.com";

/// Whether a path belongs to the resource manager; on `localhost` it shares the host with a vault.
pub(crate) fn owns(segments: &[&str]) -> bool {
    matches!(segments, ["metadata", "endpoints"] | ["subscriptions" | "tenants"])
}

/// Answers a request.
pub(crate) fn answer(request: &Request, state: &State, now: i64) -> Answer {
    let segments = request.segments();
    match segments.as_slice() {
        _ if request.method != "GET" => Answer::empty(405),
        ["metadata", ..] => endpoints(request),
        _ => match request.bearer.as_deref().and_then(Claims::verify) {
            Some(claims) if claims.aud == AUDIENCE && claims.exp > now => listed(&segments, state),
            _ => Answer::refusal(401, "AuthenticationFailed", None, "Authentication failed."),
        },
    }
}

fn endpoints(request: &Request) -> Answer {
    let here = format!("https://{}", request.authority);
    Answer::ok(&json!({
        "name": "AzureSimulator",
        "resourceManager": format!("{here}/"),
        "portal": here,
        "authentication": {
            "loginEndpoint": here,
            "audiences": [format!("{AUDIENCE}/")],
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "graph": "https://graph.microsoft.com/",
        "graphAudience": "https://graph.microsoft.com/",
        "microsoftGraphResourceId": "https://graph.microsoft.com/",
        "suffixes": { "keyVaultDns": PUBLIC.vault_suffix, "mhsmDns": PUBLIC.hsm_suffix },
    }))
}

fn listed(segments: &[&str], state: &State) -> Answer {
    let tenant = state.vaults.get(DEFAULT).map(|vault| &vault.principal.tenant_id);
    let entry = if segments == ["tenants"] {
        json!({ "id": tenant.map(|tenant| format!("/tenants/{tenant}")), "tenantId": tenant })
    } else {
        json!({
            "id": format!("/subscriptions/{SUBSCRIPTION}"),
            "subscriptionId": SUBSCRIPTION,
            "tenantId": tenant,
            "displayName": "Azure simulator",
            "state": "Enabled",
        })
    };
    Answer::ok(&json!({ "value": [entry] }))
}
