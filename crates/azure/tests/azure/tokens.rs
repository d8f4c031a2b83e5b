//! Tokens: asked for once, renewed early, kept while valid, replaced when refused.

use std::time::Duration;

use azure::Error;
use azure_sim::{Call, Fault};
use tokio::task::JoinSet;

use crate::blob::import_of_target;
use crate::support::{VAULT, World, credentials};

#[tokio::test]
async fn fifty_callers_at_once_cause_one_token_request() {
    let world = World::start().await;
    let mut callers = JoinSet::new();
    for _ in 0..50 {
        let vault = world.vault(VAULT);
        callers.spawn(async move { vault.token().await.unwrap() });
    }
    let facts = callers.join_all().await;
    assert!(facts.iter().all(|each| *each == facts[0]));
    assert_eq!(world.count(Call::Token), 1);
}

#[tokio::test]
async fn fifty_callers_at_once_share_one_refusal() {
    let world = World::start().await;
    let refusal = Fault::status(400, "unauthorized_client", None, "AADSTS700016: Application was not found.");
    world.azure.fail_next(Call::Token, refusal);
    let mut callers = JoinSet::new();
    for _ in 0..50 {
        let vault = world.vault(VAULT);
        callers.spawn(async move { vault.token().await.unwrap_err() });
    }
    let errors = callers.join_all().await;
    assert!(errors.iter().all(|error| matches!(error, Error::Entra(answer) if answer.aadsts == Some(700_016))));
    assert_eq!(world.count(Call::Token), 1);
}

#[tokio::test]
async fn a_valid_token_is_kept_while_entra_is_down() {
    let world = World::start().await;
    // Below five minutes, so that it is due for renewal from the first moment.
    world.azure.set_token_lifetime(Duration::from_secs(200));
    let vault = world.vault(VAULT);
    let first = vault.token().await.unwrap();

    world.azure.fail_times(Call::Token, Fault::entra_unavailable(), 3);
    assert_eq!(vault.token().await.unwrap(), first);
    world.azure.wait_for(Call::Token, 4).await;

    assert!(vault.get_key("absent", None).await.unwrap_err().is_not_found());
    assert_eq!(vault.token().await.unwrap(), first);
}

#[tokio::test]
async fn a_token_is_renewed_before_its_end_without_anyone_waiting() {
    let world = World::start().await;
    world.azure.set_token_lifetime(Duration::from_secs(200));
    let vault = world.vault(VAULT);
    let first = vault.token().await.unwrap();

    world.azure.set_token_lifetime(Duration::from_hours(1));
    let renewed = tokio::time::timeout(Duration::from_secs(10), async {
        loop {
            let facts = vault.token().await.unwrap();
            if facts != first {
                break facts;
            }
            tokio::task::yield_now().await;
        }
    });
    assert!(renewed.await.unwrap().expires_at > first.expires_at + 3000);
    assert_eq!(world.count(Call::Token), 2);
}

#[tokio::test]
async fn a_busy_entra_is_asked_again() {
    let world = World::start().await;
    world.azure.fail_next(Call::Token, Fault::entra_unavailable());
    world.vault(VAULT).token().await.unwrap();
    assert_eq!(world.count(Call::Token), 2);
}

#[tokio::test]
async fn an_entra_that_stays_away_leaves_the_vault_unasked() {
    let world = World::start().await;
    world.azure.fail_times(Call::Token, Fault::ResetBefore, 3);
    let error = world.vault(VAULT).get_key("orders", None).await.unwrap_err();
    assert!(matches!(&error, Error::Unreachable { host, .. } if host == "login.microsoftonline.com"), "{error:?}");
    assert!(!error.is_outcome_unknown() && !error.is_lasting());
    assert_eq!((world.count(Call::Token), world.count(Call::GetKey)), (3, 0));
}

#[tokio::test]
async fn a_long_wait_that_entra_asks_for_is_left_to_the_caller() {
    let world = World::start().await;
    world.azure.fail_next(Call::Token, Fault::throttled(Some(30)));
    let error = world.vault(VAULT).token().await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(30)));
    assert!(!error.is_lasting() && !error.is_throttled());
    assert_eq!(world.count(Call::Token), 1);
}

#[tokio::test]
async fn a_wrong_secret_is_named_once_and_never_shown() {
    let world = World::start().await;
    let mut wrong = credentials(world.azure.service_principal(VAULT));
    wrong.client_secret = Some("not-the-secret-8Q~".to_owned().into());
    let error = world.client.vault(VAULT, wrong).unwrap().token().await.unwrap_err();

    let Error::Entra(answer) = &error else { panic!("{error:?}") };
    assert_eq!((answer.status, answer.error.as_str(), answer.aadsts), (401, "invalid_client", Some(7_000_215)));
    assert!(answer.message.starts_with("AADSTS7000215: ") && answer.trace_id.is_some());
    assert!(error.is_lasting());
    assert!(!format!("{error} {error:?}").contains("not-the-secret"));
    assert_eq!(world.count(Call::Token), 1);
}

#[tokio::test]
async fn replaced_credentials_count_at_once() {
    let world = World::start().await;
    world.vault(VAULT).token().await.unwrap();
    let mut replaced = credentials(world.azure.service_principal(VAULT));
    replaced.client_secret = Some("another".to_owned().into());
    let error = world.client.vault(VAULT, replaced).unwrap().token().await.unwrap_err();
    assert!(matches!(error, Error::Entra(_)));
}

#[tokio::test]
async fn a_token_that_the_vault_refuses_is_replaced_and_the_import_done_once() {
    let world = World::start().await;
    let vault = world.vault(VAULT);
    let kek = world.kek(&vault).await;
    world.azure.fail_next(Call::ImportKey, Fault::ExpiredToken);

    vault.import_key("orders", &import_of_target(&kek)).await.unwrap();

    assert_eq!((world.count(Call::Token), world.count(Call::ImportKey), world.versions("orders")), (2, 2, 1));
}

#[tokio::test]
async fn a_second_refusal_is_final() {
    let world = World::start().await;
    world.azure.fail_times(Call::GetKey, Fault::ExpiredToken, 2);
    let error = world.vault(VAULT).get_key("orders", None).await.unwrap_err();
    assert!(matches!(&error, Error::Answered(answer) if answer.status == 401), "{error:?}");
    assert!(error.is_lasting() && !error.is_outcome_unknown());
    assert_eq!(world.count(Call::GetKey), 2);
}

#[tokio::test]
async fn credentials_of_another_tenant_are_told_the_vaults_tenant() {
    let world = World::start().await;
    let stranger = credentials(world.azure.other_tenant());
    let error = world.client.vault(VAULT, stranger).unwrap().get_key("orders", None).await.unwrap_err();

    let Error::Answered(answer) = &error else { panic!("{error:?}") };
    let challenge = answer.challenge.as_ref().unwrap();
    assert_eq!(answer.status, 401);
    assert_eq!(challenge.tenant, world.azure.service_principal(VAULT).tenant_id);
    assert!(error.is_lasting());
}
