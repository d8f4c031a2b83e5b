//! A certificate with its private key, and the assertion that it signs (RFC 7523; Microsoft, "Microsoft identity platform
//! application authentication certificate credentials").

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{KeyPair as _, RSA_PSS_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::json;
use uuid::Uuid;
use zeroize::Zeroizing;

/// How long an assertion is valid; Microsoft recommends 5 to 10 minutes.
const LIFETIME: Duration = Duration::from_mins(5);

/// Why a certificate cannot prove an identity.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CertificateFault {
    /// It is a PKCS#12 file.
    #[error("it is a PKCS#12 file, and must be PEM; convert it with `{command}`")]
    Pkcs12 {
        /// The command that makes PEM of it.
        command: String,
    },
    /// There is no PEM in it.
    #[error("it is not PEM: no line begins with -----BEGIN")]
    NotPem,
    /// The text between a BEGIN and its END line is not base64.
    #[error("its PEM is damaged")]
    Damaged,
    /// It holds no private key.
    #[error("it holds no private key; the PEM must hold certificate and key")]
    NoPrivateKey,
    /// Its private key is encrypted.
    #[error("its private key is encrypted; decrypt it with `openssl pkey -in <file> -out <file>`")]
    Encrypted,
    /// Its private key is not an RSA key of 2048 bits or more.
    #[error("its private key is not an RSA key of 2048 to 8192 bits")]
    NotRsa,
    /// It holds no certificate.
    #[error("it holds no certificate; the PEM must hold certificate and key")]
    NoCertificate,
    /// None of its certificates is that of its private key.
    #[error("its private key does not belong to its certificate")]
    Mismatch,
}

/// A certificate that can sign assertions. It cannot be printed.
pub(crate) struct Certificate {
    pair: KeyPair,
    /// In DER: the one of the key, then the others as they were given.
    chain: Vec<Vec<u8>>,
}

/// Says whether a PEM text with certificate and RSA key can prove an identity.
///
/// # Errors
/// What is wrong with it.
pub fn check_certificate(pem: &str) -> Result<(), CertificateFault> {
    Certificate::read(pem.as_bytes(), Path::new("certificate.pfx")).map(|_| ())
}

impl Certificate {
    /// Takes PEM with certificates and an RSA key (PKCS#8 or PKCS#1). The path is for advice only.
    pub(crate) fn read(file: &[u8], path: &Path) -> Result<Self, CertificateFault> {
        let text = std::str::from_utf8(file).ok().filter(|text| text.contains("-----BEGIN ")).ok_or_else(|| {
            if is_pkcs12(file) {
                CertificateFault::Pkcs12 { command: conversion(path) }
            } else {
                CertificateFault::NotPem
            }
        })?;
        let mut pair = None;
        let mut chain = Vec::new();
        for block in blocks(text) {
            let block = block?;
            match block.label {
                "CERTIFICATE" => chain.push(block.der.to_vec()),
                "ENCRYPTED PRIVATE KEY" => return Err(CertificateFault::Encrypted),
                "PRIVATE KEY" => pair = Some(KeyPair::from_pkcs8(&block.der).map_err(|_| CertificateFault::NotRsa)?),
                "RSA PRIVATE KEY" => pair = Some(KeyPair::from_der(&block.der).map_err(|_| CertificateFault::NotRsa)?),
                "EC PRIVATE KEY" => return Err(CertificateFault::NotRsa),
                _ => {}
            }
        }
        let pair = pair.ok_or(CertificateFault::NoPrivateKey)?;
        if chain.is_empty() {
            return Err(CertificateFault::NoCertificate);
        }
        // A certificate holds the `RSAPublicKey` of its key in exactly this encoding (RFC 5280 §4.1.2.7, RFC 3279 §2.3.1).
        let public = pair.public_key().as_ref();
        let own = chain.iter().position(|der| der.windows(public.len()).any(|part| part == public));
        let own = chain.remove(own.ok_or(CertificateFault::Mismatch)?);
        chain.insert(0, own);
        Ok(Self { pair, chain })
    }

    /// A JSON Web Token that proves to `audience` that the client holds the key.
    pub(crate) fn assertion(&self, client_id: &str, audience: &str, send_chain: bool) -> Zeroizing<String> {
        let mut header = json!({
            "alg": "PS256",
            "typ": "JWT",
            "x5t#S256": URL_SAFE_NO_PAD.encode(digest(&SHA256, &self.chain[0])),
        });
        if send_chain {
            header["x5c"] = self.chain.iter().map(|der| STANDARD.encode(der)).collect();
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let claims = json!({
            "aud": audience,
            "iss": client_id,
            "sub": client_id,
            "jti": Uuid::new_v4().to_string(),
            "nbf": now.as_secs(),
            "iat": now.as_secs(),
            "exp": (now + LIFETIME).as_secs(),
        });
        let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        let signed = format!("{header}.{claims}");
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(&RSA_PSS_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)
            .expect("an RSA key of 2048 bits or more signs SHA-256");
        Zeroizing::new(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

/// One block of a PEM text (RFC 7468).
struct Block<'a> {
    label: &'a str,
    der: Zeroizing<Vec<u8>>,
}

fn blocks(text: &str) -> impl Iterator<Item = Result<Block<'_>, CertificateFault>> {
    text.split("-----BEGIN ").skip(1).map(|part| {
        let (label, rest) = part.split_once("-----").ok_or(CertificateFault::Damaged)?;
        let (body, _) = rest.split_once(&format!("-----END {label}-----")).ok_or(CertificateFault::Damaged)?;
        // Encrypted PKCS#1 says so in a header (RFC 1421).
        if body.contains("ENCRYPTED") {
            return Err(CertificateFault::Encrypted);
        }
        let mut base64 = Zeroizing::new(String::with_capacity(body.len()));
        base64.extend(body.split_ascii_whitespace());
        let der = STANDARD.decode(base64.as_bytes()).map_err(|_| CertificateFault::Damaged)?;
        Ok(Block { label, der: Zeroizing::new(der) })
    })
}

/// Whether it begins as a PKCS#12 document does (RFC 7292 §4): a sequence whose first member is the number 3. It may be
/// written in base64.
fn is_pkcs12(file: &[u8]) -> bool {
    let begins = |der: &[u8]| {
        let length = match der.get(1) {
            Some(first @ 0x81..=0x84) => usize::from(first - 0x80),
            _ => 0,
        };
        der.first() == Some(&0x30) && der.get(2 + length..5 + length) == Some(&[2, 1, 3])
    };
    let decoded = file.get(..16).and_then(|start| STANDARD.decode(start).ok());
    begins(file) || decoded.is_some_and(|start| begins(&start))
}

/// The command that makes PEM of a PKCS#12 file.
fn conversion(path: &Path) -> String {
    let quote = |path: &Path| {
        let text = path.display().to_string();
        let is_plain = text.chars().all(|letter| letter.is_alphanumeric() || "/._-".contains(letter));
        if is_plain { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
    };
    format!("openssl pkcs12 -in {} -out {} -nodes", quote(path), quote(&path.with_extension("pem")))
}
