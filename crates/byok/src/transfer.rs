//! The key transfer blob: the `.byok` document of Microsoft's "Bring your own key" specification.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;

use crate::{Error, KeySize, PublicKey, TargetKey, wrap};

/// Who made the blob; Azure records it and does not interpret it.
const GENERATOR: &str = concat!("keyferry ", env!("CARGO_PKG_VERSION"));

/// The key exchange key of a vault: the RSA-HSM key whose only operation is `import`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeyExchangeKey {
    kid: String,
    public_key: PublicKey,
}

impl KeyExchangeKey {
    /// Takes the KEK as Azure answered it: its full versioned URL and its public key.
    ///
    /// # Errors
    /// [`Error::InvalidKid`] when the URL is not `https://<host>/keys/<name>/<version>`, [`Error::UnsupportedSize`] when the
    /// key has not 2048, 3072 or 4096 bits.
    pub fn new(kid: &str, public_key: PublicKey) -> Result<Self, Error> {
        KeySize::from_bits(public_key.bits())?;
        if !is_versioned(kid) {
            return Err(Error::InvalidKid);
        }
        Ok(Self { kid: kid.to_owned(), public_key })
    }
}

/// A wrapped target key, ready to be imported by the vault that owns the KEK. It holds no secret in clear.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TransferBlob {
    json: String,
}

impl TransferBlob {
    /// Wraps a target key under a KEK. Each call gives another blob, because each draws a new wrapping key.
    ///
    /// # Errors
    /// [`Error::Cryptography`] when the cryptographic library fails.
    pub fn wrap(target: &TargetKey, kek: &KeyExchangeKey) -> Result<Self, Error> {
        let ciphertext = wrap::wrap_target(target, &kek.public_key)?;
        Ok(Self::new(&kek.kid, &ciphertext, GENERATOR))
    }

    fn new(kid: &str, ciphertext: &[u8], generator: &str) -> Self {
        let document = Document {
            schema_version: "1.0.0",
            header: Header { kid, alg: "dir", enc: "CKM_RSA_AES_KEY_WRAP" },
            ciphertext: URL_SAFE_NO_PAD.encode(ciphertext),
            generator,
        };
        Self { json: serde_json::to_string(&document).expect("strings can be written as JSON") }
    }

    /// The `.byok` document.
    #[must_use]
    pub fn to_json(&self) -> String {
        self.json.clone()
    }

    /// The document as the import request wants it in `key.key_hsm`: unpadded base64url of the whole JSON text.
    #[must_use]
    pub fn to_key_hsm(&self) -> String {
        URL_SAFE_NO_PAD.encode(&self.json)
    }
}

#[derive(Serialize)]
struct Document<'a> {
    schema_version: &'static str,
    header: Header<'a>,
    ciphertext: String,
    generator: &'a str,
}

#[derive(Serialize)]
struct Header<'a> {
    kid: &'a str,
    alg: &'static str,
    enc: &'static str,
}

fn is_versioned(kid: &str) -> bool {
    let Some(rest) = kid.strip_prefix("https://") else { return false };
    let [host, "keys", name, version] = rest.split('/').collect::<Vec<_>>()[..] else { return false };
    let is_name = |text: &str, extra: &[char]| {
        !text.is_empty() && text.chars().all(|letter| letter.is_ascii_alphanumeric() || extra.contains(&letter))
    };
    is_name(host, &['.', '-', ':']) && is_name(name, &['-']) && version.len() == 32 && is_name(version, &[])
}

#[cfg(test)]
mod tests {
    use aes_kw::aes::Aes256;
    use serde_json::Value;

    use super::*;

    #[test]
    fn the_recorded_blobs_are_rebuilt_to_the_letter() {
        let document: Value = serde_json::from_str(include_str!("../tests/vectors/byok-vectors.json")).unwrap();
        let vectors = document["vectors"].as_array().unwrap();
        assert_eq!(vectors.len(), 3);
        for vector in vectors {
            let text = |name: &str| vector[name].as_str().unwrap();
            let bytes = |name: &str| hex::decode(text(name)).unwrap();
            let recorded: Value = serde_json::from_str(text("byok_json")).unwrap();

            let wrapped =
                wrap::wrap_padded::<Aes256>(&bytes("ephemeral_aes256_hex"), &bytes("target_pkcs8_der_hex")).unwrap();
            assert_eq!(wrapped, bytes("aes_kwp_wrapped_target_hex"));

            let ciphertext = [bytes("rsa_oaep_sha1_wrapped_aes_hex"), wrapped].concat();
            let blob = TransferBlob::new(text("kek_kid"), &ciphertext, recorded["generator"].as_str().unwrap());
            assert_eq!(blob.to_json(), text("byok_json"));
            assert_eq!(blob.to_key_hsm(), text("key_hsm_base64url"));
        }
    }

    #[test]
    fn only_the_full_url_of_one_version_names_a_kek() {
        let version = "0".repeat(32);
        assert!(is_versioned(&format!("https://acme.vault.azure.net/keys/keyferry-kek/{version}")));
        for kid in [
            "https://acme.vault.azure.net/keys/keyferry-kek".to_owned(),
            "https://acme.vault.azure.net/keys/keyferry-kek/".to_owned(),
            format!("http://acme.vault.azure.net/keys/keyferry-kek/{version}"),
            format!("https://acme.vault.azure.net/keys/keyferry-kek/{version}/"),
            format!("https://acme.vault.azure.net/keys/keyferry-kek/{version}?x=1"),
            format!("https://acme.vault.azure.net/secrets/keyferry-kek/{version}"),
            format!("https:///keys/keyferry-kek/{version}"),
            "keyferry-kek".to_owned(),
        ] {
            assert!(!is_versioned(&kid), "{kid}");
        }
    }
}
