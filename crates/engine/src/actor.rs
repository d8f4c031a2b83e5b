//! Who does something, as the audit trail names them.

/// Who does something: a person, a token, or Keyferry itself.
#[derive(Clone, Debug)]
pub struct Actor {
    /// A user's name, `token:<owner>/<name>`, or `keyferry`.
    pub name: String,
    /// The address the request came from.
    pub source: Option<String>,
}

impl Actor {
    /// Keyferry itself: the reconciler and the first start.
    #[must_use]
    pub fn keyferry() -> Self {
        Self { name: "keyferry".to_owned(), source: None }
    }
}
