//! What Azure said, in plain words with the next step (`azure.md` §8).

use api::{Cure, Explanation, KmsAnswer};
use azure::{Answer, EntraAnswer};

use crate::clock;

/// What an error means to a person.
struct Meaning {
    code: &'static str,
    cure: Cure,
    title: String,
    advice: &'static str,
}

/// An error of the Azure client in plain words. `vault` is the name of the vault it concerns.
pub(crate) fn azure(error: &azure::Error, vault: &str) -> Explanation {
    let (meaning, kms) = match error {
        azure::Error::Answered(answer) => (answered(answer, vault), Some(vault_answer(answer))),
        azure::Error::Entra(answer) => (entra(answer), Some(entra_answer(answer))),
        other => (unanswered(other, vault), None),
    };
    explanation(meaning, kms)
}

/// Something that the reconciler found out by itself.
pub(crate) fn finding(code: &'static str, cure: Cure, title: String, advice: &'static str) -> Explanation {
    explanation(Meaning { code, cure, title, advice }, None)
}

/// The field of a request for a provider that a person has to change, where it can be told.
pub(crate) fn provider_field(explanation: &Explanation) -> Option<&'static str> {
    match explanation.code.as_str() {
        "unknown_vault" => Some("key_collection"),
        "unknown_tenant" | "wrong_tenant" => Some("credentials.tenant_id"),
        "unknown_application" => Some("credentials.client_id"),
        "wrong_secret" | "secret_expired" => Some("credentials.client_secret"),
        _ => None,
    }
}

fn explanation(meaning: Meaning, kms: Option<KmsAnswer>) -> Explanation {
    Explanation {
        code: meaning.code.to_owned(),
        title: meaning.title,
        advice: meaning.advice.to_owned(),
        cure: meaning.cure,
        kms,
        at: clock::now(),
    }
}

fn meaning(code: &'static str, cure: Cure, title: impl Into<String>, advice: &'static str) -> Meaning {
    Meaning { code, cure, title: title.into(), advice }
}

fn answered(answer: &Answer, vault: &str) -> Meaning {
    let inner = answer.inner_code.as_deref().unwrap_or_default();
    match answer.status {
        401 => unauthorized(answer, vault),
        403 => forbidden(answer, inner, vault),
        404 => meaning(
            "key_missing",
            Cure::Person,
            format!("The vault {vault} has no such key any more"),
            "Somebody deleted it in Azure. Withdraw it here and distribute it again.",
        ),
        409 => conflict(inner, vault),
        429 => meaning(
            "throttled",
            Cure::Time,
            format!("The vault {vault} asks for fewer requests"),
            "Nothing was lost. It is tried again by itself once the vault takes requests again.",
        ),
        500.. | 408 => meaning(
            "vault_failed",
            Cure::Time,
            format!("The vault {vault} failed to answer properly (status {})", answer.status),
            "It is tried again by itself. If it lasts, look at Azure's status page.",
        ),
        _ if is_standard(answer) => standard(vault),
        status => meaning(
            "rejected",
            Cure::Us,
            format!("The vault {vault} does not accept the request (status {status})"),
            "Tell us what Azure said below, with its request id.",
        ),
    }
}

fn is_standard(answer: &Answer) -> bool {
    answer.message.contains("not allowed on standard vault")
}

fn standard(vault: &str) -> Meaning {
    meaning(
        "standard_vault",
        Cure::Person,
        format!("The vault {vault} is Standard and takes no HSM keys"),
        "HSM keys need a Premium vault. Withdraw the key here and distribute it to a Premium vault.",
    )
}

fn unauthorized(answer: &Answer, vault: &str) -> Meaning {
    if answer.message.contains("AKV10032") {
        let tenant = answer.challenge.as_ref().map_or("another tenant", |challenge| challenge.tenant.as_str());
        return meaning(
            "wrong_tenant",
            Cure::Person,
            format!("The vault {vault} belongs to {tenant}, and the credentials are for another tenant"),
            "Give credentials of an application in the vault's own tenant.",
        );
    }
    meaning(
        "token_refused",
        Cure::Time,
        format!("The vault {vault} does not accept our token"),
        "A new token is fetched by itself. If it lasts, check the provider.",
    )
}

fn forbidden(answer: &Answer, inner: &str, vault: &str) -> Meaning {
    if is_standard(answer) {
        return standard(vault);
    }
    match inner {
        "ForbiddenByFirewall" | "ForbiddenByConnection" => meaning(
            "network_refused",
            Cure::Person,
            format!("The network rules of the vault {vault} do not let us in"),
            "Add the address that Azure names below to the vault's firewall, or connect through a private endpoint.",
        ),
        "ForbiddenByRbac" | "ForbiddenByPolicy" | "AccessDenied" => meaning(
            "permission_missing",
            Cure::Person,
            format!("The application may not {} in the vault {vault}", action(&answer.message)),
            "Give it the role Key Vault Crypto Officer on this vault (or, with access policies, the key permissions \
             create, import, get, update and delete). Azure may take up to 10 minutes until a new role works.",
        ),
        _ => meaning(
            "forbidden",
            Cure::Person,
            format!("The vault {vault} does not allow this"),
            "What Azure said below names the reason.",
        ),
    }
}

/// The data action that an RBAC refusal names, in words.
fn action(message: &str) -> &'static str {
    const ACTIONS: [(&str, &str); 5] = [
        ("keys/import", "import keys"),
        ("keys/create", "create keys"),
        ("keys/update", "update keys"),
        ("keys/delete", "delete keys"),
        ("keys/read", "read keys"),
    ];
    let named = ACTIONS.iter().find(|(action, _)| message.contains(action));
    named.map_or("do this", |(_, words)| words)
}

fn conflict(inner: &str, vault: &str) -> Meaning {
    match inner {
        "ObjectIsDeletedButRecoverable" => meaning(
            "name_deleted",
            Cure::Person,
            format!("The vault {vault} keeps a deleted key of this name, so the name cannot be used again"),
            "Withdraw it here and distribute again under another name; or recover or purge the deleted key in Azure.",
        ),
        "ObjectIsBeingDeleted" | "ObjectIsBeingRecovered" => meaning(
            "name_busy",
            Cure::Time,
            format!("The vault {vault} is still busy with a key of this name"),
            "It is tried again by itself.",
        ),
        _ => meaning(
            "conflict",
            Cure::Person,
            format!("The vault {vault} says that this conflicts with what it holds"),
            "What Azure said below names the reason.",
        ),
    }
}

fn entra(answer: &EntraAnswer) -> Meaning {
    match answer.aadsts {
        Some(7_000_215) => meaning(
            "wrong_secret",
            Cure::Person,
            "Microsoft Entra does not accept the client secret",
            "Give the secret's value, not its id. If the value is lost, make a new secret for the application.",
        ),
        Some(7_000_222) => meaning(
            "secret_expired",
            Cure::Person,
            "The client secret has expired",
            "Make a new secret for the application in Microsoft Entra and replace the credentials here.",
        ),
        Some(700_016) => meaning(
            "unknown_application",
            Cure::Person,
            "Microsoft Entra knows no such application in this tenant",
            "Compare client id and tenant id with the application's overview page in Microsoft Entra.",
        ),
        Some(90_002 | 900_023) => meaning(
            "unknown_tenant",
            Cure::Person,
            "Microsoft Entra knows no such tenant",
            "Compare the tenant id with the overview page of the vault's directory.",
        ),
        _ if answer.status == 429 || answer.status >= 500 => meaning(
            "entra_failed",
            Cure::Time,
            "Microsoft Entra gives no token now",
            "It is tried again by itself. If it lasts, look at Azure's status page.",
        ),
        _ => meaning(
            "entra_refused",
            Cure::Person,
            "Microsoft Entra refuses to give a token",
            "What it said below names the reason.",
        ),
    }
}

fn unanswered(error: &azure::Error, vault: &str) -> Meaning {
    use azure::Error as E;
    match error {
        E::UnknownVault { host } => meaning(
            "unknown_vault",
            Cure::Person,
            format!("There is no vault named {vault}: {host} does not resolve"),
            "Compare the name with the vault's overview page in Azure. A deleted vault no longer resolves either.",
        ),
        E::Unreachable { host, .. } => meaning(
            "unreachable",
            Cure::Time,
            format!("{host} cannot be reached"),
            "It is tried again by itself. If it lasts, check name resolution, proxy and firewall of this server.",
        ),
        E::Lost { .. } => meaning(
            "reply_lost",
            Cure::Time,
            format!("The connection to the vault {vault} broke before its answer came"),
            "We look what became of the request before anything is repeated.",
        ),
        E::Garbled { .. } => meaning(
            "reply_garbled",
            Cure::Time,
            format!("The vault {vault} answered with something that is no answer"),
            "We look what became of the request before anything is repeated. A proxy in between may be the reason.",
        ),
        E::StillDeleting { .. } => meaning(
            "name_busy",
            Cure::Time,
            format!("The vault {vault} is still deleting the key"),
            "It is looked at again by itself.",
        ),
        E::UnusableKek { kid, fault } => meaning(
            "unusable_kek",
            Cure::Person,
            format!("The key {kid} cannot serve as key exchange key: {fault}"),
            "Rename or delete that key in Azure; Keyferry makes its own.",
        ),
        E::Redirected { host, .. } => meaning(
            "redirected",
            Cure::Person,
            format!("{host} redirects, and credentials are never sent on"),
            "A proxy in between may be the reason: let this server reach the vault directly.",
        ),
        _ => meaning("unexpected", Cure::Us, format!("The call could not be made: {error}"), "Tell us."),
    }
}

fn vault_answer(answer: &Answer) -> KmsAnswer {
    KmsAnswer {
        status: answer.status,
        code: answer.code.clone(),
        inner_code: answer.inner_code.clone(),
        message: answer.message.clone(),
        request_id: answer.request_id.clone(),
    }
}

fn entra_answer(answer: &EntraAnswer) -> KmsAnswer {
    KmsAnswer {
        status: answer.status,
        code: answer.error.clone(),
        inner_code: answer.aadsts.map(|number| format!("AADSTS{number}")),
        message: answer.message.clone(),
        request_id: answer.trace_id.clone(),
    }
}
