//! A TURN client that does only what it is told, right or wrong.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use stun_types::AddressFamily;
use stun_types::attribute::{ErrorCode, Nonce, Realm, Username, XorMappedAddress};
use stun_types::message::{
    BINDING, IntegrityAlgorithm, LongTermKeyCredentials, Message, MessageClass, MessageWriteVec,
    Method,
};
use stun_types::prelude::{
    Attribute, AttributeFromRaw, AttributeStaticType, MessageWrite, MessageWriteExt,
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use turn_types::attribute::{
    ChannelNumber, Data, Lifetime, RequestedAddressFamily, RequestedTransport, XorPeerAddress,
    XorRelayedAddress,
};
use turn_types::message::{ALLOCATE, CHANNEL_BIND, CREATE_PERMISSION, DATA, REFRESH, SEND};
use wimpex_relay::credentials::SharedSecret;

use crate::basics::{SECRET, soon, unix};

pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

enum Io {
    Udp(UdpSocket),
    Stream(Box<dyn Stream>, Vec<u8>),
}

pub(crate) struct Client {
    io: Io,
    pub(crate) username: String,
    pub(crate) password: String,
    pub(crate) realm: String,
    pub(crate) nonce: String,
    /// What came while something else was waited for.
    inbox: VecDeque<Vec<u8>>,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply(Vec<u8>);

impl Reply {
    pub(crate) fn message(&self) -> Message<'_> {
        Message::from_bytes(&self.0).unwrap()
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Of an error; 0 for success.
    pub(crate) fn code(&self) -> u16 {
        match self.message().class() {
            MessageClass::Success => 0,
            _ => self.message().attribute::<ErrorCode>().unwrap().code(),
        }
    }

    pub(crate) fn lifetime(&self) -> u32 {
        self.message().attribute::<Lifetime>().unwrap().seconds()
    }

    pub(crate) fn mapped(&self) -> SocketAddr {
        let message = self.message();
        let mapped = message.attribute::<XorMappedAddress>().unwrap();
        mapped.addr(message.transaction_id())
    }

    pub(crate) fn relayed(&self) -> Vec<SocketAddr> {
        let message = self.message();
        message
            .iter_attributes()
            .filter(|(_, raw)| raw.get_type() == XorRelayedAddress::TYPE)
            .map(|(_, raw)| {
                let relayed = XorRelayedAddress::from_raw(raw).unwrap();
                relayed.addr(message.transaction_id())
            })
            .collect()
    }
}

/// Data that came from a peer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Received {
    Channel(u16, Vec<u8>),
    Indication(SocketAddr, Vec<u8>),
}

impl Client {
    fn over(io: Io) -> Self {
        Self {
            io,
            username: String::new(),
            password: String::new(),
            realm: String::new(),
            nonce: String::new(),
            inbox: VecDeque::new(),
        }
    }

    pub(crate) async fn udp(relay: SocketAddr) -> Self {
        let any: SocketAddr = if relay.is_ipv4() {
            "127.0.0.1:0"
        } else {
            "[::1]:0"
        }
        .parse()
        .unwrap();
        let socket = UdpSocket::bind(any).await.unwrap();
        socket.connect(relay).await.unwrap();
        Self::over(Io::Udp(socket))
    }

    /// From another household, out of 127.0.0.0/8.
    pub(crate) async fn udp_from(ip: &str, relay: SocketAddr) -> Self {
        let socket = UdpSocket::bind((ip, 0)).await.unwrap();
        socket.connect(relay).await.unwrap();
        Self::over(Io::Udp(socket))
    }

    pub(crate) async fn tcp(relay: SocketAddr) -> Self {
        let stream = soon(TcpStream::connect(relay)).await.unwrap();
        Self::over(Io::Stream(Box::new(stream), Vec::new()))
    }

    pub(crate) fn stream(stream: impl Stream + 'static) -> Self {
        Self::over(Io::Stream(Box::new(stream), Vec::new()))
    }

    /// Trusts this certificate only, and wants it to be for `localhost`.
    pub(crate) async fn tls(relay: SocketAddr, certificate: CertificateDer<'static>) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(certificate).unwrap();
        let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
        let name = ServerName::try_from("localhost").unwrap();
        let stream = soon(TcpStream::connect(relay)).await.unwrap();
        let stream = soon(connector.connect(name, stream)).await.unwrap();
        Self::over(Io::Stream(Box::new(stream), Vec::new()))
    }

    pub(crate) fn local(&self) -> SocketAddr {
        match &self.io {
            Io::Udp(socket) => socket.local_addr().unwrap(),
            Io::Stream(..) => panic!("not asked of streams"),
        }
    }

    /// With credentials as the server gives them out.
    pub(crate) fn log_in(&mut self, user: &str) {
        self.log_in_until(user, unix() + 3600);
    }

    pub(crate) fn log_in_until(&mut self, user: &str, expiry: u64) {
        (self.username, self.password) = SharedSecret::new(SECRET).issue(user, expiry);
    }

    /// Without credentials.
    pub(crate) async fn binding(&mut self) -> Reply {
        let request = Message::builder_request(BINDING, MessageWriteVec::new()).finish();
        self.exchange(request).await
    }

    /// Without waiting for the answer.
    pub(crate) async fn send_binding(&mut self) {
        let request = Message::builder_request(BINDING, MessageWriteVec::new()).finish();
        self.send(&request).await;
    }

    /// With credentials, once there is a nonce.
    pub(crate) async fn request(
        &mut self,
        method: Method,
        attributes: impl FnOnce(&mut MessageWriteVec),
    ) -> Reply {
        let request = self.signed(method, attributes);
        self.exchange(request).await
    }

    pub(crate) fn signed(
        &self,
        method: Method,
        attributes: impl FnOnce(&mut MessageWriteVec),
    ) -> Vec<u8> {
        let mut writer = Message::builder_request(method, MessageWriteVec::new());
        attributes(&mut writer);
        if !self.nonce.is_empty() {
            writer
                .add_attribute(&Username::new(&self.username).unwrap())
                .unwrap();
            writer
                .add_attribute(&Realm::new(&self.realm).unwrap())
                .unwrap();
            writer
                .add_attribute(&Nonce::new(&self.nonce).unwrap())
                .unwrap();
            let key = LongTermKeyCredentials::new(
                self.username.clone(),
                self.password.clone(),
                self.realm.clone(),
            )
            .make_key(IntegrityAlgorithm::Sha1);
            writer
                .add_message_integrity_with_key(&key, IntegrityAlgorithm::Sha1)
                .unwrap();
        }
        writer.finish()
    }

    /// Sends a request and waits for its answer.
    pub(crate) async fn exchange(&mut self, request: Vec<u8>) -> Reply {
        let transaction = Message::from_bytes(&request).unwrap().transaction_id();
        self.send(&request).await;
        loop {
            let bytes = self.next().await;
            let answers = Message::from_bytes(&bytes)
                .is_ok_and(|message| message.transaction_id() == transaction);
            if answers {
                return Reply(bytes);
            }
            self.inbox.push_back(bytes);
        }
    }

    /// Takes the challenge that comes before everything else.
    pub(crate) async fn challenge(&mut self) -> Reply {
        self.nonce.clear();
        let reply = self.request(ALLOCATE, |_| {}).await;
        let message = reply.message();
        self.realm = message.attribute::<Realm>().unwrap().realm().to_owned();
        self.nonce = message.attribute::<Nonce>().unwrap().nonce().to_owned();
        reply
    }

    /// Asks for an IPv4 relay.
    pub(crate) async fn allocate(&mut self) -> Reply {
        self.allocate_with(|_| {}).await
    }

    pub(crate) async fn allocate_v6(&mut self) -> Reply {
        let family = RequestedAddressFamily::new(AddressFamily::IPV6);
        self.allocate_with(|writer| writer.add_attribute(&family).unwrap())
            .await
    }

    pub(crate) async fn allocate_with(&mut self, more: impl FnOnce(&mut MessageWriteVec)) -> Reply {
        if self.nonce.is_empty() {
            assert_eq!(self.challenge().await.code(), 401);
        }
        self.request(ALLOCATE, |writer| {
            writer.add_attribute(&RequestedTransport::new(17)).unwrap();
            more(writer);
        })
        .await
    }

    /// The relayed address, which there must be.
    pub(crate) async fn allocated(&mut self) -> SocketAddr {
        let reply = self.allocate().await;
        assert_eq!(reply.code(), 0);
        reply.relayed()[0]
    }

    pub(crate) async fn refresh(&mut self, seconds: u32) -> Reply {
        self.request(REFRESH, |writer| {
            writer.add_attribute(&Lifetime::new(seconds)).unwrap();
        })
        .await
    }

    pub(crate) async fn permit(&mut self, peers: &[SocketAddr]) -> Reply {
        self.request(CREATE_PERMISSION, |writer| {
            for peer in peers {
                add_peer(writer, *peer);
            }
        })
        .await
    }

    pub(crate) async fn bind(&mut self, channel: u16, peer: SocketAddr) -> Reply {
        self.request(CHANNEL_BIND, |writer| {
            writer.add_attribute(&ChannelNumber::new(channel)).unwrap();
            add_peer(writer, peer);
        })
        .await
    }

    pub(crate) async fn indicate(&mut self, peer: SocketAddr, data: &[u8]) {
        let mut writer = Message::builder_indication(SEND, MessageWriteVec::new());
        add_peer(&mut writer, peer);
        writer.add_attribute(&Data::new(data)).unwrap();
        let message = writer.finish();
        self.send(&message).await;
    }

    pub(crate) async fn channel(&mut self, channel: u16, data: &[u8]) {
        let mut frame = channel_data(channel, data);
        if matches!(self.io, Io::Stream(..)) {
            frame.resize(frame.len().next_multiple_of(4), 0);
        }
        self.send(&frame).await;
    }

    /// The next data from a peer.
    pub(crate) async fn recv(&mut self) -> Received {
        let bytes = match self.inbox.pop_front() {
            Some(bytes) => bytes,
            None => self.next().await,
        };
        received(&bytes)
    }

    /// The next data from a peer, if any comes soon.
    pub(crate) async fn recv_within(&mut self, limit: Duration) -> Option<Received> {
        timeout(limit, self.recv()).await.ok()
    }

    /// How many messages of any kind come until none comes for so long.
    pub(crate) async fn answers_within(&mut self, limit: Duration) -> usize {
        let mut answers = 0;
        while timeout(limit, self.next()).await.is_ok() {
            answers += 1;
        }
        answers
    }

    /// Says something and hears back from the relay: whatever was sent before
    /// has been dealt with.
    pub(crate) async fn settle(&mut self) {
        assert_eq!(self.binding().await.code(), 0);
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        match &mut self.io {
            Io::Udp(socket) => {
                socket.send(bytes).await.unwrap();
            }
            Io::Stream(stream, _) => soon(stream.write_all(bytes)).await.unwrap(),
        }
    }

    /// Datagrams of this size, with one system call.
    #[cfg(target_os = "linux")]
    pub(crate) fn send_run(&self, bytes: &[u8], size: u16) {
        let Io::Udp(socket) = &self.io else {
            panic!("a stream has no datagrams");
        };
        let to = socket.peer_addr().unwrap();
        send_run(socket, bytes, size, to);
    }

    /// Until the relay closes the connection.
    pub(crate) async fn closed(&mut self) {
        let Io::Stream(stream, _) = &mut self.io else {
            panic!("only streams are closed");
        };
        let mut rest = Vec::new();
        // A reset is an end too.
        let _ = soon(stream.read_to_end(&mut rest)).await;
    }

    async fn next(&mut self) -> Vec<u8> {
        match &mut self.io {
            Io::Udp(socket) => {
                let mut buffer = vec![0; 65_535];
                let length = soon(socket.recv(&mut buffer)).await.unwrap();
                buffer.truncate(length);
                buffer
            }
            Io::Stream(stream, buffer) => loop {
                if let Some(length) = frame(buffer) {
                    let rest = buffer.split_off(length.next_multiple_of(4));
                    let mut frame = std::mem::replace(buffer, rest);
                    frame.truncate(length);
                    return frame;
                }
                let read = soon(stream.read_buf(buffer)).await.unwrap();
                assert!(read > 0, "the relay closed the connection");
            },
        }
    }
}

fn frame(bytes: &[u8]) -> Option<usize> {
    let header = bytes.first_chunk::<4>()?;
    let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
    let length = length + if header[0] < 0x40 { 20 } else { 4 };
    (bytes.len() >= length.next_multiple_of(4)).then_some(length)
}

fn received(bytes: &[u8]) -> Received {
    if bytes[0] >= 0x40 {
        let length = usize::from(u16::from_be_bytes([bytes[2], bytes[3]]));
        let number = u16::from_be_bytes([bytes[0], bytes[1]]);
        return Received::Channel(number, bytes[4..4 + length].to_vec());
    }
    let message = Message::from_bytes(bytes).unwrap();
    assert_eq!(message.method(), DATA, "{message}");
    let peer = message.attribute::<XorPeerAddress>().unwrap();
    let data = message.attribute::<Data>().unwrap();
    Received::Indication(peer.addr(message.transaction_id()), data.data().to_vec())
}

/// ChannelData (RFC 8656, section 12.4), without padding.
pub(crate) fn channel_data(channel: u16, data: &[u8]) -> Vec<u8> {
    let mut frame = channel.to_be_bytes().to_vec();
    frame.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
    frame.extend(data);
    frame
}

/// Datagrams of this size, with one system call (`UDP_SEGMENT`, udp(7)).
#[cfg(target_os = "linux")]
pub(crate) fn send_run(socket: &UdpSocket, bytes: &[u8], size: u16, to: SocketAddr) {
    use std::os::fd::AsRawFd;

    use nix::sys::socket::{ControlMessage, MsgFlags, SockaddrStorage, sendmsg};

    let pieces = [std::io::IoSlice::new(bytes)];
    let size = [ControlMessage::UdpGsoSegments(&size)];
    let to = SockaddrStorage::from(to);
    sendmsg(
        socket.as_raw_fd(),
        &pieces,
        &size,
        MsgFlags::empty(),
        Some(&to),
    )
    .unwrap();
}

pub(crate) fn add_peer(writer: &mut MessageWriteVec, peer: SocketAddr) {
    let transaction = writer.transaction_id();
    writer
        .add_attribute(&XorPeerAddress::new(peer, transaction))
        .unwrap();
}
