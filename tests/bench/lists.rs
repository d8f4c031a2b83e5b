//! Lists of many keys, as the console asks for them.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use azure_sim::Simulator;

use crate::database::Database;
use crate::figure::{Budget, millis, quantile, report};
use crate::node::{Node, Place};
use crate::seed::{self, KEYS};

/// How often each list is asked for, after a tenth of that to warm up.
const ROUNDS: usize = 200;

/// How often the server is killed.
const KILLS: usize = 5;

pub(crate) async fn measure(database: Database) {
    eprintln!("Multiplying {} keys into {KEYS} in {database}", seed::PAIRS);
    let place = Place::new(database).await;
    let azure = Simulator::start(azure_sim::Options::default()).await.expect("the simulator starts");
    let node = place.start(&azure, &["--pool", "none"]).signed_in().await;
    seed::plant(&node, &azure).await;
    node.stop();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
    let now = i64::try_from(now.as_millis()).expect("it is before the year 292,000,000");
    seed::multiply(&place, now).await;

    let node = place.start(&azure, &["--pool", "none"]).signed_in().await;
    let lists = lists(now).into_iter().map(|list| (list, Budget::AtMost(5.0)));
    let counts = counts().into_iter().map(|count| (count, Budget::None));
    for ((what, path), budget) in lists.chain(counts) {
        let mut times = ask(&node, &*path).await;
        report(&format!("{KEYS} keys in {database}: {what}, p95"), quantile(&mut times, 0.95), "ms", budget);
    }
    report(&format!("Memory after that, {database}"), node.memory("VmRSS"), "MB", Budget::None);
    report(&format!("Memory at most, {database}"), node.memory("VmHWM"), "MB", Budget::None);
    restart(node, &place, &azure, database).await;
}

type Path = Box<dyn Fn(usize) -> String>;

/// What is asked for, by round.
fn lists(now: i64) -> Vec<(&'static str, Path)> {
    let somewhere = |round: usize| round * 48_611 % KEYS;
    let keys = |query: &'static str| -> Path { Box::new(move |_| format!("/workspaces/keymgmt/keys?{query}")) };
    let at = |start: &'static str, cursor: fn(usize, i64) -> String| -> Path {
        Box::new(move |round| format!("/workspaces/keymgmt/{start}{}", cursor(somewhere(round), now)))
    };
    let rotated = |number, now| format!("{}~{}", seed::rotated_at(number, now), seed::name(number));
    vec![
        ("first page", keys("")),
        ("any page", at("keys?after=", |number, _| seed::name(number))),
        ("any page of 200", at("keys?limit=200&after=", |number, _| seed::name(number))),
        ("any page, backwards", at("keys?sort=-name&after=", |number, _| seed::name(number))),
        ("by rotation, first page", keys("sort=rotated_at")),
        ("by rotation, any page", at("keys?sort=rotated_at&after=", rotated)),
        ("by rotation, backwards, any page", at("keys?sort=-rotated_at&after=", rotated)),
        ("search", at("keys?search=", |number, _| seed::name(number)[..6].to_uppercase())),
        ("search by rotation", at("keys?sort=-rotated_at&search=", |number, _| seed::name(number)[..6].to_uppercase())),
        ("in sync", keys("state=in_sync")),
        ("drifted (1 in 50)", keys("state=drifted")),
        ("drifted, any page", at("keys?state=drifted&after=", |number, _| seed::name(number))),
        ("drifted, by rotation", keys("state=drifted&sort=rotated_at")),
        ("refused (1 in 10,000)", keys("state=refused")),
        ("refused, by rotation", keys("state=refused&sort=rotated_at")),
        ("pending (none)", keys("state=pending")),
        ("RSA-4096 (1 in 10)", keys("type=rsa-4096")),
        ("ECDSA (none)", keys("type=ecdsa-p256")),
        ("search, RSA-4096, drifted", keys("search=pay&type=rsa-4096&state=drifted")),
        ("one key", at("keys/", |number, _| seed::name(number))),
        ("distributions, first page", Box::new(|_| "/workspaces/keymgmt/distributions".to_owned())),
        ("distributions, any page", at("distributions?after=", |number, _| seed::name(number) + "/acme-payments")),
        (
            "distributions of one vault, any page",
            at("distributions?provider=acme-payments&after=", |number, _| seed::name(number) + "/acme-payments"),
        ),
        ("drifted distributions", Box::new(|_| "/workspaces/keymgmt/distributions?state=drifted".to_owned())),
        ("refused distributions", Box::new(|_| "/workspaces/keymgmt/distributions?state=refused".to_owned())),
        ("pending distributions (none)", Box::new(|_| "/workspaces/keymgmt/distributions?state=pending".to_owned())),
        ("drift", Box::new(|_| "/workspaces/keymgmt/drift".to_owned())),
        ("drift, any page", at("drift?after=2/", |number, _| seed::name(number) + "/acme-payments")),
        ("schedule", Box::new(|_| "/workspaces/keymgmt/schedule".to_owned())),
        ("system", Box::new(|_| "/system".to_owned())),
    ]
}

/// What counts all that is there, so that no budget of a list holds for it.
fn counts() -> [(&'static str, Path); 2] {
    [
        ("providers, with how much they hold", Box::new(|_| "/workspaces/keymgmt/providers".to_owned())),
        ("workspace, with how much stands how", Box::new(|_| "/workspaces/keymgmt".to_owned())),
    ]
}

async fn ask(node: &Node, path: &dyn Fn(usize) -> String) -> Vec<Duration> {
    let mut times = Vec::with_capacity(ROUNDS);
    for round in 0..ROUNDS + ROUNDS / 10 {
        let path = path(round);
        let begin = Instant::now();
        node.client.get(&path).await.expect_status(200);
        if round >= ROUNDS / 10 {
            times.push(begin.elapsed());
        }
    }
    times
}

/// From the signal to the next answer.
async fn restart(mut node: Node, place: &Place, azure: &Simulator, database: Database) {
    let mut longest = Duration::ZERO;
    for _ in 0..KILLS {
        let begin = Instant::now();
        drop(node);
        node = place.start(azure, &["--pool", "none"]);
        node.client.get("/session").await.expect_status(401);
        longest = longest.max(begin.elapsed());
    }
    let what = format!("From kill -9 to the next answer, {database}, longest of {KILLS}");
    report(&what, millis(longest) / 1000.0, "s", Budget::AtMost(2.0));
}
