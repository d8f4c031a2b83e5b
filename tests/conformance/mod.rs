//! Vault's tools work unchanged: what each client sends, and every part of the answer that it reads.

mod cli;
mod sdks;
mod terraform;

use serde_json::Value;
use support::{Dialect, Wire, World};

/// The administrator, logged in with user name and password.
async fn log_in(world: &World, dialect: Dialect) -> Wire {
    let client = Wire::new(dialect, &world.url());
    let body = format!(r#"{{"password":"{}"}}"#, World::PASSWORD);
    let answer = client.write("auth/userpass/login/admin", &body).await;
    let auth = answer.auth();
    assert_eq!(auth["metadata"]["username"], "admin");
    client.with_token(auth["client_token"].as_str().expect("a token"))
}

/// The names of a list.
fn keys(data: &Value) -> Vec<&str> {
    data["keys"].as_array().expect("a list").iter().map(|key| key.as_str().expect("a name")).collect()
}
