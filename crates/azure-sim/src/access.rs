//! Who may do what in a vault, from where, and how a vault says no (azure.md §1.4 and §5).

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::{
    answer::Answer,
    route::Route,
    state::Vault,
    token::Claims,
    vault::Visit,
    vaults::{StartVault, VaultKind},
};

/// How a vault knows what its callers may do.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub enum AccessModel {
    /// By role assignments.
    #[default]
    Rbac,
    /// By the vault's own list of identities and rights.
    Policies,
}

/// From where a vault is reached.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub enum Network {
    /// From everywhere.
    #[default]
    Open,
    /// From these addresses only.
    Firewall(Vec<IpAddr>),
    /// By private endpoints only, of which the simulator has none.
    PrivateLink,
}

/// What a vault's owner has chosen.
#[derive(Default, Deserialize, Serialize)]
pub(crate) struct Settings {
    pub(crate) access_model: AccessModel,
    pub(crate) network: Network,
    pub(crate) purge_protection: bool,
}

/// Lets a caller through who comes from the right place and has the right that the operation needs.
pub(crate) fn check(visit: &Visit<'_>, route: Route<'_>, claims: &Claims) -> Result<(), Answer> {
    visit.read(|_, vault| {
        check_network(visit, vault, claims)?;
        let is_known = vault.principal.client_id == claims.appid;
        let has_right = route.permission().is_some_and(|permission| vault.permissions.contains(&permission));
        if is_known && has_right {
            return Ok(());
        }
        Err(match (visit.vault.kind, vault.settings.access_model) {
            (VaultKind::ManagedHsm, _) => forbidden_by_local_rbac(route, claims),
            (VaultKind::Vault, AccessModel::Rbac) => forbidden_by_rbac(visit.vault, route, claims),
            (VaultKind::Vault, AccessModel::Policies) => {
                // Both codes are seen in reality (azure.md §1.4); which one when is a guess.
                let code = if is_known { "ForbiddenByPolicy" } else { "AccessDenied" };
                forbidden_by_policy(visit.vault, route, claims, code)
            }
        })
    })?
}

fn check_network(visit: &Visit<'_>, vault: &Vault, claims: &Claims) -> Result<(), Answer> {
    let client = visit.request.client;
    let (code, message) = match &vault.settings.network {
        Network::Open => return Ok(()),
        Network::Firewall(addresses) if addresses.contains(&client) => return Ok(()),
        Network::Firewall(_) => (
            "ForbiddenByFirewall",
            format!(
                "Client address is not authorized and caller is not a trusted service.\r\nClient address: {client}\r\n"
            ),
        ),
        Network::PrivateLink => (
            "ForbiddenByConnection",
            "Public network access is disabled and request is not from a trusted service nor via an approved private \
             link.\r\n"
                .to_owned(),
        ),
    };
    let message = format!("{message}Caller: {}\r\nVault: {};location=westeurope", caller(claims), visit.vault.name);
    Err(Answer::refusal(403, "Forbidden", Some(code), &message))
}

fn forbidden_by_rbac(vault: &StartVault, route: Route<'_>, claims: &Claims) -> Answer {
    let name = vault.name;
    let resource = format!(
        "/subscriptions/00000000-0000-0000-0000-000000000000/resourcegroups/simulator/providers/\
         microsoft.keyvault/vaults/{name}{}",
        route.name().map(|key| format!("/keys/{key}")).unwrap_or_default()
    );
    let message = format!(
        "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role \
         definitions were changed recently, please observe propagation time.\r\nCaller: {}\r\nAction: \
         'Microsoft.KeyVault/vaults/{}'\r\nResource: '{resource}'\r\nAssignment: (not found)\r\nDenyAssignmentId: \
         null\r\nDecisionReason: null\r\nVault: {name};location=westeurope\r\n",
        caller(claims),
        route.action(VaultKind::Vault)
    );
    Answer::refusal(403, "Forbidden", Some("ForbiddenByRbac"), &message)
}

fn forbidden_by_policy(vault: &StartVault, route: Route<'_>, claims: &Claims, code: &str) -> Answer {
    let message = format!(
        "The user, group or application '{}' does not have keys {} permission on key vault \
         '{};location=westeurope'. For help resolving this issue, please see \
         https://go.microsoft.com/fwlink/?linkid=2125287",
        caller(claims),
        route.policy_name(),
        vault.name
    );
    Answer::refusal(403, "Forbidden", Some(code), &message)
}

/// A managed HSM has roles of its own. The words are a guess.
fn forbidden_by_local_rbac(route: Route<'_>, claims: &Claims) -> Answer {
    let scope = route.name().map_or_else(|| "/keys".to_owned(), |key| format!("/keys/{key}"));
    let message = format!(
        "Caller '{}' is not authorized to perform action 'Microsoft.KeyVault/managedHsm/{}' at scope '{scope}'.",
        caller(claims),
        route.action(VaultKind::ManagedHsm)
    );
    Answer::refusal(403, "Forbidden", Some("AccessDenied"), &message)
}

fn caller(claims: &Claims) -> String {
    format!("appid={};oid={};iss={}", claims.appid, claims.oid, claims.iss)
}
