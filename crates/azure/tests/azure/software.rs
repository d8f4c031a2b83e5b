//! Software protection: all eight numbers of the key reach the vault.

use aws_lc_rs::encoding::AsDer as _;
use azure::{SoftwareImport, SoftwareKey};
use zeroize::Zeroizing;

use crate::blob::{target, target_modulus};
use crate::support::World;

/// The numbers of an RSA private key, which PKCS#8 has in its last member (RFC 5208 §5, RFC 8017 §A.1.2).
fn numbers() -> Vec<Vec<u8>> {
    let pkcs8 = target().as_der().unwrap();
    let pkcs8: &[u8] = pkcs8.as_ref();
    // The headers of the document, of its version and algorithm, of the octet string, and of the sequence in it.
    let mut rest = &pkcs8[4 + 3 + 15 + 4 + 4..];
    let mut numbers = Vec::new();
    while let [2, length, after @ ..] = rest {
        let (length, after) = match length {
            0x81 => (usize::from(after[0]), &after[1..]),
            0x82 => (usize::from(after[0]) << 8 | usize::from(after[1]), &after[2..]),
            short => (usize::from(*short), after),
        };
        numbers.push(after[..length].to_vec());
        rest = &after[length..];
    }
    numbers
}

/// An import of the target in clear.
pub(crate) fn software_import() -> SoftwareImport {
    let [_version, modulus, exponent, d, p, q, dp, dq, qi] = numbers().try_into().unwrap();
    let [private_exponent, p, q, dp, dq, qi] = [d, p, q, dp, dq, qi].map(Zeroizing::new);
    SoftwareImport {
        key: SoftwareKey { modulus, exponent, private_exponent, p, q, dp, dq, qi },
        key_ops: vec!["sign".to_owned(), "verify".to_owned()],
        enabled: false,
        expires_at: Some(2_000_000_000),
        tags: [("version".to_owned(), "1".to_owned())].into(),
    }
}

#[tokio::test]
async fn a_software_key_is_the_key_that_was_sent_on_a_standard_vault_too() {
    let world = World::start().await;
    for name in ["acme-standard", crate::support::VAULT] {
        let import = software_import();
        let bundle = world.vault(name).import_software_key("orders", &import).await.unwrap();

        assert_eq!((bundle.kty.as_str(), &bundle.modulus), ("RSA", &target_modulus()));
        assert_eq!((bundle.enabled, bundle.expires_at, &bundle.tags), (false, Some(2_000_000_000), &import.tags));
        assert_eq!(bundle.key_ops, import.key_ops);
        let stored = world.azure.key(name, "orders").unwrap();
        assert_eq!((stored.versions.len(), stored.versions[0].imported_by_byok), (1, false));
        assert_eq!(stored.versions[0].modulus, target_modulus());
    }
}
