//! A person with a key, and their page.

use std::net::SocketAddr;
use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use ed25519_dalek::{Signer, SigningKey};
use futures_util::stream::SplitSink;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};
use tokio_util::task::AbortOnDropHandle;
use wimpex_identity::PublicKey;

use crate::failure::Failure;

type Socket = WebSocketStream<TcpStream>;

/// Nothing takes longer that is not stuck.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Person {
    key: SigningKey,
    pub(crate) id: String,
}

/// One who is logged in.
pub(crate) struct Page {
    pub(crate) id: String,
    sink: SplitSink<Socket, Message>,
    messages: UnboundedReceiver<Value>,
    _listening: AbortOnDropHandle<()>,
}

impl Person {
    pub(crate) fn new(seed: u64) -> Self {
        let mut bytes = [1; 32];
        bytes[..8].copy_from_slice(&seed.to_be_bytes());
        let key = SigningKey::from_bytes(&bytes);
        let public = PublicKey::from_bytes(key.verifying_key().to_bytes());
        let id = public.user_id().to_string();
        Self { key, id }
    }

    pub(crate) async fn come(&self, node: SocketAddr) -> Result<Page, Failure> {
        timeout(PATIENCE, self.try_come(node)).await?
    }

    async fn try_come(&self, node: SocketAddr) -> Result<Page, Failure> {
        let tcp = TcpStream::connect(node).await?;
        tcp.set_nodelay(true)?;
        // Small, because thousands of these are ours.
        let config = WebSocketConfig::default().read_buffer_size(1024);
        let url = format!("ws://{node}/ws");
        let (mut socket, _) = client_async_with_config(url, tcp, Some(config)).await?;
        loop {
            let message = socket.next().await.ok_or("the node hung up")??;
            let message: Value = serde_json::from_str(message.to_text()?)?;
            match message["type"].as_str() {
                Some("hello") => {
                    let challenge = message["challenge"].as_str().ok_or("no challenge")?;
                    let login = self.login(node, challenge)?;
                    socket.send(Message::text(login.to_string())).await?;
                }
                Some("welcome") => break,
                _ => return Err(format!("instead of a welcome: {message}").into()),
            }
        }
        let (sink, mut stream) = socket.split();
        let (told, messages) = unbounded_channel();
        // Who does not listen does not answer pings, and is given up.
        let listening = tokio::spawn(async move {
            while let Some(Ok(message)) = stream.next().await {
                if let Message::Text(text) = message
                    && let Ok(message) = serde_json::from_str(&text)
                    && told.send(message).is_err()
                {
                    return;
                }
            }
        });
        Ok(Page {
            id: self.id.clone(),
            sink,
            messages,
            _listening: AbortOnDropHandle::new(listening),
        })
    }

    fn login(&self, node: SocketAddr, challenge: &str) -> Result<Value, Failure> {
        let challenge = BASE64URL_NOPAD.decode(challenge.as_bytes())?;
        let signed = format!("wimpex-login-v1http://{node}");
        let signed = [signed.as_bytes(), &challenge, self.id.as_bytes()].concat();
        Ok(json!({
            "type": "login", "username": "Somebody", "userId": self.id,
            "publicKey": BASE64URL_NOPAD.encode(self.key.verifying_key().as_bytes()),
            "signature": BASE64URL_NOPAD.encode(&self.key.sign(&signed).to_bytes()),
        }))
    }
}

impl Page {
    pub(crate) async fn send(&mut self, message: &Value) -> Result<(), Failure> {
        Ok(self.sink.send(Message::text(message.to_string())).await?)
    }

    /// The next message; an error when the node is gone.
    pub(crate) async fn next(&mut self) -> Result<Value, Failure> {
        let message = self.messages.recv().await;
        Ok(message.ok_or("the node hung up")?)
    }

    /// The next of that type.
    pub(crate) async fn next_of(&mut self, kind: &str) -> Result<Value, Failure> {
        let found = timeout(PATIENCE, async {
            loop {
                let message = self.next().await?;
                if message["type"] == kind {
                    return Ok(message);
                }
            }
        });
        found.await?
    }
}

/// With a description as large as browsers'.
pub(crate) fn offer(to: &str, call: &str) -> Value {
    json!({
        "type": "call-offer", "toId": to, "callId": call, "callType": "video",
        "offer": {"type": "offer", "sdp": "v".repeat(3_000)},
    })
}

pub(crate) fn answer(to: &str, call: &str) -> Value {
    json!({
        "type": "call-answer", "toId": to, "callId": call,
        "answer": {"type": "answer", "sdp": "v".repeat(3_000)},
    })
}

pub(crate) fn end(to: &str, call: &str) -> Value {
    json!({"type": "call-end", "toId": to, "callId": call, "reason": "cancelled"})
}

pub(crate) fn ringing(to: &str, call: &str) -> Value {
    json!({"type": "call-ringing", "toId": to, "callId": call})
}
