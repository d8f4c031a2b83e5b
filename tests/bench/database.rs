//! Databases to measure with.

use std::fmt;

use sqlx::{AnyConnection, AssertSqlSafe, Connection as _};

/// Which database.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) enum Database {
    Sqlite,
    Postgresql,
}

impl Database {
    pub(crate) const ALL: [Self; 2] = [Self::Sqlite, Self::Postgresql];
}

impl fmt::Display for Database {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::Postgresql => "PostgreSQL",
        })
    }
}

/// Makes an empty database on the PostgreSQL server that xtask started, and returns its URL.
pub(crate) async fn new_postgresql() -> String {
    let server = std::env::var("KEYFERRY_TEST_POSTGRES").expect("cargo xtask bench sets KEYFERRY_TEST_POSTGRES");
    let name = format!("bench_{}", uuid::Uuid::now_v7().simple());
    execute(&server, &format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'")).await;
    let (address, _) = server.rsplit_once('/').expect("the URL names a database");
    format!("{address}/{name}")
}

/// Connects to a database beside the server that uses it.
pub(crate) async fn connect(url: &str) -> AnyConnection {
    sqlx::any::install_default_drivers();
    AnyConnection::connect(url).await.expect("the database answers")
}

/// Runs one statement.
pub(crate) async fn execute(url: &str, sql: &str) {
    let mut connection = connect(url).await;
    sqlx::query(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.expect("the statement is right");
    connection.close().await.expect("the connection ends");
}

/// A number out of the database.
pub(crate) async fn number(connection: &mut AnyConnection, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(connection).await.expect("the statement is right")
}
