//! People who only want to log in and to talk.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{WebSocketStream, client_async};

pub(crate) type Ws = WebSocketStream<TcpStream>;

/// Between two logins, so that they are spread over the whole attack.
const PAUSE: Duration = Duration::from_millis(25);

/// How long each login took, in order of length.
pub(crate) struct Latencies(Vec<f64>);

impl Latencies {
    /// In milliseconds; 0.99 is the one that only a hundredth exceed.
    pub(crate) fn at(&self, part: f64) -> f64 {
        let index = (self.0.len() as f64 * part) as usize;
        self.0[index.min(self.0.len() - 1)]
    }
}

/// From an address of its own out of 127.0.0.0/8, as a household has.
pub(crate) async fn connect(server: SocketAddr, household: u16) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    let [high, low] = household.to_be_bytes();
    socket.bind(SocketAddr::from((Ipv4Addr::new(127, 1, high, low), 0)))?;
    socket.connect(server).await
}

pub(crate) async fn upgrade(
    server: SocketAddr,
    stream: TcpStream,
) -> Result<Ws, tokio_tungstenite::tungstenite::Error> {
    let request = format!("ws://{server}/ws").into_client_request()?;
    Ok(client_async(request, stream).await?.0)
}

pub(crate) async fn recv(ws: &mut Ws) -> Value {
    loop {
        match ws.next().await.unwrap().unwrap() {
            Message::Text(text) => return serde_json::from_str(&text).unwrap(),
            Message::Ping(_) | Message::Pong(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

/// Logs in; returns the socket and the user's id.
pub(crate) async fn log_in(server: SocketAddr, household: u16, login: Value) -> (Ws, String) {
    let stream = connect(server, household).await.unwrap();
    let mut ws = upgrade(server, stream).await.unwrap();
    assert_eq!(recv(&mut ws).await["type"], "hello");
    ws.send(Message::text(login.to_string())).await.unwrap();
    let welcome = recv(&mut ws).await;
    assert_eq!(welcome["type"], "welcome", "{welcome}");
    let id = welcome["userId"].as_str().unwrap().to_owned();
    (ws, id)
}

/// One login after the other, each timed from the first packet to the welcome.
pub(crate) async fn log_in_often(server: SocketAddr, times: usize) -> Latencies {
    let mut all = Vec::with_capacity(times);
    for _ in 0..times {
        let start = Instant::now();
        let login = json!({"type": "login", "username": "Honest"});
        let (mut ws, _) = log_in(server, 1, login).await;
        all.push(start.elapsed().as_secs_f64() * 1000.0);
        ws.close(None).await.unwrap();
        tokio::time::sleep(PAUSE).await;
    }
    all.sort_by(f64::total_cmp);
    Latencies(all)
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
    let (mut said, mut heard) = (0, 0);
    let mut pace = tokio::time::interval(Duration::from_millis(25));
    // On a busy machine too nobody makes up for lost time in a burst.
    pace.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while said < messages || heard < messages {
        tokio::select! {
            _ = pace.tick(), if said < messages => {
                said += 1;
                let message = json!({
                    "seq": said, "type": "call-ringing", "toId": to, "callId": format!("c{said}"),
                });
                ws.send(Message::text(message.to_string())).await.unwrap();
            }
            message = recv(&mut ws) => {
                if message["type"] == "ack" {
                    continue;
                }
                heard += 1;
                assert_eq!(message["seq"], heard);
                assert_eq!(message["callId"], format!("c{heard}"));
                if heard % 16 == 0 {
                    let ack = json!({"type": "ack", "received": heard});
                    ws.send(Message::text(ack.to_string())).await.unwrap();
                }
            }
        }
    }
    ws.close(None).await.unwrap();
    heard
}
