//! A client for the few Azure Key Vault calls Keyferry uses, and the tokens they need.
//!
//! What it owns, and the official clients do not: a request that changes something is sent once, and when its outcome is
//! not known it says so ([`Error::is_outcome_unknown`]); what Azure said is kept to the letter; tokens go to the vault's
//! own host only.

mod answer;
mod certificate;
mod client;
mod cloud;
mod connect;
mod credentials;
mod deletion;
mod entra;
mod environment;
mod error;
mod facts;
mod grant;
mod http;
mod identity;
mod import;
mod kek;
mod keys;
mod location;
mod managed;
mod name;
mod permission;
mod rotation;
mod software;
mod token;
mod vault;
mod versions;
mod wire;

pub use answer::{Answer, Challenge};
pub use certificate::{CertificateFault, check_certificate};
pub use client::{Client, ClientOptions, Site};
pub use cloud::Cloud;
pub use connect::ConnectTo;
pub use credentials::{Credentials, Stored};
pub use deletion::DeletedKey;
pub use entra::EntraAnswer;
pub use environment::Environment;
pub use error::{Error, Garble, KekFault};
pub use facts::{Caller, Facts, Tenants};
pub use identity::{Identity, Proof, ProofKind, Setting, Source, UnusedProof};
pub use import::KeyImport;
pub use kek::Kek;
pub use keys::{KeyBundle, KeyChange};
pub use location::{Location, VaultKind};
pub use managed::ManagedAnswer;
pub use permission::{Permission, Probe};
pub use software::{SoftwareImport, SoftwareKey};
pub use token::TokenFacts;
pub use vault::{Greeting, Vault};
pub use versions::ListedVersion;
