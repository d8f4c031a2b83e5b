//! Making key material, and sealing it for the row where it will rest.

use api::KeyType;
use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, KeyPair as _,
};
use aws_lc_rs::{digest, rand};
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use byok::{KeySize, TargetKey};
use zeroize::Zeroizing;

use crate::seal::Place;
use crate::store::keys::NewVersion;
use crate::store::new_id;
use crate::{Actor, Engine, Error};

/// Where a sealed private key rests.
pub(crate) const SEALED_PRIVATE_KEY: &str = "key_versions.sealed_private_key";

/// New key material. Symmetric keys have neither public key nor thumbprint: they are empty.
pub(crate) struct Material {
    private: Zeroizing<Vec<u8>>,
    public_key: String,
    thumbprint: String,
}

impl From<&TargetKey> for Material {
    fn from(target: &TargetKey) -> Self {
        Self {
            private: Zeroizing::new(target.pkcs8().to_vec()),
            public_key: target.public_key().to_pem(),
            thumbprint: target.public_key().thumbprint(),
        }
    }
}

/// A curve, as JSON Web Keys name it.
struct Curve {
    name: &'static str,
    algorithm: &'static EcdsaSigningAlgorithm,
}

impl Engine {
    /// Makes key material, when it is the actor's turn, and seals it for a new row.
    pub(crate) async fn make(&self, key_type: KeyType, actor: &Actor) -> Result<NewVersion, Error> {
        self.sealed(self.off_the_async_threads(actor, move || material(key_type)).await??)
    }

    /// Does work that takes a core, when it is the actor's turn.
    pub(crate) async fn off_the_async_threads<T: Send + 'static>(
        &self,
        actor: &Actor,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        let _turn = self.turns().take(&actor.name).await;
        tokio::task::spawn_blocking(work).await.map_err(|_| Error::Internal("work on a key ended early"))
    }

    /// Seals key material for a new row.
    pub(crate) fn sealed(&self, material: Material) -> Result<NewVersion, Error> {
        let Material { private, public_key, thumbprint } = material;
        let id = new_id();
        let place = Place { column: SEALED_PRIVATE_KEY, row: &id };
        Ok(NewVersion { sealed_private_key: self.sealing_keys().seal(place, &private)?, public_key, thumbprint, id })
    }
}

fn material(key_type: KeyType) -> Result<Material, Error> {
    match key_type {
        KeyType::Rsa2048 => rsa(KeySize::Rsa2048),
        KeyType::Rsa3072 => rsa(KeySize::Rsa3072),
        KeyType::Rsa4096 => rsa(KeySize::Rsa4096),
        KeyType::Aes256Gcm96 => aes(),
        KeyType::EcdsaP256 => ecdsa(&Curve { name: "P-256", algorithm: &ECDSA_P256_SHA256_ASN1_SIGNING }),
        KeyType::EcdsaP384 => ecdsa(&Curve { name: "P-384", algorithm: &ECDSA_P384_SHA384_ASN1_SIGNING }),
        KeyType::EcdsaP521 => ecdsa(&Curve { name: "P-521", algorithm: &ECDSA_P521_SHA512_ASN1_SIGNING }),
    }
}

fn rsa(size: KeySize) -> Result<Material, Error> {
    Ok(Material::from(&TargetKey::generate(size)?))
}

fn aes() -> Result<Material, Error> {
    let mut private = Zeroizing::new(vec![0; 32]);
    rand::fill(&mut private).map_err(|_| byok::Error::Cryptography)?;
    Ok(Material { private, public_key: String::new(), thumbprint: String::new() })
}

fn ecdsa(curve: &Curve) -> Result<Material, Error> {
    let failed = |_| byok::Error::Cryptography;
    let pair = EcdsaKeyPair::generate(curve.algorithm).map_err(failed)?;
    let private = Zeroizing::new(pair.to_pkcs8v1().map_err(failed)?.as_ref().to_vec());
    let public: PublicKeyX509Der<'_> = pair.public_key().as_der().map_err(failed)?;
    Ok(Material {
        private,
        public_key: pem(public.as_ref()),
        thumbprint: thumbprint(curve, pair.public_key().as_ref()),
    })
}

/// SPKI as PEM, 64 characters a line.
fn pem(der: &[u8]) -> String {
    let text = BASE64_STANDARD.encode(der);
    let lines = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).expect("base64 is ASCII"));
    let mut pem = "-----BEGIN PUBLIC KEY-----\n".to_owned();
    for line in lines {
        pem.push_str(line);
        pem.push('\n');
    }
    pem + "-----END PUBLIC KEY-----\n"
}

/// RFC 7638 of an uncompressed point: a byte 4, then both coordinates.
fn thumbprint(curve: &Curve, point: &[u8]) -> String {
    let (x, y) = point[1..].split_at(point.len() / 2);
    let [x, y] = [x, y].map(|coordinate| BASE64_URL_SAFE_NO_PAD.encode(coordinate));
    let text = format!(r#"{{"crv":"{}","kty":"EC","x":"{x}","y":"{y}"}}"#, curve.name);
    BASE64_URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_made_with_what_belongs_to_it() {
        for key_type in KeyType::ALL.iter().copied().filter(|key_type| !key_type.fits_azure()) {
            let made = material(key_type).unwrap();
            if key_type == KeyType::Aes256Gcm96 {
                assert_eq!((made.private.len(), made.public_key.as_str(), made.thumbprint.as_str()), (32, "", ""));
                continue;
            }
            let lines: Vec<&str> = made.public_key.lines().collect();
            assert!(lines.iter().all(|line| line.len() <= 64), "{lines:?}");
            let spki = BASE64_STANDARD.decode(lines[1..lines.len() - 1].concat()).unwrap();
            assert_eq!(spki[0], 0x30, "{key_type}");
            assert_eq!(made.thumbprint.len(), 43, "{key_type}");
        }
    }

    #[test]
    fn a_thumbprint_is_over_both_coordinates() {
        let curve = Curve { name: "P-256", algorithm: &ECDSA_P256_SHA256_ASN1_SIGNING };
        let point: Vec<u8> = [vec![4], vec![1; 32], vec![2; 32]].concat();
        let x = BASE64_URL_SAFE_NO_PAD.encode([1; 32]);
        let y = BASE64_URL_SAFE_NO_PAD.encode([2; 32]);
        let text = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        let wanted = BASE64_URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, text.as_bytes()));
        assert_eq!(thumbprint(&curve, &point), wanted);
    }
}
