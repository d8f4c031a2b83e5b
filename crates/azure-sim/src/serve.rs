//! Connections: TLS, HTTP/1.1, and the faults that close them.

use std::{fmt, io, net::IpAddr, sync::Arc, time::Duration};

use http_body_util::{BodyExt, Full, Limited};
use hyper::{
    Response,
    body::{Bytes, Incoming},
    header::{HeaderName, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::{JoinError, JoinSet},
};
use tokio_rustls::TlsAcceptor;

use crate::{
    Shared,
    answer::Answer,
    arm,
    clouds::Cloud,
    entra::{self, Desk},
    faults::{Call, Fault},
    machine::{self, Machine},
    record::Work,
    request::Request,
    route::Route,
    vault::Visit,
    vaults::{self, DEFAULT, StartVault},
};

/// Largest body read, in bytes; a plain RSA-4096 JSON web key is below 8 kB.
const MAX_BODY: usize = 256 * 1024;

/// Time to finish a TLS handshake, or to send a request's head.
const PATIENCE: Duration = Duration::from_secs(30);

/// The connection ends without an answer.
#[derive(Debug)]
struct Closed;

impl fmt::Display for Closed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the simulator closes the connection")
    }
}

impl std::error::Error for Closed {}

/// Who a request is for.
#[derive(Clone, Copy)]
enum Destination {
    /// A cloud's login host, or by a name of this machine that of all of them.
    Entra(Option<&'static Cloud>),
    Vault(&'static StartVault),
    /// IMDS and App Service, on a port of their own.
    Machine,
    /// The resource manager, by a name of this machine.
    Arm,
}

/// How connections come in.
#[derive(Clone)]
pub(crate) enum Door {
    /// To Entra and the vaults.
    Tls(TlsAcceptor),
    /// To the machine's own identities: those endpoints have no TLS in reality either.
    Plain,
}

/// Accepts connections until the simulator stops; then drops those still open.
///
/// `stopping` is dropped last, which tells the one who stopped it.
pub(crate) async fn accept(
    shared: Arc<Shared>,
    listener: TcpListener,
    door: Door,
    mut stopping: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = stopped(&mut stopping) => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(serve(Arc::clone(&shared), stream, door.clone()));
                }
                // Out of file descriptors, or the caller has gone already: the next one may do better.
                Err(error) => {
                    tracing::debug!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            },
        }
    }
    connections.shutdown().await;
}

async fn stopped(stopping: &mut watch::Receiver<bool>) {
    // An error means that the sender is gone, which ends the serving too.
    let _ = stopping.wait_for(|stopping| *stopping).await;
}

async fn serve(shared: Arc<Shared>, stream: TcpStream, door: Door) {
    let Ok(client) = stream.peer_addr().map(|address| address.ip()) else { return };
    match door {
        Door::Plain => converse(shared, stream, |stream| stream, client, true).await,
        Door::Tls(tls) => {
            if let Ok(Ok(stream)) = tokio::time::timeout(PATIENCE, tls.accept(stream)).await {
                converse(shared, stream, |stream| stream.into_inner().0, client, false).await;
            }
        }
    }
}

/// Answers the requests of one connection. One that must not be answered ends with a reset instead of an orderly
/// close.
async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
    shared: Arc<Shared>,
    stream: S,
    tcp: impl FnOnce(S) -> TcpStream,
    client: IpAddr,
    is_machine: bool,
) {
    let service = service_fn(move |request| respond(Arc::clone(&shared), request, client, is_machine));
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .serve_connection(TokioIo::new(stream), service);
    if (&mut connection).await.is_err() {
        // The caller may have closed it first; then there is nothing left to reset.
        let _: io::Result<()> = tcp(connection.into_parts().io.into_inner()).set_zero_linger();
    }
}

async fn respond(
    shared: Arc<Shared>,
    request: hyper::Request<Incoming>,
    client: IpAddr,
    is_machine: bool,
) -> Result<Response<Full<Bytes>>, Closed> {
    let (head, body) = request.into_parts();
    let body = match Limited::new(body, MAX_BODY).collect().await {
        Ok(body) => body.to_bytes().to_vec(),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => {
            let refusal = Answer::refusal(413, "RequestTooLarge", None, "The request body is too large.");
            return Ok(response(refusal.with_header("connection", "close")));
        }
        Err(_) => return Err(Closed),
    };
    let request = Arc::new(Request::new(&head, client, body));
    let destination = if is_machine { Some(Destination::Machine) } else { destination(&request) };
    let call = destination.and_then(|destination| call(destination, &request));
    // Counted before it is recorded, so that whoever saw it arrive can wait for its end.
    let work = shared.record.work();
    let place = shared.record.arrived(&request, call);
    // No such vault. In reality its name does not resolve, so there is nobody to answer.
    let destination = destination.ok_or(Closed)?;

    let job = Job { shared: Arc::clone(&shared), destination, request };
    let answer = job.answer(call, work).await?;
    shared.record.answered(place, answer.status);
    Ok(response(answer))
}

/// A request with everything that is needed to do its work.
#[derive(Clone)]
struct Job {
    shared: Arc<Shared>,
    destination: Destination,
    request: Arc<Request>,
}

impl Job {
    async fn answer(self, call: Option<Call>, work: Work) -> Result<Answer, Closed> {
        match self.shared.faults.take(call) {
            None => self.finish(Duration::ZERO, false, work).await,
            Some(Fault::Delay(delay)) => self.finish(delay, false, work).await,
            Some(Fault::SwapModulus) => self.finish(Duration::ZERO, true, work).await,
            Some(Fault::ResetBefore) => Err(Closed),
            Some(Fault::ResetAfter) => {
                self.finish(Duration::ZERO, false, work).await?;
                Err(Closed)
            }
            Some(Fault::ReplyLostWorkDoneLater(delay)) => {
                tokio::spawn(self.work(delay, false, work));
                Err(Closed)
            }
            Some(Fault::Garbled) => {
                let mut answer = self.finish(Duration::ZERO, false, work).await?;
                answer.status = 200;
                "<html><body>upstream sent something".clone_into(&mut answer.body);
                Ok(answer)
            }
            Some(Fault::ExpiredToken) => Ok(self.expired()),
            Some(Fault::Status { status, code, inner_code, message, headers }) => {
                let answer = match self.destination {
                    Destination::Entra(_) => entra::refusal(status, code, &message),
                    Destination::Machine => machine::refusal(status, code, &message),
                    Destination::Arm => Answer::refusal(status, code, inner_code, &message),
                    Destination::Vault(vault) => {
                        self.visit(vault, false).dress(Answer::refusal(status, code, inner_code, &message))
                    }
                };
                Ok(headers.into_iter().fold(answer, |answer, (name, value)| answer.with_header(name, value)))
            }
        }
    }

    /// Does the work in a task of its own: it goes on when the caller does not wait for it, as in Azure.
    async fn finish(self, delay: Duration, swap: bool, work: Work) -> Result<Answer, Closed> {
        let task: Result<Result<Answer, JoinError>, JoinError> = tokio::spawn(self.work(delay, swap, work)).await;
        task.map_err(|_| Closed)?.map_err(|_| Closed)
    }

    async fn work(self, delay: Duration, swap: bool, work: Work) -> Result<Answer, JoinError> {
        tokio::time::sleep(delay).await;
        // RSA takes milliseconds and making a key a second: nothing for the threads that carry connections.
        tokio::task::spawn_blocking(move || {
            let answer = self.now(swap);
            drop(work);
            answer
        })
        .await
    }

    fn now(&self, swap: bool) -> Answer {
        match self.destination {
            Destination::Entra(cloud) => {
                let (now, lifetime) = (self.shared.now(), self.shared.token_lifetime());
                self.shared.read(|state| Desk { state, cloud, now, lifetime }.answer(&self.request))
            }
            Destination::Vault(vault) => self.visit(vault, swap).answer(),
            Destination::Machine => self.machine(),
            Destination::Arm => self.shared.read(|state| arm::answer(&self.request, state, self.shared.now())),
        }
    }

    fn expired(&self) -> Answer {
        match self.destination {
            Destination::Entra(_) => entra::refusal(401, "invalid_client", "AADSTS700024: The assertion has expired."),
            Destination::Vault(vault) => {
                let visit = self.visit(vault, false);
                visit.dress(visit.expired())
            }
            Destination::Machine | Destination::Arm => {
                machine::refusal(401, "invalid_request", "The token has expired.")
            }
        }
    }

    fn machine(&self) -> Answer {
        let (now, lifetime) = (self.shared.now(), self.shared.token_lifetime());
        let own = self.shared.machine_identity().clone();
        let identity_header = &self.shared.identity_header;
        self.shared
            .read(|state| Machine { state, own: own.as_deref(), identity_header, now, lifetime }.answer(&self.request))
    }

    fn visit(&self, vault: &'static StartVault, swap: bool) -> Visit<'_> {
        Visit { shared: &self.shared, vault, request: &self.request, swap }
    }
}

fn destination(request: &Request) -> Option<Destination> {
    if let Some(cloud) = Cloud::of_login_host(&request.host) {
        return Some(Destination::Entra(Some(cloud)));
    }
    let vault = match request.is_local() {
        true if entra::owns(&request.segments()) => return Some(Destination::Entra(None)),
        true if arm::owns(&request.segments()) => return Some(Destination::Arm),
        true => vaults::named(DEFAULT),
        false => vaults::at(&request.host),
    };
    vault.map(Destination::Vault)
}

fn call(destination: Destination, request: &Request) -> Option<Call> {
    let segments = request.segments();
    match destination {
        Destination::Entra(_) => entra::is_token_request(&request.method, &segments).then_some(Call::Token),
        Destination::Vault(_) => Route::parse(&request.method, &segments)?.call(),
        Destination::Machine => {
            machine::is_token_request(&request.method, &request.path).then_some(Call::ManagedIdentity)
        }
        Destination::Arm => None,
    }
}

fn response(answer: Answer) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(answer.body));
    *response.status_mut() = hyper::StatusCode::from_u16(answer.status).unwrap_or(hyper::StatusCode::BAD_GATEWAY);
    for (name, value) in answer.headers {
        // What a caller sent, such as its request id, comes back; it need not be a valid header value.
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().append(HeaderName::from_static(name), value);
        }
    }
    response
}
