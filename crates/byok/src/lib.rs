//! RSA target keys and Microsoft's BYOK key transfer blob: pure functions, no I/O.

mod error;
mod own_key;
mod private_numbers;
mod public_key;
mod target_key;
mod transfer;
mod wrap;

pub use error::Error;
pub use own_key::OwnKeyFault;
pub use private_numbers::PrivateNumbers;
pub use public_key::PublicKey;
pub use target_key::{KeySize, TargetKey};
pub use transfer::{KeyExchangeKey, TransferBlob};
