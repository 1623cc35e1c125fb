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
        self.sent += 1;
        message["seq"] = self.sent.into();
        self.kept.push_back((self.sent, message.clone()));
        let _ = self.client.try_send(&message).await;
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

    /// The next numbered frame; `None` if the connection ends before.
    pub(crate) async fn try_recv(&mut self) -> Option<Value> {
        loop {
            let message = self.client.first().await?;
            if message["type"] == "ack" {
                self.forget(message["received"].as_u64().unwrap());
                continue;
            }
            self.received += 1;
            assert_eq!(message["seq"], self.received, "{message}");
            return Some(message);
        }
    }

    pub(crate) async fn ack_if_there(&mut self) {
        let ack = json!({"type": "ack", "received": self.received});
        let _ = self.client.try_send(&ack).await;
    }

    /// Until the server has all that was sent.
    pub(crate) async fn settled(&mut self) {
        while !self.kept.is_empty() {
            match self.client.first().await {
                Some(message) if message["type"] == "ack" => {
                    self.forget(message["received"].as_u64().unwrap());
                }
                Some(_) => {}
                None => while self.try_resume().await.is_none() {},
            }
        }
    }

    /// The next time it comes back it comes there.
    pub(crate) fn go_to(&mut self, address: SocketAddr) {
        self.address = address;
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
        self.try_resume().await.unwrap()
    }

    /// `None` if nobody is there who answers.
    pub(crate) async fn try_resume(&mut self) -> Option<bool> {
        let mut client = Client::try_connect(self.address).await?;
        let login = json!({
            "type": "login", "username": self.name, "resumeToken": self.client.token,
            "deviceId": self.client.device,
            "session": {"id": self.session, "received": self.received},
        });
        assert_eq!(client.first().await?["type"], "hello");
        client.try_send(&login).await?;
        let welcome = client.first().await?;
        client.take_welcome(&welcome);
        self.client = client;
        let session = welcome["session"]["id"].as_str().unwrap().to_owned();
        let goes_on = session == self.session;
        let received = welcome["session"]["received"].as_u64().unwrap();
        self.welcome = welcome;
        if goes_on {
            self.forget(received);
            for (_, message) in self.kept.clone() {
                self.client.try_send(&message).await?;
            }
        } else {
            self.session = session;
            (self.sent, self.received) = (0, 0);
            self.kept.clear();
        }
        Some(goes_on)
    }

    fn forget(&mut self, received: u64) {
        assert!(received <= self.sent);
        self.kept.retain(|(seq, _)| *seq > received);
    }
}
