//! `WHERE` clauses that are put together: constant fragments, numbered placeholders.

use sqlx::Any;
use sqlx::any::AnyArguments;
use sqlx::query::Query;

/// A value behind a placeholder.
pub(crate) enum Bind {
    Text(String),
    Number(i64),
}

impl From<&str> for Bind {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Bind {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Bind {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

/// Conditions joined with `AND`.
#[derive(Default)]
pub(crate) struct Conditions {
    clauses: Vec<String>,
    binds: Vec<Bind>,
}

impl Conditions {
    /// Adds a condition; each `?` of the fragment becomes the placeholder of one value, in order.
    pub(crate) fn and<const N: usize>(mut self, fragment: &'static str, values: [Bind; N]) -> Self {
        let mut clause = String::new();
        for (at, part) in fragment.split('?').enumerate() {
            if at > 0 {
                clause.push('$');
                clause.push_str(&(self.binds.len() + at).to_string());
            }
            clause.push_str(part);
        }
        self.clauses.push(clause);
        self.binds.extend(values);
        self
    }

    /// Adds a condition if there is a value for it.
    pub(crate) fn and_if<T>(self, value: Option<T>, condition: impl FnOnce(Self, T) -> Self) -> Self {
        match value {
            Some(value) => condition(self, value),
            None => self,
        }
    }

    /// Adds "`column` is one of `values`".
    pub(crate) fn and_in(mut self, column: &'static str, values: impl IntoIterator<Item = String>) -> Self {
        let first = self.binds.len();
        self.binds.extend(values.into_iter().map(Bind::Text));
        let placeholders: Vec<String> = (first + 1..=self.binds.len()).map(|number| format!("${number}")).collect();
        let list = if placeholders.is_empty() { "NULL".to_owned() } else { placeholders.join(", ") };
        self.clauses.push(format!("{column} IN ({list})"));
        self
    }

    /// The clause, without `WHERE`.
    pub(crate) fn sql(&self) -> String {
        self.clauses.join(" AND ")
    }

    /// Binds the values, in order.
    pub(crate) fn bind(self, query: Query<'_, Any, AnyArguments>) -> Query<'_, Any, AnyArguments> {
        self.binds.into_iter().fold(query, |query, bind| match bind {
            Bind::Text(text) => query.bind(text),
            Bind::Number(number) => query.bind(number),
        })
    }
}
