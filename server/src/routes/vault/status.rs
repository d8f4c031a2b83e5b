//! How the server is, for those that watch it: the only paths that need no token.

use axum::http::StatusCode;
use engine::Engine;
use serde_json::json;
use time::OffsetDateTime;

use super::VERSION;
use super::answer::{Answer, Refusal};
use super::request::{Request, Verb};

/// The parameters that choose a status; ours is always the active one.
const CODES: [&str; 8] = [
    "activecode",
    "standbycode",
    "sealedcode",
    "uninitcode",
    "drsecondarycode",
    "performancestandbycode",
    "haunhealthycode",
    "removedcode",
];

/// `sys/health`: 200 while the database answers, or the status that is asked for.
pub(super) async fn health(engine: &Engine, request: &Request) -> Result<Answer, Refusal> {
    only_read(request)?;
    for name in CODES {
        code(request, name)?;
    }
    engine.ready().await?;
    let status = code(request, "activecode")?.unwrap_or(StatusCode::OK);
    let body = json!({
        "initialized": true,
        "sealed": false,
        "standby": false,
        "performance_standby": false,
        "replication_performance_mode": "disabled",
        "replication_dr_mode": "disabled",
        "server_time_utc": OffsetDateTime::now_utc().unix_timestamp(),
        "version": VERSION,
        "enterprise": true,
        "cluster_name": "keyferry",
    });
    Ok(Answer::bare(status, body))
}

/// `sys/seal-status`: never sealed, as the sealing key is there from the start.
pub(super) fn seal(request: &Request) -> Result<Answer, Refusal> {
    only_read(request)?;
    let body = json!({
        "type": "shamir",
        "initialized": true,
        "sealed": false,
        "t": 1,
        "n": 1,
        "progress": 0,
        "nonce": "",
        "version": VERSION,
        "build_date": "2026-04-22T00:00:00Z",
        "migration": false,
        "cluster_name": "keyferry",
        "recovery_seal": false,
        "storage_type": "database",
    });
    Ok(Answer::bare(StatusCode::OK, body))
}

/// `sys/leader`: every node does everything.
pub(super) fn leader(request: &Request) -> Result<Answer, Refusal> {
    only_read(request)?;
    let body = json!({
        "ha_enabled": false,
        "is_self": false,
        "leader_address": "",
        "leader_cluster_address": "",
        "performance_standby": false,
        "performance_standby_last_remote_wal": 0,
    });
    Ok(Answer::bare(StatusCode::OK, body))
}

/// `sys/init`: the first start did it.
pub(super) fn init(request: &Request) -> Result<Answer, Refusal> {
    only_read(request)?;
    Ok(Answer::bare(StatusCode::OK, json!({ "initialized": true })))
}

fn only_read(request: &Request) -> Result<(), Refusal> {
    if request.verb == Verb::Read { Ok(()) } else { Err(Refusal::unsupported_operation()) }
}

fn code(request: &Request, name: &str) -> Result<Option<StatusCode>, Refusal> {
    let Some(text) = request.parameter(name).filter(|text| !text.is_empty()) else { return Ok(None) };
    let code = text.parse().ok().filter(|code| (200..600).contains(code));
    let code = code.and_then(|code| StatusCode::from_u16(code).ok());
    code.map(Some).ok_or_else(|| Refusal::bad(format!("the parameter {name} has to be a status from 200 to 599")))
}
