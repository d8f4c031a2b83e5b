//! Keys that somebody brings.

use api::{DistributionState, OwnKey, SecretInput};
use byok::{KeySize, TargetKey};
use engine::Error;
use rsa::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, LineEnding};

use crate::support::{World, key_path, on_both_databases};

/// A new private key as somebody else writes it.
fn pem(size: KeySize) -> String {
    let key = TargetKey::generate(size).unwrap();
    rsa::PrivateKey::from_pkcs8_der(key.pkcs8()).unwrap().to_pkcs8_pem(LineEnding::LF).unwrap().to_string()
}

impl World {
    async fn import(&self, key: &str, pem: &str) -> Result<api::Key, Error> {
        let own = OwnKey { private_key: SecretInput::new(pem.to_owned()) };
        self.node.engine.import_own_key(&key_path(key), &own, &self.actor).await
    }

    async fn refusal(&self, key: &str, pem: &str) -> String {
        match self.import(key, pem).await {
            Err(Error::Invalid(error)) if error.field == "private_key" => error.message,
            other => panic!("{:?}", other.map(|key| key.name)),
        }
    }
}

on_both_databases! {
    async fn an_own_key_becomes_the_first_and_the_next_version_and_reaches_the_vault(world: World) {
        world.connect("keyvault-name").await;
        let (first, second) = (pem(KeySize::Rsa2048), pem(KeySize::Rsa2048));

        let made = world.import("payments", &first).await.unwrap();
        assert_eq!((made.latest_version, made.key_type), (1, api::KeyType::Rsa2048));
        world.distribute("payments", "keyvault-name").await;
        world.until("payments", "keyvault-name", DistributionState::InSync).await;
        let next = world.import("payments", &second).await.unwrap();
        assert_eq!(next.latest_version, 2);
        world.until("payments", "keyvault-name", DistributionState::InSync).await;
        world.assert_held("keyvault-name", "payments").await;

        assert!(world.refusal("payments", &first).await.contains("version 1 of payments already"));
        assert_eq!(world.key("payments").await.latest_version, 2);
    }

    async fn a_key_that_cannot_be_taken_changes_nothing(world: World) {
        world.create_key("payments").await;
        assert!(world.refusal("payments", &pem(KeySize::Rsa3072)).await.contains("payments is rsa-2048"));
        assert!(world.refusal("new", "-----BEGIN CERTIFICATE-----").await.contains("no RSA private key"));
        assert!(world.refusal("new", "MIIE").await.contains("openssl pkcs12"));
        assert_eq!(world.key("payments").await.latest_version, 1);
        assert!(matches!(world.node.engine.key(&key_path("new")).await, Err(Error::NotFound(_))));
    }
}
