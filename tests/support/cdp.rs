//! A connection that speaks the protocol of Chromium's developer tools.
//!
//! Commands and replies stay JSON: the protocol's types change with every browser, and a test needs
//! a dozen fields of them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::thread;

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;

/// Why a command failed, in the browser's words.
pub(crate) type Failure = String;

type Reply = oneshot::Sender<Result<Value, Failure>>;

/// A session is a page that is spoken to; the browser names it.
type Session = String;

/// The connection to one browser, for all tests at once.
pub(crate) struct Connection {
    commands: mpsc::UnboundedSender<(Value, Reply)>,
    complaints: Arc<Mutex<HashMap<Session, Vec<String>>>>,
}

impl Connection {
    /// Connects. The connection has a thread of its own, because each test's runtime ends with the test.
    pub(crate) async fn open(address: &str) -> Self {
        let (commands, receiver) = mpsc::unbounded_channel();
        let complaints = Arc::default();
        let (address, kept) = (address.to_owned(), Arc::clone(&complaints));
        let (ready, is_ready) = oneshot::channel();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime can be built").block_on(async {
                let (socket, _) = connect_async(address).await.expect("the browser accepts a connection");
                ready.send(()).expect("the test waits");
                converse(socket, receiver, &kept).await;
            });
        });
        is_ready.await.expect("the browser accepts a connection");
        Self { commands, complaints }
    }

    /// Sends a command, to a page if a session is given, and waits for its result.
    pub(crate) async fn call(&self, session: Option<&str>, method: &str, parameters: Value) -> Result<Value, Failure> {
        self.send(session, method, &parameters).await.unwrap_or_else(|_| Err("the browser is gone".to_owned()))
    }

    /// Sends a command whose result nobody needs to wait for.
    pub(crate) fn send(
        &self,
        session: Option<&str>,
        method: &str,
        parameters: &Value,
    ) -> oneshot::Receiver<Result<Value, Failure>> {
        let mut command = json!({ "method": method, "params": parameters });
        if let Some(session) = session {
            command["sessionId"] = session.into();
        }
        let (reply, result) = oneshot::channel();
        // A closed channel drops `reply`, which the receiver sees.
        let _ = self.commands.send((command, reply));
        result
    }

    /// What a page complained about so far.
    pub(crate) fn complaints(&self, session: &str) -> Vec<String> {
        self.complaints.lock().unwrap().get(session).cloned().unwrap_or_default()
    }
}

type Socket = tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

async fn converse(
    socket: Socket,
    mut commands: mpsc::UnboundedReceiver<(Value, Reply)>,
    complaints: &Mutex<HashMap<Session, Vec<String>>>,
) {
    let (mut sink, mut stream) = socket.split();
    let mut waiting: HashMap<u64, Reply> = HashMap::new();
    let mut last = 0_u64;
    loop {
        tokio::select! {
            Some((mut command, reply)) = commands.recv() => {
                last += 1;
                command["id"] = last.into();
                waiting.insert(last, reply);
                if sink.send(Message::text(command.to_string())).await.is_err() {
                    return;
                }
            }
            message = stream.next() => {
                let Some(Ok(message)) = message else { return };
                let Ok(text) = message.to_text() else { continue };
                let Ok(message) = serde_json::from_str::<Value>(text) else { continue };
                if let Some(reply) = message["id"].as_u64().and_then(|id| waiting.remove(&id)) {
                    // A test that failed meanwhile no longer waits.
                    let _ = reply.send(result(message));
                } else if let Some(complaint) = complaint(&message) {
                    let session = message["sessionId"].as_str().unwrap_or_default().to_owned();
                    complaints.lock().unwrap().entry(session).or_default().push(complaint);
                }
            }
        }
    }
}

fn result(mut reply: Value) -> Result<Value, Failure> {
    match reply.get("error") {
        Some(error) => Err(error["message"].as_str().unwrap_or("no reason given").to_owned()),
        None => Ok(reply["result"].take()),
    }
}

/// An error that a page logged, threw, or was told by its policy.
fn complaint(event: &Value) -> Option<String> {
    let parameters = &event["params"];
    match event["method"].as_str()? {
        "Runtime.exceptionThrown" => {
            let details = &parameters["exceptionDetails"];
            let text = details["exception"]["description"].as_str().or(details["text"].as_str());
            Some(format!("exception: {}", text.unwrap_or_default()))
        }
        "Runtime.consoleAPICalled" if parameters["type"] == "error" => {
            let arguments = parameters["args"].as_array()?;
            let text = |argument: &Value| match argument["value"].as_str() {
                Some(text) => text.to_owned(),
                None => argument["description"].as_str().unwrap_or_default().to_owned(),
            };
            Some(format!("console: {}", arguments.iter().map(text).collect::<Vec<_>>().join(" ")))
        }
        "Log.entryAdded" if parameters["entry"]["level"] == "error" => {
            let entry = &parameters["entry"];
            let text = entry["text"].as_str().unwrap_or_default();
            let address = entry["url"].as_str().unwrap_or_default();
            // Wrong input is answered with 4xx by the API: that is no fault of the page.
            let is_answer = entry["source"] == "network" && text.contains("a status of 4") && address.contains("/api/");
            (!is_answer).then(|| format!("{text} {address}"))
        }
        _ => None,
    }
}
