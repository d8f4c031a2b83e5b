//! Opening what arrives: key transfer blobs (Microsoft's BYOK specification) and plain JSON web keys.

use aws_lc_rs::{
    key_wrap::{AES_256, AesKek, KeyWrapPadded},
    rand::SystemRandom,
    rsa::{KeyPair, KeyPairComponents, OAEP_SHA1_MGF1SHA1},
    signature::{self, KeyPair as _, RsaPublicKeyComponents, UnparsedPublicKey},
};
use serde::Deserialize;

use crate::{base64url::decode, exchange, pairs::Pair};

/// AES key wrap with padding works on 8-octet blocks and adds one (RFC 5649 §4.1); nothing is shorter than two.
const SHORTEST_WRAPPED: usize = 16;

/// Azure's words for a key that does not hold together (azure.md §1.4).
const INVALID_RSA: &str = "RSA key is not valid - cannot instantiate crypto service";

/// A key transfer blob.
#[derive(Deserialize)]
pub(crate) struct Blob {
    schema_version: String,
    pub(crate) header: BlobHeader,
    ciphertext: String,
    /// Free text that the format asks for; it decides nothing.
    #[expect(dead_code, reason = "its presence is checked by reading it")]
    generator: String,
}

#[derive(Deserialize)]
pub(crate) struct BlobHeader {
    /// The key exchange key's full URL.
    pub(crate) kid: String,
    alg: String,
    enc: String,
}

impl Blob {
    /// Reads `key_hsm`: base64url or base64, with or without padding, of the whole document.
    pub(crate) fn read(key_hsm: &str) -> Result<Self, &'static str> {
        let text = decode(key_hsm).ok_or("key_hsm is not base64url")?;
        let blob: Self = serde_json::from_slice(&text).map_err(|_| "key_hsm is not a key transfer blob")?;
        // Azure's own blobs say 1.0, Microsoft's documentation 1.0.0 (azure.md §2.3).
        if !matches!(blob.schema_version.as_str(), "1.0.0" | "1.0") {
            return Err("the schema_version of the key transfer blob is not supported");
        }
        if blob.header.alg != "dir" {
            return Err("the alg of the key transfer blob must be dir");
        }
        if blob.header.enc != "CKM_RSA_AES_KEY_WRAP" {
            return Err("the enc of the key transfer blob must be CKM_RSA_AES_KEY_WRAP");
        }
        Ok(blob)
    }

    /// Unwraps the target key: RSA-OAEP with SHA-1 gives an AES-256 key, and that unwraps the PKCS#8 document.
    pub(crate) fn unwrap(&self, kek_pkcs8: &[u8]) -> Result<Pair, &'static str> {
        let ciphertext = decode(&self.ciphertext).ok_or("the ciphertext of the key transfer blob is not base64url")?;
        let kek = exchange::load(kek_pkcs8).ok_or("the key exchange key cannot be used")?;
        let (aes, target) = ciphertext
            .split_at_checked(kek.key_size_bytes())
            .filter(|(_, target)| target.len() >= SHORTEST_WRAPPED && target.len().is_multiple_of(8))
            .ok_or("the ciphertext of the key transfer blob has a wrong length")?;

        let mut plain = vec![0; kek.min_output_size()];
        let aes = kek
            .decrypt(&OAEP_SHA1_MGF1SHA1, aes, &mut plain, None)
            .map_err(|_| "the wrapping key cannot be decrypted with the key exchange key")?;
        let aes = AesKek::new(&AES_256, aes).map_err(|_| "the wrapping key is not an AES-256 key")?;
        let mut pkcs8 = vec![0; target.len()];
        let pkcs8 = aes
            .unwrap_with_padding(target, &mut pkcs8)
            .map_err(|_| "the target key cannot be unwrapped with the wrapping key")?;
        let key = KeyPair::from_pkcs8(pkcs8).map_err(|_| "the target key is not a valid PKCS#8 RSA key")?;
        checked(&key)
    }
}

/// The members of a plain RSA key in a JSON web key; all eight are needed.
#[derive(Deserialize)]
pub(crate) struct PlainKey {
    n: Option<String>,
    e: Option<String>,
    d: Option<String>,
    p: Option<String>,
    q: Option<String>,
    dp: Option<String>,
    dq: Option<String>,
    qi: Option<String>,
}

impl PlainKey {
    pub(crate) fn read(&self) -> Result<Pair, &'static str> {
        let member = |text: &Option<String>| text.as_deref().and_then(decode).ok_or(INVALID_RSA);
        let components = KeyPairComponents {
            public_key: RsaPublicKeyComponents { n: member(&self.n)?, e: member(&self.e)? },
            d: member(&self.d)?,
            p: member(&self.p)?,
            q: member(&self.q)?,
            dP: member(&self.dp)?,
            dQ: member(&self.dq)?,
            qInv: member(&self.qi)?,
        };
        checked(&KeyPair::from_components(&components).map_err(|_| INVALID_RSA)?)
    }
}

/// Lets through a key of a size that vaults take and that makes signatures its public part accepts.
fn checked(key: &KeyPair) -> Result<Pair, &'static str> {
    if !matches!(key.public_modulus_len(), 256 | 384 | 512) {
        return Err("Key size is not supported. Supported values are 2048, 3072, 4096");
    }
    let mut proof = vec![0; key.public_modulus_len()];
    let text = b"the key signs";
    key.sign(&signature::RSA_PKCS1_SHA256, &SystemRandom::new(), text, &mut proof).map_err(|_| INVALID_RSA)?;
    UnparsedPublicKey::new(&signature::RSA_PKCS1_2048_8192_SHA256, key.public_key())
        .verify(text, &proof)
        .map_err(|_| INVALID_RSA)?;
    Pair::read(key).ok_or(INVALID_RSA)
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::{rsa::KeyPair, signature::KeyPair as _};
    use base64::{Engine, engine::general_purpose::STANDARD};
    use serde_json::{Value, json};

    use super::Blob;
    use crate::base64url::{decode, encode};

    /// Blobs made by another library and checked with OpenSSL, with the keys that open them.
    fn vectors() -> Vec<Value> {
        let text: Value = serde_json::from_str(include_str!("../tests/byok-vectors.json")).unwrap();
        text["vectors"].as_array().unwrap().clone()
    }

    fn pem(text: &Value) -> Vec<u8> {
        let lines = text.as_str().unwrap().lines().filter(|line| !line.starts_with("-----"));
        STANDARD.decode(lines.collect::<String>()).unwrap()
    }

    fn hex(text: &Value) -> Vec<u8> {
        let digits = text.as_str().unwrap().as_bytes();
        digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
    }

    fn changed(vector: &Value, change: impl FnOnce(&mut Value)) -> String {
        let mut blob = serde_json::from_str(vector["byok_json"].as_str().unwrap()).unwrap();
        change(&mut blob);
        encode(blob.to_string().as_bytes())
    }

    #[test]
    fn blobs_of_another_library_are_opened() {
        for vector in vectors() {
            let blob = Blob::read(vector["key_hsm_base64url"].as_str().unwrap()).unwrap();

            let opened = blob.unwrap(&pem(&vector["kek_private_pkcs8_pem"])).unwrap();

            let target = KeyPair::from_pkcs8(&hex(&vector["target_pkcs8_der_hex"])).unwrap();
            assert_eq!(opened.modulus, target.public_key().modulus().big_endian_without_leading_zero());
            assert_eq!(opened.exponent, target.public_key().exponent().big_endian_without_leading_zero());
            assert_eq!(opened.modulus.len() * 8, usize::try_from(vector["target_bits"].as_u64().unwrap()).unwrap());
            assert_eq!(blob.header.kid, vector["kek_kid"].as_str().unwrap());
        }
    }

    #[test]
    fn padded_and_standard_base64_are_taken_too() {
        let vector = &vectors()[0];
        let blob = vector["byok_json"].as_str().unwrap();
        let padded = changed(vector, |blob| {
            let ciphertext = decode(blob["ciphertext"].as_str().unwrap()).unwrap();
            blob["ciphertext"] = STANDARD.encode(ciphertext).into();
        });

        for key_hsm in [STANDARD.encode(blob), padded] {
            let read = Blob::read(&key_hsm).unwrap();
            assert!(read.unwrap(&pem(&vector["kek_private_pkcs8_pem"])).is_ok());
        }
    }

    #[test]
    fn another_exchange_key_opens_nothing() {
        let vectors = vectors();
        for (vector, other) in vectors.iter().zip(vectors.iter().skip(1)) {
            let blob = Blob::read(vector["key_hsm_base64url"].as_str().unwrap()).unwrap();

            assert!(blob.unwrap(&pem(&other["kek_private_pkcs8_pem"])).is_err());
        }
    }

    type Damage = fn(&mut Vec<u8>);

    #[test]
    fn a_changed_ciphertext_opens_nothing() {
        let vector = &vectors()[0];
        let kek = pem(&vector["kek_private_pkcs8_pem"]);
        let ciphertext = |change: Damage| {
            changed(vector, |blob| {
                let mut bytes = decode(blob["ciphertext"].as_str().unwrap()).unwrap();
                change(&mut bytes);
                blob["ciphertext"] = encode(&bytes).into();
            })
        };
        let damages: [Damage; 8] = [
            Vec::clear,
            |bytes| bytes.truncate(255),
            |bytes| bytes.truncate(256),
            |bytes| bytes.truncate(264),
            |bytes| bytes.truncate(bytes.len() - 8),
            |bytes| bytes.push(0),
            |bytes| bytes[10] ^= 1,
            |bytes| bytes[300] ^= 1,
        ];

        for damage in damages {
            assert!(Blob::read(&ciphertext(damage)).unwrap().unwrap(&kek).is_err());
        }
    }

    #[test]
    fn a_blob_cut_off_anywhere_opens_nothing() {
        let vector = &vectors()[0];
        let kek = pem(&vector["kek_private_pkcs8_pem"]);
        let whole = vector["key_hsm_base64url"].as_str().unwrap();

        for length in 0..whole.len() {
            let opened = Blob::read(&whole[..length]).and_then(|blob| blob.unwrap(&kek));
            assert!(opened.is_err(), "{length}");
        }
    }

    #[test]
    fn a_document_of_another_form_is_no_blob() {
        let vector = &vectors()[0];
        let documents = [
            changed(vector, |blob| blob["header"]["alg"] = json!("RSA-OAEP")),
            changed(vector, |blob| blob["header"]["enc"] = json!("CKM_RSA_AES_KEY_WRAP_PAD")),
            changed(vector, |blob| blob["schema_version"] = json!("2.0.0")),
            changed(vector, |blob| *blob = json!(["ciphertext"])),
            changed(vector, |blob| blob["header"] = json!(null)),
            encode(b"not JSON"),
            encode(&[0xff; 32]),
            "!".to_owned(),
            String::new(),
        ];

        for document in documents {
            assert!(Blob::read(&document).is_err());
        }
    }
}
