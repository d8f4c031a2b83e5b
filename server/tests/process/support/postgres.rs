//! Databases on the PostgreSQL server that `cargo xtask test` starts.

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

/// A new, empty database; `None` where no server was given.
pub(crate) async fn new_database() -> Option<String> {
    let Ok(server) = std::env::var("KEYFERRY_TEST_POSTGRES") else {
        eprintln!("not told on PostgreSQL: KEYFERRY_TEST_POSTGRES is not set (cargo xtask test sets it)");
        return None;
    };
    let name = format!("keyferry_{}", uuid::Uuid::now_v7().simple());
    let mut connection = PgConnection::connect(&server).await.expect("the test server answers");
    let sql = format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'");
    connection.execute(sqlx::query(AssertSqlSafe(sql))).await.expect("a database can be made");
    let (address, _) = server.rsplit_once('/').expect("the URL names a database");
    Some(format!("{address}/{name}"))
}
