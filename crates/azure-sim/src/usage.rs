//! Using keys: signing, verifying, encrypting, decrypting, wrapping and unwrapping with RSA.

use aws_lc_rs::{
    digest::{self, Digest},
    encoding::{AsDer, PublicKeyX509Der},
    rsa::{
        KeyPair, OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, OaepPublicEncryptingKey,
        Pkcs1PrivateDecryptingKey, Pkcs1PublicEncryptingKey, PrivateDecryptingKey, PublicEncryptingKey,
    },
    signature::{
        KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
        RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384,
        RSA_PSS_2048_8192_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512, RsaEncoding, RsaParameters,
        UnparsedPublicKey,
    },
};
use serde::Deserialize;
use serde_json::json;

use crate::{
    answer::{Answer, Outcome},
    base64url::{decode, encode},
    bundle, keys,
    permission::Permission,
    state::Version,
    vault::Visit,
};

/// A way to use a key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Usage {
    Encrypt,
    Decrypt,
    Sign,
    Verify,
    WrapKey,
    UnwrapKey,
}

impl Usage {
    /// Reads the last part of a path.
    pub(crate) fn parse(segment: &str) -> Option<Self> {
        Some(match segment {
            "encrypt" => Self::Encrypt,
            "decrypt" => Self::Decrypt,
            "sign" => Self::Sign,
            "verify" => Self::Verify,
            "wrapkey" => Self::WrapKey,
            "unwrapkey" => Self::UnwrapKey,
            _ => return None,
        })
    }

    pub(crate) fn permission(self) -> Permission {
        match self {
            Self::Encrypt => Permission::Encrypt,
            Self::Decrypt => Permission::Decrypt,
            Self::Sign => Permission::Sign,
            Self::Verify => Permission::Verify,
            Self::WrapKey => Permission::WrapKey,
            Self::UnwrapKey => Permission::UnwrapKey,
        }
    }

    /// Its name in `key_ops`.
    fn name(self) -> &'static str {
        self.permission().policy_name()
    }

    /// What only looks back is allowed before and after a key's time (azure.md §1.4).
    fn looks_back(self) -> bool {
        matches!(self, Self::Decrypt | Self::UnwrapKey | Self::Verify)
    }
}

#[derive(Deserialize)]
struct KeyUse {
    alg: String,
    value: String,
    /// Only where `value` is a signature.
    digest: Option<String>,
}

/// Uses a version of a key.
pub(crate) fn perform(visit: &Visit<'_>, name: &str, version: Option<&str>, usage: Usage) -> Outcome {
    let input: KeyUse = bundle::read(&visit.request.body)?;
    let value = decode(&input.value).ok_or_else(incorrect)?;
    let (kid, version) = visit.read(|_, vault| {
        let key = keys::active(vault, name)?;
        let version = key.version(version).ok_or_else(|| keys::not_found(name, version))?;
        let kid = format!("{}/keys/{}/{}", visit.base(), key.name, version.version);
        Ok::<_, Answer>((kid, version.clone()))
    })??;
    check_allowed(&version, usage, visit.shared.now())?;
    let key = version.private.as_ref().and_then(|der| KeyPair::from_pkcs8(&der.0).ok()).ok_or_else(incorrect)?;

    let result = match usage {
        Usage::Sign => sign(&key, &input.alg, &value)?,
        Usage::Verify => {
            let hash = input.digest.as_deref().and_then(decode).ok_or_else(incorrect)?;
            return Ok(Answer::ok(&json!({ "value": verify(&key, &input.alg, &hash, &value)? })));
        }
        Usage::Encrypt | Usage::WrapKey => encrypt(&key, &input.alg, &value)?,
        Usage::Decrypt | Usage::UnwrapKey => decrypt(&version, &input.alg, &value)?,
    };
    Ok(Answer::ok(&json!({ "kid": kid, "value": encode(&result) })))
}

/// Refuses a key that is switched off, not made for this, or outside its time (azure.md §1.4).
fn check_allowed(version: &Version, usage: Usage, now: i64) -> Result<(), Answer> {
    let name = usage.name();
    let refuse = |code: &str, message: &str| Err(Answer::refusal(403, "Forbidden", Some(code), message));
    if !version.enabled {
        return refuse("KeyDisabled", &format!("Operation {name} is not allowed on a disabled key."));
    }
    if !version.key_ops.iter().any(|allowed| allowed == name) {
        return refuse("KeyOperationForbidden", &format!("Operation {name} is not permitted on this key."));
    }
    if usage.looks_back() {
        return Ok(());
    }
    if version.nbf.is_some_and(|nbf| nbf > now) {
        return refuse("KeyNotYetValid", &format!("Operation {name} is not allowed on a key that is not yet valid."));
    }
    if version.exp.is_some_and(|exp| exp <= now) {
        return refuse("KeyExpired", &format!("Operation {name} is not allowed on an expired key."));
    }
    Ok(())
}

/// How an algorithm signs and verifies, and what it signs.
type Signing = (&'static dyn RsaEncoding, &'static RsaParameters, &'static digest::Algorithm);

fn signing(alg: &str) -> Result<Signing, Answer> {
    Ok(match alg {
        "RS256" => (&RSA_PKCS1_SHA256, &RSA_PKCS1_2048_8192_SHA256, &digest::SHA256),
        "RS384" => (&RSA_PKCS1_SHA384, &RSA_PKCS1_2048_8192_SHA384, &digest::SHA384),
        "RS512" => (&RSA_PKCS1_SHA512, &RSA_PKCS1_2048_8192_SHA512, &digest::SHA512),
        "PS256" => (&RSA_PSS_SHA256, &RSA_PSS_2048_8192_SHA256, &digest::SHA256),
        "PS384" => (&RSA_PSS_SHA384, &RSA_PSS_2048_8192_SHA384, &digest::SHA384),
        "PS512" => (&RSA_PSS_SHA512, &RSA_PSS_2048_8192_SHA512, &digest::SHA512),
        _ => return Err(unknown_algorithm(alg)),
    })
}

fn read_digest(alg: &str, hash: &[u8], algorithm: &'static digest::Algorithm) -> Result<Digest, Answer> {
    Digest::import_less_safe(hash, algorithm).map_err(|_| {
        let (is, wanted) = (hash.len(), algorithm.output_len());
        let message =
            format!("Invalid length of 'value': {is} bytes. {alg} requires {wanted} bytes, encoded with base64url.");
        Answer::bad_parameter(&message)
    })
}

fn sign(key: &KeyPair, alg: &str, hash: &[u8]) -> Result<Vec<u8>, Answer> {
    let (encoding, _, algorithm) = signing(alg)?;
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign_digest(encoding, &read_digest(alg, hash, algorithm)?, &mut signature).map_err(|_| incorrect())?;
    Ok(signature)
}

fn verify(key: &KeyPair, alg: &str, hash: &[u8], signature: &[u8]) -> Result<bool, Answer> {
    let (_, parameters, algorithm) = signing(alg)?;
    let hash = read_digest(alg, hash, algorithm)?;
    Ok(UnparsedPublicKey::new(parameters, key.public_key()).verify_digest(&hash, signature).is_ok())
}

fn encrypt(key: &KeyPair, alg: &str, plain: &[u8]) -> Result<Vec<u8>, Answer> {
    let der = AsDer::<PublicKeyX509Der<'_>>::as_der(key.public_key()).map_err(|_| incorrect())?;
    let public = PublicEncryptingKey::from_der(der.as_ref()).map_err(|_| incorrect())?;
    let mut output = vec![0; key.public_modulus_len()];
    let oaep = match alg {
        "RSA-OAEP" => &OAEP_SHA1_MGF1SHA1,
        "RSA-OAEP-256" => &OAEP_SHA256_MGF1SHA256,
        "RSA1_5" => {
            let key = Pkcs1PublicEncryptingKey::new(public).map_err(|_| incorrect())?;
            return key.encrypt(plain, &mut output).map(|written| written.to_vec()).map_err(|_| incorrect());
        }
        _ => return Err(unknown_algorithm(alg)),
    };
    let key = OaepPublicEncryptingKey::new(public).map_err(|_| incorrect())?;
    key.encrypt(oaep, plain, &mut output, None).map(|written| written.to_vec()).map_err(|_| incorrect())
}

fn decrypt(version: &Version, alg: &str, cipher: &[u8]) -> Result<Vec<u8>, Answer> {
    let der = version.private.as_ref().ok_or_else(incorrect)?;
    let private = PrivateDecryptingKey::from_pkcs8(&der.0).map_err(|_| incorrect())?;
    let mut output = vec![0; private.key_size_bytes()];
    let oaep = match alg {
        "RSA-OAEP" => &OAEP_SHA1_MGF1SHA1,
        "RSA-OAEP-256" => &OAEP_SHA256_MGF1SHA256,
        "RSA1_5" => {
            let key = Pkcs1PrivateDecryptingKey::new(private).map_err(|_| incorrect())?;
            return key.decrypt(cipher, &mut output).map(|read| read.to_vec()).map_err(|_| incorrect());
        }
        _ => return Err(unknown_algorithm(alg)),
    };
    let key = OaepPrivateDecryptingKey::new(private).map_err(|_| incorrect())?;
    key.decrypt(oaep, cipher, &mut output, None).map(|read| read.to_vec()).map_err(|_| incorrect())
}

fn unknown_algorithm(alg: &str) -> Answer {
    Answer::bad_parameter(&format!("Key and signing algorithm are incompatible or not supported: {alg}."))
}

/// Azure's words for all that a key cannot work on.
fn incorrect() -> Answer {
    Answer::bad_parameter("The parameter is incorrect.\r\n")
}
