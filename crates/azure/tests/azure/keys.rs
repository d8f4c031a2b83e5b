//! Reading and changing keys.

use azure::{Error, KeyChange};
use azure_sim::{Call, Fault};

use crate::blob::{import, import_of_target, target_modulus};
use crate::support::{VAULT, World};

#[tokio::test]
async fn a_version_is_switched_off_and_can_still_be_read() {
    let world = World::start().await;
    let vault = world.vault(VAULT);
    let kek = world.kek(&vault).await;
    let imported = vault.import_key("orders", &import_of_target(&kek)).await.unwrap();

    let off = KeyChange { enabled: Some(false), ..KeyChange::default() };
    let changed = vault.update_key("orders", &imported.version, &off).await.unwrap();

    assert!(!changed.enabled);
    let read = vault.get_key("orders", Some(&imported.version)).await.unwrap();
    assert_eq!((read.enabled, &read.modulus, &read.tags), (false, &target_modulus(), &imported.tags));
    assert!(!world.azure.key(VAULT, "orders").unwrap().versions[0].enabled);
}

#[tokio::test]
async fn only_what_is_named_changes() {
    let world = World::start().await;
    let vault = world.vault(VAULT);
    let kek = world.kek(&vault).await;
    let imported = vault.import_key("orders", &import_of_target(&kek)).await.unwrap();

    let change = KeyChange {
        expires_at: Some(2_000_000_000),
        key_ops: Some(vec!["sign".to_owned()]),
        tags: Some([("owner".to_owned(), "payments".to_owned())].into()),
        ..KeyChange::default()
    };
    let changed = vault.update_key("orders", &imported.version, &change).await.unwrap();

    assert!(changed.enabled);
    assert_eq!((changed.expires_at, &changed.key_ops), (Some(2_000_000_000), &vec!["sign".to_owned()]));
    assert_eq!(changed.tags, [("owner".to_owned(), "payments".to_owned())].into());
}

#[tokio::test]
async fn a_key_that_is_not_there_is_not_found() {
    let world = World::start().await;
    let vault = world.vault(VAULT);
    for error in [
        vault.get_key("absent", None).await.unwrap_err(),
        vault.get_key("absent", Some(&"0".repeat(32))).await.unwrap_err(),
        vault.update_key("absent", &"0".repeat(32), &KeyChange::default()).await.unwrap_err(),
        vault.delete_key("absent").await.unwrap_err(),
    ] {
        assert!(error.is_not_found() && error.is_lasting() && !error.is_outcome_unknown(), "{error:?}");
    }
    assert_eq!(vault.deleted_key("absent").await.unwrap(), None);
}

#[tokio::test]
async fn a_404_without_key_vaults_words_does_not_mean_that_a_key_is_gone() {
    let world = World::start().await;
    world.azure.fail_next(Call::GetKey, Fault::status(404, "", None, "no healthy upstream"));
    let error = world.vault(VAULT).get_key("orders", None).await.unwrap_err();
    assert!(!error.is_not_found(), "{error:?}");
}

#[tokio::test]
async fn a_refusal_keeps_what_support_will_ask_for() {
    let world = World::start().await;
    let error = world.vault("acme-forbids").import_key("orders", &import("eHg")).await.unwrap_err();

    let Error::Answered(answer) = &error else { panic!("{error:?}") };
    assert_eq!((answer.status, answer.code.as_str()), (403, "Forbidden"));
    assert_eq!(answer.inner_code.as_deref(), Some("ForbiddenByRbac"));
    assert!(answer.message.starts_with("Caller is not authorized to perform action on resource."));
    assert!(answer.request_id.is_some() && answer.client_request_id.len() == 36);
    assert!(error.is_lasting());
}

#[tokio::test]
async fn names_that_azure_cannot_have_are_refused_before_anything_is_sent() {
    let world = World::start().await;
    let vault = world.vault(VAULT);
    for name in ["", "a_b", "../keys", "a/b", "a?b", &"a".repeat(128)] {
        assert!(matches!(vault.get_key(name, None).await, Err(Error::InvalidKeyName { .. })), "{name}");
    }
    assert!(matches!(vault.get_key("orders", Some("../x")).await, Err(Error::InvalidVersion)));
    assert_eq!(world.azure.received().len(), 0);
}
