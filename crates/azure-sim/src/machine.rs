//! The identities of the machine itself: instance metadata (IMDS) and the endpoint of App Service (azure.md §3.3).

use serde_json::{Value, json};

use crate::{
    answer::{Answer, Outcome},
    directory::{self, Application},
    request::Request,
    state::State,
    token::Claims,
};

/// Path of the App Service endpoint.
pub(crate) const APP_SERVICE_PATH: &str = "msi/token";

const IMDS_PATH: &str = "metadata/identity/oauth2/token";

/// Versions of IMDS that issue tokens for managed identities.
const IMDS_VERSIONS: [&str; 7] =
    ["2018-02-01", "2018-10-01", "2019-08-01", "2020-06-01", "2020-09-01", "2021-02-01", "2021-12-13"];

const APP_SERVICE_VERSION: &str = "2019-08-01";

/// What the machine needs to answer.
pub(crate) struct Machine<'a> {
    pub(crate) state: &'a State,
    /// The vault whose identity is the machine's own; all others are assigned to it by their ids.
    pub(crate) own: Option<&'a str>,
    /// What App Service expects in `X-IDENTITY-HEADER`.
    pub(crate) identity_header: &'a str,
    /// Unix seconds.
    pub(crate) now: i64,
    /// Seconds that a token lives.
    pub(crate) lifetime: i64,
}

/// Whether this asks for a token.
pub(crate) fn is_token_request(method: &str, path: &str) -> bool {
    let path = path.trim_matches('/');
    method == "GET" && (path == IMDS_PATH || path == APP_SERVICE_PATH)
}

/// Refuses in the shape of IMDS.
pub(crate) fn refusal(status: u16, error: &str, message: &str) -> Answer {
    Answer::json(status, &json!({ "error": error, "error_description": message }))
}

impl Machine<'_> {
    /// Answers a request.
    pub(crate) fn answer(&self, request: &Request) -> Answer {
        let outcome = match request.path.trim_matches('/') {
            IMDS_PATH if request.method == "GET" => self.instance_metadata(request),
            APP_SERVICE_PATH if request.method == "GET" => self.app_service(request),
            IMDS_PATH | APP_SERVICE_PATH => Err(Answer::empty(405)),
            _ => Err(Answer::empty(404)),
        };
        outcome.unwrap_or_else(|refusal| refusal)
    }

    fn instance_metadata(&self, request: &Request) -> Outcome {
        let invalid = |message: &str| refusal(400, "invalid_request", message);
        if !request.has_metadata_header {
            return Err(invalid("Required metadata header not specified"));
        }
        if !request.parameter("api-version").is_some_and(|version| IMDS_VERSIONS.contains(&version)) {
            let message = "Bad request. api-version was not specified in the request, or is not supported";
            return Err(Answer::json(400, &json!({ "error": message, "newest-versions": IMDS_VERSIONS })));
        }
        let resource =
            request.parameter("resource").ok_or_else(|| invalid("Required query variable 'resource' is missing"))?;
        let application = self.application(request, "msi_res_id").ok_or_else(|| invalid("Identity not found"))?;
        let mut answer = self.token(&application, resource).ok_or_else(|| unknown_resource(resource))?;
        answer["expires_in"] = self.lifetime.to_string().into();
        answer["ext_expires_in"] = self.lifetime.to_string().into();
        answer["not_before"] = self.now.to_string().into();
        Ok(Answer::ok(&answer))
    }

    fn app_service(&self, request: &Request) -> Outcome {
        let refuse = |status: u16, message: &str| {
            let correlation = uuid::Uuid::new_v4().to_string();
            Answer::json(status, &json!({ "statusCode": status, "message": message, "correlationId": correlation }))
        };
        if request.identity_header.as_deref() != Some(self.identity_header) {
            return Err(refuse(401, "The X-IDENTITY-HEADER is missing or wrong."));
        }
        if request.parameter("api-version") != Some(APP_SERVICE_VERSION) {
            return Err(refuse(400, "The api-version is missing or not supported."));
        }
        let resource = request.parameter("resource").ok_or_else(|| refuse(400, "The resource is missing."))?;
        let application = self.application(request, "mi_res_id").ok_or_else(|| {
            let message = "No User Assigned or Delegated Managed Identity found for specified \
                           ClientId/ResourceId/PrincipalId.";
            refuse(400, message)
        })?;
        let answer = self.token(&application, resource);
        Ok(Answer::ok(&answer.ok_or_else(|| refuse(400, "The resource is not known in this tenant."))?))
    }

    /// The identity that a request names by one of its ids, or the machine's own.
    fn application(&self, request: &Request, resource_id: &str) -> Option<Application<'_>> {
        let object_id = request.parameter("object_id").or_else(|| request.parameter("principal_id"));
        let (client_id, resource_id) = (request.parameter("client_id"), request.parameter(resource_id));
        let is_named = [client_id, object_id, resource_id].iter().any(Option::is_some);
        directory::applications(self.state).find(|known| {
            let Some((name, _)) = known.vault else { return false };
            if !is_named {
                return self.own == Some(name);
            }
            let is_meant = |asked: Option<&str>, id: &str| asked.is_none_or(|asked| asked.eq_ignore_ascii_case(id));
            is_meant(client_id, &known.principal.client_id)
                && is_meant(object_id, &known.principal.object_id())
                && is_meant(resource_id, &identity_path(name))
        })
    }

    /// What both endpoints answer; numbers are text. None if the identity's cloud does not know the resource.
    fn token(&self, application: &Application<'_>, resource: &str) -> Option<Value> {
        let audience = application.cloud.audience(resource)?;
        Some(json!({
            "access_token": Claims::new(application, audience, self.now, self.lifetime).sign()?,
            "client_id": application.principal.client_id,
            "expires_on": self.now.saturating_add(self.lifetime).to_string(),
            "resource": resource,
            "token_type": "Bearer",
        }))
    }
}

/// The Azure resource id of a vault's identity, as a user-assigned one.
fn identity_path(vault: &str) -> String {
    format!(
        "/subscriptions/00000000-0000-0000-0000-000000000000/resourcegroups/simulator/providers/\
         Microsoft.ManagedIdentity/userAssignedIdentities/{vault}"
    )
}

fn unknown_resource(resource: &str) -> Answer {
    let message = format!(
        "AADSTS500011: The resource principal named {resource} was not found in the tenant. This can happen if the \
         application has not been installed by the administrator of the tenant or consented to by any user in the \
         tenant."
    );
    refusal(400, "invalid_resource", &message)
}
