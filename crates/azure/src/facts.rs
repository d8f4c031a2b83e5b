//! What a refusal says in its message, taken out of it: who asked, what was missing, from where, and which tenants.

use std::net::IpAddr;

use crate::{Answer, Permission};

/// What can be read in a vault's refusal. Messages are written for people and may change, so each fact may be missing.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Facts {
    /// Who asked, as the vault saw it.
    pub caller: Caller,
    /// The permission that the caller does not have.
    pub missing: Option<Permission>,
    /// The address that the request came from.
    pub source_address: Option<IpAddr>,
    /// With a token of the wrong tenant: both.
    pub tenants: Option<Tenants>,
}

/// Who asked a vault.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Caller {
    /// The application's (client's) id, `appid`.
    pub app_id: Option<String>,
    /// The object id of its service principal, `oid`: what roles and policies are given to.
    pub object_id: Option<String>,
    /// The tenant that issued its token.
    pub tenant_id: Option<String>,
}

/// The tenants of a token and of the vault that refused it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Tenants {
    /// The tenant of the credentials.
    pub token: Option<String>,
    /// The tenant of the vault.
    pub vault: String,
}

impl Answer {
    /// What the refusal says in its message and headers.
    #[must_use]
    pub fn facts(&self) -> Facts {
        let message = self.message.as_str();
        let by_role = word_from(message, "Microsoft.KeyVault/").and_then(Permission::of_action);
        let by_policy = || {
            let (_, rest) = message.split_once("does not have keys ")?;
            Permission::of_policy(rest.split_once(" permission")?.0)
        };
        let caller = Caller {
            app_id: word_after(message, "appid="),
            object_id: word_after(message, "oid="),
            tenant_id: word_after(message, "iss=").and_then(|issuer| tenant_of(&issuer)),
        };
        let named_address = word_after(message, "Client address: ").and_then(|text| text.parse().ok());
        Facts {
            missing: by_role.or_else(by_policy),
            source_address: named_address.or(self.seen_from),
            tenants: self.tenants(),
            caller,
        }
    }

    /// `AKV10032: Invalid issuer. Expected one of https://sts.windows.net/<tenant>/, …, found https://sts.windows.net/<tenant>/.`
    fn tenants(&self) -> Option<Tenants> {
        let (_, rest) = self.message.split_once("AKV10032")?;
        let (expected, found) = rest.split_once("found").unwrap_or((rest, ""));
        let challenged = self.challenge.as_ref().map(|challenge| challenge.tenant.clone());
        let vault = challenged.or_else(|| tenant_of(word_from(expected, "https://")?))?;
        Some(Tenants { token: word_from(found, "https://").and_then(tenant_of), vault })
    }
}

/// The word that begins with this text.
fn word_from<'a>(message: &'a str, start: &str) -> Option<&'a str> {
    Some(first_word(&message[message.find(start)?..]))
}

/// The word that follows this text.
fn word_after(message: &str, label: &str) -> Option<String> {
    let word = first_word(message.split_once(label)?.1);
    (!word.is_empty()).then(|| word.to_owned())
}

fn first_word(text: &str) -> &str {
    let end = text.find(|letter: char| letter.is_whitespace() || "';,\"()".contains(letter)).unwrap_or(text.len());
    text[..end].trim_end_matches('.')
}

/// The tenant in an issuer: `https://sts.windows.net/<tenant>/` or `https://login.microsoftonline.com/<tenant>/v2.0`.
fn tenant_of(issuer: &str) -> Option<String> {
    let tenant = issuer.strip_prefix("https://")?.split('/').nth(1)?;
    (!tenant.is_empty()).then(|| tenant.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use reqwest::header::HeaderMap;
    use serde_json::json;

    use super::*;

    const CALLER: &str = "appid=0a1b;oid=2c3d;iss=https://sts.windows.net/t-1/";

    fn answer(status: u16, message: &str, headers: &[(&'static str, &str)]) -> Answer {
        let body = json!({"error": {"code": "Forbidden", "message": message}}).to_string();
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        Answer::read(status, &headers.collect::<HeaderMap>(), body.as_bytes(), String::new())
    }

    fn caller() -> Caller {
        let text = |text: &str| Some(text.to_owned());
        Caller { app_id: text("0a1b"), object_id: text("2c3d"), tenant_id: text("t-1") }
    }

    #[test]
    fn a_missing_role_names_caller_and_action() {
        for (action, expected) in [
            ("Microsoft.KeyVault/vaults/keys/import/action", Some(Permission::Import)),
            ("Microsoft.KeyVault/vaults/keys/create/action", Some(Permission::Create)),
            ("Microsoft.KeyVault/vaults/keys/update/action", Some(Permission::Update)),
            ("Microsoft.KeyVault/vaults/keys/recover/action", Some(Permission::Recover)),
            ("Microsoft.KeyVault/vaults/keys/purge/action", Some(Permission::Purge)),
            ("Microsoft.KeyVault/vaults/keys/read", Some(Permission::Get)),
            ("Microsoft.KeyVault/vaults/keys/delete", Some(Permission::Delete)),
            ("Microsoft.KeyVault/managedHsm/keys/write/action", Some(Permission::Update)),
            ("Microsoft.KeyVault/managedHsm/keys/create", Some(Permission::Create)),
            ("Microsoft.KeyVault/managedHsm/keys/read/action", Some(Permission::Get)),
            ("Microsoft.KeyVault/managedHsm/keys/deletedKeys/recover/action", Some(Permission::Recover)),
            ("Microsoft.KeyVault/managedHsm/keys/deletedKeys/delete", Some(Permission::Purge)),
            ("Microsoft.KeyVault/vaults/keys/rotate/action", None),
        ] {
            let message = format!(
                "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role \
                 definitions were changed recently, please observe propagation time.\r\nCaller: {CALLER}\r\nAction: \
                 '{action}'\r\nResource: '/subscriptions/s/resourcegroups/g/providers/microsoft.keyvault/vaults/acme/keys/orders'\r\n\
                 Assignment: (not found)\r\nDecisionReason: 'DeniedWithNoValidRBAC'\r\nVault: acme;location=westeurope\r\n"
            );
            let facts = answer(403, &message, &[]).facts();
            assert_eq!((facts.missing, facts.caller, facts.tenants), (expected, caller(), None), "{action}");
        }
    }

    #[test]
    fn a_missing_permission_of_an_access_policy_is_named_too() {
        for permission in Permission::ALL {
            let message = format!(
                "The user, group or application '{CALLER}' does not have keys {} permission on key vault \
                 'acme;location=westeurope'. For help resolving this issue, please see https://go.microsoft.com/fwlink",
                permission.policy_name()
            );
            let facts = answer(403, &message, &[]).facts();
            assert_eq!((facts.missing, facts.caller), (Some(permission), caller()));
        }
    }

    #[test]
    fn the_address_that_a_firewall_saw_is_read_from_message_or_header() {
        let message = |address: &str| {
            format!(
                "Client address is not authorized and caller is not a trusted service.\r\nClient address: {address}\r\n\
                 Caller: {CALLER}\r\nVault: acme;location=westeurope"
            )
        };
        for address in ["20.1.2.3", "2001:db8::7"] {
            let facts = answer(403, &message(address), &[]).facts();
            assert_eq!((facts.source_address, facts.caller), (Some(address.parse().unwrap()), caller()));
        }
        let header = [("x-ms-keyvault-network-info", "conn_type=Ipv4;addr=20.9.8.7;act_addr_fam=InterNetwork;")];
        let facts = answer(403, "Public network access is disabled.", &header).facts();
        assert_eq!(facts.source_address, Some("20.9.8.7".parse().unwrap()));
        assert_eq!(answer(403, &message("nowhere"), &[]).facts().source_address, None);
    }

    #[test]
    fn a_token_of_another_tenant_names_both_tenants() {
        let message = "AKV10032: Invalid issuer. Expected one of https://sts.windows.net/vault-t/, \
                       https://sts.windows.net/other/, found https://sts.windows.net/token-t/.";
        let expected = |vault: &str| Tenants { token: Some("token-t".to_owned()), vault: vault.to_owned() };
        assert_eq!(answer(401, message, &[]).facts().tenants, Some(expected("vault-t")));
        let challenge = "Bearer authorization=\"https://login.microsoftonline.com/challenge-t\", resource=\"https://vault.azure.net\"";
        let facts = answer(401, message, &[("www-authenticate", challenge)]).facts();
        assert_eq!(facts.tenants, Some(expected("challenge-t")));
        let other = "AKV10022: Invalid audience. Expected https://vault.azure.net, found: https://graph.microsoft.com.";
        assert_eq!(answer(401, other, &[("www-authenticate", challenge)]).facts(), Facts::default());
    }

    proptest! {
        #[test]
        fn no_message_makes_the_reader_panic(
            parts in prop::collection::vec(
                prop_oneof![
                    ".{0,20}",
                    prop::sample::select(vec![
                        "appid=", "oid=", "iss=", "Microsoft.KeyVault/", "does not have keys ", " permission",
                        "Client address: ", "AKV10032", "found", "https://", "'", ";",
                    ]).prop_map(str::to_owned),
                ],
                0..12,
            ),
        ) {
            let _ = answer(403, &parts.concat(), &[]).facts();
        }
    }
}
