//! Microsoft Entra: the token endpoint and the documents that point to it.

use serde_json::{Value, json};
use time::{OffsetDateTime, macros::format_description};

use crate::{
    answer::{Answer, Outcome},
    assertion,
    clouds::{CLOUDS, Cloud},
    directory::{self, Application},
    request::Request,
    state::State,
    token::{self, Claims},
};

/// The one kind of client assertion there is (RFC 7523 §2.2).
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Whether a path belongs to Entra; on `localhost` it shares the host with a vault.
pub(crate) fn owns(segments: &[&str]) -> bool {
    matches!(segments, [_, "oauth2" | "v2.0" | "discovery" | ".well-known", ..])
}

/// Whether this asks for a token.
pub(crate) fn is_token_request(method: &str, segments: &[&str]) -> bool {
    method == "POST" && matches!(segments, [_, "oauth2", "v2.0", "token"] | [_, "oauth2", "token"])
}

/// What a login host needs to answer.
pub(crate) struct Desk<'a> {
    pub(crate) state: &'a State,
    /// Whose login host it is; none by a name of this machine, which knows all tenants.
    pub(crate) cloud: Option<&'static Cloud>,
    /// Unix seconds.
    pub(crate) now: i64,
    /// Seconds that a token lives.
    pub(crate) lifetime: i64,
}

impl Desk<'_> {
    /// Answers a request.
    pub(crate) fn answer(&self, request: &Request) -> Answer {
        let segments = request.segments();
        let outcome = match segments.as_slice() {
            [tenant, ..] if is_token_request(&request.method, &segments) => self.issue(request, tenant),
            [tenant, "v2.0", ".well-known", "openid-configuration"]
            | [tenant, ".well-known", "openid-configuration"]
                if request.method == "GET" =>
            {
                self.known_tenant(tenant).map(|()| Answer::ok(&configuration(request, tenant)))
            }
            [_, "discovery", "instance"] if request.method == "GET" => Ok(Answer::ok(&self.instance(request))),
            [tenant, "discovery", "v2.0" | "keys", ..] if request.method == "GET" => {
                self.known_tenant(tenant).map(|()| Answer::ok(&token::key_set()))
            }
            _ => Err(Answer::empty(404)),
        };
        outcome
            .unwrap_or_else(|refusal| refusal)
            .with_header("cache-control", "no-store, no-cache")
            .with_header("pragma", "no-cache")
            .with_header("x-ms-request-id", uuid::Uuid::new_v4().to_string())
    }

    fn issue(&self, request: &Request, tenant: &str) -> Outcome {
        self.known_tenant(tenant)?;
        let form = Form::read(&request.body);
        let grant = form.field("grant_type")?;
        if grant != "client_credentials" {
            let message = format!("AADSTS70003: The app requested an unsupported grant type '{grant}'.");
            return Err(refusal(400, "unsupported_grant_type", &message));
        }
        let application = self.application(tenant, form.field("client_id")?)?;
        self.prove(&application, &form, request)?;

        // Version 1 is asked for a resource and answers numbers as text; version 2 is asked for a scope.
        let is_first = !request.path.contains("/v2.0/");
        let resource = if is_first { form.field("resource")? } else { form.resource_of_scope()? };
        let audience = application.cloud.audience(resource).ok_or_else(|| unknown_resource(resource, tenant))?;
        let issued = self.now;
        let token = Claims::new(&application, audience, issued, self.lifetime)
            .sign()
            .ok_or_else(|| refusal(503, "temporarily_unavailable", "AADSTS90033: A transient error has occurred."))?;
        let mut answer = json!({
            "token_type": "Bearer",
            "expires_in": self.lifetime,
            "ext_expires_in": self.lifetime,
            "access_token": token,
        });
        if is_first {
            answer["expires_in"] = self.lifetime.to_string().into();
            answer["ext_expires_in"] = self.lifetime.to_string().into();
            answer["expires_on"] = issued.saturating_add(self.lifetime).to_string().into();
            answer["not_before"] = issued.to_string().into();
            answer["resource"] = resource.into();
        }
        Ok(Answer::ok(&answer))
    }

    /// Names the login hosts that are one and the same, for clients that ask before they trust one.
    fn instance(&self, request: &Request) -> Value {
        let clouds = CLOUDS.iter().filter(|known| self.cloud.is_none_or(|cloud| cloud.name == known.name));
        let entry = |cloud: &Cloud| {
            let preferred = cloud.login_hosts[0];
            json!({ "preferred_network": preferred, "preferred_cache": preferred, "aliases": cloud.login_hosts })
        };
        let endpoint = format!("https://{}/common/v2.0/.well-known/openid-configuration", request.authority);
        json!({
            "tenant_discovery_endpoint": endpoint,
            "api-version": "1.1",
            "metadata": clouds.map(entry).collect::<Vec<_>>(),
        })
    }

    /// Checks that a request comes from the application.
    fn prove(&self, application: &Application<'_>, form: &Form, request: &Request) -> Result<(), Answer> {
        if let Ok(secret) = form.field("client_secret") {
            return check_secret(application, secret);
        }
        if let Ok(assertion) = form.field("client_assertion") {
            let kind = form.field("client_assertion_type")?;
            if kind != ASSERTION_TYPE {
                let message = format!("AADSTS50027: The assertion type '{kind}' is not supported.");
                return Err(refusal(401, "invalid_client", &message));
            }
            return assertion::check(application, assertion, request, self.now);
        }
        let message = "AADSTS7000216: 'client_assertion', 'client_secret' or 'request' is required for the \
                       'client_credentials' grant type.";
        Err(refusal(401, "invalid_client", message))
    }

    fn application(&self, tenant: &str, client_id: &str) -> Result<Application<'_>, Answer> {
        let is_meant = |known: &Application<'_>| {
            known.principal.tenant_id.eq_ignore_ascii_case(tenant)
                && known.principal.client_id.eq_ignore_ascii_case(client_id)
        };
        directory::at(self.state, self.cloud).find(is_meant).ok_or_else(|| {
            let message = format!(
                "AADSTS700016: Application with identifier '{client_id}' was not found in the directory '{tenant}'. \
                 This can happen if the application has not been installed by the administrator of the tenant or \
                 consented to by any user in the tenant. You may have sent your authentication request to the wrong \
                 tenant."
            );
            refusal(400, "unauthorized_client", &message)
        })
    }

    fn known_tenant(&self, tenant: &str) -> Result<(), Answer> {
        let is_meant = |known: Application<'_>| known.principal.tenant_id.eq_ignore_ascii_case(tenant);
        if directory::at(self.state, self.cloud).any(is_meant) {
            return Ok(());
        }
        let message = if uuid::Uuid::try_parse(tenant).is_ok() || tenant.contains('.') {
            format!(
                "AADSTS90002: Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are \
                 signing into the correct cloud. Check with your subscription administrator, this may happen if there \
                 are no active subscriptions for the tenant."
            )
        } else {
            format!(
                "AADSTS900023: Specified tenant identifier '{tenant}' is neither a valid DNS name, nor a valid \
                 external domain."
            )
        };
        Err(refusal(400, "invalid_request", &message))
    }
}

/// Refuses in Entra's shape. The code is the number behind `AADSTS`, if the message starts with one.
pub(crate) fn refusal(status: u16, error: &str, message: &str) -> Answer {
    let clock = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]Z");
    let timestamp = OffsetDateTime::now_utc().format(clock).unwrap_or_default();
    let (trace, correlation) = (uuid::Uuid::new_v4().to_string(), uuid::Uuid::new_v4().to_string());
    let code: Option<u32> = message
        .strip_prefix("AADSTS")
        .and_then(|rest| rest.split(|character: char| !character.is_ascii_digit()).next())
        .and_then(|digits| digits.parse().ok());
    let mut body = json!({
        "error": error,
        "error_description":
            format!("{message}\r\nTrace ID: {trace}\r\nCorrelation ID: {correlation}\r\nTimestamp: {timestamp}"),
        "error_codes": code.into_iter().collect::<Vec<_>>(),
        "timestamp": timestamp,
        "trace_id": trace,
        "correlation_id": correlation,
    });
    if let Some(code) = code {
        body["error_uri"] = format!("https://login.microsoftonline.com/error?code={code}").into();
    }
    Answer::json(status, &body)
}

/// The fields of a token request.
struct Form(Vec<(String, String)>);

impl Form {
    fn read(body: &[u8]) -> Self {
        Self(url::form_urlencoded::parse(body).into_owned().collect())
    }

    /// A field that must be there.
    fn field(&self, name: &str) -> Result<&str, Answer> {
        let value = self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        value.filter(|value| !value.is_empty()).ok_or_else(|| missing(name))
    }

    fn resource_of_scope(&self) -> Result<&str, Answer> {
        if self.field("resource").is_ok() {
            let message = "AADSTS901002: The 'resource' request parameter is not supported.";
            return Err(refusal(400, "invalid_request", message));
        }
        let scope = self.field("scope")?;
        scope.strip_suffix("/.default").ok_or_else(|| {
            let message = format!(
                "AADSTS1002012: The provided value for scope {scope} is not valid. Client credential flows must have \
                 a scope value with /.default suffixed to the resource identifier (application ID URI)."
            );
            refusal(400, "invalid_scope", &message)
        })
    }
}

fn check_secret(application: &Application<'_>, secret: &str) -> Result<(), Answer> {
    let client_id = &application.principal.client_id;
    if secret != application.principal.client_secret {
        let message = format!(
            "AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is the client \
             secret value, not the client secret ID, for a secret added to app '{client_id}'."
        );
        return Err(refusal(401, "invalid_client", &message));
    }
    if application.vault.is_some_and(|(_, vault)| vault.credentials.secret_expired_at.is_some()) {
        let message = format!(
            "AADSTS7000222: The provided client secret keys for app '{client_id}' are expired. Visit the Azure portal \
             to create new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate \
             credentials for added security: https://aka.ms/certCreds."
        );
        return Err(refusal(401, "invalid_client", &message));
    }
    Ok(())
}

fn unknown_resource(resource: &str, tenant: &str) -> Answer {
    let message = format!(
        "AADSTS500011: The resource principal named {resource} was not found in the tenant named {tenant}. This can \
         happen if the application has not been installed by the administrator of the tenant or consented to by any \
         user in the tenant. You might have sent your authentication request to the wrong tenant."
    );
    refusal(400, "invalid_resource", &message)
}

fn missing(field: &str) -> Answer {
    let message = format!("AADSTS900144: The request body must contain the following parameter: '{field}'.");
    refusal(400, "invalid_request", &message)
}

fn configuration(request: &Request, tenant: &str) -> Value {
    let base = format!("https://{}/{tenant}", request.authority);
    json!({
        "issuer": format!("{base}/v2.0"),
        "authorization_endpoint": format!("{base}/oauth2/v2.0/authorize"),
        "token_endpoint": format!("{base}/oauth2/v2.0/token"),
        "jwks_uri": format!("{base}/discovery/v2.0/keys"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
        "response_types_supported": ["code", "id_token"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid"],
    })
}
