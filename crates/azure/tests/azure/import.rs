//! Imports: what was sent is what the vault has, and each fault is told for what it is.

use std::time::Duration;

use azure::{ClientOptions, Error, Garble, KeyImport};
use azure_sim::{Call, Fault};

use crate::blob::{import, import_of_target, target_modulus};
use crate::support::{VAULT, World};

#[tokio::test]
async fn an_imported_key_is_the_key_that_was_sent() {
    let world = World::start().await;
    let vault = world.vault(VAULT);
    let kek = world.kek(&vault).await;
    let import = KeyImport { enabled: false, expires_at: Some(2_000_000_000), ..import_of_target(&kek) };

    let bundle = vault.import_key("orders", &import).await.unwrap();

    assert_eq!((&bundle.modulus, &bundle.exponent), (&target_modulus(), &vec![1, 0, 1]));
    assert_eq!((bundle.kty.as_str(), &bundle.key_ops), ("RSA-HSM", &import.key_ops));
    assert_eq!((bundle.enabled, bundle.expires_at, bundle.managed), (false, Some(2_000_000_000), false));
    assert_eq!((bundle.name.as_str(), &bundle.tags), ("orders", &import.tags));
    assert!(bundle.created.is_some() && bundle.recovery_level.is_some());
    assert_eq!(bundle.kid, format!("https://keyvault-name.vault.azure.net/keys/orders/{}", bundle.version));

    let stored = world.azure.key(VAULT, "orders").unwrap();
    assert_eq!(stored.versions.len(), 1);
    assert!(stored.versions[0].imported_by_byok && stored.versions[0].modulus == target_modulus());
    assert_eq!(vault.get_key("orders", None).await.unwrap(), bundle);
}

#[tokio::test]
async fn a_blob_that_cannot_be_opened_is_refused_for_good() {
    let world = World::start().await;
    let error = world.vault(VAULT).import_key("orders", &import("bm90IGEgYmxvYg")).await.unwrap_err();
    assert!(matches!(&error, Error::Answered(answer) if answer.status == 400), "{error:?}");
    assert!(error.is_lasting() && !error.is_outcome_unknown());
    assert_eq!(world.versions("orders"), 0);
}

#[tokio::test]
async fn a_key_that_was_exchanged_on_the_way_shows_in_the_answer() {
    let world = World::start().await;
    let vault = world.vault(VAULT);
    let kek = world.kek(&vault).await;
    world.azure.fail_next(Call::ImportKey, Fault::SwapModulus);
    let bundle = vault.import_key("orders", &import_of_target(&kek)).await.unwrap();
    assert_ne!(bundle.modulus, target_modulus());
}

/// What must be known about a failed import.
struct Expected {
    outcome_unknown: bool,
    lasting: bool,
    throttled: bool,
    versions: usize,
}

const REFUSED_FOR_NOW: Expected = Expected { outcome_unknown: false, lasting: false, throttled: false, versions: 0 };
const REFUSED: Expected = Expected { lasting: true, ..REFUSED_FOR_NOW };
const UNKNOWN: Expected = Expected { outcome_unknown: true, ..REFUSED_FOR_NOW };
const UNKNOWN_BUT_DONE: Expected = Expected { versions: 1, ..UNKNOWN };

#[tokio::test]
async fn every_fault_of_an_import_is_told_for_what_it_is_and_nothing_is_sent_twice() {
    let options = ClientOptions { import_timeout: Duration::from_secs(5), ..ClientOptions::default() };
    let world = World::with(options).await;
    let vault = world.vault(VAULT);
    let kek = world.kek(&vault).await;
    let later = Duration::from_millis(50);
    let being_deleted = Some("ObjectIsBeingDeleted");
    let deleted = Some("ObjectIsDeletedButRecoverable");
    let faults = [
        (Fault::ResetBefore, UNKNOWN),
        (Fault::ResetAfter, UNKNOWN_BUT_DONE),
        (Fault::ReplyLostWorkDoneLater(later), UNKNOWN_BUT_DONE),
        (Fault::Garbled, UNKNOWN_BUT_DONE),
        (Fault::internal_error(), UNKNOWN),
        (Fault::unavailable(), UNKNOWN),
        (Fault::status(408, "RequestTimeout", None, ""), UNKNOWN),
        (Fault::throttled(None), Expected { throttled: true, ..REFUSED_FOR_NOW }),
        (Fault::status(409, "Conflict", being_deleted, ""), REFUSED_FOR_NOW),
        (Fault::status(409, "Conflict", deleted, ""), REFUSED),
        (Fault::forbidden_by_rbac(), REFUSED),
        (Fault::forbidden_by_firewall(), REFUSED),
        (Fault::status(400, "BadParameter", None, ""), REFUSED),
    ];
    for (number, (fault, expected)) in faults.into_iter().enumerate() {
        let (name, what) = (format!("orders-{number}"), format!("{fault:?}"));
        let before = world.count(Call::ImportKey);
        world.azure.fail_next(Call::ImportKey, fault);

        let error = vault.import_key(&name, &import_of_target(&kek)).await.unwrap_err();

        world.azure.idle().await;
        assert_eq!(error.is_outcome_unknown(), expected.outcome_unknown, "{what} {error:?}");
        assert_eq!(error.is_lasting(), expected.lasting, "{what} {error:?}");
        assert_eq!(error.is_throttled(), expected.throttled, "{what} {error:?}");
        assert_eq!(world.versions(&name), expected.versions, "{what} {error:?}");
        assert_eq!(world.count(Call::ImportKey), before + 1, "{what} was sent more than once");
    }
}

#[tokio::test]
async fn an_import_that_takes_too_long_may_still_be_done() {
    let options = ClientOptions { import_timeout: Duration::from_millis(100), ..ClientOptions::default() };
    let world = World::with(options).await;
    let vault = world.vault(VAULT);
    let import = import_of_target(&world.kek(&vault).await);
    world.azure.fail_next(Call::ImportKey, Fault::Delay(Duration::from_millis(300)));

    let error = vault.import_key("orders", &import).await.unwrap_err();

    assert!(matches!(error, Error::Lost { .. }), "{error:?}");
    world.azure.idle().await;
    assert_eq!((world.count(Call::ImportKey), world.versions("orders")), (1, 1));
}

#[tokio::test]
async fn a_garbled_success_is_no_success() {
    let world = World::start().await;
    let vault = world.vault(VAULT);
    let kek = world.kek(&vault).await;
    world.azure.fail_next(Call::ImportKey, Fault::Garbled);
    let error = vault.import_key("orders", &import_of_target(&kek)).await.unwrap_err();
    assert!(matches!(error, Error::Garbled { reason: Garble::NotTheDocument, .. }), "{error:?}");
}

#[tokio::test]
async fn the_wait_that_a_busy_vault_asks_for_is_kept() {
    let world = World::start().await;
    let vault = world.vault("acme-throttles");
    let kek = world.kek(&vault).await;
    let import = import_of_target(&kek);
    world.azure.fail_next(Call::ImportKey, Fault::throttled(Some(7)));

    let error = vault.import_key("orders", &import).await.unwrap_err();
    assert_eq!((error.is_throttled(), error.retry_after()), (true, Some(Duration::from_secs(7))));

    let error = vault.import_key("orders", &import).await.unwrap_err();
    assert_eq!((error.is_throttled(), error.retry_after()), (true, None));
}
