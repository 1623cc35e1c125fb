//! A server for one test, and clients that know nothing but the contract.

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderName;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};
use wimpex_server::{Config, Counts, Handle, Server};

/// The address of a NATS server, if scenes are to be played on several nodes.
pub(crate) const NATS: &str = "WIMPEX_TEST_NATS";
/// How many they are.
pub(crate) const NODES: &str = "WIMPEX_TEST_NODES";
/// Set if those keep together what they keep.
pub(crate) const KEPT_TOGETHER: &str = "WIMPEX_TEST_KEPT_TOGETHER";

/// Nothing here takes this long unless it is broken.
pub(crate) const PATIENCE: Duration = Duration::from_secs(40);

/// Where nobody listens now.
pub(crate) fn free_address() -> SocketAddr {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    free.local_addr().unwrap()
}

pub(crate) struct TestServer {
    pub(crate) address: SocketAddr,
    pub(crate) handle: Handle,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
    /// On several nodes; see `cluster.rs`.
    others: Vec<OtherNode>,
    _balancer: Option<Ends>,
    _folder: TempDir,
}

/// One of several nodes.
struct OtherNode {
    handle: Handle,
    _task: Ends,
}

/// A task that ends with this.
struct Ends(JoinHandle<()>);

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl TestServer {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// With another configuration than the usual one.
    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config {
            secret_file: Some(folder.path().join("secret")),
            page_dir: Some(folder.path().to_owned()),
            ..Config::default()
        };
        change(&mut config);
        let nats = std::env::var(NATS).ok();
        if let Some(nats) = nats.filter(|_| config.cluster.nats.is_empty()) {
            config.cluster.nats = vec![nats];
            let name = folder.path().file_name().unwrap().to_str().unwrap();
            config.cluster.nats_prefix = format!("test{}", name.trim_start_matches('.'));
            if std::env::var_os(KEPT_TOGETHER).is_some() {
                keep_together(&mut config);
            }
            return Self::on_several_nodes(config, folder).await;
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = Server::new(config).unwrap();
        let handle = server.handle();
        let (stop, stopped) = oneshot::channel();
        let shutdown = async {
            // Also when the test just drops the server.
            let _ = stopped.await;
        };
        let task = tokio::spawn(server.run(listener, shutdown));
        Self {
            address,
            handle,
            stop,
            task,
            others: Vec::new(),
            _balancer: None,
            _folder: folder,
        }
    }

    async fn on_several_nodes(config: Config, folder: TempDir) -> Self {
        let count = std::env::var(NODES).unwrap().parse().unwrap();
        let mut started = Vec::new();
        for _ in 0..count {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let server = Server::new(config.clone()).unwrap();
            let handle = server.handle();
            let (stop, stopped) = oneshot::channel();
            let shutdown = async {
                let _ = stopped.await;
            };
            let task = tokio::spawn(server.run(listener, shutdown));
            until(|| handle.cluster().is_some_and(|cluster| cluster.is_up)).await;
            started.push((address, handle, stop, task));
        }
        let behind = started.iter().map(|(address, ..)| *address).collect();
        let (address, balancer) = crate::balancer::balancer(behind).await;
        let (_, handle, stop, task) = started.remove(0);
        let others = started.into_iter().map(|(_, handle, stop, task)| {
            // It ends with the task.
            std::mem::forget(stop);
            OtherNode {
                handle,
                _task: Ends(task),
            }
        });
        Self {
            address,
            handle,
            stop,
            task,
            others: others.collect(),
            _balancer: Some(Ends(balancer)),
            _folder: folder,
        }
    }

    /// Of all nodes.
    pub(crate) fn counts(&self) -> Counts {
        let mut counts = self.handle.counts();
        for other in &self.others {
            let more = other.handle.counts();
            counts.sockets += more.sockets;
            counts.sessions += more.sessions;
            counts.users += more.users;
            counts.watched += more.watched;
            counts.absent_bytes += more.absent_bytes;
            counts.addresses += more.addresses;
            counts.tasks += more.tasks;
        }
        counts
    }

    pub(crate) async fn connect(&self) -> Client {
        Client::connect(self.address).await
    }

    /// Somebody who is logged in.
    pub(crate) async fn guest(&self, name: &str) -> Client {
        let mut client = self.connect().await;
        client
            .login(json!({"type": "login", "username": name}))
            .await;
        client
    }

    /// How many servers it is.
    pub(crate) fn nodes(&self) -> usize {
        1 + self.others.len()
    }

    /// Waits until the server holds what it should.
    pub(crate) async fn until(&self, fits: impl Fn(Counts) -> bool) {
        until(|| fits(self.counts())).await;
    }

    /// Nobody is left, and nothing of anybody.
    pub(crate) async fn until_empty(&self) {
        self.until(|counts| counts == Counts::default()).await;
    }

    /// Waits for the orderly end.
    pub(crate) async fn stop(self) {
        let _ = self.stop.send(());
        soon(self.task).await.unwrap();
    }

    /// One HTTP request of our own spelling on a connection of its own: status
    /// line, headers in small letters, body.
    pub(crate) async fn http(&self, request: &str) -> Reply {
        Reply::of(self.address, request).await
    }

    /// `GET`, with more header lines.
    pub(crate) async fn get(&self, path: &str, headers: &[&str]) -> Reply {
        self.http(&request("GET", path, headers)).await
    }
}

/// Where a server is.
pub(crate) trait Served {
    fn at(&self) -> SocketAddr;
}

impl Served for TestServer {
    fn at(&self) -> SocketAddr {
        self.address
    }
}

impl Served for SocketAddr {
    fn at(&self) -> SocketAddr {
        *self
    }
}

pub(crate) fn request(method: &str, path: &str, headers: &[&str]) -> String {
    let more: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
    format!("{method} {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n{more}\r\n")
}

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    /// The reply to a request that asks for the end of the connection.
    pub(crate) async fn of(address: SocketAddr, request: &str) -> Self {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut bytes = Vec::new();
        soon(stream.read_to_end(&mut bytes)).await.unwrap();
        Self::parse(&bytes)
    }

    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        let end = end.unwrap_or_else(|| panic!("{:?}", String::from_utf8_lossy(bytes)));
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        Self {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            head,
            body: bytes[end + 4..].to_vec(),
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (n, value) = line.split_once(": ")?;
            n.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

pub(crate) struct Client {
    pub(crate) ws: WebSocketStream<TcpStream>,
    pub(crate) id: String,
    pub(crate) device: String,
    pub(crate) token: String,
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        Self::over(stream).await
    }

    pub(crate) async fn with_small_buffer(address: SocketAddr) -> Self {
        Self::over(small_buffer(address).await).await
    }

    /// From an address of its own out of 127.0.0.0/8, as another household has.
    pub(crate) async fn from_household(address: SocketAddr, household: u8) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        let local = std::net::Ipv4Addr::new(127, 7, 0, household);
        socket.bind(SocketAddr::from((local, 0))).unwrap();
        Self::over(socket.connect(address).await.unwrap()).await
    }

    /// The connection is gone without a goodbye.
    pub(crate) fn cut(&mut self) {
        let socket = socket2::SockRef::from(self.ws.get_ref());
        socket.set_linger(Some(Duration::ZERO)).unwrap();
        let _ = socket.shutdown(std::net::Shutdown::Both);
    }

    /// With headers of our own choice in the request.
    pub(crate) async fn with_headers(address: SocketAddr, headers: &[(&str, &str)]) -> Self {
        Self::asking(TcpStream::connect(address).await.unwrap(), "/ws", headers).await
    }

    /// At another path than the usual one.
    pub(crate) async fn at(address: SocketAddr, path: &str) -> Self {
        Self::asking(TcpStream::connect(address).await.unwrap(), path, &[]).await
    }

    /// The status of the answer to a request for a WebSocket that is refused.
    pub(crate) async fn refused(address: SocketAddr, headers: &[(&str, &str)]) -> u16 {
        let mut request = format!("ws://{address}/ws").into_client_request().unwrap();
        for (name, value) in headers {
            let name: HeaderName = name.parse().unwrap();
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        let stream = TcpStream::connect(address).await.unwrap();
        match soon(client_async(request, stream)).await {
            Err(Error::Http(response)) => response.status().as_u16(),
            other => panic!("{:?}", other.map(|_| "it is a WebSocket")),
        }
    }

    /// The first message, if the server has anything to say but goodbye.
    pub(crate) async fn first(&mut self) -> Option<Value> {
        loop {
            match soon(self.ws.next()).await? {
                Ok(Message::Text(text)) => return serde_json::from_str(&text).ok(),
                Ok(Message::Ping(_) | Message::Pong(_)) => {}
                Ok(_) | Err(_) => return None,
            }
        }
    }

    pub(crate) async fn over(stream: TcpStream) -> Self {
        Self::asking(stream, "/ws", &[]).await
    }

    /// `None` if nobody is there, or goes away meanwhile.
    pub(crate) async fn try_connect(address: SocketAddr) -> Option<Self> {
        let stream = TcpStream::connect(address).await.ok()?;
        let request = format!("ws://{address}/ws").into_client_request().unwrap();
        let (ws, _) = soon(client_async(request, stream)).await.ok()?;
        Some(Self {
            ws,
            id: String::new(),
            device: String::new(),
            token: String::new(),
        })
    }

    async fn asking(stream: TcpStream, path: &str, headers: &[(&str, &str)]) -> Self {
        let address = stream.peer_addr().unwrap();
        let mut request = format!("ws://{address}{path}")
            .into_client_request()
            .unwrap();
        for (name, value) in headers {
            let name: HeaderName = name.parse().unwrap();
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        let (ws, _) = soon(client_async(request, stream)).await.unwrap();
        Self {
            ws,
            id: String::new(),
            device: String::new(),
            token: String::new(),
        }
    }

    /// Takes the hello, logs in, takes the welcome.
    pub(crate) async fn login(&mut self, login: Value) -> Value {
        assert_eq!(self.recv().await["type"], "hello");
        self.send(login).await;
        let welcome = self.recv().await;
        self.take_welcome(&welcome);
        welcome
    }

    pub(crate) fn take_welcome(&mut self, welcome: &Value) {
        assert_eq!(welcome["type"], "welcome", "{welcome}");
        let text = |field: &str| welcome[field].as_str().unwrap().to_owned();
        self.id = text("userId");
        self.device = text("deviceId");
        self.token = text("resumeToken");
    }

    pub(crate) async fn send(&mut self, message: Value) {
        self.send_text(&message.to_string()).await;
    }

    /// `None` if the connection is gone.
    pub(crate) async fn try_send(&mut self, message: &Value) -> Option<()> {
        let message = Message::text(message.to_string());
        soon(self.ws.send(message)).await.ok()
    }

    pub(crate) async fn send_text(&mut self, text: &str) {
        soon(self.ws.send(Message::text(text))).await.unwrap();
    }

    /// The next message; pings are answered on the way.
    pub(crate) async fn recv(&mut self) -> Value {
        let next = async {
            loop {
                match self.ws.next().await.unwrap().unwrap() {
                    Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                    Message::Ping(_) | Message::Pong(_) => {}
                    other => panic!("{other:?}"),
                }
            }
        };
        soon(next).await
    }

    /// The next message, which is an error with this code.
    pub(crate) async fn error(&mut self, code: &str) -> Value {
        let error = self.recv().await;
        assert_eq!(error["type"], "error", "{error}");
        assert_eq!(error["code"], code, "{error}");
        assert!(error["message"].as_str().unwrap().ends_with('.'), "{error}");
        error
    }

    /// Says something and hears it back from the server: whatever was sent
    /// before has been dealt with, and answered with nothing else.
    pub(crate) async fn nothing_more(&mut self) {
        let id = self.id.clone();
        self.send(json!({"type": "presence-watch", "userIds": [id]}))
            .await;
        let answer = self.recv().await;
        assert_eq!(answer["type"], "presence", "{answer}");
        assert_eq!(answer["userId"], self.id.as_str());
    }

    /// The same for somebody who watches others, and goes on watching them: an error is the answer.
    pub(crate) async fn still_hears_nothing(&mut self) {
        self.send(json!({"type": "no-such-message"})).await;
        self.error("unknown-type").await;
    }

    /// Reads to the end: the messages on the way, and the close code, if the
    /// server said one.
    pub(crate) async fn rest(&mut self) -> (Vec<Value>, Option<u16>) {
        soon(self.read_to_end()).await
    }

    async fn read_to_end(&mut self) -> (Vec<Value>, Option<u16>) {
        let mut messages = Vec::new();
        let mut code = None;
        loop {
            match self.ws.next().await {
                Some(Ok(Message::Text(text))) => {
                    messages.push(serde_json::from_str(&text).unwrap());
                }
                Some(Ok(Message::Close(frame))) => code = frame.map(|frame| frame.code.into()),
                Some(Ok(_)) => {}
                Some(Err(Error::ConnectionClosed)) | None => return (messages, code),
                Some(Err(_)) => return (messages, code),
            }
        }
    }

    /// Reads to the end; the code and the reason of the close frame, if there was one.
    pub(crate) async fn close_frame(&mut self) -> Option<(u16, String)> {
        let read = async {
            loop {
                match self.ws.next().await? {
                    Ok(Message::Close(frame)) => {
                        let frame = frame?;
                        return Some((frame.code.into(), frame.reason.to_string()));
                    }
                    Ok(_) => {}
                    Err(_) => return None,
                }
            }
        };
        soon(read).await
    }

    pub(crate) async fn close_code(&mut self) -> Option<u16> {
        self.rest().await.1
    }

    pub(crate) async fn close(mut self) {
        let _ = self.ws.close(None).await;
        self.rest().await;
    }
}

/// With a receive buffer so small that a reader who stops is noticed.
pub(crate) async fn small_buffer(address: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4 * 1024).unwrap();
    socket.connect(address).await.unwrap()
}

pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    timeout(PATIENCE, future).await.expect("it took too long")
}

/// Looks again and again, but not forever.
pub(crate) async fn until(fits: impl Fn() -> bool) {
    let look = async {
        while !fits() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    soon(look).await;
}

/// What they keep is in NATS, which sets room aside for it.
pub(crate) fn keep_together(config: &mut Config) {
    config.cluster.nats_store = true;
    config.mailbox.messages_total_mb = config.mailbox.messages_total_mb.min(50);
}

pub(crate) fn ringing(to: &str) -> Value {
    json!({"type": "call-ringing", "toId": to, "callId": "c1"})
}

pub(crate) fn offer(to: &str) -> Value {
    json!({
        "type": "call-offer", "toId": to, "callId": "c1", "callType": "audio",
        "offer": {"type": "offer", "sdp": "v=0"}, "fromUsername": "The Bank",
    })
}
