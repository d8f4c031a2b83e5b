//! What Azure refuses: the field, what Azure said, and what to do.

use api::{Distribution, DistributionState, Page, Provider, Workspace};
use azure_sim::{Permission, ServicePrincipal};
use serde_json::{Value, json};
use support::{Client, Reply, World};

const VAULT: &str = "keyvault-name";
const PROVIDERS: &str = "/workspaces/keymgmt/providers";

fn new_provider(name: &str, vault: &str, principal: &ServicePrincipal) -> Value {
    json!({
        "name": name, "key_collection": vault, "vault_kind": "key_vault",
        "credentials": {
            "tenant_id": principal.tenant_id,
            "client_id": principal.client_id,
            "client_secret": principal.client_secret,
        },
    })
}

async fn connect(client: &Client, vault: &str, principal: &ServicePrincipal) -> Reply {
    client.post(PROVIDERS, new_provider("acme", vault, principal)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vault_that_cannot_be_used_is_not_connected() {
    let world = World::start().await;
    let admin = world.admin().await;
    let right = world.azure.service_principal(VAULT);

    let wrong_secret = ServicePrincipal { client_secret: "wrong".to_owned(), ..right.clone() };
    let reply = connect(&admin, VAULT, &wrong_secret).await;
    reply.expect_problem(422, "refused", Some("credentials.client_secret"));
    assert!(reply.json()["kms"]["message"].as_str().unwrap().contains("AADSTS7000215"), "{}", reply.text);
    let wrong_client =
        ServicePrincipal { client_id: "11111111-2222-3333-4444-555555555555".to_owned(), ..right.clone() };
    connect(&admin, VAULT, &wrong_client).await.expect_problem(422, "refused", Some("credentials.client_id"));
    let wrong_tenant =
        ServicePrincipal { tenant_id: "11111111-2222-3333-4444-555555555555".to_owned(), ..right.clone() };
    connect(&admin, VAULT, &wrong_tenant).await.expect_problem(422, "refused", Some("credentials.tenant_id"));
    let other_tenant = world.azure.other_tenant();
    let reply = connect(&admin, VAULT, &other_tenant).await;
    reply.expect_problem(422, "refused", Some("credentials.tenant_id"));
    let facts = reply.json()["facts"].clone();
    let tenants: Vec<&Value> = facts.as_array().unwrap().iter().map(|fact| &fact["value"]).collect();
    assert!(tenants.contains(&&json!(other_tenant.tenant_id)) && tenants.contains(&&json!(right.tenant_id)), "{facts}");
    connect(&admin, "no-such-vault", &right).await.expect_problem(422, "refused", Some("key_collection"));

    let none: Page<Provider> = admin.get(PROVIDERS).await.expect(200);
    assert_eq!(none.items.len(), 0, "nothing was stored");
    connect(&admin, VAULT, &right).await.expect_status(201);
    connect(&admin, VAULT, &right).await.expect_problem(409, "name_taken", Some("name"));
    let reply = admin
        .patch(
            &format!("{PROVIDERS}/acme"),
            json!({ "credentials": new_provider("acme", VAULT, &wrong_secret)["credentials"] }),
        )
        .await;
    reply.expect_problem(422, "refused", Some("credentials.client_secret"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standard_vault_refuses_hsm_keys_and_says_what_to_do() {
    let world = World::start().await;
    let admin = world.admin().await;
    let principal = world.azure.service_principal("acme-standard");
    // Which kind of vault it is shows only when it refuses a key.
    admin.post(PROVIDERS, new_provider("acme", "acme-standard", &principal)).await.expect_status(201);
    admin.create_key("payments").await;
    admin.distribute("payments", "acme").await.expect_status(202);
    world.settle(&admin).await;
    let held = admin.key("payments").await.distributions.remove(0);
    assert_eq!(held.state, DistributionState::Refused);
    let error = held.last_error.expect("it says why");
    assert_eq!(error.code, "standard_vault");
    assert_eq!(error.kms.expect("Azure said so").message, "Hardware key operation not allowed on standard vault");
    assert_eq!(world.azure.keys("acme-standard").len(), 0);
    admin.create_key("others").await;
    admin.distribute("others", "acme").await.expect_problem(400, "invalid", Some("protection"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_exchange_key_is_made_when_it_is_asked_for_or_it_is_said_why_not() {
    let world = World::start().await;
    let admin = world.admin().await;
    admin.connect("acme", VAULT, &world.azure.service_principal(VAULT)).await;
    let kek = format!("{PROVIDERS}/acme/kek");
    world.azure.set_permissions(VAULT, &[Permission::Get]);
    let asked: Provider = admin.act(&kek).await.expect(202);
    assert!(asked.kek.is_none() && asked.kek_requested_at.is_some(), "{asked:?}");
    let refused = world.settle_kek(&admin, "acme").await;
    let error = refused.kek_error.expect("it says why");
    assert_eq!((error.code.as_str(), refused.kek), ("permission_missing", None));
    assert!(error.command.is_some() && !error.facts.is_empty(), "{error:?}");

    world.azure.set_permissions(VAULT, &Permission::ALL);
    admin.act(&kek).await.expect_status(202);
    admin.act(&kek).await.expect_status(202);
    let made = world.settle_kek(&admin, "acme").await;
    assert_eq!((made.kek.expect("it is there").bits, made.kek_error), (4096, None));
    assert_eq!(world.azure.key(VAULT, "keyferry-kek").unwrap().versions.len(), 1);
    let trail = admin.get("/audit-events").await.text;
    assert!(trail.contains("kek.request") && trail.contains("kek.create"), "{trail}");
    admin.act(&format!("{PROVIDERS}/absent/kek")).await.expect_problem(404, "not_found", None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_permission_is_named_and_heals_when_it_is_given() {
    let world = World::start().await;
    let admin = world.admin().await;
    admin.connect("acme", VAULT, &world.azure.service_principal(VAULT)).await;
    admin.create_key("payments").await;
    world.azure.set_permissions(VAULT, &[Permission::Get]);
    admin.distribute("payments", "acme").await.expect_status(202);
    world.settle(&admin).await;
    let path = "/workspaces/keymgmt/keys/payments/distributions/acme";
    let refused: Distribution = admin.get(path).await.expect(200);
    assert_eq!(refused.state, DistributionState::Refused);
    assert_eq!(refused.last_error.unwrap().kms.unwrap().status, 403);
    let counts = admin.get("/workspaces/keymgmt").await.expect::<Workspace>(200).counts;
    assert_eq!((counts.refused, counts.in_sync), (1, 0));

    world.azure.set_permissions(VAULT, &Permission::ALL);
    admin.act(&format!("{path}/retry")).await.expect_status(202);
    world.settle(&admin).await;
    assert_eq!(admin.get(path).await.expect::<Distribution>(200).state, DistributionState::InSync);
}

#[tokio::test(flavor = "multi_thread")]
async fn distributions_keep_their_rules() {
    let world = World::start().await;
    let admin = world.admin().await;
    admin.connect("acme", VAULT, &world.azure.service_principal(VAULT)).await;
    admin.create_key("payments").await;
    admin.create_key("others").await;
    let path = "/workspaces/keymgmt/keys/payments/distributions";
    let new = |change: Value| {
        let mut new = json!({ "provider": "acme", "purposes": ["sign"], "protection": "hsm" });
        new.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        new
    };
    for (change, field) in [
        (json!({ "name_in_kms": "pay_ments" }), "name_in_kms"),
        (json!({ "name_in_kms": "k".repeat(128) }), "name_in_kms"),
        (json!({ "purposes": [] }), "purposes"),
        (json!({ "purposes": ["sign", "hide"] }), "purposes"),
        (json!({ "protection": "paper" }), "protection"),
        (json!({ "provider": "" }), "provider"),
    ] {
        admin.post(path, new(change)).await.expect_problem(400, "invalid", Some(field));
    }
    admin.post(path, new(json!({ "provider": "absent" }))).await.expect_problem(400, "invalid", Some("provider"));
    assert_eq!(admin.key("payments").await.distributions.len(), 0, "nothing was made");

    admin.post(path, new(json!({ "name_in_kms": "shared" }))).await.expect_status(202);
    let twice = admin.post(path, new(json!({ "name_in_kms": "other" }))).await;
    twice.expect_problem(409, "already_distributed", Some("provider"));
    let others = "/workspaces/keymgmt/keys/others/distributions";
    let taken = admin.post(others, new(json!({ "name_in_kms": "SHARED" }))).await;
    taken.expect_problem(409, "name_taken", Some("name_in_kms"));
    world.settle(&admin).await;

    let key = "/workspaces/keymgmt/keys/payments";
    admin.patch(key, json!({ "deletion_allowed": true })).await.expect_status(200);
    admin.delete(key).await.expect_problem(409, "still_distributed", None);
    admin.delete(&format!("{PROVIDERS}/acme")).await.expect_problem(409, "not_empty", None);
    assert_eq!(world.azure.key(VAULT, "shared").unwrap().versions.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_somebody_else_uses_is_left_alone() {
    let world = World::start().await;
    let admin = world.admin().await;
    admin.connect("acme", VAULT, &world.azure.service_principal(VAULT)).await;
    world.azure.put_foreign_key(VAULT, "payments");
    let foreign = world.azure.key(VAULT, "payments");
    admin.create_key("payments").await;
    admin.distribute("payments", "acme").await.expect_status(202);
    world.settle(&admin).await;
    let held = admin.key("payments").await.distributions.remove(0);
    assert_eq!(held.state, DistributionState::Refused);
    assert_eq!(world.azure.key(VAULT, "payments"), foreign);
    admin.delete("/workspaces/keymgmt/keys/payments/distributions/acme").await.expect_status(202);
    world.settle(&admin).await;
    assert_eq!(world.azure.key(VAULT, "payments"), foreign);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_name_of_a_deleted_key_is_refused_until_another_is_chosen() {
    let world = World::start().await;
    let admin = world.admin().await;
    admin.connect("acme", VAULT, &world.azure.service_principal(VAULT)).await;
    admin.create_key("payments").await;
    let path = "/workspaces/keymgmt/keys/payments/distributions/acme";
    admin.distribute("payments", "acme").await.expect_status(202);
    world.settle(&admin).await;
    admin.delete(path).await.expect_status(202);
    world.settle(&admin).await;
    assert_eq!(world.azure.deleted_keys(VAULT).len(), 1);

    admin.distribute("payments", "acme").await.expect_status(202);
    world.settle(&admin).await;
    let held: Distribution = admin.get(path).await.expect(200);
    assert_eq!(held.state, DistributionState::Refused);
    let error = held.last_error.expect("it says why");
    assert!(error.advice.contains("another name"), "{error:?}");
    admin.delete(path).await.expect_status(202);
    world.settle(&admin).await;
    let new = json!({ "provider": "acme", "purposes": ["sign"], "protection": "hsm", "name_in_kms": "payments-2" });
    admin.post("/workspaces/keymgmt/keys/payments/distributions", new).await.expect_status(202);
    world.settle(&admin).await;
    assert_eq!(admin.get(path).await.expect::<Distribution>(200).state, DistributionState::InSync);
}
