//! Failures without an answer, in plain words.

use api::Cure;

use super::{Meaning, meaning as mean};

/// What it means when no answer came, or none that says anything.
pub(super) fn meaning(error: &azure::Error, vault: &str) -> Meaning {
    use azure::Error as E;
    match error {
        E::UnknownVault { host } => mean(
            "unknown_vault",
            Cure::Person,
            format!("There is no vault named {vault}: {host} does not resolve"),
            "Compare the name with the vault's overview page in Azure. A deleted vault no longer resolves either.",
        ),
        E::Unreachable { host, .. } => mean(
            "unreachable",
            Cure::Time,
            format!("{host} cannot be reached"),
            "It is tried again by itself. If it lasts, check name resolution, proxy and firewall of this server.",
        ),
        E::Lost { .. } => mean(
            "reply_lost",
            Cure::Time,
            format!("The connection to the vault {vault} broke before its answer came"),
            "We look what became of the request before anything is repeated.",
        ),
        E::Garbled { .. } => mean(
            "reply_garbled",
            Cure::Time,
            format!("The vault {vault} answered with something that is no answer"),
            "We look what became of the request before anything is repeated. A proxy in between may be the reason.",
        ),
        E::StillDeleting { .. } => mean(
            "name_busy",
            Cure::Time,
            format!("The vault {vault} is still deleting the key"),
            "It is looked at again by itself.",
        ),
        E::MissingTenant | E::MissingClient { .. } | E::InvalidTenant => mean(
            "identity_incomplete",
            Cure::Person,
            format!("It is not known whom to act as: {error}"),
            "Store the missing id here, or set it in the server's environment.",
        ),
        E::InvalidEnvironment { .. } | E::UnreadableFile { .. } | E::UnknownCloud { .. } | E::NoManagedHsm { .. } => {
            mean(
                "environment_wrong",
                Cure::Person,
                format!("The server is not set up for this vault: {error}"),
                "Whoever runs this server corrects its environment and starts it again.",
            )
        }
        E::UnusableCertificate { .. } => mean(
            "wrong_certificate",
            Cure::Person,
            format!("There is no proof of who we are: {error}"),
            "Give a PEM with certificate and RSA key.",
        ),
        E::NoSoftwareKeys => mean(
            "hsm_only",
            Cure::Person,
            format!("The managed HSM {vault} takes no software keys"),
            "Withdraw the key here and distribute it with HSM protection.",
        ),
        E::StillRecovering { .. } => mean(
            "name_busy",
            Cure::Time,
            format!("The vault {vault} is still recovering the key"),
            "It is looked at again by itself.",
        ),
        E::UnusableKek { kid, fault } => mean(
            "unusable_kek",
            Cure::Person,
            format!("The key {kid} cannot serve as key exchange key: {fault}"),
            "Rename or delete that key in Azure; Keyferry makes its own.",
        ),
        E::Redirected { host, .. } => mean(
            "redirected",
            Cure::Person,
            format!("{host} redirects, and credentials are never sent on"),
            "A proxy in between may be the reason: let this server reach the vault directly.",
        ),
        _ => mean("unexpected", Cure::Us, format!("The call could not be made: {error}"), "Tell us."),
    }
}
