//! The identities of a simulator, and what they prove themselves with.

use std::{net::SocketAddr, time::Duration};

use crate::{
    FederatedClaims, ServicePrincipal, Simulator,
    credentials::ClientCertificate,
    directory::{self, Application},
    machine::APP_SERVICE_PATH,
};

impl Simulator {
    /// The identity that has rights on a vault.
    ///
    /// # Panics
    /// When there is no such vault.
    #[must_use]
    pub fn service_principal(&self, vault: &str) -> ServicePrincipal {
        self.read(vault, |vault| vault.principal.clone())
    }

    /// An identity that gets tokens, but of another tenant than the vaults'.
    #[must_use]
    pub fn other_tenant(&self) -> ServicePrincipal {
        self.0.read(|state| state.stranger.clone())
    }

    /// Sets how long tokens issued from now on live, in whole seconds; one second less than an hour at the start.
    pub fn set_token_lifetime(&self, lifetime: Duration) {
        self.0.set_token_lifetime(lifetime);
    }

    /// A certificate that proves a vault's identity, with its RSA-2048 key (PKCS#8), in PEM. It is registered when it
    /// is first asked for, and then stays the same.
    ///
    /// # Panics
    /// When there is no such vault, or this machine cannot make an RSA key.
    #[must_use]
    pub fn certificate_pem(&self, vault: &str) -> String {
        if let Some(known) = self.read(vault, |vault| vault.credentials.certificate.clone()) {
            return known.pem();
        }
        let pair = self.0.make_pair(2048).expect("a machine that runs tests makes RSA keys");
        let fresh = ClientCertificate::fresh(pair, vault).expect("an RSA key can certify itself");
        let pem = fresh.pem();
        self.change(vault, |vault| vault.credentials.certificate = Some(fresh));
        pem
    }

    /// Lets the secret of a vault's identity be expired, `AADSTS7000222`; its other proofs stay good.
    ///
    /// # Panics
    /// When there is no such vault.
    pub fn expire_secret(&self, vault: &str) {
        let now = self.0.now();
        self.change(vault, |vault| vault.credentials.secret_expired_at = Some(now));
    }

    /// An assertion of another identity provider that proves a vault's identity for an hour, as a Kubernetes cluster
    /// writes it into the file that `AZURE_FEDERATED_TOKEN_FILE` names.
    ///
    /// # Panics
    /// When there is no such vault, or this machine cannot make an RSA key.
    #[must_use]
    pub fn federated_token(&self, vault: &str) -> String {
        self.federated_token_with(vault, |_| ())
    }

    /// The same with claims changed before it is signed.
    ///
    /// # Panics
    /// When there is no such vault, or this machine cannot make an RSA key.
    #[must_use]
    pub fn federated_token_with(&self, vault: &str, change: impl FnOnce(&mut FederatedClaims)) -> String {
        let is_meant = |known: &Application<'_>| known.vault.is_some_and(|(name, _)| name == vault);
        let now = self.0.now();
        let claims = self.0.read(|state| {
            directory::applications(state).find(is_meant).and_then(|found| FederatedClaims::of(&found, now))
        });
        let mut claims = claims.expect("the simulator has a vault of this name");
        change(&mut claims);
        claims.sign().expect("a machine that runs tests makes RSA keys")
    }

    /// Where the machine's own identities are asked for: instance metadata (IMDS), over plain HTTP. A client that
    /// honours `AZURE_POD_IDENTITY_AUTHORITY_HOST` is led here by `http://{address}`.
    #[must_use]
    pub fn imds_address(&self) -> SocketAddr {
        self.0.machine_address
    }

    /// `IDENTITY_ENDPOINT`, as App Service sets it.
    #[must_use]
    pub fn identity_endpoint(&self) -> String {
        format!("http://{}/{APP_SERVICE_PATH}", self.0.machine_address)
    }

    /// `IDENTITY_HEADER`, as App Service sets it.
    #[must_use]
    pub fn identity_header(&self) -> &str {
        &self.0.identity_header
    }

    /// Makes a vault's identity the machine's own (system-assigned), or takes it away; at the start it is that of the
    /// first vault. The identities of all vaults stay assigned to the machine by their ids.
    ///
    /// # Panics
    /// When there is no such vault.
    pub fn set_machine_identity(&self, vault: Option<&str>) {
        let known = vault.map(|vault| self.read(vault, |_| vault.to_owned()));
        *self.0.machine_identity() = known;
    }
}
