//! A client that numbers its frames, written after docs/protocol.md.

use std::collections::VecDeque;
use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::support::{Client, TestServer};

impl TestServer {
    /// Somebody who is logged in and numbers their frames.
    pub(crate) async fn numbering_guest(&self, name: &str) -> NumberingClient {
        NumberingClient::new(self.address, name).await
    }
}

pub(crate) struct NumberingClient {
    address: SocketAddr,
    name: String,
    pub(crate) client: Client,
    pub(crate) session: String,
    /// What came of the last login.
    pub(crate) welcome: Value,
    sent: u64,
    kept: VecDeque<(u64, Value)>,
    pub(crate) received: u64,
}

impl NumberingClient {
    pub(crate) async fn new(address: SocketAddr, name: &str) -> Self {
        let mut client = Client::connect(address).await;
        let login = json!({"type": "login", "username": name, "session": {"received": 0}});
        let welcome = client.login(login).await;
        assert_eq!(welcome["session"]["received"], 0, "{welcome}");
        Self {
            address,
            name: name.to_owned(),
            session: welcome["session"]["id"].as_str().unwrap().to_owned(),
            client,
            welcome,
            sent: 0,
            kept: VecDeque::new(),
            received: 0,
        }
    }

    pub(crate) fn id(&self) -> &str {
        &self.client.id
    }

    pub(crate) async fn send(&mut self, mut message: Value) {
        self.sent += 1;
        message["seq"] = self.sent.into();
        self.kept.push_back((self.sent, message.clone()));
        self.client.send(message).await;
    }

    /// Sends what the socket may be too broken to take.
    pub(crate) async fn try_send(&mut self, mut message: Value) {
        use futures_util::SinkExt;
        use tokio_tungstenite::tungstenite::Message;
        self.sent += 1;
        message["seq"] = self.sent.into();
        self.kept.push_back((self.sent, message.clone()));
        let _ = self
            .client
            .ws
            .send(Message::text(message.to_string()))
            .await;
    }

    /// The next numbered frame; what is acknowledged is forgotten on the way.
    pub(crate) async fn recv(&mut self) -> Value {
        loop {
            let message = self.client.recv().await;
            if message["type"] == "ack" {
                self.forget(message["received"].as_u64().unwrap());
                continue;
            }
            self.received += 1;
            assert_eq!(message["seq"], self.received, "{message}");
            return message;
        }
    }

    pub(crate) async fn ack(&mut self) {
        let ack = json!({"type": "ack", "received": self.received});
        self.client.send(ack).await;
    }

    /// The socket is gone without a goodbye, and nothing was noticed yet.
    pub(crate) fn cut(&mut self) {
        let socket = self.client.ws.get_ref();
        socket2::SockRef::from(socket)
            .set_linger(Some(std::time::Duration::ZERO))
            .unwrap();
        let _ = socket2::SockRef::from(socket).shutdown(std::net::Shutdown::Both);
    }

    /// Comes back over another socket; says whether the session goes on.
    pub(crate) async fn resume(&mut self) -> bool {
        let mut client = Client::connect(self.address).await;
        let login = json!({
            "type": "login", "username": self.name, "resumeToken": self.client.token,
            "deviceId": self.client.device,
            "session": {"id": self.session, "received": self.received},
        });
        let welcome = client.login(login).await;
        self.client = client;
        let session = welcome["session"]["id"].as_str().unwrap().to_owned();
        let goes_on = session == self.session;
        let received = welcome["session"]["received"].as_u64().unwrap();
        self.welcome = welcome;
        if goes_on {
            self.forget(received);
            for (_, message) in self.kept.clone() {
                self.client.send(message).await;
            }
        } else {
            self.session = session;
            (self.sent, self.received) = (0, 0);
            self.kept.clear();
        }
        goes_on
    }

    fn forget(&mut self, received: u64) {
        assert!(received <= self.sent);
        self.kept.retain(|(seq, _)| *seq > received);
    }
}
