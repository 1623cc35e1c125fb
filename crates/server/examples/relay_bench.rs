//! What the server costs: CPU time per message that it passes on, and memory
//! per connection that does nothing.
//!
//! The server runs in a process of its own, so that it is measured alone; this
//! process is all the clients. Linux only: the numbers come from `/proc`.
//! Loopback only, bounded in count and time.

use std::error::Error;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};
use wimpex_server::Config;

type Failure = Box<dyn Error + Send + Sync>;
type Sink = SplitSink<WebSocketStream<TcpStream>, Message>;
type Stream = SplitStream<WebSocketStream<TcpStream>>;

const PAIRS: usize = 8;
const MESSAGES_PER_PAIR: u32 = 10_000;
/// So many that what the logins leave behind does not count; fewer than a server allows.
const IDLE_CONNECTIONS: usize = 9_000;
const SERVE: &str = "--serve";
const TIME_LIMIT: Duration = Duration::from_secs(300);

#[tokio::main]
async fn main() -> Result<(), Failure> {
    rlimit::increase_nofile_limit(u64::MAX)?;
    if std::env::args().any(|arg| arg == SERVE) {
        return serve().await;
    }
    tokio::time::timeout(TIME_LIMIT, measure()).await?
}

/// The server's side: it ends when the other side closes its input.
async fn serve() -> Result<(), Failure> {
    let mut config = Config::default();
    config.limits.connections_per_address = 0;
    config.limits.messages_per_second = 0;
    config.limits.bytes_per_second = 0;
    config.limits.stranger_bytes_per_second = 0;
    config.limits.stranger_offers_per_minute = 0;
    let folder = tempfile::tempdir()?;
    config.secret_file = Some(folder.path().join("secret"));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    let gone = tokio::task::spawn_blocking(|| std::io::stdin().lines().count());
    let shutdown = async {
        let _ = gone.await;
    };
    wimpex_server::run(listener, config, shutdown).await?;
    Ok(())
}

async fn measure() -> Result<(), Failure> {
    let server = Server::start()?;
    for i in 0..100 {
        drop(log_in(server.address, &format!("Warm-up {i}")).await?);
    }
    // One message on its way at a time per pair, as in life; then a stream.
    let single = relay(&server, 1).await?;
    let stream = relay(&server, 64).await?;
    drop(server);

    let server = Server::start()?;
    for i in 0..50 {
        drop(log_in(server.address, &format!("Warm-up {i}")).await?);
    }
    let before = server.resident_kib()?;
    let mut idle = Vec::with_capacity(IDLE_CONNECTIONS);
    for i in 0..IDLE_CONNECTIONS {
        idle.push(log_in(server.address, &format!("Guest {i}")).await?);
    }
    let after = server.resident_kib()?;
    let memory = after.saturating_sub(before) as f64 / IDLE_CONNECTIONS as f64;

    println!("idle_connections={}", idle.len());
    println!("forwarded_messages={}", PAIRS as u32 * MESSAGES_PER_PAIR);
    println!("relay_cpu_us_per_message={single:.2}");
    println!("relay_cpu_us_per_message_streaming={stream:.2}");
    println!("memory_kib_per_idle_connection={memory:.2}");
    Ok(())
}

/// CPU microseconds of the server for each message passed on.
async fn relay(server: &Server, on_the_way: usize) -> Result<f64, Failure> {
    let mut pairs = Vec::new();
    for _ in 0..PAIRS {
        let alice = log_in(server.address, "Alice").await?;
        let bob = log_in(server.address, "Bob").await?;
        pairs.push((alice, bob));
    }
    let (start, cpu) = (Instant::now(), server.cpu()?);
    let tasks: Vec<_> = pairs
        .into_iter()
        .map(|((_, sink, listen_a), (to, sink_b, stream))| {
            let window = Arc::new(Semaphore::new(on_the_way));
            let send = tokio::spawn(send(sink, to, Arc::clone(&window)));
            let receive = tokio::spawn(receive(stream, window));
            // The other halves stay open until all is done.
            (send, receive, listen_a, sink_b)
        })
        .collect();
    for (send, receive, ..) in tasks {
        receive.await??;
        drop(send.await??);
    }
    let cpu = server.cpu()? - cpu;
    let count = PAIRS as u32 * MESSAGES_PER_PAIR;
    eprintln!(
        "{count} messages, {on_the_way} on the way per pair: {:.1?}, {:.0} a second",
        start.elapsed(),
        f64::from(count) / start.elapsed().as_secs_f64()
    );
    Ok(cpu.as_secs_f64() * 1e6 / f64::from(count))
}

async fn send(mut sink: Sink, to: String, window: Arc<Semaphore>) -> Result<Sink, Failure> {
    let candidate = "candidate:842163049 1 udp 1677729535 192.0.2.17 51032 typ srflx \
                     raddr 0.0.0.0 rport 0 generation 0 ufrag EsAw network-cost 999";
    let message = json!({
        "type": "ice-candidate", "toId": to, "callId": "call_1701234567890",
        "candidate": {"candidate": candidate, "sdpMLineIndex": 0, "sdpMid": "0", "usernameFragment": "EsAw"},
    });
    let message = Message::text(message.to_string());
    for _ in 0..MESSAGES_PER_PAIR {
        window.acquire().await?.forget();
        sink.send(message.clone()).await?;
    }
    Ok(sink)
}

async fn receive(mut stream: Stream, window: Arc<Semaphore>) -> Result<(), Failure> {
    let mut left = MESSAGES_PER_PAIR;
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

async fn log_in(address: SocketAddr, name: &str) -> Result<(String, Sink, Stream), Failure> {
    let tcp = TcpStream::connect(address).await?;
    tcp.set_nodelay(true)?;
    // Small, because thousands of these are ours.
    let config = WebSocketConfig::default().read_buffer_size(1024);
    let url = format!("ws://{address}/ws");
    let (mut ws, _) = client_async_with_config(url, tcp, Some(config)).await?;
    let login = json!({"type": "login", "username": name});
    ws.send(Message::text(login.to_string())).await?;
    loop {
        let message = ws.next().await.ok_or("the server hung up")??;
        let message: Value = serde_json::from_str(message.to_text()?)?;
        match message["type"].as_str() {
            Some("hello") => {}
            Some("welcome") => {
                let id = message["userId"].as_str().ok_or("no userId")?.to_owned();
                let (sink, stream) = ws.split();
                return Ok((id, sink, stream));
            }
            _ => return Err(format!("instead of a welcome: {message}").into()),
        }
    }
}

struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    fn start() -> Result<Self, Failure> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg(SERVE)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take().ok_or("no output")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let address = line.trim().parse()?;
        Ok(Self { child, address })
    }

    /// CPU time of all threads so far, in nanoseconds' precision.
    fn cpu(&self) -> Result<Duration, Failure> {
        let mut total = 0;
        for task in fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            let text = fs::read_to_string(task?.path().join("schedstat"))?;
            let nanoseconds = text.split_whitespace().next().ok_or("empty schedstat")?;
            total += nanoseconds.parse::<u64>()?;
        }
        Ok(Duration::from_nanos(total))
    }

    fn resident_kib(&self) -> Result<u64, Failure> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.split_whitespace().next());
        Ok(number.ok_or("no VmRSS")?.parse()?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
