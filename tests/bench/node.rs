//! The program in a process of its own, with what the system tells of it.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use azure_sim::Simulator;
use support::{Client, World};
use tempfile::TempDir;

use crate::database::{self, Database};

/// The sealing key of every measurement; there is nothing to protect.
const SEALING_KEY: &str = "YmVuY2htYXJrcyBwcm90ZWN0IG5vdGhpbmcgYXQgYWw";

/// The program as it ships.
pub(crate) fn program() -> PathBuf {
    std::env::var_os("KEYFERRY_PROGRAM").expect("cargo xtask bench sets KEYFERRY_PROGRAM").into()
}

/// What stays when the process ends.
pub(crate) struct Place {
    folder: TempDir,
    database: Option<String>,
}

impl Place {
    pub(crate) async fn new(database: Database) -> Self {
        let database = match database {
            Database::Sqlite => None,
            Database::Postgresql => Some(database::new_postgresql().await),
        };
        Self { folder: TempDir::new().expect("a directory can be made"), database }
    }

    /// The URL of the database.
    pub(crate) fn url(&self) -> String {
        let file = || format!("sqlite://{}", self.folder.path().join("data/keyferry.db").display());
        self.database.clone().unwrap_or_else(file)
    }

    /// The program, to be told what to do.
    pub(crate) fn command(&self, what: &str) -> Command {
        let mut command = Command::new(program());
        command.arg(what).arg("--data").arg(self.folder.path().join("data"));
        if let Some(database) = &self.database {
            command.args(["--database", database]);
        }
        command.env("RUST_LOG", "warn");
        command
    }

    /// Starts the server and waits until it says where it is.
    pub(crate) fn start(&self, azure: &Simulator, arguments: &[&str]) -> Node {
        let ca = self.folder.path().join("azure-ca.pem");
        fs::write(&ca, azure.ca_pem()).expect("the directory is writable");
        let mut command = self.command("serve");
        command.args(["--listen", "127.0.0.1:0", "--azure-connect-to", &azure.connect_to()]);
        command.arg("--azure-ca").arg(ca).args(arguments).stdout(Stdio::piped());
        command.env("KEYFERRY_ADMIN_PASSWORD", World::PASSWORD).env("KEYFERRY_SEALING_KEY", SEALING_KEY);
        let mut child = command.spawn().expect("the program starts");
        let mut lines = BufReader::new(child.stdout.take().expect("it was asked for")).lines();
        let first = lines.next().and_then(Result::ok).expect("the server says where it is");
        let url = first.strip_prefix("Keyferry is at ").expect("the first line names the address");
        Node { client: Client::anonymous(url), child }
    }
}

/// A running process; dropping it ends it as `kill -9` does.
pub(crate) struct Node {
    child: Child,
    /// Whoever talks to it.
    pub(crate) client: Client,
}

impl Node {
    /// Signs in.
    pub(crate) async fn signed_in(self) -> Self {
        self.client.sign_in("admin", World::PASSWORD).await.expect_status(200);
        self
    }

    /// Memory that it holds, in MB (10⁶ bytes): now, or the most so far (proc(5), `VmRSS` and `VmHWM`).
    pub(crate) fn memory(&self, field: &str) -> f64 {
        let status = self.proc("status");
        let line = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
        let kib: u32 = line.and_then(|line| line.split_whitespace().next()?.parse().ok()).expect("Linux tells it");
        f64::from(kib) * 1024.0 / 1e6
    }

    /// Processor time that it has used (proc(5): fields 14 and 15 of `stat`, in ticks of 10 ms).
    pub(crate) fn cpu(&self) -> Duration {
        let stat = self.proc("stat");
        let (_, rest) = stat.rsplit_once(") ").expect("the name is in parentheses");
        let ticks = rest.split(' ').skip(11).take(2).map(|ticks| ticks.parse::<u64>().expect("ticks are a number"));
        Duration::from_millis(10 * ticks.sum::<u64>())
    }

    /// Asks it to end, and waits for that.
    pub(crate) fn stop(mut self) {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(asked.is_ok_and(|status| status.success()), "a process of ours can be signalled");
        assert!(self.child.wait().is_ok_and(|status| status.success()), "a stopped server ends well");
    }

    fn proc(&self, file: &str) -> String {
        fs::read_to_string(format!("/proc/{}/{file}", self.child.id())).expect("the process runs, on Linux")
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // It may have been stopped already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
