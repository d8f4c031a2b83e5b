//! A host of our own that answers what a test wants and remembers what it was asked.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use rcgen::{CertificateParams, KeyPair};
use reqwest::Url;
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// A request: its head and its body.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Received {
    /// A field of a form that was sent.
    pub(crate) fn field(&self, name: &str) -> Option<String> {
        pair(&format!("http://form/?{}", self.body), name)
    }

    /// A parameter of the query.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        pair(&format!("http://form{}", self.head.split(' ').nth(1)?), name)
    }

    pub(crate) fn is_for_token(&self) -> bool {
        self.head.contains("/oauth2/v2.0/token")
    }
}

fn pair(url: &str, name: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// What is written, and what becomes of the connection then.
pub(crate) struct Reply {
    pub(crate) bytes: Vec<u8>,
    pub(crate) end: End,
}

/// How a connection ends.
#[derive(Clone, Copy)]
pub(crate) enum End {
    /// It is closed.
    Close,
    /// It stays open, and nothing more comes.
    Silence,
    /// The last byte comes again and again, for as long as the client listens.
    Repeat,
}

impl From<String> for Reply {
    fn from(text: String) -> Self {
        Self { bytes: text.into_bytes(), end: End::Close }
    }
}

type Respond = Arc<dyn Fn(&Received) -> Reply + Send + Sync>;

pub(crate) struct Host {
    pub(crate) address: SocketAddr,
    /// Its certificate, if it speaks TLS.
    pub(crate) ca_pem: Option<String>,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Host {
    /// Answers over TLS under these names.
    pub(crate) async fn tls<R: Into<Reply>>(
        names: &[&str],
        respond: impl Fn(&Received) -> R + Send + Sync + 'static,
    ) -> Self {
        let respond = Arc::new(move |request: &_| respond(request).into());
        let key = KeyPair::generate().unwrap();
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let certificate = CertificateParams::new(names).unwrap().self_signed(&key).unwrap();
        let chain = vec![CertificateDer::from(certificate.der().to_vec())];
        let key = PrivatePkcs8KeyDer::from(key.serialize_der());
        let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key.into()).unwrap();
        Self::start(Some(TlsAcceptor::from(Arc::new(config))), Some(certificate.pem()), respond).await
    }

    /// Answers over plain HTTP, as a metadata service does.
    pub(crate) async fn plain(respond: impl Fn(&Received) -> String + Send + Sync + 'static) -> Self {
        Self::start(None, None, Arc::new(move |request: &_| respond(request).into())).await
    }

    async fn start(tls: Option<TlsAcceptor>, ca_pem: Option<String>, respond: Respond) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let received = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&received);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (tls, respond, log) = (tls.clone(), Arc::clone(&respond), Arc::clone(&log));
                tokio::spawn(async move {
                    match tls {
                        Some(tls) => match tls.accept(stream).await {
                            Ok(stream) => serve(stream, &respond, &log).await,
                            Err(_) => None,
                        },
                        None => serve(stream, &respond, &log).await,
                    }
                });
            }
        });
        Self { address, ca_pem, received }
    }

    /// What was received, in order.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }
}

/// Answers one request and closes the connection.
async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    respond: &Respond,
    log: &Mutex<Vec<Received>>,
) -> Option<()> {
    let mut stream = BufReader::new(stream);
    let mut head = String::new();
    while stream.read_line(&mut head).await.ok()? > 2 {}
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    let received = Received { head, body: String::from_utf8(body).unwrap() };
    let reply = respond(&received);
    log.lock().unwrap().push(received);
    // The client may hang up in the middle of too much.
    stream.write_all(&reply.bytes).await.ok()?;
    match reply.end {
        End::Close => stream.shutdown().await.ok(),
        End::Silence => stream.read_exact(&mut [0]).await.ok().map(|_| ()),
        End::Repeat => {
            let more = vec![*reply.bytes.last()?; 16 * 1024];
            loop {
                stream.write_all(&more).await.ok()?;
            }
        }
    }
}

pub(crate) fn json_answer(status: u16, body: &str) -> String {
    format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

/// Entra's answer with a token.
pub(crate) fn token_answer() -> String {
    json_answer(200, r#"{"token_type":"Bearer","expires_in":3599,"access_token":"canary-token"}"#)
}
