//! A simulator with a client that reaches it by the real host names.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use azure_sim::{Options, ServicePrincipal, Simulator};
use reqwest::{
    Certificate, Client, Method, RequestBuilder, Response,
    dns::{Addrs, Name, Resolve, Resolving},
};
use serde_json::Value;

/// The first Premium vault.
pub(crate) const VAULT: &str = "keyvault-name";

/// The public cloud's login host.
pub(crate) const LOGIN: &str = "login.microsoftonline.com";

/// The US Government cloud's login host.
pub(crate) const LOGIN_US_GOVERNMENT: &str = "login.microsoftonline.us";

/// Resolves every name to the simulator.
struct Everywhere(SocketAddr);

impl Resolve for Everywhere {
    fn resolve(&self, _: Name) -> Resolving {
        let addresses: Addrs = Box::new(std::iter::once(self.0));
        Box::pin(async move { Ok(addresses) })
    }
}

/// A simulator of its own for each test.
pub(crate) struct World {
    pub(crate) azure: Simulator,
    pub(crate) http: Client,
}

/// A status and the JSON that came with it.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::with(Options { reuse_keks: true, ..Options::default() }).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        let azure = Simulator::start(options).await.unwrap();
        azure.set_deletion_delay(Duration::ZERO);
        let http = Client::builder()
            .tls_certs_only([Certificate::from_pem(azure.ca_pem().as_bytes()).unwrap()])
            .dns_resolver(Arc::new(Everywhere(azure.address())))
            .build()
            .unwrap();
        Self { azure, http }
    }

    /// Asks for a token for the vaults' audience.
    pub(crate) async fn token(&self, principal: &ServicePrincipal) -> String {
        access_token(&self.ask_token(principal, "https://vault.azure.net/.default").await)
    }

    pub(crate) async fn ask_token(&self, principal: &ServicePrincipal, scope: &str) -> Reply {
        self.ask_token_at(LOGIN, principal, scope).await
    }

    pub(crate) async fn ask_token_at(&self, login_host: &str, principal: &ServicePrincipal, scope: &str) -> Reply {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", &principal.client_id),
            ("client_secret", &principal.client_secret),
            ("scope", scope),
        ];
        self.post_form(login_host, &format!("{}/oauth2/v2.0/token", principal.tenant_id), &form).await
    }

    pub(crate) async fn post_form(&self, login_host: &str, path: &str, form: &[(&str, &str)]) -> Reply {
        let url = format!("https://{login_host}/{path}");
        read(self.http.post(url).form(form).send().await.unwrap()).await
    }

    /// Signs in as the vault's own identity.
    pub(crate) async fn vault(&self, name: &str) -> Vault<'_> {
        let host = self.host(name);
        let login_host = if host.ends_with("usgovcloudapi.net") { LOGIN_US_GOVERNMENT } else { LOGIN };
        let scope = format!("https://{}/.default", host.split_once('.').unwrap().1);
        let principal = self.azure.service_principal(name);
        let token = access_token(&self.ask_token_at(login_host, &principal, &scope).await);
        Vault { world: self, name: name.to_owned(), token }
    }

    /// The tenant of the public cloud's vaults.
    pub(crate) fn tenant(&self) -> String {
        self.azure.service_principal(VAULT).tenant_id
    }

    fn host(&self, name: &str) -> String {
        let known = self.azure.vaults().into_iter().find(|vault| vault.name == name);
        known.map_or_else(|| format!("{name}.vault.azure.net"), |vault| vault.host)
    }
}

/// The token that a login host gave.
pub(crate) fn access_token(reply: &Reply) -> String {
    reply.body["access_token"].as_str().unwrap_or_else(|| panic!("{reply:?}")).to_owned()
}

/// A vault, reached with a token.
pub(crate) struct Vault<'a> {
    pub(crate) world: &'a World,
    pub(crate) name: String,
    pub(crate) token: String,
}

impl Vault<'_> {
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let separator = if path.contains('?') { '&' } else { '?' };
        let url = format!("https://{}{path}{separator}api-version=7.4", self.world.host(&self.name));
        self.world.http.request(method, url).bearer_auth(&self.token)
    }

    pub(crate) async fn call(&self, method: Method, path: &str, body: Value) -> Reply {
        let request = self.request(method, path);
        let request = if body.is_null() { request } else { request.json(&body) };
        read(request.send().await.unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.call(Method::GET, path, Value::Null).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Reply {
        self.call(Method::POST, path, body).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Reply {
        self.call(Method::PUT, path, body).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Reply {
        self.call(Method::PATCH, path, body).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        self.call(Method::DELETE, path, Value::Null).await
    }
}

pub(crate) async fn read(response: Response) -> Reply {
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    Reply { status, body: serde_json::from_str(&text).unwrap_or(Value::String(text)) }
}

impl Reply {
    /// Gives the body of a 200.
    pub(crate) fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{}", self.body);
        self.body
    }

    /// Status, code, inner code and message of a refusal.
    pub(crate) fn refusal(&self) -> (u16, &str, &str, &str) {
        let error = &self.body["error"];
        let text = |value: &'static str| error[value].as_str().unwrap_or_default();
        (self.status, text("code"), error["innererror"]["code"].as_str().unwrap_or_default(), text("message"))
    }
}
