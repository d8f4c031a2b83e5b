//! A hundred thousand keys and three hundred thousand deliveries, multiplied inside the database from real keys.

use azure_sim::Simulator;

use crate::database;
use crate::node::{Node, Place};

/// How many real keys there are.
pub(crate) const PAIRS: usize = 64;

/// How many keys are made of them.
pub(crate) const KEYS: usize = 100_000;

/// The vaults that hold each key.
const VAULTS: [&str; 3] = ["keyvault-name", "acme-payments", "acme-throttles"];

/// What teams call their keys.
const WORDS: [&str; 8] = ["billing", "customers", "documents", "ledger", "mail", "payments", "reports", "tokens"];

/// The name of a real key.
fn pair(number: usize) -> String {
    format!("{}-{:02}", WORDS[number % WORDS.len()], number)
}

/// The name of a key made of them.
pub(crate) fn name(number: usize) -> String {
    format!("{}-{number:05}", pair(number % PAIRS))
}

/// When such a key was last rotated, in Unix milliseconds; no two at the same moment.
pub(crate) fn rotated_at(number: usize, now: i64) -> i64 {
    let number = i64::try_from(number).expect("a hundred thousand");
    now - (number * 7_919 % 100_003) * 60_000
}

/// Makes the real keys and connects the vaults.
pub(crate) async fn plant(node: &Node, azure: &Simulator) {
    for number in 0..PAIRS {
        node.client.create_key(&pair(number)).await;
    }
    for vault in VAULTS {
        node.client.connect(vault, vault, &azure.service_principal(vault)).await;
    }
}

/// Multiplies them. Every key is in sync with all vaults, but for two in a hundred that drifted and ten that were refused.
pub(crate) async fn multiply(place: &Place, now: i64) {
    let url = place.url();
    for sql in [KEY_ROWS, VERSION_ROWS, DISTRIBUTION_ROWS, DELIVERY_ROWS] {
        let sql = sql
            .replace("{numbers}", NUMBERS)
            .replace("{pairs}", PAIR_ROWS)
            .replace("{key}", &id(0))
            .replace("{version}", &id(1))
            .replace("{distribution}", DISTRIBUTION_ID)
            .replace("{now}", &now.to_string());
        database::execute(&url, &sql).await;
    }
    // PostgreSQL does this by itself, some time after so many rows came.
    if url.starts_with("postgres:") {
        database::execute(&url, "ANALYZE").await;
    }
}

/// A UUID made of a number `i`.
fn id(kind: u8) -> String {
    format!("'00000000-0000-7000-800{kind}-' || substr(CAST(1000000000000 + i AS TEXT), 2)")
}

const DISTRIBUTION_ID: &str =
    "'00000000-0000-7000-801' || CAST(p.place AS TEXT) || '-' || substr(CAST(1000000000000 + i AS TEXT), 2)";

const NUMBERS: &str = "n (i) AS (SELECT CAST(0 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < 99999)";

/// The real keys, numbered in the order in which they were made.
const PAIR_ROWS: &str = "pairs AS (SELECT id, workspace_id, name, ROW_NUMBER() OVER (ORDER BY id) - 1 AS place \
     FROM keys WHERE id NOT LIKE '00000000-%')";

const KEY_ROWS: &str = "INSERT INTO keys (id, workspace_id, name, key_type, latest_version, min_enabled_version, \
       created_at, rotated_at, rotation_days, rotation_interval, rotation_due_at) \
     WITH RECURSIVE {numbers}, {pairs} \
     SELECT {key}, pairs.workspace_id, pairs.name || '-' || substr(CAST(100000 + i AS TEXT), 2), \
       CASE i % 10 WHEN 0 THEN 'rsa-4096' WHEN 1 THEN 'rsa-3072' ELSE 'rsa-2048' END, 1, 1, \
       {now} - 8640000000, {now} - (i * 7919 % 100003) * 60000, \
       CASE i % 4 WHEN 0 THEN 90 END, CASE i % 4 WHEN 0 THEN 7776000000 END, \
       CASE i % 4 WHEN 0 THEN {now} + 86400000 + i * 60000 END \
     FROM n JOIN pairs ON pairs.place = i % 64";

const VERSION_ROWS: &str = "INSERT INTO key_versions (id, key_id, number, public_key, thumbprint, sealed_private_key, \
       created_at) \
     WITH RECURSIVE {numbers}, {pairs} \
     SELECT {version}, {key}, 1, v.public_key, v.thumbprint, v.sealed_private_key, {now} - 8640000000 \
     FROM n JOIN pairs ON pairs.place = i % 64 JOIN key_versions v ON v.key_id = pairs.id";

const DISTRIBUTION_ROWS: &str = "INSERT INTO distributions (id, key_id, provider_id, host, name_in_kms, purposes, \
       protection, created_at, attempts, state, due_at, lease_until, imports, transactions, workspace_id, key_name, \
       key_rotated_at, drift_rank) \
     WITH RECURSIVE {numbers}, p AS (SELECT id, host, ROW_NUMBER() OVER (ORDER BY name) AS place FROM providers) \
     SELECT {distribution}, {key}, p.id, p.host, 'key-' || CAST(i AS TEXT), 'wrap,unwrap', 'hsm', {now}, 0, \
       CASE WHEN i % 50 = 7 AND p.place = 1 THEN 'drifted' WHEN i % 10000 = 77 AND p.place = 2 THEN 'refused' \
       ELSE 'in_sync' END, {now} + 86400000, 0, 0, 2, k.workspace_id, k.name, \
       k.rotated_at, CASE WHEN i % 50 = 7 AND p.place = 1 THEN 2 ELSE 0 END \
     FROM n JOIN keys k ON k.id = {key} CROSS JOIN p";

const DELIVERY_ROWS: &str = "INSERT INTO deliveries (distribution_id, number, import_started_at, remote_version, enabled, \
       delivered_at, verified_at) \
     SELECT id, 1, {now}, '0123456789abcdef0123456789abcdef', 1, {now}, {now} FROM distributions \
     WHERE id LIKE '00000000-%'";
