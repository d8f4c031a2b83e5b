//! Microsoft Entra: the token endpoint and the documents that point to it.

use serde_json::{Value, json};
use time::{OffsetDateTime, macros::format_description};

use crate::{
    answer::{Answer, Outcome},
    request::Request,
    state::{State, now},
    token::{self, Claims},
    vaults::ServicePrincipal,
};

/// Resources that a tenant knows; a vault accepts only tokens for its own.
const RESOURCES: [&str; 4] = [
    "https://vault.azure.net",
    "https://managedhsm.azure.net",
    "https://management.azure.com",
    "https://graph.microsoft.com",
];

/// Whether a path belongs to Entra; on `localhost` it shares the host with a vault.
pub(crate) fn owns(segments: &[&str]) -> bool {
    matches!(segments, [_, "oauth2" | "v2.0" | "discovery" | ".well-known", ..])
}

/// Whether this asks for a token.
pub(crate) fn is_token_request(method: &str, segments: &[&str]) -> bool {
    method == "POST" && matches!(segments, [_, "oauth2", "v2.0", "token"] | [_, "oauth2", "token"])
}

/// Answers a request to the login host. Tokens live for `lifetime` seconds.
pub(crate) fn answer(request: &Request, state: &State, lifetime: i64) -> Answer {
    let segments = request.segments();
    let outcome = match segments.as_slice() {
        _ if is_token_request(&request.method, &segments) => issue(request, segments[0], state, lifetime),
        [tenant, "v2.0", ".well-known", "openid-configuration"] | [tenant, ".well-known", "openid-configuration"]
            if request.method == "GET" =>
        {
            known_tenant(tenant, state).map(|()| Answer::ok(&configuration(request, tenant)))
        }
        [tenant, "discovery", "v2.0" | "keys", ..] if request.method == "GET" => {
            known_tenant(tenant, state).map(|()| Answer::ok(&token::key_set()))
        }
        _ => Err(Answer::empty(404)),
    };
    outcome
        .unwrap_or_else(|refusal| refusal)
        .with_header("cache-control", "no-store, no-cache")
        .with_header("pragma", "no-cache")
        .with_header("x-ms-request-id", uuid::Uuid::new_v4().to_string())
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

fn issue(request: &Request, tenant: &str, state: &State, lifetime: i64) -> Outcome {
    known_tenant(tenant, state)?;
    let form: Vec<(String, String)> = url::form_urlencoded::parse(&request.body).into_owned().collect();
    let field = |name: &str| {
        let value = form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        value.filter(|value| !value.is_empty()).ok_or_else(|| missing(name))
    };

    let grant = field("grant_type")?;
    if grant != "client_credentials" {
        let message = format!("AADSTS70003: The app requested an unsupported grant type '{grant}'.");
        return Err(refusal(400, "unsupported_grant_type", &message));
    }
    let client_id = field("client_id")?;
    let principal = principals(state)
        .find(|known| known.tenant_id.eq_ignore_ascii_case(tenant) && known.client_id.eq_ignore_ascii_case(client_id))
        .ok_or_else(|| {
            let message = format!(
                "AADSTS700016: Application with identifier '{client_id}' was not found in the directory '{tenant}'. \
                 This can happen if the application has not been installed by the administrator of the tenant or \
                 consented to by any user in the tenant. You may have sent your authentication request to the wrong \
                 tenant."
            );
            refusal(400, "unauthorized_client", &message)
        })?;
    let secret = field("client_secret").map_err(|_| {
        let message = "AADSTS7000216: 'client_assertion', 'client_secret' or 'request' is required for the \
                       'client_credentials' grant type.";
        refusal(401, "invalid_client", message)
    })?;
    if secret != principal.client_secret {
        let message = format!(
            "AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is the client \
             secret value, not the client secret ID, for a secret added to app '{client_id}'."
        );
        return Err(refusal(401, "invalid_client", &message));
    }

    let audience = match field("resource") {
        Ok(resource) if !request.path.contains("/v2.0/") => known_resource(resource, tenant)?,
        _ => audience_of_scope(field("scope")?, tenant)?,
    };
    let token = Claims::new(principal, audience, now(), lifetime)
        .sign()
        .ok_or_else(|| refusal(503, "temporarily_unavailable", "AADSTS90033: A transient error has occurred."))?;
    Ok(Answer::ok(&json!({
        "token_type": "Bearer",
        "expires_in": lifetime,
        "ext_expires_in": lifetime,
        "access_token": token,
    })))
}

fn principals(state: &State) -> impl Iterator<Item = &ServicePrincipal> {
    state.vaults.values().map(|vault| &vault.principal).chain([&state.stranger])
}

fn known_tenant(tenant: &str, state: &State) -> Result<(), Answer> {
    if [&state.tenant_id, &state.stranger.tenant_id].iter().any(|known| known.eq_ignore_ascii_case(tenant)) {
        return Ok(());
    }
    let message = if uuid::Uuid::try_parse(tenant).is_ok() || tenant.contains('.') {
        format!(
            "AADSTS90002: Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are \
             signing into the correct cloud. Check with your subscription administrator, this may happen if there are \
             no active subscriptions for the tenant."
        )
    } else {
        format!(
            "AADSTS900023: Specified tenant identifier '{tenant}' is neither a valid DNS name, nor a valid external \
             domain."
        )
    };
    Err(refusal(400, "invalid_request", &message))
}

fn audience_of_scope(scope: &str, tenant: &str) -> Result<&'static str, Answer> {
    let resource = scope.strip_suffix("/.default").ok_or_else(|| {
        let message = format!(
            "AADSTS1002012: The provided value for scope {scope} is not valid. Client credential flows must have a \
             scope value with /.default suffixed to the resource identifier (application ID URI)."
        );
        refusal(400, "invalid_scope", &message)
    })?;
    known_resource(resource, tenant)
}

fn known_resource(resource: &str, tenant: &str) -> Result<&'static str, Answer> {
    let wanted = resource.strip_suffix('/').unwrap_or(resource);
    RESOURCES.into_iter().find(|known| *known == wanted).ok_or_else(|| {
        let message = format!(
            "AADSTS500011: The resource principal named {resource} was not found in the tenant named {tenant}. This \
             can happen if the application has not been installed by the administrator of the tenant or consented to \
             by any user in the tenant. You might have sent your authentication request to the wrong tenant."
        );
        refusal(400, "invalid_resource", &message)
    })
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
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
        "response_types_supported": ["code", "id_token"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid"],
    })
}
