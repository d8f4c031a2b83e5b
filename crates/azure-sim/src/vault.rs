//! Key Vault's front: token, version and right are checked before an operation starts.

use std::net::IpAddr;

use crate::{
    Shared, access,
    answer::{Answer, Outcome},
    bundle::Frame,
    clouds::VAULT_APPLICATION,
    deletion, hsm, import, keys, limits,
    request::Request,
    rotation,
    route::Route,
    state::{State, Vault},
    token::Claims,
    usage,
    vaults::{StartVault, VaultKind},
};

/// Versions of the keys API (azure.md §1.1).
const API_VERSIONS: [&str; 13] = [
    "7.0",
    "7.1",
    "7.2",
    "7.3",
    "7.4",
    "7.5",
    "7.6",
    "7.6-preview.2",
    "2025-07-01",
    "2026-01-01-preview",
    "2026-03-01-preview",
    "2026-04-01",
    "2026-05-01-preview",
];

/// One request to one vault.
pub(crate) struct Visit<'a> {
    pub(crate) shared: &'a Shared,
    pub(crate) vault: &'static StartVault,
    pub(crate) request: &'a Request,
    /// An import must store another key than the one sent.
    pub(crate) swap: bool,
}

impl Visit<'_> {
    /// Answers the request.
    pub(crate) fn answer(&self) -> Answer {
        self.dress(self.outcome().unwrap_or_else(|refusal| refusal))
    }

    /// Gives an answer the form and the headers that this kind of vault answers with.
    pub(crate) fn dress(&self, mut answer: Answer) -> Answer {
        if let Some(id) = &self.request.client_request_id {
            answer = answer.with_header("x-ms-client-request-id", id);
        }
        let answer = answer
            .with_header("cache-control", "no-cache")
            .with_header("pragma", "no-cache")
            .with_header("strict-transport-security", "max-age=31536000;includeSubDomains")
            .with_header("x-content-type-options", "nosniff")
            .with_header("x-ms-keyvault-network-info", network_info(self.request.client))
            .with_header("x-ms-keyvault-region", "westeurope")
            .with_header("x-ms-request-id", uuid::Uuid::new_v4().to_string());
        match self.vault.kind {
            VaultKind::ManagedHsm => hsm::dress(answer),
            VaultKind::Vault => answer.with_header("x-ms-keyvault-service-version", "1.9.2147.1"),
        }
    }

    /// Answers 401 as for a token whose time is over.
    pub(crate) fn expired(&self) -> Answer {
        // Not recorded from the real service: the shape is certain, the words are a guess.
        self.unauthorized("Error validating token: IDX10223: Lifetime validation failed. The token is expired.")
    }

    fn outcome(&self) -> Outcome {
        let claims = self.authenticate()?;
        match self.request.parameter("api-version") {
            None => return Err(Answer::bad_parameter("api-version must be specified")),
            Some(version) if !API_VERSIONS.contains(&version) => {
                return Err(Answer::bad_parameter(&format!("The specified api-version '{version}' is not supported.")));
            }
            Some(_) => {}
        }
        let segments = self.request.segments();
        let route = Route::parse(&self.request.method, &segments)
            .ok_or_else(|| Answer::refusal(404, "NotFound", None, "The requested resource does not exist."))?;
        if let Some(name) = route.name() {
            check_name(name)?;
        }
        access::check(self, route, &claims)?;
        if self.shared.limits_are_enforced() {
            limits::check(self, route)?;
        }
        match route {
            Route::Create(name) => keys::create(self, name),
            Route::Import(name) => import::import(self, name),
            Route::Get(name, version) => keys::get(self, name, version),
            Route::Update(name, version) => keys::update(self, name, version),
            Route::ListKeys => keys::list(self),
            Route::ListVersions(name) => keys::list_versions(self, name),
            Route::Delete(name) => deletion::delete(self, name),
            Route::GetDeleted(name) => deletion::get_deleted(self, name),
            Route::ListDeleted => deletion::list_deleted(self),
            Route::Recover(name) => deletion::recover(self, name),
            Route::Purge(name) => deletion::purge(self, name),
            Route::Use(name, version, usage) => usage::perform(self, name, version, usage),
            Route::GetRotationPolicy(name) => rotation::get(self, name),
            Route::Withheld(..) => Err(Answer::refusal(403, "Forbidden", None, "The operation is granted to nobody.")),
        }
    }

    fn authenticate(&self) -> Result<Claims, Answer> {
        let token = self
            .request
            .bearer
            .as_deref()
            .ok_or_else(|| self.unauthorized("AKV10000: Request is missing a Bearer or PoP token."))?;
        let claims = Claims::verify(token)
            .ok_or_else(|| self.unauthorized("Error validating token: IDX10511: Signature validation failed."))?;
        let audience = self.vault.audience();
        if claims.aud != audience && claims.aud != VAULT_APPLICATION {
            let message = format!("AKV10022: Invalid audience. Expected {audience}, found: {}.", claims.aud);
            return Err(self.unauthorized(&message));
        }
        let expected = self.vault.cloud.token_issuer(&self.tenant_id());
        if claims.iss != expected {
            let message = format!("AKV10032: Invalid issuer. Expected one of {expected}, found {}.", claims.iss);
            return Err(self.unauthorized(&message));
        }
        // Real vaults allow some minutes of skew; a lifetime set by a test must mean what it says.
        if claims.exp <= self.shared.now() {
            return Err(self.expired());
        }
        Ok(claims)
    }

    fn unauthorized(&self, message: &str) -> Answer {
        let challenge = format!(
            "Bearer authorization=\"https://{}/{}\", resource=\"{}\"",
            self.vault.cloud.login_hosts[0],
            self.tenant_id(),
            self.vault.audience()
        );
        Answer::refusal(401, "Unauthorized", None, message).with_header("www-authenticate", challenge)
    }

    fn tenant_id(&self) -> String {
        self.read(|_, vault| vault.principal.tenant_id.clone()).unwrap_or_default()
    }

    /// The URL that identifiers start with: the vault's, or the caller's if it came by a name of this machine.
    pub(crate) fn base(&self) -> String {
        if self.request.is_local() {
            format!("https://{}", self.request.authority)
        } else {
            format!("https://{}", self.vault.host())
        }
    }

    /// What the JSON forms of a vault's keys are framed with.
    pub(crate) fn frame(&self, vault: &Vault) -> Frame {
        Frame {
            base: self.base(),
            recovery_level: if vault.settings.purge_protection { "Recoverable" } else { "Recoverable+Purgeable" },
            is_hsm: self.vault.kind == VaultKind::ManagedHsm,
        }
    }

    /// Looks at the vault.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&State, &Vault) -> T) -> Result<T, Answer> {
        self.shared.read(|state| {
            let vault = state.vaults.get(self.vault.name).ok_or_else(no_vault)?;
            Ok(look(state, vault))
        })
    }

    /// Changes the vault.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut Vault) -> Result<T, Answer>) -> Result<T, Answer> {
        self.shared.change(|state| {
            let vault = state.vaults.get_mut(self.vault.name).ok_or_else(no_vault)?;
            change(vault)
        })
    }
}

/// Where the caller came from, in the words of the header that says so.
fn network_info(client: IpAddr) -> String {
    match client {
        IpAddr::V4(client) => format!("conn_type=Ipv4;addr={client};act_addr_fam=InterNetwork;"),
        IpAddr::V6(client) => format!("conn_type=Ipv6;addr={client};act_addr_fam=InterNetworkV6;"),
    }
}

/// A state file without one of the start vaults.
fn no_vault() -> Answer {
    Answer::refusal(404, "VaultNotFound", None, "The vault does not exist.")
}

/// 1 to 127 letters, digits and hyphens (azure.md §1.2).
fn check_name(name: &str) -> Result<(), Answer> {
    let valid =
        (1..=127).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if valid {
        Ok(())
    } else {
        Err(Answer::bad_parameter(&format!("The request URI contains an invalid name: {name}")))
    }
}
