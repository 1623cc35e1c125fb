//! A TURN client over UDP or TCP that does what it is told.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::SinkExt;
use serde_json::json;
use stun_types::attribute::{ErrorCode, Nonce, Realm, Username};
use stun_types::message::{
    BINDING, IntegrityAlgorithm, LongTermKeyCredentials, Message, MessageClass, MessageWriteVec,
    Method,
};
use stun_types::prelude::{MessageWrite, MessageWriteExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message as WsMessage;
use turn_types::attribute::{ChannelNumber, RequestedTransport, XorPeerAddress};
use turn_types::message::{ALLOCATE, CHANNEL_BIND};

use crate::honest::{address_of, log_in, recv};

/// Whatever takes longer does not come.
const PATIENCE: Duration = Duration::from_secs(5);
/// The first channel (RFC 8656, section 12).
const CHANNEL: u16 = 0x4000;

enum Io {
    Udp(UdpSocket),
    Tcp(TcpStream),
}

/// Somebody who has credentials.
pub(crate) struct TurnClient {
    io: Io,
    credentials: LongTermKeyCredentials,
    nonce: String,
}

/// A guest's, who asks for them as if about to call; a login of their own each time.
pub(crate) async fn credentials(server: SocketAddr, household: u16) -> LongTermKeyCredentials {
    let login = json!({"type": "login", "username": "Guest"});
    let (mut ws, _) = log_in(server, household, login).await;
    let request = json!({"type": "ice-servers-request"}).to_string();
    ws.send(WsMessage::text(request)).await.unwrap();
    let message = recv(&mut ws).await;
    let _ = ws.close(None).await;
    let servers = message["iceServers"].as_array().unwrap();
    let turn = servers.last().unwrap();
    let text = |field: &str| turn[field].as_str().unwrap().to_owned();
    LongTermKeyCredentials::new(text("username"), text("credential"), "wimpex".to_owned())
}

impl TurnClient {
    pub(crate) async fn udp(
        relay: SocketAddr,
        household: u16,
        credentials: LongTermKeyCredentials,
    ) -> Self {
        let socket = UdpSocket::bind(address_of(household)).await.unwrap();
        socket.connect(relay).await.unwrap();
        Self::over(Io::Udp(socket), credentials)
    }

    pub(crate) async fn tcp(
        relay: SocketAddr,
        household: u16,
        credentials: LongTermKeyCredentials,
    ) -> std::io::Result<Self> {
        let stream = crate::honest::connect(relay, household).await?;
        Ok(Self::over(Io::Tcp(stream), credentials))
    }

    fn over(io: Io, credentials: LongTermKeyCredentials) -> Self {
        Self {
            io,
            credentials,
            nonce: String::new(),
        }
    }

    /// The code of the answer to Allocate, after the challenge: 0 for success; `None` if
    /// none came.
    pub(crate) async fn allocate(&mut self) -> Option<u16> {
        let challenge = self.exchange(&self.request(ALLOCATE, |_| {})).await?;
        let message = Message::from_bytes(&challenge).ok()?;
        self.nonce = message.attribute::<Nonce>().ok()?.nonce().to_owned();
        let answer = self.exchange(&self.request(ALLOCATE, |_| {})).await?;
        code(&answer)
    }

    /// Binds the channel to a peer.
    pub(crate) async fn bind(&mut self, peer: SocketAddr) -> Option<u16> {
        let request = self.request(CHANNEL_BIND, |writer| {
            let id = writer.transaction_id();
            let channel = ChannelNumber::new(CHANNEL);
            writer.add_attribute(&channel).unwrap();
            writer
                .add_attribute(&XorPeerAddress::new(peer, id))
                .unwrap();
        });
        code(&self.exchange(&request).await?)
    }

    /// A request; with credentials once there was a challenge.
    pub(crate) fn request(
        &self,
        method: Method,
        fill: impl FnOnce(&mut MessageWriteVec),
    ) -> Vec<u8> {
        let mut writer = Message::builder_request(method, MessageWriteVec::new());
        writer.add_attribute(&RequestedTransport::new(17)).unwrap();
        fill(&mut writer);
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
        writer.finish()
    }

    /// Sends data over the channel, and waits for what the peer sends back.
    pub(crate) async fn echo(&mut self, data: &[u8]) -> Option<()> {
        let mut message = CHANNEL.to_be_bytes().to_vec();
        message.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
        message.extend(data);
        self.send(&message).await.ok()?;
        loop {
            let received = self.recv().await?;
            // A later one answers an earlier one that was thought lost.
            if received == message {
                return Some(());
            }
        }
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        let sending = async {
            match &mut self.io {
                Io::Udp(socket) => socket.send(bytes).await.map(|_| ()),
                Io::Tcp(stream) => stream.write_all(bytes).await,
            }
        };
        // A relay that takes no more of this is none to wait for.
        let sent = timeout(PATIENCE, sending).await;
        sent.unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into()))
    }

    pub(crate) async fn exchange(&mut self, request: &[u8]) -> Option<Vec<u8>> {
        self.send(request).await.ok()?;
        self.recv().await
    }

    async fn recv(&mut self) -> Option<Vec<u8>> {
        let receiving = async {
            match &mut self.io {
                Io::Udp(socket) => {
                    let mut buffer = vec![0; 2048];
                    let length = socket.recv(&mut buffer).await.ok()?;
                    buffer.truncate(length);
                    Some(buffer)
                }
                Io::Tcp(stream) => {
                    let mut message = vec![0; 20];
                    stream.read_exact(&mut message).await.ok()?;
                    let length = usize::from(u16::from_be_bytes([message[2], message[3]]));
                    message.resize(20 + length, 0);
                    stream.read_exact(&mut message[20..]).await.ok()?;
                    Some(message)
                }
            }
        };
        timeout(PATIENCE, receiving).await.ok()?
    }
}

/// Of an answer; 0 for success.
pub(crate) fn code(answer: &[u8]) -> Option<u16> {
    let message = Message::from_bytes(answer).ok()?;
    match message.class() {
        MessageClass::Success => Some(0),
        _ => Some(message.attribute::<ErrorCode>().ok()?.code()),
    }
}

/// The smallest request that is answered; anybody can forge where it is from.
pub(crate) fn binding() -> Vec<u8> {
    Message::builder_request(BINDING, MessageWriteVec::new()).finish()
}
