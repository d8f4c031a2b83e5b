//! Whether PostgreSQL can be reached: a pool only says that it waited in vain.

use std::str::FromStr as _;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection};
use tokio::time::timeout;

use crate::Error;

/// How long a server may take to let us in.
const PATIENCE: Duration = Duration::from_secs(10);

/// Connects once, and says what is in the way. The password, and the URL that may hold it, are never said.
pub(super) async fn postgres(url: &str) -> Result<(), Error> {
    let options = PgConnectOptions::from_str(url).map_err(|_| {
        let sentence = "the database URL cannot be read: write postgres://user:password@host:port/database";
        Error::Start(sentence.to_owned())
    })?;
    let place = match options.get_socket() {
        Some(socket) => socket.display().to_string(),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    };
    let unreachable = |reason: &str| {
        Error::Start(format!(
            "PostgreSQL at {place} cannot be reached ({reason}): check that it runs there, that host and port are \
             right, and that no firewall is in between"
        ))
    };
    match timeout(PATIENCE, PgConnection::connect_with(&options)).await {
        Err(_) => Err(unreachable(&format!("no answer within {} s", PATIENCE.as_secs()))),
        Ok(Err(sqlx::Error::Io(error))) => Err(unreachable(&error.to_string())),
        Ok(Err(sqlx::Error::Tls(error))) => {
            Err(Error::Start(format!("PostgreSQL at {place}: no TLS ({error}): check sslmode and certificates")))
        }
        Ok(Err(sqlx::Error::Database(error))) => Err(Error::Start(format!(
            "PostgreSQL at {place} does not let us in ({}): check user, password and database name",
            error.message()
        ))),
        Ok(Err(error)) => Err(error.into()),
        Ok(Ok(connection)) => Ok(connection.close().await?),
    }
}
