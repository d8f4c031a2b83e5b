//! A client for the few Azure Key Vault calls Keyferry uses, and the tokens they need.
//!
//! What it owns, and the official clients do not: a request that changes something is sent once, and when its outcome is
//! not known it says so ([`Error::is_outcome_unknown`]); what Azure said is kept to the letter; tokens go to the vault's
//! own host only.

mod answer;
mod client;
mod cloud;
mod connect;
mod deletion;
mod entra;
mod error;
mod http;
mod import;
mod kek;
mod keys;
mod name;
mod token;
mod vault;
mod wire;

pub use answer::{Answer, Challenge};
pub use client::{Client, ClientOptions};
pub use connect::ConnectTo;
pub use deletion::DeletedKey;
pub use entra::{Credentials, EntraAnswer};
pub use error::{Error, Garble, KekFault};
pub use import::KeyImport;
pub use kek::Kek;
pub use keys::{KeyBundle, KeyChange};
pub use token::TokenFacts;
pub use vault::Vault;
