//! What can go wrong, by what the caller can do about it.

use api::{Explanation, FieldError};

/// Why a use case was not carried out. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It does not exist, or not for this caller.
    #[error("{0} does not exist")]
    NotFound(String),
    /// The state of things forbids it now.
    #[error("{sentence}")]
    Conflict {
        /// A stable name of the conflict.
        code: &'static str,
        /// The field of the request it concerns, where there is one.
        field: Option<&'static str>,
        /// What stands in the way and what to do.
        sentence: String,
    },
    /// A field of the request is not acceptable.
    #[error("{}: {}", .0.field, .0.message)]
    Invalid(FieldError),
    /// The caller may not do this.
    #[error("{0}")]
    Forbidden(String),
    /// The password is wrong, or the user unknown or disabled: never told apart.
    #[error("the user name or the password is wrong")]
    WrongCredentials,
    /// The KMS provider said no.
    #[error("the KMS provider refused")]
    Refused {
        /// In plain words, with the next step.
        explanation: Box<Explanation>,
        /// The field of the request that a person has to change, where it can be told.
        field: Option<&'static str>,
    },
    /// The database did not answer.
    #[error("the database did not answer")]
    Database(#[from] sqlx::Error),
    /// The schema could not be brought up to date.
    #[error("the database schema could not be brought up to date")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// Something is not as our own code guarantees.
    #[error("{0}")]
    Internal(&'static str),
    /// A key pair could not be made, read or wrapped.
    #[error("cryptography failed")]
    Cryptography(#[from] byok::Error),
    /// The client for Azure could not be set up.
    #[error("the client for Azure could not be set up")]
    Azure(#[source] azure::Error),
    /// The server cannot start; nothing was written.
    #[error("{0}")]
    Start(String),
}

impl Error {
    pub(crate) fn invalid(field: &str, message: impl Into<String>) -> Self {
        Self::Invalid(FieldError { field: field.to_owned(), message: message.into() })
    }

    /// The same about another field: what a form calls it.
    pub(crate) fn about(self, name: &'static str) -> Self {
        match self {
            Self::Invalid(FieldError { message, .. }) => Self::invalid(name, message),
            Self::Conflict { code, field: Some(_), sentence } => Self::Conflict { code, field: Some(name), sentence },
            other => other,
        }
    }

    pub(crate) fn conflict(code: &'static str, sentence: impl Into<String>) -> Self {
        Self::Conflict { code, field: None, sentence: sentence.into() }
    }

    pub(crate) fn taken(field: &'static str, sentence: impl Into<String>) -> Self {
        Self::Conflict { code: "name_taken", field: Some(field), sentence: sentence.into() }
    }
}
