//! The simulator on its own: `cargo run -p azure-sim`.

use std::{error::Error, net::SocketAddr, path::PathBuf};

use azure_sim::{Options, Simulator};
use clap::Parser;
use tracing_subscriber::EnvFilter;

/// Behaves like Microsoft Entra and Azure Key Vault: issues tokens, makes key exchange keys, and unwraps what is
/// imported. Nothing leaves this machine.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Address to listen on.
    #[arg(long, default_value = "127.0.0.1:8443")]
    listen: SocketAddr,
    /// File that keeps vaults, keys and credentials over a restart; without it all is forgotten.
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Where to write the certificate of the simulator's authority.
    #[arg(long, value_name = "FILE", default_value = "azure-sim-ca.pem")]
    ca_out: PathBuf,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("azure_sim=debug"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let options = Options { listen: arguments.listen, state_file: arguments.state, ..Options::default() };
    let simulator = Simulator::start(options).await?;
    std::fs::write(&arguments.ca_out, simulator.ca_pem())?;

    println!("The Azure simulator listens on https://{}", simulator.address());
    println!("--azure-ca {}", arguments.ca_out.display());
    println!("--azure-connect-to '{}'", simulator.connect_to());
    println!("AZURE_POD_IDENTITY_AUTHORITY_HOST=http://{}", simulator.imds_address());
    println!("IDENTITY_ENDPOINT={} IDENTITY_HEADER={}", simulator.identity_endpoint(), simulator.identity_header());
    for vault in simulator.vaults() {
        println!("\n{} ({})", vault.name, vault.title);
        println!("  host           {}", vault.host);
        println!("  environment    {}", vault.cloud);
        println!("  tenant_id      {}", vault.principal.tenant_id);
        println!("  client_id      {}", vault.principal.client_id);
        println!("  client_secret  {}", vault.principal.client_secret);
    }

    tokio::signal::ctrl_c().await?;
    simulator.stop().await;
    Ok(())
}
