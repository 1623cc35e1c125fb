//! `/messages`: messages for who did not answer.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::Extension;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, StatusCode};
use http_body_util::BodyExt;
use tokio::io::AsyncReadExt;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};
use tracing::warn;
use wimpex_limits::Network;
use wimpex_mailbox::Envelope;
use wimpex_protocol::{MessagesWaiting, ServerMessage};
use wimpex_store::Table;

use crate::app::App;
use crate::body::whole_body;
use crate::mailbox::{
    Arrival, InvalidRequest, Mailbox, MailboxRefusal, MailboxRequest as Signed, MailboxWish,
    NoRoom, PageReply, Sealed, Upload,
};
use crate::page;
use crate::store_file::millis;
use crate::tcp_client::TcpClient;

/// The longest request: as many contacts as may be named.
const REQUEST_BYTES: usize = 24 * 1024;
/// Who sends nothing for so long is given up.
const SILENCE: Duration = Duration::from_secs(20);
/// Bytes a second, on the whole: whoever is slower holds room that others need.
const LEAST: u64 = 20_000;
/// For networks that stand still now and then.
const GRACE: Duration = Duration::from_secs(60);
/// Read from the disk at a time.
const PART: usize = 64 * 1024;
/// As a query: it should rest here, whoever is there.
const REST: &str = "rest";
/// What was signed of the message.
const ENVELOPE: &str = "wimpex-envelope";

/// `POST /messages`: what the owner of a key asks.
pub(crate) async fn ask(
    State(app): State<Arc<App>>,
    Extension(tcp): Extension<Arc<TcpClient>>,
    request: Request,
) -> Response {
    let (mailbox, network) = match admit(&app, &tcp, request.headers()) {
        Ok(admitted) => admitted,
        Err(refusal) => return refusal,
    };
    let origins = app.origins.signable(request.headers());
    let Some(body) = whole_body(request, REQUEST_BYTES, app.config.timing.http_head).await else {
        return page::text(StatusCode::PAYLOAD_TOO_LARGE, "too-long\n");
    };
    let Signed { user, asked, time } = match Signed::read(&body, &origins, millis()) {
        Ok(signed) => signed,
        Err(InvalidRequest::Malformed) => {
            return page::text(StatusCode::BAD_REQUEST, "malformed\n");
        }
        Err(InvalidRequest::Signature) => return page::text(StatusCode::FORBIDDEN, "signature\n"),
        Err(InvalidRequest::Clock) => {
            return page::text(StatusCode::UNPROCESSABLE_ENTITY, "clock\n");
        }
    };
    if app.access.admit(&user, None, SystemTime::now()).is_err() {
        return refuse(&MailboxRefusal::Access);
    }
    // Each key may have an entry, so that one network must not make many.
    if matches!(asked, MailboxWish::Receive(_))
        && (!app.push_limiter.take(network, app.clock.now())
            || !app
                .admits_owner(Table::MessageReceivers, &user, network)
                .await)
    {
        return page::text(StatusCode::TOO_MANY_REQUESTS, "too-fast\n");
    }
    match asked {
        MailboxWish::Receive(wish) => done(mailbox.receive(user, wish, time).await),
        MailboxWish::Stop => done(mailbox.stop(user).await),
        MailboxWish::Delete(name) => done(mailbox.came(&user, &name).await),
        MailboxWish::Key(of) => match mailbox.key(&of, &user).await {
            Ok(key) => answer(Body::from(key), "text/plain"),
            // No error: pages ask after each call that was not answered.
            Err(MailboxRefusal::NotWanted) => status(StatusCode::NO_CONTENT),
            Err(refusal) => refuse(&refusal),
        },
        MailboxWish::List => match mailbox.list(&user).await {
            Ok(list) => {
                let list = serde_json::Value::from(list).to_string();
                answer(Body::from(list), "application/json")
            }
            Err(refusal) => refuse(&refusal),
        },
        MailboxWish::Fetch(name) => match mailbox.fetch(&user, &name).await {
            None => page::text(StatusCode::NOT_FOUND, "unknown\n"),
            Some(Err(error)) => refuse(&error.into()),
            Some(Ok((bytes, sealed))) => {
                let parts = stream::try_unfold(sealed, async |mut sealed| {
                    let part = next_part(&mut sealed).await?;
                    Ok::<_, std::io::Error>(part.map(|part| (part, sealed)))
                });
                let mut response = answer(Body::from_stream(parts), "application/octet-stream");
                response
                    .headers_mut()
                    .insert(CONTENT_LENGTH, HeaderValue::from(bytes));
                response
            }
        },
    }
}

/// `None` after the last one.
async fn next_part(sealed: &mut Sealed) -> std::io::Result<Option<Bytes>> {
    match sealed {
        Sealed::Passing(passing) => passing.next().await,
        Sealed::Resting(file) => {
            let mut part = vec![0; PART];
            let read = file.read(&mut part).await?;
            part.truncate(read);
            Ok((read > 0).then(|| part.into()))
        }
    }
}

/// `PUT /messages`: a sealed message, with its envelope in a header of its own.
pub(crate) async fn leave(
    State(app): State<Arc<App>>,
    Extension(tcp): Extension<Arc<TcpClient>>,
    request: Request,
) -> Response {
    let (mailbox, network) = match admit(&app, &tcp, request.headers()) {
        Ok((mailbox, network)) => (Arc::clone(mailbox), network),
        Err(refusal) => return refusal,
    };
    let header = request.headers().get(ENVELOPE);
    let text = header.and_then(|it| it.to_str().ok()).map(str::to_owned);
    let Some((text, envelope)) = text.and_then(|text| {
        let envelope = Envelope::parse(&text)?;
        Some((text, envelope))
    }) else {
        return page::text(StatusCode::BAD_REQUEST, "malformed\n");
    };
    let length = request.headers().get(CONTENT_LENGTH);
    let length = length.and_then(|it| it.to_str().ok()?.parse::<u32>().ok());
    if length.is_some_and(|length| length != envelope.size) {
        return page::text(StatusCode::BAD_REQUEST, "malformed\n");
    }
    let may_pass = request.uri().query() != Some(REST);
    let block = Network::block_of(network.address());
    let incoming = Incoming::new(request.into_body());
    let left = match mailbox.begin(envelope, &text, block, &app.access).await {
        Ok(arrival) => take(&app, arrival, incoming, may_pass).await,
        Err(refusal) => Err(refusal),
    };
    app.metrics.left_message(match &left {
        Ok(Left::Passed) => "passed",
        Ok(Left::Kept) => "kept",
        Err(MailboxRefusal::Full(NoRoom::Known)) => "known",
        Err(refusal) => word(refusal).1.trim_end(),
    });
    match left {
        Ok(Left::Passed | Left::Kept) => status(StatusCode::CREATED),
        // Its sender has not heard that it came.
        Err(MailboxRefusal::Full(NoRoom::Known)) => status(StatusCode::OK),
        Err(refusal) => refuse(&refusal),
    }
}

/// Keeps what has come, and tells its receiver. A task of its own: the sender may leave at any
/// moment, which must not leave a file that nobody counts.
async fn put_in_place(app: &Arc<App>, upload: Upload) -> Result<(), MailboxRefusal> {
    let told = Arc::clone(app);
    let kept = app.tasks.spawn(async move {
        let receiver = upload.finish().await?;
        let message = ServerMessage::MessagesWaiting(MessagesWaiting {});
        told.registry.tell(&receiver, message);
        if told.store.shared().is_some() {
            told.registry.tell_others(&receiver);
        }
        Ok::<_, MailboxRefusal>(())
    });
    kept.await
        .unwrap_or_else(|error| Err(std::io::Error::other(error).into()))
}

/// What became of one.
enum Left {
    /// It went straight to a page.
    Passed,
    /// It rests here.
    Kept,
}

async fn take(
    app: &Arc<App>,
    arrival: Arrival,
    mut incoming: Incoming,
    may_pass: bool,
) -> Result<Left, MailboxRefusal> {
    if may_pass && let Some(passed) = pass(app, &arrival, &mut incoming).await {
        return passed.map(|()| Left::Passed);
    }
    let mut upload = arrival.rest().await?;
    while let Some(bytes) = incoming.next().await? {
        upload.write(&bytes).await?;
    }
    put_in_place(app, upload).await.map(|()| Left::Kept)
}

/// Straight to a page of the receiver's. `None` where none asks for it: then nothing of it has been
/// read. From whom they hide it rests first, as if nobody were there: how soon it is read, and that it
/// went straight, would tell.
async fn pass(
    app: &App,
    arrival: &Arrival,
    incoming: &mut Incoming,
) -> Option<Result<(), MailboxRefusal>> {
    if !app.registry.shows(arrival.receiver(), &arrival.sender()) {
        return None;
    }
    let mut passage = arrival.offer();
    let message = ServerMessage::MessagesWaiting(MessagesWaiting {});
    if !app.registry.tell(arrival.receiver(), message) {
        return None;
    }
    let timing = &app.config.timing;
    let offered = timeout(timing.message_asked, passage.offered()).await;
    let mut page = Outgoing {
        page: match offered.ok()? {
            PageReply::Asked(page) => Some(page),
            PageReply::Came => None,
        },
        waited: Duration::ZERO,
    };
    let (mut check, mut last) = (arrival.check(), None);
    // Where the page is gone, or wants none of it, the rest is read all the same: browsers take an
    // answer that comes before their last byte for none.
    loop {
        let bytes = match incoming.next().await {
            Ok(Some(bytes)) => bytes,
            Ok(None) => break,
            Err(refusal) => return Some(Err(refusal)),
        };
        if let Err(refusal) = check.take(&bytes) {
            return Some(Err(refusal));
        }
        if let Some(piece) = last.replace(bytes) {
            page.send(piece, incoming).await;
        }
    }
    // The last piece says that all is as it was signed.
    if let Err(refusal) = check.finish() {
        return Some(Err(refusal));
    }
    if let Some(piece) = last {
        page.send(piece, incoming).await;
    }
    drop(page);
    match timeout(timing.message_kept, passage.came()).await {
        Ok(true) => Some(Ok(())),
        Ok(false) | Err(_) => Some(Err(MailboxRefusal::Again)),
    }
}

/// What goes on to a page, at a pace of its own that others can bear.
struct Outgoing {
    /// `None` from when it takes no more.
    page: Option<mpsc::Sender<Bytes>>,
    /// For it, in all.
    waited: Duration,
}

impl Outgoing {
    /// What the page takes of time is not its sender's fault.
    async fn send(&mut self, piece: Bytes, incoming: &mut Incoming) {
        let Some(page) = &self.page else {
            return;
        };
        let (began, fast_enough) = (Instant::now(), fast_enough(incoming.come));
        let patience = SILENCE.min(fast_enough.saturating_sub(self.waited));
        let sent = timeout(patience, page.send(piece)).await;
        let waited = began.elapsed();
        self.waited += waited;
        incoming.begun += waited;
        if !matches!(sent, Ok(Ok(()))) {
            self.page = None;
        }
    }
}

/// Within which so many bytes must have come, or gone on.
fn fast_enough(bytes: u64) -> Duration {
    GRACE + Duration::from_secs(bytes / LEAST)
}

/// What a sender sends, at a pace that others can bear.
struct Incoming {
    body: Body,
    begun: Instant,
    come: u64,
}

impl Incoming {
    fn new(body: Body) -> Self {
        Self {
            body,
            begun: Instant::now(),
            come: 0,
        }
    }

    /// `None` after the last.
    async fn next(&mut self) -> Result<Option<Bytes>, MailboxRefusal> {
        loop {
            let fast_enough = fast_enough(self.come);
            let patience = SILENCE.min(fast_enough.saturating_sub(self.begun.elapsed()));
            let frame = timeout(patience, self.body.frame()).await;
            let Some(frame) = frame.map_err(|_| MailboxRefusal::Damaged)? else {
                return Ok(None);
            };
            // Cut off.
            let frame = frame.map_err(|_| MailboxRefusal::Damaged)?;
            if let Ok(bytes) = frame.into_data()
                && !bytes.is_empty()
            {
                self.come += bytes.len() as u64;
                return Ok(Some(bytes));
            }
        }
    }
}

/// Who may ask at all.
#[allow(
    clippy::result_large_err,
    reason = "the caller returns it as it is, once a request"
)]
fn admit<'a>(
    app: &'a App,
    tcp: &TcpClient,
    headers: &HeaderMap,
) -> Result<(&'a Arc<Mailbox>, Network), Response> {
    let mailbox = app.mailbox.as_ref();
    let mailbox = mailbox.ok_or_else(|| page::text(StatusCode::NOT_FOUND, "off\n"))?;
    if !app.origins.allow(headers) {
        app.refused_origin(headers);
        return Err(page::text(StatusCode::FORBIDDEN, "origin\n"));
    }
    let client = app.proxies.client_of(tcp.peer, headers);
    let network = Network::of(client.ip);
    if !app.mailbox_limiter.take(network, app.clock.now()) {
        return Err(page::text(StatusCode::TOO_MANY_REQUESTS, "too-fast\n"));
    }
    Ok((mailbox, network))
}

fn done(result: Result<(), MailboxRefusal>) -> Response {
    match result {
        Ok(()) => status(StatusCode::NO_CONTENT),
        Err(refusal) => refuse(&refusal),
    }
}

fn refuse(refusal: &MailboxRefusal) -> Response {
    match refusal {
        MailboxRefusal::Disk(error) => warn!(%error, "cannot keep or read a message"),
        MailboxRefusal::Store(error) => warn!(%error, "cannot keep who takes messages"),
        MailboxRefusal::NotWanted
        | MailboxRefusal::OtherKey
        | MailboxRefusal::Old
        | MailboxRefusal::Full(_)
        | MailboxRefusal::Moving
        | MailboxRefusal::Again
        | MailboxRefusal::Access
        | MailboxRefusal::Signature
        | MailboxRefusal::Bounds
        | MailboxRefusal::Damaged => {}
    }
    let (status, word) = word(refusal);
    page::text(status, word)
}

/// A stable word, for programs.
fn word(refusal: &MailboxRefusal) -> (StatusCode, &'static str) {
    match refusal {
        MailboxRefusal::NotWanted => (StatusCode::NOT_FOUND, "not-wanted\n"),
        MailboxRefusal::OtherKey => (StatusCode::CONFLICT, "other-key\n"),
        MailboxRefusal::Moving => (StatusCode::SERVICE_UNAVAILABLE, "moving\n"),
        MailboxRefusal::Again => (StatusCode::SERVICE_UNAVAILABLE, "again\n"),
        MailboxRefusal::Old => (StatusCode::CONFLICT, "old\n"),
        MailboxRefusal::Full(NoRoom::Known | NoRoom::Coming) => (StatusCode::CONFLICT, "coming\n"),
        MailboxRefusal::Access => (StatusCode::FORBIDDEN, "access\n"),
        MailboxRefusal::Signature => (StatusCode::FORBIDDEN, "signature\n"),
        MailboxRefusal::Bounds => (StatusCode::UNPROCESSABLE_ENTITY, "bounds\n"),
        MailboxRefusal::Damaged => (StatusCode::BAD_REQUEST, "damaged\n"),
        MailboxRefusal::Full(NoRoom::Sender) => (StatusCode::INSUFFICIENT_STORAGE, "sender-full\n"),
        MailboxRefusal::Full(NoRoom::Receiver) => {
            (StatusCode::INSUFFICIENT_STORAGE, "receiver-full\n")
        }
        MailboxRefusal::Full(NoRoom::Host) | MailboxRefusal::Disk(_) | MailboxRefusal::Store(_) => {
            (StatusCode::INSUFFICIENT_STORAGE, "host-full\n")
        }
    }
}

fn answer(body: Body, kind: &'static str) -> Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn status(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}
