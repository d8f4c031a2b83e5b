//! What Azure said, in plain words with the next step (`azure.md` §8).

mod command;
mod entra;
mod unanswered;

use api::{Cure, Explanation, Fact, KmsAnswer};
use azure::Answer;

use crate::{Error, clock};

/// Which role our application needs.
const ROLE: &str = "Give it the role Key Vault Crypto Officer on this vault (on a managed HSM: Managed HSM Crypto User; with \
     access policies: the key permissions create, import, get, update and delete). Azure may take up to 10 minutes until \
     a new role works.";

/// What to know before an access policy is set.
const REPLACES: &str =
    "The command sets all key permissions of the application anew: add those that it has beside these.";

/// What an error means to a person.
struct Meaning {
    code: &'static str,
    cure: Cure,
    title: String,
    advice: &'static str,
}

/// The vault that an error concerns.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    /// Its name.
    pub(crate) name: &'a str,
    /// Its kind.
    pub(crate) kind: azure::VaultKind,
}

/// An error of the Azure client in plain words.
pub(crate) fn azure(error: &azure::Error, place: Place<'_>) -> Explanation {
    let vault = place.name;
    match error {
        azure::Error::Answered(answer) => {
            let explained = explanation(answered(answer, vault), facts(answer), Some(vault_answer(answer)));
            let command = command::for_refusal(&explained.code, answer, place);
            let replaces = command.as_ref().is_some_and(|command| command.contains("set-policy"));
            let advice = if replaces { format!("{} {REPLACES}", explained.advice) } else { explained.advice };
            Explanation { command, advice, ..explained }
        }
        azure::Error::Entra(answer) => explanation(entra::meaning(answer), Vec::new(), Some(entra::answer(answer))),
        azure::Error::Managed(answer) => {
            explanation(entra::managed_meaning(answer), Vec::new(), Some(entra::managed_answer(answer)))
        }
        other => explanation(unanswered::meaning(other, vault), Vec::new(), None),
    }
}

/// An error of our own in plain words, where one of Azure is expected.
pub(crate) fn engine(error: &Error, place: Place<'_>) -> Explanation {
    match error {
        Error::Azure(error) => azure(error, place),
        error => finding("unexpected", Cure::Us, error.to_string(), "Tell us."),
    }
}

/// Something that we found out by ourselves.
pub(crate) fn finding(code: &'static str, cure: Cure, title: String, advice: &'static str) -> Explanation {
    explanation(meaning(code, cure, title, advice), Vec::new(), None)
}

/// Permissions that are missing: refused just now, with the vault's answer, or when they were last used.
pub(crate) fn missing_permissions(names: &[&str], refusal: Option<&azure::Error>, place: Place<'_>) -> Explanation {
    let title = format!("The application may not {} keys in the vault {}", names.join(", "), place.name);
    match refusal {
        Some(refusal) => Explanation { title, ..azure(refusal, place) },
        None => finding("permission_missing", Cure::Person, title, ROLE),
    }
}

/// The vault's clock and ours are too far apart.
pub(crate) fn clock(ahead: i64) -> Explanation {
    let word = if ahead > 0 { "behind" } else { "ahead of" };
    let title = format!("This server's clock is {} s {word} the vault's", ahead.abs());
    finding(
        "clock",
        Cure::Person,
        title,
        "Let this server's clock follow a time service: tokens end at the wrong moment.",
    )
}

/// The field of a request for a provider that a person has to change, where it can be told.
pub(crate) fn provider_field(explanation: &Explanation) -> Option<&'static str> {
    match explanation.code.as_str() {
        "unknown_vault" => Some("key_collection"),
        "unknown_tenant" | "wrong_tenant" => Some("credentials.tenant_id"),
        "unknown_application" => Some("credentials.client_id"),
        "wrong_secret" | "secret_expired" => Some("credentials.client_secret"),
        "wrong_certificate" => Some("credentials.certificate"),
        _ => None,
    }
}

/// The field of a request for a provider whose value can never be right.
pub(crate) fn input_field(error: &azure::Error) -> Option<&'static str> {
    match error {
        azure::Error::UnknownCloud { .. } => Some("environment"),
        azure::Error::NoManagedHsm { .. } => Some("vault_kind"),
        azure::Error::MissingTenant | azure::Error::InvalidTenant => Some("credentials.tenant_id"),
        azure::Error::MissingClient { .. } => Some("credentials.client_id"),
        azure::Error::UnusableCertificate { path: None, .. } => Some("credentials.certificate"),
        _ => None,
    }
}

fn explanation(meaning: Meaning, facts: Vec<Fact>, kms: Option<KmsAnswer>) -> Explanation {
    Explanation {
        code: meaning.code.to_owned(),
        title: meaning.title,
        advice: meaning.advice.to_owned(),
        command: None,
        cure: meaning.cure,
        facts,
        kms,
        at: clock::now(),
    }
}

fn meaning(code: &'static str, cure: Cure, title: impl Into<String>, advice: &'static str) -> Meaning {
    Meaning { code, cure, title: title.into(), advice }
}

/// What the answer's message tells, taken out of it.
fn facts(answer: &Answer) -> Vec<Fact> {
    let found = answer.facts();
    let tenants = found.tenants.as_ref();
    let facts = [
        ("application", found.caller.app_id),
        ("object id", found.caller.object_id),
        ("missing permission", found.missing.map(|permission| permission.data_action().to_owned())),
        ("source address", found.source_address.map(|address| address.to_string())),
        ("tenant of the credentials", tenants.and_then(|tenants| tenants.token.clone())),
        ("tenant of the vault", tenants.map(|tenants| tenants.vault.clone())),
    ];
    let fact = |(name, value): (&str, Option<String>)| value.map(|value| Fact { name: name.to_owned(), value });
    facts.into_iter().filter_map(fact).collect()
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
        400 if answer.message.contains("Unsupported key operation") => meaning(
            "purposes_refused",
            Cure::Person,
            format!("The vault {vault} does not allow these purposes for this key"),
            "Withdraw the key here and distribute it with purposes that Azure names below.",
        ),
        400 if answer.message.to_lowercase().contains("expir") => meaning(
            "expiry_required",
            Cure::Person,
            format!("A policy of the vault {vault} asks for keys that expire"),
            "Change the policy in Azure for this vault.",
        ),
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
        "HSM keys need a Premium vault: distribute to one, or choose software protection. What was begun here is withdrawn first.",
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
    if answer.message.contains("AKV10022") {
        return meaning(
            "wrong_audience",
            Cure::Person,
            format!("The vault {vault} does not accept tokens for this cloud or kind of vault"),
            "Choose the cloud and the kind (key vault or managed HSM) that the vault really has.",
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
            format!("The application may not {} in the vault {vault}", action(answer)),
            ROLE,
        ),
        "KeyDisabled" | "KeyNotYetValid" | "KeyExpired" => meaning(
            "key_unusable",
            Cure::Person,
            format!("The key in the vault {vault} is disabled, expired or not yet valid"),
            "Somebody changed it in Azure: look at its attributes there.",
        ),
        _ if answer.message.to_lowercase().contains("purge protection") => meaning(
            "purge_protected",
            Cure::Person,
            format!("The vault {vault} protects deleted keys from being purged"),
            "Wait for the purge date, or recover the key.",
        ),
        _ => meaning(
            "forbidden",
            Cure::Person,
            format!("The vault {vault} does not allow this"),
            "What Azure said below names the reason.",
        ),
    }
}

/// What the refusal says is missing, in words.
fn action(answer: &Answer) -> String {
    answer.facts().missing.map_or_else(
        || "do this".to_owned(),
        |missing| match missing {
            azure::Permission::Get => "read keys".to_owned(),
            missing => format!("{} keys", missing.policy_name()),
        },
    )
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

fn vault_answer(answer: &Answer) -> KmsAnswer {
    KmsAnswer {
        status: answer.status,
        code: answer.code.clone(),
        inner_code: answer.inner_code.clone(),
        message: answer.message.clone(),
        request_id: answer.request_id.clone(),
    }
}
