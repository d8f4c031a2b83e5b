//! A PostgreSQL that lives as long as the tests.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::system;

/// Makes a cluster, serves it until standard input ends, and removes it. Standard input ends with
/// xtask, however that dies, so nothing is left behind.
const SERVE: &str = r#"
trap '' INT
folder=$(mktemp -d) || exit
"$1/initdb" --pgdata="$folder/data" --username=postgres --auth=trust \
    --locale=C --encoding=UTF8 --no-sync >"$folder/log" 2>&1 || { cat "$folder/log" >&2; rm -r "$folder"; exit 1; }
"$1/postgres" -D "$folder/data" -p "$2" -k "$folder" -c listen_addresses=127.0.0.1 -c max_connections=400 \
    -c fsync="$3" -c synchronous_commit="$3" -c full_page_writes="$3" >"$folder/log" 2>&1 &
server=$!
cat >"$folder/input"
kill -INT "$server"
wait "$server"
rm -r "$folder"
"#;

/// A running PostgreSQL; dropping it stops it.
pub(crate) struct Postgres {
    watcher: Child,
    port: u16,
}

impl Postgres {
    /// Starts an empty cluster on a free port, with collation C. Tests need nothing to be durable.
    pub(crate) fn start(durable: bool) -> Result<Self> {
        let programs = system::need_postgres()?;
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let mut command = if system::is_root() {
            // PostgreSQL refuses to run as root.
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--", "sh"]);
            command
        } else {
            Command::new("sh")
        };
        command.args(["-c", SERVE, "sh"]).arg(&programs).arg(port.to_string()).arg(if durable { "on" } else { "off" });
        let watcher = command.current_dir("/").stdin(Stdio::piped()).spawn();
        let mut postgres = Self { watcher: watcher.context("cannot start PostgreSQL")?, port };
        postgres.wait_until_ready(&programs)?;
        Ok(postgres)
    }

    /// The URL of the database that is there from the beginning; tests make their own beside it.
    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    fn wait_until_ready(&mut self, programs: &Path) -> Result<()> {
        let deadline = Instant::now() + Duration::from_mins(1);
        while Instant::now() < deadline {
            let port = self.port.to_string();
            let asked = Command::new(programs.join("pg_isready")).args(["-q", "-h", "127.0.0.1", "-p", &port]).status();
            if asked.is_ok_and(|status| status.success()) {
                return Ok(());
            }
            if let Some(status) = self.watcher.try_wait()? {
                bail!("PostgreSQL ended while it started: {status}");
            }
            thread::sleep(Duration::from_millis(50));
        }
        bail!("PostgreSQL did not answer within a minute");
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.watcher.stdin.take());
        if let Err(error) = self.watcher.wait() {
            eprintln!("PostgreSQL may still be running: {error}");
        }
    }
}
