//! How the server is told what to do: each flag has an environment variable.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use api::KeyType;
use clap::{Args, Parser, Subcommand, ValueEnum};

/// Makes RSA keys, keeps them sealed, and ferries copies into Azure Key Vault.
#[derive(Parser)]
#[command(name = "keyferry", version)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the binary can do.
#[derive(Subcommand)]
pub enum Command {
    /// Runs the server.
    Serve(Box<Config>),
    /// Writes everything but the sealing key into a file, also while the server runs.
    Backup {
        /// The file to make.
        file: PathBuf,
        /// Where everything is kept.
        #[command(flatten)]
        place: Place,
    },
    /// Fills an empty database from a backup, also of the other kind.
    Restore {
        /// The backup.
        file: PathBuf,
        /// Where everything is kept.
        #[command(flatten)]
        place: Place,
    },
}

/// Where everything is kept.
#[derive(Args)]
pub struct Place {
    /// Directory of this node: its identity and, unless told otherwise, database and sealing key
    /// [default: ./keyferry-data; with --demo a fresh temporary one].
    #[arg(long, env = "KEYFERRY_DATA", value_name = "DIRECTORY")]
    pub data: Option<PathBuf>,
    /// Database: sqlite:… or postgres://… [default: an SQLite file in the data directory].
    #[arg(long, env = "KEYFERRY_DATABASE", value_name = "URL", hide_env_values = true)]
    pub database: Option<String>,
}

impl Place {
    /// The data directory, where none was made for a demo.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.data.clone().unwrap_or_else(|| PathBuf::from("keyferry-data"))
    }
}

/// Settings of the server.
#[derive(Args)]
#[command(after_help = "Secrets come from the environment only:
  KEYFERRY_ADMIN_PASSWORD  the password of the user admin, set at the very first start
  KEYFERRY_SEALING_KEY     the sealing key itself, instead of a file")]
pub struct Config {
    /// Address to listen on.
    #[arg(long, env = "KEYFERRY_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:8200")]
    pub listen: SocketAddr,
    /// Where everything is kept.
    #[command(flatten)]
    pub place: Place,
    /// File with the sealing key; made at the first start with SQLite
    /// [default: sealing-key in the data directory].
    #[arg(long, env = "KEYFERRY_SEALING_KEY_FILE", value_name = "FILE")]
    pub sealing_key_file: Option<PathBuf>,
    /// File with the sealing key before this one: everything is sealed anew in the background.
    #[arg(long, env = "KEYFERRY_PREVIOUS_SEALING_KEY_FILE", value_name = "FILE")]
    pub previous_sealing_key_file: Option<PathBuf>,
    /// Certificate chain to serve TLS with, PEM.
    #[arg(long, env = "KEYFERRY_TLS_CERT", value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// Private key of the certificate, PEM.
    #[arg(long, env = "KEYFERRY_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// Runs on an embedded Azure simulator: nothing leaves this machine.
    #[arg(long, env = "KEYFERRY_DEMO", conflicts_with_all = ["azure_connect_to", "azure_ca"])]
    pub demo: bool,
    /// Where connections to Azure go instead, as curl's --connect-to: `*.vault.azure.net=127.0.0.1:8443`.
    #[arg(long, env = "KEYFERRY_AZURE_CONNECT_TO", value_name = "HOST=ADDRESS", value_delimiter = ',')]
    pub azure_connect_to: Vec<engine::ConnectTo>,
    /// Certificate authority to trust for Azure instead of the system's, PEM.
    #[arg(long, env = "KEYFERRY_AZURE_CA", value_name = "FILE")]
    pub azure_ca: Option<PathBuf>,
    /// Key pairs kept ready, by type, so that making and rotating keys need not wait; `none` for no pool.
    #[arg(long, env = "KEYFERRY_POOL", value_name = "TYPE=NUMBER,…", value_parser = pool,
        default_value = "rsa-2048=16,rsa-3072=8,rsa-4096=8")]
    pub pool: Pool,
    /// Seconds that Azure may still be finishing an import whose reply was lost.
    #[arg(long, env = "KEYFERRY_SETTLING_TIME", value_name = "SECONDS", default_value = "120", value_parser = seconds)]
    pub settling_time: Duration,
    /// Seconds that a client of Vault's API is kept waiting for Azure at most.
    #[arg(long, env = "KEYFERRY_PATIENCE", value_name = "SECONDS", default_value = "50", value_parser = seconds)]
    pub patience: Duration,
    /// How the log on standard error is written; `RUST_LOG` says how much.
    #[arg(long, env = "KEYFERRY_LOG_FORMAT", value_enum, default_value = "text")]
    pub log_format: LogFormat,
}

/// How the log is written.
#[derive(Clone, Copy, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For programs: one JSON object a line.
    Json,
}

/// How many pairs of which types are kept ready.
#[derive(Clone)]
pub struct Pool(pub Vec<(KeyType, u64)>);

fn pool(text: &str) -> Result<Pool, String> {
    if text == "none" {
        return Ok(Pool(Vec::new()));
    }
    let entry = |entry: &str| {
        let (key_type, number) = entry.split_once('=')?;
        Some((key_type.parse().ok()?, number.parse().ok().filter(|number| *number <= 1000)?))
    };
    let pool = text.split(',').map(entry).collect::<Option<_>>().map(Pool);
    pool.ok_or_else(|| "write types with up to 1000 each: rsa-2048=16,rsa-4096=8".to_owned())
}

fn seconds(text: &str) -> Result<Duration, String> {
    text.parse().map(Duration::from_secs).map_err(|_| "write whole seconds".to_owned())
}
