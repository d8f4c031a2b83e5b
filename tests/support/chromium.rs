//! One headless Chromium for all tests of a process.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::{env, thread};

use tokio::sync::OnceCell;

use crate::cdp::Connection;

/// Runs a browser until standard input ends, then removes its profile. Standard input ends with
/// the test process, however that dies, so no browser outlives its tests.
const WATCH: &str = r#"
trap '' INT
profile=$(mktemp -d) || exit
"$@" --user-data-dir="$profile" about:blank &
browser=$!
exec 2>/dev/null
cat
kill "$browser"
wait "$browser"
rm -rf "$profile"
"#;

const FLAGS: [&str; 11] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,900",
    "--remote-debugging-port=0",
];

/// The connection to the browser, which starts with the first test that wants it.
pub(crate) async fn connection() -> &'static Connection {
    static CONNECTION: OnceCell<Connection> = OnceCell::const_new();
    let connect = async || Connection::open(&start()).await;
    CONNECTION.get_or_init(connect).await
}

/// Starts the browser and returns where it listens.
fn start() -> String {
    let program = env::var("KEYFERRY_TEST_CHROMIUM").unwrap_or_else(|_| "chromium".to_owned());
    let mut command = Command::new("sh");
    command.args(["-c", WATCH, "sh", &program]).args(FLAGS);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let (lines, said) = mpsc::channel();
    thread::spawn(move || listen(&mut command, &lines));
    let mut heard = Vec::new();
    for line in said {
        if let Some(address) = line.strip_prefix("DevTools listening on ") {
            return address.to_owned();
        }
        heard.push(line);
    }
    panic!("`{program}` did not start; `cargo xtask test` installs it:\n{}", heard.join("\n"));
}

/// Runs the browser, hears all it says, so that it never waits for a listener, and tells it on.
fn listen(command: &mut Command, lines: &mpsc::Sender<String>) {
    let mut watcher = command.spawn().expect("a shell can be started");
    let stderr = watcher.stderr.take().expect("it is piped");
    for line in BufReader::new(stderr).lines().map_while(Result::ok) {
        // Nobody waits for more once the address is known.
        let _ = lines.send(line);
    }
    let _ = watcher.wait();
}
