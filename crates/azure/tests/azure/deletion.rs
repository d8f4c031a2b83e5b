//! Deletion: asynchronous, repeatable, and the name stays blocked.

use std::time::Duration;

use azure::Error;
use azure_sim::{Call, Fault};

use crate::blob::import_of_target;
use crate::support::{VAULT, World};

#[tokio::test]
async fn a_deletion_is_over_when_azure_shows_it() {
    let world = World::start().await;
    let vault = world.vault(VAULT);
    let kek = world.kek(&vault).await;
    vault.import_key("orders", &import_of_target(&kek)).await.unwrap();
    world.azure.set_deletion_delay(Duration::from_millis(80));

    let deleted = vault.delete_and_wait("orders").await.unwrap();

    let own = "https://keyvault-name.vault.azure.net/deletedkeys/orders";
    assert_eq!(deleted.recovery_id.as_deref(), Some(own));
    assert!(deleted.scheduled_purge_at.unwrap() > deleted.deleted_at.unwrap());
    assert!(world.count(Call::GetDeletedKey) > 1);
    assert_eq!(vault.deleted_key("orders").await.unwrap(), Some(deleted));
    assert!(vault.get_key("orders", None).await.unwrap_err().is_not_found());
    assert_eq!(world.azure.key(VAULT, "orders"), None);
}

#[tokio::test]
async fn deleting_again_finds_it_deleted() {
    let world = World::start().await;
    let vault = world.vault(VAULT);
    let kek = world.kek(&vault).await;
    vault.import_key("orders", &import_of_target(&kek)).await.unwrap();
    let first = vault.delete_and_wait("orders").await.unwrap();
    assert_eq!(vault.delete_and_wait("orders").await.unwrap(), first);
    assert!(vault.delete_and_wait("absent").await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_deletion_whose_reply_was_lost_is_completed_by_asking_again() {
    let world = World::start().await;
    let vault = world.vault(VAULT);
    let kek = world.kek(&vault).await;
    vault.import_key("orders", &import_of_target(&kek)).await.unwrap();
    world.azure.fail_next(Call::DeleteKey, Fault::ResetAfter);

    let error = vault.delete_and_wait("orders").await.unwrap_err();
    assert!(error.is_outcome_unknown(), "{error:?}");
    assert!(vault.delete_and_wait("orders").await.unwrap().recovery_id.is_some());
}

#[tokio::test]
async fn a_key_that_is_just_being_deleted_is_waited_for() {
    let world = World::start().await;
    let vault = world.vault(VAULT);
    let kek = world.kek(&vault).await;
    vault.import_key("orders", &import_of_target(&kek)).await.unwrap();
    let being_deleted = Fault::status(409, "Conflict", Some("ObjectIsBeingDeleted"), "Key is currently being deleted.");
    vault.delete_key("orders").await.unwrap();
    world.azure.fail_next(Call::DeleteKey, being_deleted);
    assert!(vault.delete_and_wait("orders").await.unwrap().deleted_at.is_some());
}

#[tokio::test]
async fn a_deleted_name_is_blocked() {
    let world = World::start().await;
    let vault = world.vault(VAULT);
    let kek = world.kek(&vault).await;
    vault.import_key("orders", &import_of_target(&kek)).await.unwrap();
    vault.delete_and_wait("orders").await.unwrap();

    let error = vault.import_key("orders", &import_of_target(&kek)).await.unwrap_err();

    let Error::Answered(answer) = &error else { panic!("{error:?}") };
    assert_eq!((answer.status, answer.inner_code.as_deref()), (409, Some("ObjectIsDeletedButRecoverable")));
    assert!(error.is_lasting() && !error.is_outcome_unknown());
}

#[tokio::test]
async fn a_recovered_key_is_there_again_with_its_versions() {
    let world = World::start().await;
    let vault = world.vault(VAULT);
    let kek = world.kek(&vault).await;
    let imported = vault.import_key("orders", &import_of_target(&kek)).await.unwrap();
    vault.delete_and_wait("orders").await.unwrap();
    world.azure.set_deletion_delay(Duration::from_millis(80));

    assert_eq!(vault.recover_key("orders").await.unwrap().kid, imported.kid);

    assert!(world.count(Call::GetKey) > 1);
    assert_eq!((world.versions("orders"), vault.deleted_key("orders").await.unwrap()), (1, None));
    assert_eq!(vault.recover_key("orders").await.unwrap().kid, imported.kid);
    assert!(vault.recover_key("absent").await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_purged_key_is_gone_and_its_name_is_free() {
    let world = World::start().await;
    let vault = world.vault(VAULT);
    let kek = world.kek(&vault).await;
    vault.import_key("orders", &import_of_target(&kek)).await.unwrap();
    world.azure.set_deletion_delay(Duration::from_hours(1));
    vault.delete_key("orders").await.unwrap();

    let error = vault.purge_key("orders").await.unwrap_err();
    assert!(matches!(&error, Error::Answered(answer) if answer.status == 409) || error.is_not_found(), "{error:?}");

    world.azure.set_deletion_delay(Duration::ZERO);
    vault.import_key("invoices", &import_of_target(&kek)).await.unwrap();
    vault.delete_and_wait("invoices").await.unwrap();
    vault.purge_key("invoices").await.unwrap();
    assert_eq!(vault.deleted_key("invoices").await.unwrap(), None);
    assert!(vault.purge_key("invoices").await.unwrap_err().is_not_found());
    vault.import_key("invoices", &import_of_target(&kek)).await.unwrap();
    assert_eq!(world.versions("invoices"), 1);
}
