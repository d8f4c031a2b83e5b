//! Refusals of a token, in plain words.

use api::{Cure, KmsAnswer};
use azure::{EntraAnswer, ManagedAnswer};

use super::{Meaning, meaning as mean};

/// What a refusal of Entra means (`azure.md` §3.6).
pub(super) fn meaning(answer: &EntraAnswer) -> Meaning {
    match answer.aadsts {
        Some(7_000_215) => mean(
            "wrong_secret",
            Cure::Person,
            "Microsoft Entra does not accept the client secret",
            "Give the secret's value, not its id. If the value is lost, make a new secret for the application.",
        ),
        Some(7_000_222) => mean(
            "secret_expired",
            Cure::Person,
            "The client secret has expired",
            "Make a new secret for the application in Microsoft Entra and replace the credentials here.",
        ),
        Some(700_016) => mean(
            "unknown_application",
            Cure::Person,
            "Microsoft Entra knows no such application in this tenant",
            "Compare client id and tenant id with the application's overview page in Microsoft Entra.",
        ),
        Some(90_002 | 900_023) => mean(
            "unknown_tenant",
            Cure::Person,
            "Microsoft Entra knows no such tenant",
            "Compare the tenant id with the overview page of the vault's directory.",
        ),
        Some(7_000_216) => mean(
            "proof_missing",
            Cure::Person,
            "Microsoft Entra got no proof of who we are",
            "Give a client secret or a certificate, or let this server run with a managed identity.",
        ),
        Some(700_027) => mean(
            "wrong_certificate",
            Cure::Person,
            "Microsoft Entra does not accept the certificate",
            "Upload the certificate's public part to the application, and give the key that belongs to it.",
        ),
        Some(500_011) => mean(
            "unknown_resource",
            Cure::Person,
            "This tenant knows nothing of the vault's service",
            "Choose the cloud and the kind (key vault or managed HSM) that the vault really has.",
        ),
        Some(70_021 | 700_211 | 700_212 | 700_213) => mean(
            "federation_mismatch",
            Cure::Person,
            "The application does not trust the federated token",
            "Compare issuer, subject and audience of the application's federated credential with the token's.",
        ),
        Some(700_024) => mean(
            "assertion_expired",
            Cure::Person,
            "The assertion has expired or is not yet valid",
            "Look at this server's clock, and whether the federated token file is still renewed.",
        ),
        Some(53_003 | 50_105) => mean(
            "blocked_by_policy",
            Cure::Person,
            "A policy in Microsoft Entra blocks the application",
            "Ask who looks after Conditional Access and assignments in this tenant.",
        ),
        Some(50_196 | 90_033 | 50_001) => mean(
            "entra_failed",
            Cure::Time,
            "Microsoft Entra gives no token now",
            "It is tried again by itself. If it lasts, look at Azure's status page.",
        ),
        _ if answer.status == 429 || answer.status >= 500 => mean(
            "entra_failed",
            Cure::Time,
            "Microsoft Entra gives no token now",
            "It is tried again by itself. If it lasts, look at Azure's status page.",
        ),
        _ => mean(
            "entra_refused",
            Cure::Person,
            "Microsoft Entra refuses to give a token",
            "What it said below names the reason.",
        ),
    }
}

/// What a refusal of the platform means (`azure.md` §3.3).
pub(super) fn managed_meaning(answer: &ManagedAnswer) -> Meaning {
    if answer.status == 400 {
        return mean(
            "no_managed_identity",
            Cure::Person,
            "This machine has no such managed identity",
            "Assign one to it; where it has several, give the client id of the one to use. Or store credentials.",
        );
    }
    if answer.status == 404 {
        return mean(
            "managed_identity_failed",
            Cure::Time,
            "Nothing at the metadata address of this machine gives tokens",
            "Where this server does not run in Azure, store credentials. In Azure it is tried again by itself.",
        );
    }
    mean(
        "managed_identity_failed",
        Cure::Time,
        "The platform gives no token for the managed identity now",
        "It is tried again by itself.",
    )
}

/// What Entra said, word for word.
pub(super) fn answer(answer: &EntraAnswer) -> KmsAnswer {
    KmsAnswer {
        status: answer.status,
        code: answer.error.clone(),
        inner_code: answer.aadsts.map(|number| format!("AADSTS{number}")),
        message: answer.message.clone(),
        request_id: answer.trace_id.clone(),
    }
}

/// What the platform said, word for word.
pub(super) fn managed_answer(answer: &ManagedAnswer) -> KmsAnswer {
    KmsAnswer {
        status: answer.status,
        code: answer.error.clone(),
        inner_code: None,
        message: answer.message.clone(),
        request_id: None,
    }
}
