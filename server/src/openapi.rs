//! The OpenAPI document, written from the route list.

use utoipa::OpenApi;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder};
use utoipa_axum::router::OpenApiRouter;

use crate::routes;

#[derive(OpenApi)]
#[openapi(
    info(title = "Keyferry", description = "Keys for Azure Key Vault that never leave it readable."),
    servers((url = "/api/v1")),
    components(schemas(api::Problem)),
    tags(
        (name = "session", description = "Signing in and out, and who one is"),
        (name = "workspaces", description = "The rooms of teams"),
        (name = "members", description = "Who may do what in a workspace"),
        (name = "users", description = "People who sign in"),
        (name = "tokens", description = "Bearer tokens for programs"),
        (name = "providers", description = "Where keys are sent"),
        (name = "keys", description = "Keys and their versions"),
        (name = "distributions", description = "Which provider holds which key"),
        (name = "audit", description = "What happened"),
    )
)]
struct Document;

/// The document as JSON, as it is committed in `server/openapi.json`.
///
/// # Panics
/// Never: a document is always JSON.
#[must_use]
pub fn document() -> String {
    let (_, mut document) = OpenApiRouter::with_openapi(Document::openapi()).merge(routes::api()).split_for_parts();
    let problem = ResponseBuilder::new()
        .description("Why it was not done")
        .content(
            "application/problem+json",
            ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build(),
        )
        .build();
    for operation in document.paths.paths.values_mut().flat_map(operations) {
        for (status, response) in &mut operation.responses.responses {
            if let RefOr::T(response) = response {
                describe(status).clone_into(&mut response.description);
            }
        }
        operation.responses.responses.insert("default".to_owned(), problem.clone().into());
    }
    let components = document.components.get_or_insert_default();
    let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new("keyferry")));
    components.add_security_scheme("session", cookie);
    components.add_security_scheme("token", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    let none: [&str; 0] = [];
    document.security = Some(vec![SecurityRequirement::new("session", none), SecurityRequirement::new("token", none)]);
    document.to_pretty_json().expect("a document is always JSON") + "\n"
}

fn describe(status: &str) -> &'static str {
    match status {
        "201" => "Made",
        "202" => "Accepted; the rest is pending",
        "204" => "Done; there is nothing more to say",
        _ => "Done",
    }
}

fn operations(path: &mut utoipa::openapi::PathItem) -> impl Iterator<Item = &mut utoipa::openapi::path::Operation> {
    [&mut path.get, &mut path.put, &mut path.post, &mut path.patch, &mut path.delete].into_iter().flatten()
}
