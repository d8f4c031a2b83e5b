//! Ten thousand generated requests: whatever is sent is answered, and it is never the server's fault.

use std::time::Duration;

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};
use support::{Vault, World};

/// How many clients send at once, and how many requests each.
const CLIENTS: u64 = 8;
const REQUESTS: u64 = 1250;

const METHODS: [&str; 12] =
    ["GET", "GET", "LIST", "PUT", "PUT", "POST", "POST", "DELETE", "PATCH", "HEAD", "OPTIONS", "BREW"];

const SEGMENTS: [&str; 36] = [
    "keymgmt",
    "keymgmt",
    "keymgmt",
    "key",
    "key",
    "kms",
    "kms",
    "a",
    "b",
    "acme",
    "rotate",
    "replicate",
    "sys",
    "auth",
    "token",
    "mounts",
    "policies",
    "acl",
    "namespaces",
    "internal",
    "ui",
    "capabilities-self",
    "lookup-self",
    "tune",
    "userpass",
    "health",
    "create",
    "",
    ".",
    "%00",
    "%ff",
    "%F0%9F%94%91",
    "a%2Fb",
    "'%20OR%201=1--",
    "LONG",
    "-",
];

/// Shapes of paths that mean something, with random names.
const PATHS: [&str; 14] = [
    "keymgmt/key/?",
    "keymgmt/key/?",
    "keymgmt/kms/?",
    "keymgmt/key/?/rotate",
    "keymgmt/key/?/kms",
    "keymgmt/kms/?/key",
    "keymgmt/kms/?/key/?",
    "keymgmt/kms/?/key/?/replicate",
    "sys/mounts/?",
    "sys/policies/acl/?",
    "sys/namespaces/?",
    "auth/token/?",
    "sys/internal/ui/mounts/?",
    "sys/?",
];

const NAMES: [&str; 10] = ["a", "b", "acme", "none", "-", "a%2fb", "%00", "%C3%A4", "LONG", "keymgmt"];

const QUERIES: [&str; 9] = [
    "",
    "",
    "",
    "list=true",
    "list=1",
    "list=maybe",
    "list=true&list=false",
    "after=%00&limit=-1",
    "activecode=1&&=&%ff",
];

const BODIES: [&str; 9] = ["", "null", "{", "[]", "7", "\"\\ud800\"", "a=b&c", "%ff=%00&type=aes256-gcm96", "\u{0}"];

const FIELDS: [&str; 22] = [
    "type",
    "deletion_allowed",
    "min_enabled_version",
    "replica_regions",
    "provider",
    "key_collection",
    "credentials",
    "purpose",
    "protection",
    "name",
    "key_name",
    "policy",
    "path",
    "paths",
    "config",
    "ttl",
    "policies",
    "num_uses",
    "options",
    "description",
    "custom_metadata",
    "\u{0}",
];

/// A source of numbers that is the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.roll(from.len())]
    }

    fn path(&mut self) -> String {
        let long = "k".repeat(5000);
        let path = if self.roll(4) == 0 {
            let segments: Vec<&str> = (0..=self.roll(6)).map(|_| self.pick(&SEGMENTS)).collect();
            segments.join("/")
        } else {
            let shape = self.pick(&PATHS).split('/');
            shape.map(|part| if part == "?" { self.pick(&NAMES) } else { part }).collect::<Vec<_>>().join("/")
        };
        format!("{}?{}", path.replace("LONG", &long), self.pick(&QUERIES))
    }

    fn value(&mut self, depth: usize) -> Value {
        match self.roll(if depth > 2 { 9 } else { 12 }) {
            0 => Value::Null,
            1 => json!(self.roll(2) == 0),
            2 => json!(self.pick(&[-1_i64, 0, 1, 2, 3, i64::MAX, i64::MIN])),
            3 => json!(self.pick(&[1.5, -0.0, 1e300])),
            4 => json!(self.pick(&["true", "1", "2", "-5", "1h", "0s", "sign,verify", "hsm", "steel"])),
            5 | 6 => json!(self.pick(&["aes256-gcm96", "ecdsa-p256", "rsa-1", "azurekeyvault", "keymgmt", "default"])),
            7 => {
                json!(self.pick(&["", "\u{0}", "ä🔑", "path \"*\" { capabilities = [\"read\"] }", "{\"a\":1}", "a=b"]))
            }
            8 => json!("x".repeat(self.roll(3) * 5000)),
            9 => (0..self.roll(3)).map(|_| self.value(depth + 1)).collect(),
            _ => {
                let fields = (0..self.roll(3)).map(|_| (self.pick(&FIELDS).to_owned(), self.value(depth + 1)));
                Value::Object(fields.collect())
            }
        }
    }

    /// A body, labelled as anything.
    fn body(&mut self) -> (String, &'static str) {
        let label = self.pick(&["", "application/json", "application/x-www-form-urlencoded", "text/plain", "a/b;c"]);
        if self.roll(5) == 0 {
            return (self.pick(&BODIES).to_owned(), label);
        }
        let fields = (0..self.roll(4)).map(|_| (self.pick(&FIELDS).to_owned(), self.value(0)));
        let mut body = Value::Object(fields.collect());
        // Making RSA keys takes long.
        if body.get("type").is_none() {
            body["type"] = json!("aes256-gcm96");
        }
        (body.to_string(), label)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_requests_bring_no_server_error() {
    let world = World::with_patience(Duration::from_millis(20)).await;
    let vault = world.vault().await;
    for name in ["a", "b", "acme", "keymgmt"] {
        vault.put(&format!("keymgmt/key/{name}"), json!({ "type": "aes256-gcm96" })).await;
    }
    vault.put("keymgmt/kms/acme", json!({ "provider": "azurekeyvault", "key_collection": "nowhere" })).await;
    let clients = (0..CLIENTS).map(|seed| {
        let vault = vault.with_token(vault.token());
        tokio::spawn(async move {
            let mut dice = Dice(seed);
            for _ in 0..REQUESTS {
                send(&vault, &mut dice).await;
            }
        })
    });
    for client in clients.collect::<Vec<_>>() {
        client.await.expect("every request is answered as it should be");
    }
    vault.read("auth/token/lookup-self").await.expect_status(200);
    vault.list("keymgmt/key").await.expect_status(200);
}

async fn send(vault: &Vault, dice: &mut Dice) {
    let (method, path) = (dice.pick(&METHODS), dice.path());
    let mut request = vault.request(Method::from_bytes(method.as_bytes()).unwrap(), &path);
    let (body, label) = dice.body();
    if !label.is_empty() {
        request = request.header(CONTENT_TYPE, label);
    }
    match dice.roll(20) {
        0 => request = request.header("x-vault-namespace", dice.pick(&["/", "a", "a/b/", "%00", "..", "root"])),
        1 => request = request.header("x-vault-wrap-ttl", dice.pick(&["60", "0", "soon", ""])),
        2 => request = request.header("authorization", dice.pick(&["Bearer", "Bearer x", "Basic eDp5"])),
        _ => {}
    }
    let reply = vault.answer(request.body(body.clone())).await;
    let shown = format!("{method} {path:.200} {label} {body:.200}: {} {:.500}", reply.status, reply.text);
    assert!(reply.status < 500, "{shown}");
    if method == "HEAD" || reply.status == 204 {
        assert_eq!(reply.text, "", "{shown}");
        return;
    }
    assert_eq!(reply.headers["content-type"], "application/json", "{shown}");
    let answer = reply.json();
    let is_errors = answer["errors"].is_array() && answer.as_object().is_some_and(|answer| answer.len() == 1);
    assert_eq!(reply.status >= 400, is_errors, "{shown}");
}
