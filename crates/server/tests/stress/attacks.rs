//! People who want something else. Each attack does what it does until the
//! server ends it or it has done all of it, and says how much that was.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use crate::honest::{connect, log_in, recv, upgrade, welcomed};
use crate::refusals::{note, note_message};

/// By how much those attacks are slower that take a processor from the attacker as well:
/// without optimisation that is more than from the server, which shares it.
pub(crate) const GENTLER: u32 = if cfg!(debug_assertions) { 10 } else { 1 };
/// No attack takes longer, except for what waits to be closed and is not known.
const LONGEST: Duration = Duration::from_secs(15);
const GARBAGE: usize = 60;
const FLOODS: usize = 8;
const FLOOD_MESSAGES: usize = 20_000;
const HALF_OPEN: usize = 600;
const SILENT: usize = 500;
const SLOW: usize = 20;
const STORM: usize = 1_500;
const VANISHING: usize = 300;
const DEVICES: usize = 200;
const FRAGMENTS: usize = 2;
const FRAGMENTS_EACH: usize = 200_000 / GENTLER as usize;
/// Sockets that send to Bob, and messages a second of each.
const TO_BOB: usize = 64;
const TO_BOB_PACE: Duration = Duration::from_millis(250 * GENTLER as u64);

/// What took place, each as a number of sockets.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    garbage: usize,
    floods: usize,
    half_open: usize,
    silent: usize,
    slow: usize,
    storm: usize,
    vanishing: usize,
    lost: usize,
    devices: usize,
    fragments: usize,
}

impl Tally {
    /// Whether every attack was made in full; what the server did about it is
    /// its own business.
    pub(crate) fn is_complete(&self) -> bool {
        self.garbage == GARBAGE
            && self.floods == FLOODS
            && self.half_open == HALF_OPEN
            && self.silent == SILENT
            && self.slow == SLOW
            && self.storm == STORM
            && self.vanishing == VANISHING
            && self.lost == 1
            && self.devices == 1
            && self.fragments == FRAGMENTS
    }
}

/// All of it at once. Bob is whom some of it is about.
pub(crate) async fn all(server: SocketAddr) -> Tally {
    let (garbage, floods, half_open, silent, slow, storm, vanishing, lost, devices, fragments) = tokio::join!(
        many(GARBAGE, 100, move |household| garbage(server, household)),
        many(FLOODS, 200, move |household| flood(server, household)),
        many(HALF_OPEN, 300, move |household| half_open(
            server, household
        )),
        many(SILENT, 400, move |household| silent(server, household)),
        many(SLOW, 500, move |household| slow(server, household)),
        many(STORM, 600, move |household| storm(server, household)),
        many(VANISHING, 700, move |household| vanish(server, household)),
        many(1, 800, move |household| lose(server, household, 300)),
        many(1, 820, move |household| add_devices(server, household)),
        many(FRAGMENTS, 840, move |household| fragment(server, household)),
    );
    Tally {
        garbage,
        floods,
        half_open,
        silent,
        slow,
        storm,
        vanishing,
        lost,
        devices,
        fragments,
    }
}

/// So many of them side by side, fifty to a household.
async fn many<F>(count: usize, first: u16, attack: impl Fn(u16) -> F) -> usize
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut all = JoinSet::new();
    for i in 0..count {
        let attack = attack(first + u16::try_from(i / 50).unwrap());
        // Whoever says nothing may be one that the listener's queue had no room for: the
        // kernel tells neither side.
        all.spawn(async { drop(timeout(LONGEST, attack).await) });
        if i % 50 == 49 {
            // So that the listener's queue of 1,024 is not what is tested.
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    let mut done = 0;
    while let Some(ended) = all.join_next().await {
        ended.unwrap();
        done += 1;
    }
    done
}

/// Frames that make no sense, before and after a login.
async fn garbage(server: SocketAddr, household: u16) {
    let login = json!({"type": "login", "username": "Garbage"});
    let (mut ws, _) = log_in(server, household, login).await;
    for i in 0..150 {
        let message = match i % 5 {
            0 => Message::text("\u{0}{[garbage"),
            1 => Message::binary(vec![0xff; 500]),
            2 => Message::text("[".repeat(2_000)),
            3 => Message::text(json!({"type": "call-offer", "toId": 7}).to_string()),
            _ => Message::text(
                json!({"type": "presence-watch", "userIds": vec![""; 300]}).to_string(),
            ),
        };
        if ws.send(message).await.is_err() {
            return;
        }
    }
}

/// As many messages as the line takes.
async fn flood(server: SocketAddr, household: u16) {
    let login = json!({"type": "login", "username": "Flood"});
    let (ws, id) = log_in(server, household, login).await;
    let (mut sink, mut stream) = ws.split();
    let reading = tokio::spawn(async move {
        while let Some(Ok(message)) = stream.next().await {
            note_message(&message);
        }
    });
    let message = json!({"type": "call-ringing", "toId": id, "callId": "c1"}).to_string();
    for _ in 0..FLOOD_MESSAGES {
        if sink.feed(Message::text(message.as_str())).await.is_err() {
            break;
        }
    }
    let _ = sink.flush().await;
    reading.abort();
}

/// A TCP connection with nothing on it, or half a request; waits to be closed.
async fn half_open(server: SocketAddr, household: u16) {
    // Refused is ended too.
    let Ok(mut stream) = connect(server, household).await else {
        return;
    };
    if household.is_multiple_of(2) {
        let half = b"GET /ws HTTP/1.1\r\nhost: somewhere\r\nupg";
        let _ = stream.write_all(half).await;
    }
    let _ = stream.read_to_end(&mut Vec::new()).await;
}

/// A WebSocket that never logs in; waits to be closed.
async fn silent(server: SocketAddr, household: u16) {
    let Ok(stream) = connect(server, household).await else {
        return;
    };
    if let Ok(mut ws) = upgrade(server, stream).await {
        while let Some(Ok(_)) = ws.next().await {}
    }
}

/// Is sent more and more, and reads none of it.
async fn slow(server: SocketAddr, household: u16) {
    let login = json!({"type": "login", "username": "Slow", "session": {"received": 0}});
    let (reader, id) = log_in(server, household, login).await;
    let login = json!({"type": "login", "username": "Feeder"});
    let (mut feeder, _) = log_in(server, household, login).await;
    let offer = json!({
        "type": "call-offer", "toId": id, "callId": "c1", "callType": "audio",
        "offer": {"type": "offer", "sdp": "x".repeat(8_000)},
    })
    .to_string();
    // More than a MiB, within what the server takes from one client at once.
    for _ in 0..180 {
        if feeder.send(Message::text(offer.as_str())).await.is_err() {
            break;
        }
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    drop(reader);
}

/// Logs in, and goes.
async fn storm(server: SocketAddr, household: u16) {
    let login = json!({"type": "login", "username": "Storm"});
    let (mut ws, _) = log_in(server, household, login).await;
    let _ = ws.close(None).await;
}

/// Begins a session that has to be kept, and never comes back.
async fn vanish(server: SocketAddr, household: u16) {
    let login = json!({"type": "login", "username": "Vanishing", "session": {"received": 0}});
    let (mut ws, id) = log_in(server, household, login).await;
    let watch = json!({"seq": 1, "type": "presence-watch", "userIds": [id]});
    let _ = ws.send(Message::text(watch.to_string())).await;
    drop(ws);
}

/// Makes sessions of one guest that have no socket, and has them all owed as much as can
/// be sent (finding 1).
pub(crate) async fn lose(server: SocketAddr, household: u16, sessions: usize) {
    let login = json!({"type": "login", "username": "Lost", "session": {"received": 0}});
    let (mut first, welcome) = welcomed(server, household, login.clone()).await;
    let _ = first.close(None).await;
    let (id, mut login) = (welcome["userId"].clone(), login);
    login["resumeToken"] = welcome["resumeToken"].clone();
    let mut next = household;
    for number in 0..sessions {
        // Each address has a limit of its own.
        if number % 50 == 49 {
            next = next.wrapping_add(1);
        }
        let (ws, _) = log_in(server, next, login.clone()).await;
        // Gone without a goodbye.
        let socket = socket2::SockRef::from(ws.get_ref());
        let _ = socket.set_linger(Some(Duration::ZERO));
    }
    let feeding = json!({"type": "login", "username": "Feeder"});
    let (mut feeder, _) = log_in(server, household, feeding).await;
    for _ in 0..14 {
        let offer = json!({
            "type": "call-offer", "toId": id, "callId": "c1", "callType": "audio",
            "offer": {"type": "offer", "sdp": "x".repeat(60_000)},
        });
        let _ = feeder.send(Message::text(offer.to_string())).await;
    }
    // All of it has been dealt with once this is answered.
    let watch = json!({"type": "presence-watch", "userIds": ["guest-x"]}).to_string();
    let _ = feeder.send(Message::text(watch)).await;
    loop {
        let message = recv(&mut feeder).await;
        match message["code"].as_str() {
            Some(code) => note(code),
            None => break,
        }
    }
    let _ = feeder.close(None).await;
}

/// Ever more devices of one person, whom somebody watches (finding 8).
async fn add_devices(server: SocketAddr, household: u16) {
    let login = json!({"type": "login", "username": "Many"});
    let (first, welcome) = welcomed(server, household, login.clone()).await;
    let (mut watcher, _) = log_in(server, household, login.clone()).await;
    let watch = json!({"type": "presence-watch", "userIds": [welcome["userId"]]}).to_string();
    let _ = watcher.send(Message::text(watch)).await;
    let mut all = vec![first];
    let mut login = login;
    login["resumeToken"] = welcome["resumeToken"].clone();
    for number in 0..DEVICES {
        let from = household + u16::try_from(number / 50).unwrap();
        all.push(log_in(server, from, login.clone()).await.0);
    }
}

/// A message that has no end (finding 11).
async fn fragment(server: SocketAddr, household: u16) {
    let login = json!({"type": "login", "username": "Fragments"});
    let (mut ws, _) = log_in(server, household, login).await;
    for number in 0..FRAGMENTS_EACH {
        let kind = if number == 0 {
            Data::Text
        } else {
            Data::Continue
        };
        let frame = Frame::message(Vec::new(), OpCode::Data(kind), false);
        if ws.feed(Message::Frame(frame)).await.is_err() {
            break;
        }
    }
    let _ = ws.flush().await;
    while let Some(Ok(message)) = ws.next().await {
        note_message(&message);
    }
}

/// Whatever fits and more to one person, from 64 sockets of one address (finding 5).
pub(crate) async fn send_to(server: SocketAddr, to: &str, until: Instant) {
    let mut all = JoinSet::new();
    for _ in 0..TO_BOB {
        let login = json!({"type": "login", "username": "Mallory"});
        let (ws, _) = log_in(server, 860, login).await;
        let large = json!({
            "type": "call-offer", "toId": to, "callId": "c1", "callType": "audio",
            "offer": {"type": "offer", "sdp": "x".repeat(60_000)},
        })
        .to_string();
        let small = json!({"type": "call-ringing", "toId": to, "callId": "c1"}).to_string();
        all.spawn(async move {
            let (mut sink, mut stream) = ws.split();
            let sending = async {
                while Instant::now() < until {
                    for message in [&large, &small, &small, &small] {
                        if sink.send(Message::text(message.as_str())).await.is_err() {
                            return;
                        }
                    }
                    tokio::time::sleep(TO_BOB_PACE).await;
                }
                let _ = sink.close().await;
            };
            let reading = async {
                while let Some(Ok(message)) = stream.next().await {
                    note_message(&message);
                }
            };
            tokio::join!(sending, reading);
        });
    }
    while all.join_next().await.is_some() {}
}
