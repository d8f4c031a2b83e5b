//! Every answer of Azure that concerns us, as a person reads it: a code, what heals it, and what the answer tells.

use api::{Cure, Explanation, NewProvider, Provider, VaultKind};
use azure_sim::{Call, Fault};
use engine::Error;

use crate::support::{World, new_provider};

const VAULT: &str = "keyvault-name";

/// Why connecting did not work, whether it was refused or stored with a failed check.
fn explained(result: Result<Provider, Error>) -> Explanation {
    match result {
        Err(Error::Refused { explanation, .. }) => *explanation,
        Ok(provider) => {
            let steps = provider.last_check.expect("it was checked").steps;
            steps.into_iter().find_map(|step| step.error).expect("a step failed")
        }
        Err(error) => panic!("{error:?}"),
    }
}

/// Connects a vault that answers every call of this kind with this fault.
async fn connect_with(call: Call, fault: Fault) -> Explanation {
    connect_to(VAULT, VaultKind::KeyVault, call, fault).await
}

/// The same with another vault.
async fn connect_to(vault: &str, kind: VaultKind, call: Call, fault: Fault) -> Explanation {
    let world = World::on_sqlite().await;
    world.azure.fail_times(call, fault, 4);
    let principal = world.azure.service_principal(vault);
    let new = NewProvider { vault_kind: Some(kind), ..new_provider(vault, vault, &principal) };
    explained(world.connect_as(&new).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_refusal_of_a_vault_is_explained() {
    let rbac = "Caller is not authorized to perform action on resource.\r\nCaller: appid=11111111-1111-1111-1111-111111111111;\
                oid=22222222-2222-2222-2222-222222222222;iss=https://sts.windows.net/33333333-3333-3333-3333-333333333333/\r\n\
                Action: 'Microsoft.KeyVault/vaults/keys/read'\r\nAssignment: (not found)";
    let policy = "The user, group or application 'appid=11111111-1111-1111-1111-111111111111;oid=2' does not have keys get \
                  permission on key vault 'keyvault-name;location=westeurope'.";
    let firewall =
        "Client address is not authorized and caller is not a trusted service.\r\nClient address: 203.0.113.7\r\n";
    let tenant = "AKV10032: Invalid issuer. Expected one of https://sts.windows.net/33333333-3333-3333-3333-333333333333/, \
                  found https://sts.windows.net/44444444-4444-4444-4444-444444444444/.";
    let rows = [
        (400, "BadParameter", None, "Property  has invalid value", "rejected", Cure::Us),
        (
            400,
            "BadParameter",
            None,
            "Hardware key operation not allowed on standard vault",
            "standard_vault",
            Cure::Person,
        ),
        (
            400,
            "BadParameter",
            None,
            "Unsupported key operation(s): x. Supported values are y",
            "purposes_refused",
            Cure::Person,
        ),
        (401, "Unauthorized", None, tenant, "wrong_tenant", Cure::Person),
        (401, "Unauthorized", None, "AKV10022: Invalid audience. Expected x, found: y", "wrong_audience", Cure::Person),
        (401, "Unauthorized", None, "AKV10000: Request is missing a Bearer or PoP token.", "token_refused", Cure::Time),
        (403, "Forbidden", Some("ForbiddenByRbac"), rbac, "permission_missing", Cure::Person),
        (403, "Forbidden", Some("ForbiddenByPolicy"), policy, "permission_missing", Cure::Person),
        (403, "Forbidden", Some("ForbiddenByFirewall"), firewall, "network_refused", Cure::Person),
        (
            403,
            "Forbidden",
            Some("ForbiddenByConnection"),
            "Public network access is disabled",
            "network_refused",
            Cure::Person,
        ),
        (
            403,
            "Forbidden",
            Some("KeyDisabled"),
            "Operation get is not allowed on a disabled key.",
            "key_unusable",
            Cure::Person,
        ),
        (403, "Forbidden", None, "Disallowed by a policy", "forbidden", Cure::Person),
        (409, "Conflict", Some("ObjectIsDeletedButRecoverable"), "Key X is deleted", "name_deleted", Cure::Person),
        (409, "Conflict", Some("ObjectIsBeingDeleted"), "Key is currently being deleted.", "name_busy", Cure::Time),
        (429, "Throttled", None, "Reason: VaultRequestTypeLimitReached", "throttled", Cure::Time),
        (503, "ServiceUnavailable", None, "", "vault_failed", Cure::Time),
    ];
    for (status, code, inner, message, expected, cure) in rows {
        let fault = Fault::status(status, code, inner, message);
        let explanation = connect_with(Call::GetKey, fault).await;
        assert_eq!(
            (explanation.code.as_str(), explanation.cure),
            (expected, cure),
            "{status} {code} {inner:?} {message}"
        );
        let said = explanation.kms.expect("Azure's own words are kept");
        assert_eq!((said.status, said.message.as_str()), (status, message));
        assert!(!explanation.title.is_empty() && !explanation.advice.is_empty());
    }

    let facts = connect_with(Call::GetKey, Fault::status(403, "Forbidden", Some("ForbiddenByRbac"), rbac)).await.facts;
    let fact = |name: &str| facts.iter().find(|fact| fact.name == name).map(|fact| fact.value.as_str());
    assert_eq!(fact("application"), Some("11111111-1111-1111-1111-111111111111"));
    assert_eq!(fact("object id"), Some("22222222-2222-2222-2222-222222222222"));
    assert_eq!(fact("missing permission"), Some("Microsoft.KeyVault/vaults/keys/read"));
    let facts =
        connect_with(Call::GetKey, Fault::status(403, "Forbidden", Some("ForbiddenByFirewall"), firewall)).await.facts;
    assert!(facts.iter().any(|fact| fact.name == "source address" && fact.value == "203.0.113.7"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_command_puts_right_comes_with_the_command() {
    let who = "Caller: appid=11111111-1111-1111-1111-111111111111;oid=22222222-2222-2222-2222-222222222222;iss=x\r\n";
    let rbac =
        |action: &str| format!("Caller is not authorized.\r\n{who}Action: '{action}'\r\nAssignment: (not found)");
    let refused = |inner: &'static str, message: &str| Fault::status(403, "Forbidden", Some(inner), message);

    let fault = refused("ForbiddenByRbac", &rbac("Microsoft.KeyVault/vaults/keys/import/action"));
    let command = connect_with(Call::GetKey, fault).await.command.unwrap();
    assert_eq!(
        command,
        "az role assignment create --role \"Key Vault Crypto Officer\" \
         --assignee-object-id 22222222-2222-2222-2222-222222222222 --assignee-principal-type ServicePrincipal \
         --scope \"$(az keyvault show --name keyvault-name --query id --output tsv)\""
    );
    let policy = "The user, group or application 'appid=1;oid=22222222-2222-2222-2222-222222222222' does not have keys purge permission on key vault 'x'.";
    assert_eq!(
        connect_with(Call::GetKey, refused("ForbiddenByPolicy", policy)).await.command.unwrap(),
        "az keyvault set-policy --name keyvault-name --object-id 22222222-2222-2222-2222-222222222222 \
         --key-permissions create delete get import update purge"
    );
    let fault = refused("ForbiddenByRbac", &rbac("Microsoft.KeyVault/managedHsm/keys/import/action"));
    assert_eq!(
        connect_to("acme-hsm", VaultKind::ManagedHsm, Call::GetKey, fault).await.command.unwrap(),
        "az keyvault role assignment create --hsm-name acme-hsm --role \"Managed HSM Crypto User\" \
         --assignee-object-id 22222222-2222-2222-2222-222222222222 --scope /keys"
    );
    let firewall = "Client address is not authorized.\r\nClient address: 203.0.113.7\r\n";
    assert_eq!(
        connect_with(Call::GetKey, refused("ForbiddenByFirewall", firewall)).await.command.unwrap(),
        "az keyvault network-rule add --name keyvault-name --ip-address 203.0.113.7"
    );
    let nobody = connect_with(Call::GetKey, refused("ForbiddenByRbac", "Caller is not authorized.")).await;
    assert_eq!(nobody.command, None, "where nobody knows for whom, there is no command");
    for hostile in ["`reboot`", "2|sh", "$(id)", "22222222-2222-2222-2222-222222222222`id`"] {
        let message = format!(
            "Caller is not authorized.\r\nCaller: appid=1;oid={hostile};iss=x\r\nAction: 'Microsoft.KeyVault/vaults/keys/read'"
        );
        let explained = connect_with(Call::GetKey, refused("ForbiddenByRbac", &message)).await;
        assert_eq!(explained.command, None, "what goes into a shell is an id and nothing else: {hostile}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_refusal_of_entra_is_explained() {
    let rows: [(u32, &str, Cure); 13] = [
        (7_000_215, "wrong_secret", Cure::Person),
        (7_000_222, "secret_expired", Cure::Person),
        (7_000_216, "proof_missing", Cure::Person),
        (700_027, "wrong_certificate", Cure::Person),
        (700_016, "unknown_application", Cure::Person),
        (90_002, "unknown_tenant", Cure::Person),
        (900_023, "unknown_tenant", Cure::Person),
        (500_011, "unknown_resource", Cure::Person),
        (700_211, "federation_mismatch", Cure::Person),
        (700_024, "assertion_expired", Cure::Person),
        (53_003, "blocked_by_policy", Cure::Person),
        (50_196, "entra_failed", Cure::Time),
        (999_999, "entra_refused", Cure::Person),
    ];
    for (number, expected, cure) in rows {
        let fault = Fault::status(400, "invalid_request", None, &format!("AADSTS{number}: Something."));
        let explanation = connect_with(Call::Token, fault).await;
        assert_eq!((explanation.code.as_str(), explanation.cure), (expected, cure), "AADSTS{number}");
        let said = explanation.kms.expect("Entra's own words are kept");
        assert_eq!(said.inner_code.as_deref(), Some(format!("AADSTS{number}").as_str()));
    }
    let explanation = connect_with(Call::Token, Fault::entra_unavailable()).await;
    assert_eq!((explanation.code.as_str(), explanation.cure), ("entra_failed", Cure::Time));
}
