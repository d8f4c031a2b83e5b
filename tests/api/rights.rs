//! Every route needs the right it names: a walk over the OpenAPI document.

use reqwest::Method;
use serde_json::{Value, json};
use support::{Client, Reply, World};

/// Who may call a route.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Right {
    Nobody,
    Identified,
    SignedIn,
    Auditor,
    Operator,
    Admin,
    GlobalAuditor,
    Administrator,
}

/// Every operation of the API with the right it needs. A route that is missing here fails the walk.
const RIGHTS: [(&str, Right); 61] = [
    ("sign_in", Right::Nobody),
    ("show_session", Right::Identified),
    ("sign_out", Right::Identified),
    ("change_password", Right::Identified),
    ("list_demo_vaults", Right::SignedIn),
    ("show_document", Right::SignedIn),
    ("list_workspaces", Right::SignedIn),
    ("create_workspace", Right::Administrator),
    ("show_workspace", Right::Auditor),
    ("list_members", Right::Auditor),
    ("set_member", Right::Admin),
    ("remove_member", Right::Admin),
    ("list_users", Right::GlobalAuditor),
    ("create_user", Right::Administrator),
    ("change_user", Right::Administrator),
    ("list_tokens", Right::SignedIn),
    ("create_token", Right::SignedIn),
    ("revoke_token", Right::SignedIn),
    ("show_token_rights", Right::SignedIn),
    ("list_providers", Right::Auditor),
    ("create_provider", Right::Admin),
    ("show_provider", Right::Auditor),
    ("change_provider", Right::Admin),
    ("delete_provider", Right::Admin),
    ("check_provider", Right::Operator),
    ("request_kek", Right::Operator),
    ("list_deleted_keys", Right::Auditor),
    ("recover_deleted_key", Right::Admin),
    ("purge_deleted_key", Right::Admin),
    ("list_keys", Right::Auditor),
    ("create_key", Right::Operator),
    ("show_key", Right::Auditor),
    ("change_key", Right::Operator),
    ("delete_key", Right::Admin),
    ("rotate_key", Right::Operator),
    ("import_own_key", Right::Operator),
    ("compromise_key", Right::Admin),
    ("destroy_key", Right::Admin),
    ("distribute_key", Right::Operator),
    ("show_distribution", Right::Auditor),
    ("withdraw_key", Right::Operator),
    ("retry_distribution", Right::Operator),
    ("verify_distribution", Right::Operator),
    ("list_distributions", Right::Auditor),
    ("list_drift", Right::Auditor),
    ("reconcile_distribution", Right::Operator),
    ("accept_difference", Right::Operator),
    ("reopen_difference", Right::Operator),
    ("stream_events", Right::SignedIn),
    ("list_operations", Right::Auditor),
    ("plan_operation", Right::Operator),
    ("start_operation", Right::Operator),
    ("show_operation", Right::Auditor),
    ("list_operation_keys", Right::Auditor),
    ("pause_operation", Right::Operator),
    ("resume_operation", Right::Operator),
    ("cancel_operation", Right::Operator),
    ("retry_operation", Right::Operator),
    ("show_schedule", Right::Auditor),
    ("change_schedule", Right::Operator),
    ("show_system", Right::GlobalAuditor),
];

const LIST_AUDIT_EVENTS: (&str, Right) = ("list_audit_events", Right::SignedIn);

struct Route {
    method: Method,
    path: String,
    right: Right,
}

/// Every operation of the document, with names in its path that nothing has, but for the workspace.
async fn routes(client: &Client) -> Vec<Route> {
    let document: Value = client.get("/openapi.json").await.expect(200);
    let mut routes = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let name = operation["operationId"].as_str().unwrap();
            let known = RIGHTS.iter().chain([&LIST_AUDIT_EVENTS]).find(|(known, _)| *known == name);
            let (_, right) = known.unwrap_or_else(|| panic!("{name} has no right in this table"));
            let path = path
                .replace("{workspace}", "keymgmt")
                .replace("{id}", "01a21317-a5c5-728e-8f7d-e454db384700")
                .replace('{', "no-")
                .replace('}', "");
            routes.push(Route { method: method.to_uppercase().parse().unwrap(), path, right: *right });
        }
    }
    assert_eq!(routes.len(), RIGHTS.len() + 1, "every row of the table has its route");
    routes
}

async fn call(client: &Client, route: &Route) -> Reply {
    client.send(route.method.clone(), &route.path, None).await
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_answered_without_a_session() {
    let world = World::start().await;
    let nobody = world.anonymous();
    let wrong_token = nobody.with_token("kf_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    let wrong_cookie = nobody.with_cookie(Some("keyferry=AAAAAAAAAAAAAAAAAAAAAA".to_owned()));
    for route in routes(&world.admin().await).await {
        if route.right != Right::Nobody {
            call(&nobody, &route).await.expect_problem(401, "no_session", None);
            call(&wrong_token, &route).await.expect_problem(401, "no_session", None);
            let copy = wrong_cookie.with_cookie(wrong_cookie.cookie());
            call(&copy, &route).await.expect_problem(401, "no_session", None);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_needs_the_right_it_names() {
    let world = World::demo().await;
    let admin = world.admin().await;
    let token = json!({ "name": "walk", "workspace": "keymgmt", "role": "auditor", "expires_in_days": 1 });
    let token: Value = admin.post("/tokens", token).await.expect(201);
    let callers = [
        ("auditor", world.member("ann", "auditor").await),
        ("operator", world.member("bob", "operator").await),
        ("admin", world.member("cyd", "admin").await),
        ("global auditor", world.user("dan", "auditor").await),
        ("auditor", admin.with_token(token["secret"].as_str().unwrap())),
    ];
    for route in routes(&admin).await {
        for (role, caller) in &callers {
            if may(role, route.right) {
                // What signs out or needs a body is asked by its own tests.
                if route.right != Right::Identified {
                    let reply = call(caller, &route).await;
                    assert_ne!(reply.status, 401, "{role} {} {}", route.method, route.path);
                    let is_token_question =
                        reply.text.contains("a token cannot") || reply.text.contains("A token cannot");
                    assert!(reply.status != 403 || is_token_question, "{role} {} {}", route.method, route.path);
                }
            } else {
                let reply = call(caller, &route).await;
                reply.expect_problem(403, "forbidden", None);
                let detail = reply.json()["detail"].as_str().unwrap().to_owned();
                assert!(detail.contains("needs the") && detail.contains("can give it"), "{detail}");
            }
        }
        if !matches!(route.right, Right::Nobody | Right::Identified) {
            let reply = call(&admin, &route).await;
            assert!(
                ![401, 403].contains(&reply.status),
                "administrator {} {}: {}",
                route.method,
                route.path,
                reply.text
            );
        }
    }
}

/// Whether somebody with a role may call a route.
fn may(role: &str, right: Right) -> bool {
    match right {
        Right::Nobody | Right::Identified | Right::SignedIn | Right::Auditor => true,
        Right::Operator => matches!(role, "operator" | "admin"),
        Right::Admin => role == "admin",
        Right::GlobalAuditor => role == "global auditor",
        Right::Administrator => false,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_workspace_is_as_if_it_were_not_there() {
    let world = World::start().await;
    let admin = world.admin().await;
    admin.post("/workspaces", json!({ "slug": "others", "title": "Others" })).await.expect_status(201);
    world.user("eve", "none").await;
    admin.put("/workspaces/others/members/eve", json!({ "role": "admin" })).await.expect_status(200);
    let eve = world.sign_in("eve").await;
    admin.create_key("payments").await;

    for route in routes(&admin).await {
        if matches!(route.right, Right::Auditor | Right::Operator | Right::Admin) {
            let foreign = call(&eve, &route).await;
            foreign.expect_problem(404, "not_found", None);
            let absent = Route { path: route.path.replace("keymgmt", "nowhere"), ..route };
            let absent = call(&eve, &absent).await;
            assert_eq!(foreign.text.replace("keymgmt", "nowhere"), absent.text, "not to be told apart");
        }
    }
    let open = eve.get("/workspaces").await.text;
    assert!(open.contains("others") && !open.contains("keymgmt"), "{open}");
    eve.get("/audit-events?workspace=keymgmt").await.expect_problem(404, "not_found", None);
    let trail = eve.get("/audit-events?limit=200").await.text;
    assert!(!trail.contains("payments") && trail.contains("workspace.create"), "{trail}");
    let new = json!({ "name": "t", "workspace": "keymgmt", "role": "auditor", "expires_in_days": 1 });
    eve.post("/tokens", new).await.expect_problem(404, "not_found", None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_one_time_password_opens_nothing_but_its_own_replacement() {
    let world = World::without_password().await;
    let first = world.first_password().expect("one was made").to_owned();
    let admin = world.anonymous();
    let session: Value = admin.sign_in("admin", &first).await.expect(200);
    assert_eq!(session["must_change_password"], true);
    let document: Value = serde_json::from_str(include_str!("../../server/openapi.json")).unwrap();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let name = operation["operationId"].as_str().unwrap();
            let right = RIGHTS.iter().find(|(known, _)| *known == name).map_or(Right::SignedIn, |(_, right)| *right);
            if !matches!(right, Right::Nobody | Right::Identified) {
                let method = method.to_uppercase().parse().unwrap();
                let reply = admin.send(method, &path.replace("{workspace}", "keymgmt"), None).await;
                reply.expect_problem(403, "password_change_required", None);
            }
        }
    }

    let change = json!({ "current_password": first, "new_password": World::PASSWORD });
    admin.post("/session/password", change).await.expect_nothing(204);
    admin.get("/workspaces").await.expect_status(200);
    world.anonymous().sign_in("admin", &first).await.expect_problem(401, "wrong_credentials", None);
}
