//! The server's own STUN and TURN: what clients are told, and that it is true.

use std::net::SocketAddr;

use serde_json::{Value, json};
use stun_types::attribute::{ErrorCode, Nonce, Realm, Username};
use stun_types::message::{
    IntegrityAlgorithm, LongTermKeyCredentials, Message, MessageWriteVec, Method,
};
use stun_types::prelude::{MessageWrite, MessageWriteExt};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::UdpSocket;
use turn_types::attribute::{Lifetime, RequestedTransport};
use turn_types::message::{ALLOCATE, REFRESH};

use crate::program::{address, program};
use crate::support::{Client, TestServer, soon};

/// What a guest is told who is about to call.
pub(crate) async fn ice_servers(server: SocketAddr) -> Value {
    let mut client = Client::connect(server).await;
    let welcome = client
        .login(json!({"type": "login", "username": "Alice"}))
        .await;
    if welcome.get("relayOnRequest").is_none() {
        return welcome["iceServers"].clone();
    }
    client.send(json!({"type": "ice-servers-request"})).await;
    client.recv().await["iceServers"].clone()
}

/// Somebody who uses what a `welcome` says about TURN over UDP.
pub(crate) struct TurnClient {
    socket: UdpSocket,
    credentials: LongTermKeyCredentials,
    pub(crate) nonce: String,
}

impl TurnClient {
    pub(crate) async fn new(ice_servers: &Value) -> Self {
        let turn = &ice_servers[1];
        let url = turn["urls"][0].as_str().unwrap();
        let relay = url.strip_prefix("turn:").unwrap();
        let relay = relay.strip_suffix("?transport=udp").unwrap();
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        socket.connect(relay).await.unwrap();
        let text = |field: &str| turn[field].as_str().unwrap().to_owned();
        let mut client = Self {
            socket,
            credentials: LongTermKeyCredentials::new(
                text("username"),
                text("credential"),
                "wimpex".to_owned(),
            ),
            nonce: String::new(),
        };
        let challenge = client.request(ALLOCATE).await;
        let challenge = Message::from_bytes(&challenge).unwrap();
        let nonce = challenge.attribute::<Nonce>().unwrap();
        client.nonce = nonce.nonce().to_owned();
        client
    }

    /// Gives its allocation up; 0 for success.
    pub(crate) async fn release(&self) -> u16 {
        code_of(&self.send(REFRESH, Some(0)).await)
    }

    async fn request(&self, method: Method) -> Vec<u8> {
        self.send(method, None).await
    }

    async fn send(&self, method: Method, lifetime: Option<u32>) -> Vec<u8> {
        let mut writer = Message::builder_request(method, MessageWriteVec::new());
        writer.add_attribute(&RequestedTransport::new(17)).unwrap();
        if let Some(seconds) = lifetime {
            writer.add_attribute(&Lifetime::new(seconds)).unwrap();
        }
        if !self.nonce.is_empty() {
            let (user, realm) = (self.credentials.username(), self.credentials.realm());
            writer.add_attribute(&Username::new(user).unwrap()).unwrap();
            writer.add_attribute(&Realm::new(realm).unwrap()).unwrap();
            writer
                .add_attribute(&Nonce::new(&self.nonce).unwrap())
                .unwrap();
            let key = self.credentials.make_key(IntegrityAlgorithm::Sha1);
            writer
                .add_message_integrity_with_key(&key, IntegrityAlgorithm::Sha1)
                .unwrap();
        }
        self.socket.send(&writer.finish()).await.unwrap();
        let mut buffer = vec![0; 1500];
        let length = soon(self.socket.recv(&mut buffer)).await.unwrap();
        buffer.truncate(length);
        buffer
    }

    /// 0 for success.
    pub(crate) async fn code(&self, method: Method) -> u16 {
        code_of(&self.request(method).await)
    }
}

fn code_of(answer: &[u8]) -> u16 {
    let answer = Message::from_bytes(answer).unwrap();
    answer
        .attribute::<ErrorCode>()
        .map_or(0, |error| error.code())
}

#[tokio::test]
async fn none_on_loopback_unless_asked_for() {
    let server = TestServer::start().await;
    assert_eq!(ice_servers(server.address).await, json!([]));
    assert!(server.handle.relay().is_none());
}

#[tokio::test]
async fn clients_are_told_of_it_and_let_in() {
    let server = TestServer::with(|config| {
        config.turn.turn = Some(true);
        config.turn.turn_listen = vec!["127.0.0.1:0".parse().unwrap()];
    })
    .await;
    let ice = &ice_servers(server.address).await;
    let stun = ice[0]["urls"][0].as_str().unwrap();
    let port = stun.strip_prefix("stun:127.0.0.1:").unwrap();
    assert_eq!(
        ice[0].as_object().unwrap().len(),
        1,
        "no credentials for STUN"
    );
    assert_eq!(
        ice[1]["urls"],
        json!([
            format!("turn:127.0.0.1:{port}?transport=udp"),
            format!("turn:127.0.0.1:{port}?transport=tcp"),
        ])
    );
    let client = TurnClient::new(ice).await;
    assert_eq!(client.code(ALLOCATE).await, 0);
    let relay = server.handle.relay().unwrap().clone();
    assert_eq!(relay.counts().allocations, 1);
    server.stop().await;
    assert_eq!(relay.counts(), wimpex_relay::Counts::default());
}

/// Two processes with nothing in common but a file: when the one that carries
/// the signaling is killed, what is relayed goes on.
#[tokio::test]
async fn a_relay_of_its_own_outlives_the_signaling() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    let mut command = program("127.0.0.1:0");
    command
        .args(["--role", "turn", "--turn-listen", "127.0.0.1:0"])
        .arg("--secret-file")
        .arg(&secret);
    let mut relay = command.spawn().unwrap();
    let line = BufReader::new(relay.stdout.take().unwrap())
        .lines()
        .next_line()
        .await;
    let line = line.unwrap().unwrap();
    let listen = line.strip_prefix("relaying on ").unwrap();

    let mut command = program("127.0.0.1:0");
    command
        .args(["--role", "signaling", "--turn", "--turn-listen", listen])
        .arg("--secret-file")
        .arg(&secret);
    let mut signaling = command.spawn().unwrap();
    let ice_servers = ice_servers(address(&mut signaling).await).await;
    let client = TurnClient::new(&ice_servers).await;
    assert_eq!(client.code(ALLOCATE).await, 0);
    signaling.kill().await.unwrap();
    assert_eq!(client.code(REFRESH).await, 0);
    relay.kill().await.unwrap();
}

#[tokio::test]
async fn a_relay_that_could_check_nothing_does_not_start() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("diary");
    std::fs::write(&secret, "dear diary").unwrap();
    let mut command = program("127.0.0.1:0");
    command
        .args(["--role", "turn", "--turn-listen", "127.0.0.1:0"])
        .arg("--secret-file")
        .arg(&secret);
    let output = soon(command.output()).await.unwrap();
    assert!(!output.status.success());
    let log = String::from_utf8(output.stderr).unwrap();
    assert!(log.contains("--secret-file"), "{log}");
}

/// Asked for, it must be there; by default it is a help that may be missing.
#[tokio::test]
async fn a_port_that_is_taken_is_an_error_only_if_asked_for() {
    let other = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let taken = other.local_addr().unwrap().to_string();
    let folder = tempfile::tempdir().unwrap();
    let command = |flags: &[&str]| {
        let mut command = program("0.0.0.0:0");
        command
            .args(["--turn-listen", &taken])
            .args(flags)
            .arg("--secret-file")
            .arg(folder.path().join("secret"));
        command
    };
    let output = soon(command(&["--turn"]).output()).await.unwrap();
    assert!(!output.status.success());
    let log = String::from_utf8(output.stderr).unwrap();
    assert!(log.contains(&format!("cannot listen on {taken}")), "{log}");
    let mut child = command(&[]).spawn().unwrap();
    let server = address(&mut child).await;
    let server = SocketAddr::from(([127, 0, 0, 1], server.port()));
    assert_eq!(ice_servers(server).await, json!([]));
    drop(other);
}
