//! People who only want to log in, to talk and to call.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use futures_util::stream::SplitSink;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{WebSocketStream, client_async};

pub(crate) type Ws = WebSocketStream<TcpStream>;

/// Households: Bob's, and after it those of his friends.
const BOB: u16 = 2_000;
const FRIENDS: u16 = 40;
/// Between two calls, so that no friend calls more often than anybody may.
const RING_PAUSE: Duration = Duration::from_millis(200);
/// Between two logins, so that they are spread over the whole attack.
const PAUSE: Duration = Duration::from_millis(25);

/// How long each of the same thing took, in order of length.
#[derive(Default)]
pub(crate) struct Latencies(Vec<f64>);

impl Latencies {
    pub(crate) fn new(mut all: Vec<f64>) -> Self {
        all.sort_by(f64::total_cmp);
        Self(all)
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// In milliseconds; 0.99 is the one that only a hundredth exceed.
    pub(crate) fn at(&self, part: f64) -> f64 {
        let index = (self.0.len() as f64 * part) as usize;
        let last = self.0.len().saturating_sub(1);
        self.0.get(index.min(last)).copied().unwrap_or(f64::NAN)
    }
}

/// Of a household: out of 127.0.0.0/8.
pub(crate) fn address_of(household: u16) -> SocketAddr {
    let [high, low] = household.to_be_bytes();
    SocketAddr::from((Ipv4Addr::new(127, 1, high, low), 0))
}

/// From an address of its own, as a household has.
pub(crate) async fn connect(server: SocketAddr, household: u16) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(address_of(household))?;
    socket.connect(server).await
}

pub(crate) async fn upgrade(
    server: SocketAddr,
    stream: TcpStream,
) -> Result<Ws, tokio_tungstenite::tungstenite::Error> {
    let request = format!("ws://{server}/ws").into_client_request()?;
    Ok(client_async(request, stream).await?.0)
}

#[track_caller]
pub(crate) fn recv(ws: &mut Ws) -> impl Future<Output = Value> {
    let caller = std::panic::Location::caller();
    recv_for(ws, caller)
}

async fn recv_for(ws: &mut Ws, caller: &std::panic::Location<'_>) -> Value {
    loop {
        let next = ws.next().await;
        let Some(Ok(message)) = next else {
            panic!("{next:?}, waited for at {caller}");
        };
        match message {
            Message::Text(text) => return serde_json::from_str(&text).unwrap(),
            Message::Ping(_) | Message::Pong(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

/// Logs in; returns the socket and the user's id.
pub(crate) async fn log_in(server: SocketAddr, household: u16, login: Value) -> (Ws, String) {
    let (ws, welcome) = welcomed(server, household, login).await;
    let id = welcome["userId"].as_str().unwrap().to_owned();
    (ws, id)
}

/// Logs in; returns the socket and the welcome.
pub(crate) async fn welcomed(server: SocketAddr, household: u16, login: Value) -> (Ws, Value) {
    let stream = connect(server, household).await.unwrap();
    let mut ws = upgrade(server, stream).await.unwrap();
    assert_eq!(recv(&mut ws).await["type"], "hello");
    ws.send(Message::text(login.to_string())).await.unwrap();
    let welcome = recv(&mut ws).await;
    assert_eq!(welcome["type"], "welcome", "{welcome}");
    (ws, welcome)
}

pub(crate) fn millis(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1000.0
}

/// One login after the other, each timed from the first packet to the welcome.
pub(crate) async fn log_in_often(server: SocketAddr, until: Instant) -> Latencies {
    let mut all = Vec::new();
    while Instant::now() < until {
        let start = Instant::now();
        let login = json!({"type": "login", "username": "Honest"});
        let (mut ws, _) = log_in(server, 1, login).await;
        all.push(millis(start));
        ws.close(None).await.unwrap();
        tokio::time::sleep(PAUSE).await;
    }
    Latencies::new(all)
}

/// Somebody who is called, by friends and by others.
pub(crate) struct Bob {
    pub(crate) id: String,
    rings: mpsc::UnboundedReceiver<String>,
    friends: Vec<SplitSink<Ws, Message>>,
    /// What the friends have been told of him, since it was last looked at.
    told: mpsc::UnboundedReceiver<String>,
    task: JoinHandle<()>,
    calls: u64,
}

/// What became of calls to somebody.
#[derive(Default)]
pub(crate) struct Rings {
    pub(crate) latencies: Latencies,
    /// Calls that did not ring within ten seconds.
    pub(crate) lost: u64,
    /// How often Bob seemed not to be online.
    pub(crate) flaps: u64,
}

impl Bob {
    /// Bob reads and acknowledges as a page does; each friend is a household, and watches.
    pub(crate) async fn new(server: SocketAddr) -> Self {
        let login = json!({"type": "login", "username": "Bob", "session": {"received": 0}});
        let (mut ws, id) = log_in(server, BOB, login).await;
        let (rung, rings) = mpsc::unbounded_channel();
        let task = tokio::spawn(async move {
            loop {
                let message = recv(&mut ws).await;
                let Some(seq) = message["seq"].as_u64() else {
                    continue;
                };
                let ack = json!({"type": "ack", "received": seq}).to_string();
                ws.send(Message::text(ack)).await.unwrap();
                if let Some(call) = message["callId"].as_str() {
                    let _ = rung.send(call.to_owned());
                }
            }
        });
        let (tell, told) = mpsc::unbounded_channel();
        let mut friends = Vec::new();
        for number in 0..FRIENDS {
            let login = json!({"type": "login", "username": "Friend"});
            let (mut friend, _) = log_in(server, BOB + 1 + number, login).await;
            let watch = json!({"type": "presence-watch", "userIds": [id]}).to_string();
            friend.send(Message::text(watch)).await.unwrap();
            assert_eq!(recv(&mut friend).await["online"], true);
            let (sink, mut stream) = friend.split();
            friends.push(sink);
            let tell = tell.clone();
            // All the time, for the server wants to hear of them.
            tokio::spawn(async move {
                while let Some(Ok(message)) = stream.next().await {
                    let _ = tell.send(message.into_text().unwrap_or_default().to_string());
                }
            });
        }
        Self {
            id,
            rings,
            friends,
            told,
            task,
            calls: 0,
        }
    }

    /// One friend after the other calls.
    pub(crate) async fn is_called(&mut self, until: Instant) -> Rings {
        let (mut all, mut rings) = (Vec::new(), Rings::default());
        while Instant::now() < until {
            self.calls += 1;
            let call = format!("friend-{}", self.calls);
            let offer = json!({
                "type": "call-offer", "toId": self.id, "callId": call, "callType": "audio",
                "offer": {"type": "offer", "sdp": "x".repeat(8_000)},
            });
            let which = usize::try_from(self.calls).unwrap() % self.friends.len();
            let friend = &mut self.friends[which];
            let start = Instant::now();
            friend.send(Message::text(offer.to_string())).await.unwrap();
            let rung = async { while self.rings.recv().await.unwrap() != call {} };
            match timeout(Duration::from_secs(10), rung).await {
                Ok(()) => all.push(millis(start)),
                Err(_) => rings.lost += 1,
            }
            while let Ok(text) = self.told.try_recv() {
                rings.flaps += u64::from(text.contains("\"online\":false"));
            }
            tokio::time::sleep(RING_PAUSE).await;
        }
        rings.latencies = Latencies::new(all);
        rings
    }

    /// Whether the connection has held; ends it, and those of the friends.
    pub(crate) async fn leave(self) -> bool {
        let held = !self.task.is_finished();
        self.task.abort();
        let _ = self.task.await;
        for mut friend in self.friends {
            let _ = friend.close().await;
        }
        held
    }
}

/// Pairs who talk to each other; returns how many messages arrived, each of
/// them once and in order.
pub(crate) async fn talk(server: SocketAddr, pairs: usize, messages: u64) -> u64 {
    let mut talks = Vec::new();
    for _ in 0..pairs {
        talks.push(tokio::spawn(async move {
            let login =
                || json!({"type": "login", "username": "Honest", "session": {"received": 0}});
            let (alice, alice_id) = log_in(server, 2, login()).await;
            let (bob, bob_id) = log_in(server, 2, login()).await;
            let (to_bob, to_alice) =
                tokio::join!(say(alice, &bob_id, messages), say(bob, &alice_id, messages));
            to_bob + to_alice
        }));
    }
    let mut arrived = 0;
    for talk in talks {
        arrived += talk.await.unwrap();
    }
    arrived
}

/// Says so much, at a pace that nobody calls too fast, and hears as much.
async fn say(mut ws: Ws, to: &str, messages: u64) -> u64 {
    let (mut said, mut heard, mut received) = (0, 0, 0_u64);
    let mut pace = tokio::time::interval(Duration::from_millis(25));
    // On a busy machine too nobody makes up for lost time in a burst.
    pace.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while said < messages || heard < messages {
        tokio::select! {
            _ = pace.tick(), if said < messages => {
                said += 1;
                let mut message = json!({
                    "seq": said, "type": "call-ringing", "toId": to, "callId": format!("c{said}"),
                });
                // Whoever has called somebody is no stranger to them.
                if said == 1 {
                    message["type"] = "call-offer".into();
                    message["callType"] = "audio".into();
                    message["offer"] = json!({"type": "offer", "sdp": "v=0"});
                }
                ws.send(Message::text(message.to_string())).await.unwrap();
            }
            message = recv(&mut ws) => {
                if message["type"] == "ack" {
                    continue;
                }
                received += 1;
                assert_eq!(message["seq"], received, "{message}");
                // What comes to a guest with a call.
                if message["type"] != "ice-servers" {
                    heard += 1;
                    assert_eq!(message["callId"], format!("c{heard}"), "{message}");
                }
                if received % 16 == 0 {
                    let ack = json!({"type": "ack", "received": received});
                    ws.send(Message::text(ack.to_string())).await.unwrap();
                }
            }
        }
    }
    ws.close(None).await.unwrap();
    heard
}
