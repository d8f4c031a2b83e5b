//! The command that a person may paste: only where it is surely the right one.

use api::AzureId;
use azure::{Answer, Permission, VaultKind};

use super::Place;

/// The key permissions of an access policy that everything needs.
const POLICY: &str = "create delete get import update";

/// What gives our application the permission that a vault refused, or lets its address in (Microsoft, "az role
/// assignment", "az keyvault").
pub(super) fn for_refusal(code: &str, answer: &Answer, place: Place<'_>) -> Option<String> {
    let facts = answer.facts();
    match code {
        "permission_missing" => {
            let missing = facts.missing.unwrap_or(Permission::Import);
            let by_policy = matches!(answer.inner_code.as_deref(), Some("ForbiddenByPolicy" | "AccessDenied"));
            // It is taken out of a message that anybody may have written, and is meant for a shell.
            let object: AzureId = facts.caller.object_id?.parse().ok()?;
            Some(match (place.kind, by_policy) {
                (VaultKind::ManagedHsm, _) => local_role(&object, missing, place),
                (VaultKind::KeyVault, true) => policy(&object, missing, place),
                (VaultKind::KeyVault, false) => role(&object, missing, place),
            })
        }
        "network_refused" if place.kind == VaultKind::KeyVault => {
            let address = facts.source_address?;
            Some(format!("az keyvault network-rule add --name {} --ip-address {address}", place.name))
        }
        _ => None,
    }
}

fn role(object: &AzureId, missing: Permission, place: Place<'_>) -> String {
    format!(
        "az role assignment create --role \"{}\" --assignee-object-id {object} \
         --assignee-principal-type ServicePrincipal \
         --scope \"$(az keyvault show --name {} --query id --output tsv)\"",
        missing.built_in_role(VaultKind::KeyVault),
        place.name
    )
}

fn local_role(object: &AzureId, missing: Permission, place: Place<'_>) -> String {
    format!(
        "az keyvault role assignment create --hsm-name {} --role \"{}\" --assignee-object-id {object} --scope /keys",
        place.name,
        missing.built_in_role(VaultKind::ManagedHsm)
    )
}

fn policy(object: &AzureId, missing: Permission, place: Place<'_>) -> String {
    let more = match missing {
        Permission::Recover | Permission::Purge | Permission::List => format!(" {}", missing.policy_name()),
        _ => String::new(),
    };
    format!("az keyvault set-policy --name {} --object-id {object} --key-permissions {POLICY}{more}", place.name)
}
