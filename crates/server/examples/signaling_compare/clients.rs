//! All the clients.

use std::net::SocketAddr;
use std::sync::Arc;

use futures_util::future::try_join_all;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use crate::failure::Failure;

type Socket = WebSocketStream<TcpStream>;

/// Messages of all pairs in a round.
const MESSAGES: usize = 40_000;
/// So many log in at the same time.
const AT_ONCE: usize = 16;

pub(crate) struct Client {
    id: String,
    socket: Socket,
}

pub(crate) async fn log_in(address: SocketAddr, name: &str) -> Result<Client, Failure> {
    let tcp = TcpStream::connect(address).await?;
    tcp.set_nodelay(true)?;
    // Small, because thousands of these are ours.
    let config = WebSocketConfig::default().read_buffer_size(1024);
    let url = format!("ws://{address}/ws");
    let (mut socket, _) = client_async_with_config(url, tcp, Some(config)).await?;
    let login = json!({"type": "login", "username": name});
    socket.send(Message::text(login.to_string())).await?;
    loop {
        let message = socket.next().await.ok_or("the server hung up")??;
        let message: Value = serde_json::from_str(message.to_text()?)?;
        match message["type"].as_str() {
            Some("hello") => {}
            Some("welcome") => {
                let id = message["userId"].as_str().ok_or("no userId")?.to_owned();
                return Ok(Client { id, socket });
            }
            _ => return Err(format!("instead of a welcome: {message}").into()),
        }
    }
}

/// So many log in, and are gone.
pub(crate) async fn log_in_many(address: SocketAddr, count: usize) -> Result<(), Failure> {
    let some = |first: usize| async move {
        for nth in (first..count).step_by(AT_ONCE) {
            drop(log_in(address, &format!("Guest {nth}")).await?);
        }
        Ok::<(), Failure>(())
    };
    try_join_all((0..AT_ONCE).map(some)).await?;
    Ok(())
}

pub(crate) async fn pairs(
    address: SocketAddr,
    count: usize,
) -> Result<Vec<(Client, Client)>, Failure> {
    let mut pairs = Vec::with_capacity(count);
    for _ in 0..count {
        pairs.push((
            log_in(address, "Alice").await?,
            log_in(address, "Bob").await?,
        ));
    }
    Ok(pairs)
}

/// Each pair's first sends one message to its second, so that all know where everybody is.
pub(crate) async fn say_one(
    mut pairs: Vec<(Client, Client)>,
) -> Result<Vec<(Client, Client)>, Failure> {
    for (from, to) in &mut pairs {
        from.socket.send(candidate_for(&to.id)).await?;
        while !to
            .socket
            .next()
            .await
            .ok_or("the server hung up")??
            .is_text()
        {}
    }
    Ok(pairs)
}

/// Has each pair's first send to its second, with so many on the way. Returns how many were passed
/// on.
pub(crate) async fn talk(
    pairs: Vec<(Client, Client)>,
    on_the_way: usize,
) -> Result<usize, Failure> {
    let each = MESSAGES / pairs.len();
    let count = each * pairs.len();
    let talking = pairs.into_iter().map(|(from, to)| {
        let window = Arc::new(Semaphore::new(on_the_way));
        let (sink, listening) = from.socket.split();
        let (open, stream) = to.socket.split();
        let sending = tokio::spawn(send(sink, to.id, Arc::clone(&window), each));
        let receiving = tokio::spawn(receive(stream, window, each));
        // The other halves stay open until all is done.
        async move {
            receiving.await??;
            drop((sending.await??, listening, open));
            Ok::<(), Failure>(())
        }
    });
    // All are spawned first.
    try_join_all(talking.collect::<Vec<_>>()).await?;
    Ok(count)
}

fn candidate_for(to: &str) -> Message {
    let candidate = "candidate:842163049 1 udp 1677729535 192.0.2.17 51032 typ srflx \
                     raddr 0.0.0.0 rport 0 generation 0 ufrag EsAw network-cost 999";
    let message = json!({
        "type": "ice-candidate", "toId": to, "callId": "call_1701234567890",
        "candidate": {"candidate": candidate, "sdpMLineIndex": 0, "sdpMid": "0", "usernameFragment": "EsAw"},
    });
    Message::text(message.to_string())
}

async fn send(
    mut sink: SplitSink<Socket, Message>,
    to: String,
    window: Arc<Semaphore>,
    count: usize,
) -> Result<SplitSink<Socket, Message>, Failure> {
    let message = candidate_for(&to);
    for _ in 0..count {
        window.acquire().await?.forget();
        sink.send(message.clone()).await?;
    }
    Ok(sink)
}

async fn receive(
    mut stream: SplitStream<Socket>,
    window: Arc<Semaphore>,
    count: usize,
) -> Result<(), Failure> {
    let mut left = count;
    while left > 0 {
        let message = stream.next().await.ok_or("the server hung up")??;
        if let Message::Text(text) = message {
            if !text.contains("ice-candidate") {
                return Err(format!("instead of a candidate: {text}").into());
            }
            left -= 1;
            window.add_permits(1);
        }
    }
    Ok(())
}
