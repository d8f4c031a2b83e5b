//! Client assertions: tokens that prove an application by its certificate, or by another identity provider's word.

use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256};
use serde_json::Value;

use crate::{
    answer::Answer,
    directory::Application,
    entra::refusal,
    federation::{self, FederatedClaims},
    jwt::Jwt,
    request::Request,
};

/// Seconds that clocks may differ when an assertion begins.
const SKEW: i64 = 300;

/// Checks that an assertion proves the application.
pub(crate) fn check(application: &Application<'_>, assertion: &str, request: &Request, now: i64) -> Result<(), Answer> {
    let jwt = Jwt::read(assertion).ok_or_else(|| invalid_client("AADSTS50027: JWT token is invalid or malformed."))?;
    match thumbprint(&jwt) {
        Some(thumbprint) => check_certificate(application, &jwt, thumbprint, request, now),
        None if jwt.text("iss").eq_ignore_ascii_case(&application.principal.client_id) => {
            Err(unknown_certificate(application, "not named"))
        }
        None => check_federated(application, &jwt, now),
    }
}

/// The certificate that a header names: `x5t#S256` for PS256, `x5t` for RS256 (azure.md §3.1).
fn thumbprint<'a>(jwt: &'a Jwt<'_>) -> Option<&'a str> {
    ["x5t#S256", "x5t"].into_iter().find_map(|name| jwt.header[name].as_str())
}

fn check_certificate(
    application: &Application<'_>,
    jwt: &Jwt<'_>,
    thumbprint: &str,
    request: &Request,
    now: i64,
) -> Result<(), Answer> {
    let client_id = &application.principal.client_id;
    let registered = application.vault.and_then(|(_, vault)| vault.credentials.certificate.as_ref());
    let certificate = registered
        .filter(|certificate| certificate.has_thumbprint(thumbprint))
        .ok_or_else(|| unknown_certificate(application, thumbprint))?;
    let algorithm = match jwt.header["alg"].as_str() {
        Some("PS256") => &RSA_PSS_2048_8192_SHA256,
        Some("RS256") => &RSA_PKCS1_2048_8192_SHA256,
        _ => return Err(invalid_client("AADSTS5002738: Invalid JWT token. The signing algorithm is not supported.")),
    };
    if !certificate.key().is_some_and(|key| jwt.is_signed_by(key.public_key(), algorithm)) {
        return Err(invalid_client(&format!(
            "AADSTS700027: Client assertion failed signature validation. [Reason - The key was found, but use of the \
             key to verify the signature failed., Thumbprint of key used by client: '{thumbprint}']"
        )));
    }
    if [jwt.text("iss"), jwt.text("sub")].iter().any(|named| !named.eq_ignore_ascii_case(client_id)) {
        let message = "AADSTS700021: Client assertion application identifier doesn't match 'client_id' parameter. \
                       Review the documentation at \
                       https://learn.microsoft.com/entra/identity-platform/certificate-credentials.";
        return Err(invalid_client(message));
    }
    if !is_for_this_endpoint(application, jwt, request) {
        let message = "AADSTS700023: Client assertion audience claim does not match Realm issuer. Review the \
                       documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials.";
        return Err(invalid_client(message));
    }
    check_time(jwt, now)
}

/// Whether the audience is the token endpoint, of any version, by any name of the login host; or the issuer behind it.
fn is_for_this_endpoint(application: &Application<'_>, jwt: &Jwt<'_>, request: &Request) -> bool {
    let tenant = &application.principal.tenant_id;
    let hosts = application.cloud.login_hosts.iter().copied();
    let hosts = hosts.chain(request.is_local().then_some(request.authority.as_str()));
    let ends = ["oauth2/v2.0/token", "oauth2/token", "v2.0"];
    hosts
        .flat_map(|host| ends.map(|end| format!("https://{host}/{tenant}/{end}")))
        .any(|endpoint| endpoint.eq_ignore_ascii_case(jwt.text("aud")))
}

fn check_federated(application: &Application<'_>, jwt: &Jwt<'_>, now: i64) -> Result<(), Answer> {
    let Some(trusted) = FederatedClaims::of(application, now) else {
        return Err(unmatched(70_021, "", ""));
    };
    let (issuer, subject) = (jwt.text("iss"), jwt.text("sub"));
    let audience = match &jwt.claims["aud"] {
        Value::Array(all) => all.first().and_then(Value::as_str).unwrap_or_default(),
        _ => jwt.text("aud"),
    };
    if issuer != trusted.issuer {
        return Err(unmatched(700_211, "issuer", issuer));
    }
    if !federation::signed(jwt) {
        return Err(invalid_client("AADSTS50013: Assertion failed signature validation."));
    }
    if audience != trusted.audience {
        return Err(unmatched(700_212, "audience", audience));
    }
    if subject != trusted.subject {
        return Err(unmatched(700_213, "subject", subject));
    }
    check_time(jwt, now)
}

fn check_time(jwt: &Jwt<'_>, now: i64) -> Result<(), Answer> {
    let begin = jwt.moment("nbf").unwrap_or_default();
    let end = jwt.moment("exp").unwrap_or_default();
    if begin <= now.saturating_add(SKEW) && now < end {
        return Ok(());
    }
    Err(invalid_client(&format!(
        "AADSTS700024: Client assertion is not within its valid time range. Current time: {now}, assertion valid from \
         {begin}, expiry time of assertion {end}. Review the documentation at \
         https://learn.microsoft.com/entra/identity-platform/certificate-credentials."
    )))
}

fn unknown_certificate(application: &Application<'_>, thumbprint: &str) -> Answer {
    invalid_client(&format!(
        "AADSTS700027: The certificate with identifier used to sign the client assertion is not registered on \
         application. [Reason - The key was not found., Thumbprint of key used by client: '{thumbprint}', Please visit \
         the Azure Portal, Graph Explorer or directly use MS Graph to see configured keys for app Id '{}'.]",
        application.principal.client_id
    ))
}

fn unmatched(code: u32, claim: &str, found: &str) -> Answer {
    let presented = if claim.is_empty() { String::new() } else { format!(" {claim} '{found}'") };
    invalid_client(&format!(
        "AADSTS{code}: No matching federated identity record found for presented assertion{presented}. Check your \
         federated identity credential Subject, Audience and Issuer against the presented assertion. \
         https://learn.microsoft.com/entra/workload-id/workload-identity-federation"
    ))
}

fn invalid_client(message: &str) -> Answer {
    refusal(401, "invalid_client", message)
}
