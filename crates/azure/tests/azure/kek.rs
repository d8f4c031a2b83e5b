//! The KEK: found by its name, made when there is none, refused when it is something else.

use azure::{Error, Kek, KekFault, KeyChange};

use crate::support::{VAULT, World};

#[tokio::test]
async fn a_kek_is_made_once_and_found_again() {
    let world = World::start().await;
    let vault = world.vault(VAULT);
    assert_eq!(vault.find_kek("keyferry-kek").await.unwrap(), None);

    let made = vault.create_kek("keyferry-kek").await.unwrap();

    assert_eq!(vault.find_kek("keyferry-kek").await.unwrap(), Some(made.clone()));
    assert_eq!((made.bits, made.modulus.len()), (4096, 512));
    let stored = &world.azure.key(VAULT, "keyferry-kek").unwrap().versions[0];
    assert_eq!((stored.kty.as_str(), stored.key_ops.join(",").as_str()), ("RSA-HSM", "import"));
    assert_eq!(stored.tags, [("keyferry".to_owned(), "kek".to_owned())].into());
    assert_eq!(made.kid, format!("https://keyvault-name.vault.azure.net/keys/keyferry-kek/{}", stored.version));
}

#[tokio::test]
async fn a_key_of_somebody_else_is_never_taken_for_a_kek() {
    let world = World::start().await;
    world.azure.put_foreign_key(VAULT, "keyferry-kek");
    let error = world.vault(VAULT).find_kek("keyferry-kek").await.unwrap_err();
    assert!(matches!(&error, Error::UnusableKek { fault: KekFault::Operations(_), .. }), "{error:?}");
    assert!(error.is_lasting());
}

#[tokio::test]
async fn a_disabled_kek_is_named_as_such() {
    let world = World::start().await;
    let vault = world.vault(VAULT);
    let kek = world.kek(&vault).await;
    let version = kek.kid.rsplit('/').next().unwrap();
    let off = KeyChange { enabled: Some(false), ..KeyChange::default() };
    vault.update_key("keyferry-kek", version, &off).await.unwrap();

    let error = vault.find_kek("keyferry-kek").await.unwrap_err();
    assert!(matches!(&error, Error::UnusableKek { fault: KekFault::Disabled, .. }), "{error:?}");
}

#[tokio::test]
async fn a_standard_vault_refuses_hsm_keys_in_its_own_words() {
    let world = World::start().await;
    let error = world.vault("acme-standard").create_kek("keyferry-kek").await.unwrap_err();
    assert!(error.to_string().contains("Hardware key operation not allowed on standard vault"), "{error}");
    assert!(error.is_lasting() && !error.is_outcome_unknown());
}

#[tokio::test]
async fn a_vault_that_grants_nothing_says_which_right_is_missing() {
    let world = World::start().await;
    let error = world.vault("acme-forbids").create_kek("keyferry-kek").await.unwrap_err();
    let Error::Answered(answer) = &error else { panic!("{error:?}") };
    assert_eq!(answer.status, 403);
    assert!(answer.message.contains("Microsoft.KeyVault/vaults/keys/create/action"), "{}", answer.message);
}

#[tokio::test]
async fn a_kek_of_ours_that_is_about_to_expire_gets_a_new_version_of_its_name() {
    let world = World::start().await;
    let vault = world.vault(VAULT);
    let first = world.kek(&vault).await;
    assert!(first.is_ours && first.expires_at.is_none());
    assert_eq!(first.fault(4096, i64::MAX), None);
    let ends = KeyChange { expires_at: Some(2_000_000_000), ..KeyChange::default() };
    vault.update_key("keyferry-kek", first.kid.rsplit('/').next().unwrap(), &ends).await.unwrap();

    let found = vault.find_kek("keyferry-kek").await.unwrap().unwrap();
    assert_eq!(found.fault(4096, 2_000_000_000 - 86_401), None);
    for now in [2_000_000_000 - 86_400, 2_000_000_000, i64::MAX] {
        assert_eq!(found.fault(4096, now), Some(KekFault::Expiring(2_000_000_000)));
    }

    let renewed = vault.create_kek("keyferry-kek").await.unwrap();
    assert_ne!(renewed.kid, first.kid);
    assert_eq!(vault.find_kek("keyferry-kek").await.unwrap(), Some(renewed.clone()));
    assert_eq!((renewed.fault(4096, i64::MAX), world.versions("keyferry-kek")), (None, 2));
}

#[tokio::test]
async fn a_kek_is_never_weaker_than_the_key_it_carries() {
    let world = World::start().await;
    let kek = world.kek(&world.vault(VAULT)).await;
    let weak = Kek { bits: 2048, ..kek };
    assert_eq!(weak.fault(2048, 0), None);
    for target in [3072, 4096] {
        assert_eq!(weak.fault(target, 0), Some(KekFault::TooWeak { bits: 2048, target }));
    }
}

#[tokio::test]
async fn a_kek_that_somebody_else_made_is_told_from_ours() {
    let world = World::start().await;
    let vault = world.vault(VAULT);
    let kek = world.kek(&vault).await;
    let retagged = KeyChange { tags: Some([("keyferry".to_owned(), "no".to_owned())].into()), ..KeyChange::default() };
    vault.update_key("keyferry-kek", kek.kid.rsplit('/').next().unwrap(), &retagged).await.unwrap();
    assert!(!vault.find_kek("keyferry-kek").await.unwrap().unwrap().is_ours);
}
