//! The `keyferry` binary.

use std::error::Error;
use std::fs::File;
use std::io::{BufReader, BufWriter, IsTerminal as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use api::SecretInput;
use clap::Parser as _;
use engine::SealingKey;
use server::config::{Arguments, Command, Config, LogFormat, Place};
use server::demo::Demo;
use server::{Options, Running, TlsFiles};
use tempfile::TempDir;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let command = Arguments::parse().command;
    start_log(if let Command::Serve(config) = &command { config.log_format } else { LogFormat::Text });
    let runtime = tokio::runtime::Runtime::new().expect("the system gives threads");
    let done = runtime.block_on(async {
        match command {
            Command::Serve(config) => serve(*config).await,
            Command::Backup { file, place } => back_up(&file, &place).await,
            Command::Restore { file, place } => restore(&file, &place).await,
        }
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("keyferry: {}", sentence(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

async fn serve(config: Config) -> Result<(), Box<dyn Error>> {
    // Waited for from the start, so that a signal during the start is not lost.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let temporary =
        if config.demo && config.place.data.is_none() { Some(TempDir::with_prefix("keyferry-demo-")?) } else { None };
    let data = temporary.as_ref().map_or_else(|| config.place.data(), |temporary| temporary.path().to_owned());
    let demo = if config.demo { Some(start_demo(&data).await?) } else { None };
    let server = server::start(options(config, data, demo.as_ref())?).await?;
    announce(&server, demo.as_ref());

    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping");
    server.stop().await;
    if let Some(demo) = demo {
        demo.stop().await;
    }
    Ok(())
}

async fn back_up(path: &Path, place: &Place) -> Result<(), Box<dyn Error>> {
    let create = File::options().write(true).create_new(true).mode(0o600).open(path);
    let file = create.map_err(|error| format!("{} cannot be made: {error}", path.display()))?;
    let mut out = BufWriter::new(file);
    let done = engine::back_up(&place.data(), place.database.as_deref(), &mut out).await;
    let synced = out.into_inner().map_err(std::io::IntoInnerError::into_error).and_then(|file| file.sync_all());
    if done.is_err() || synced.is_err() {
        std::fs::remove_file(path)?;
    }
    let (backup, ()) = (done?, synced?);
    println!("{} holds everything up to event {}", path.display(), backup.audit_seq);
    println!("Keep the sealing key {} apart from it", backup.sealing_key.as_deref().unwrap_or("(none yet)"));
    Ok(())
}

async fn restore(path: &Path, place: &Place) -> Result<(), Box<dyn Error>> {
    let file = File::open(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
    let backup = engine::restore(&place.data(), place.database.as_deref(), &mut BufReader::new(file)).await?;
    println!("Restored everything up to event {}", backup.audit_seq);
    println!("Start it with the sealing key {}", backup.sealing_key.as_deref().unwrap_or("(none yet)"));
    Ok(())
}

async fn start_demo(data: &Path) -> Result<Demo, Box<dyn Error>> {
    std::fs::create_dir_all(data).map_err(|error| format!("{} cannot be used: {error}", data.display()))?;
    Ok(Demo::start(data).await?)
}

fn options(config: Config, data: PathBuf, demo: Option<&Demo>) -> Result<Options, Box<dyn Error>> {
    let mut engine = engine::Options::new(data);
    engine.database = config.place.database;
    engine.sealing_key_file = config.sealing_key_file;
    engine.sealing_key = match std::env::var("KEYFERRY_SEALING_KEY") {
        Ok(text) => Some(SealingKey::from_text(&text)?),
        Err(_) => None,
    };
    engine.previous_sealing_key =
        config.previous_sealing_key_file.map(|path| engine::read_sealing_key(&path)).transpose()?;
    engine.pool = config.pool.0;
    engine.settling_time = config.settling_time;
    engine.patience = config.patience;
    if let Some(demo) = demo {
        engine.azure = demo.azure();
    } else {
        engine.azure.connect_to = config.azure_connect_to;
        engine.azure.environment = Arc::new(engine::Environment::from_process());
        engine.azure.ca_pem = config.azure_ca.map(|path| read(&path)).transpose()?;
    }
    Ok(Options {
        listen: config.listen,
        engine,
        admin_password: std::env::var("KEYFERRY_ADMIN_PASSWORD").ok().map(SecretInput::new),
        tls: config.tls_cert.zip(config.tls_key).map(|(cert, key)| TlsFiles { cert, key }),
        demo: demo.map(Demo::vaults),
    })
}

fn read(path: &Path) -> Result<String, Box<dyn Error>> {
    Ok(std::fs::read_to_string(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))?)
}

/// Says where the server is, and what can be said only now.
fn announce(server: &Running, demo: Option<&Demo>) {
    println!("Keyferry is at {}", server.url());
    match server.first_password() {
        Some(password) if demo.is_some() => println!("Sign in as admin with the password {}", password.expose()),
        Some(password) => println!(
            "Sign in as admin with the one-time password {}\nIt is shown this once and has to be replaced then.",
            password.expose()
        ),
        None if demo.is_some() => println!("Sign in as admin with the password of the first start"),
        None => {}
    }
    for vault in demo.map(Demo::vaults).unwrap_or_default() {
        println!("\nDemo vault {}: {}", vault.key_collection, vault.teaches);
        println!("  tenant_id      {}", vault.tenant_id);
        println!("  client_id      {}", vault.client_id);
        println!("  client_secret  {}", vault.client_secret);
    }
}

fn start_log(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let log = log.with_ansi(std::io::stderr().is_terminal());
    match format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
}

/// An error and its causes as one sentence.
fn sentence(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        // Some libraries repeat the cause in the message.
        if !text.ends_with(&error.to_string()) {
            text = format!("{text}: {error}");
        }
        cause = error.source();
    }
    text
}
