//! What it costs to wrap a target key: processor time, as told by Linux, so that whoever else works on the machine does not
//! count. One line of JSON, for `cargo xtask bench`.

use byok::{KeyExchangeKey, KeySize, TargetKey, TransferBlob};
use serde_json::json;

const TIMES: u32 = 500;

fn main() {
    let kek = TargetKey::generate(KeySize::Rsa4096).expect("a key pair is made").public_key().clone();
    let kid = format!("https://acme.vault.azure.net/keys/keyferry-kek/{}", "0".repeat(32));
    let kek = KeyExchangeKey::new(&kid, kek).expect("it is one");
    let target = TargetKey::generate(KeySize::Rsa2048).expect("a key pair is made");
    let before = processor_millis();
    for _ in 0..TIMES {
        std::hint::black_box(TransferBlob::wrap(std::hint::black_box(&target), &kek).expect("it is wrapped"));
    }
    let measured = (processor_millis() - before) / f64::from(TIMES);
    let what = "Wrap an RSA-2048 key under a 4096-bit KEK, processor time";
    println!("{}", json!({ "what": what, "measured": measured, "unit": "ms", "at_most": 0.5 }));
}

/// Processor time of this thread so far (proc(5), `schedstat`).
fn processor_millis() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux tells it");
    let nanos = text.split(' ').next().and_then(|nanos| nanos.parse::<f64>().ok()).expect("it begins with a number");
    nanos / 1e6
}
