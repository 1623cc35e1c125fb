//! A client of a relay, with a channel to its peer.

use std::net::{SocketAddr, SocketAddrV4, UdpSocket};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use socket2::SockRef;
use stun_types::attribute::{Nonce, Realm, Username};
use stun_types::message::{
    IntegrityAlgorithm, LongTermKeyCredentials, Message, MessageClass, MessageWriteVec, Method,
};
use stun_types::prelude::{MessageWrite, MessageWriteExt};
use turn_types::attribute::{ChannelNumber, RequestedTransport, XorPeerAddress, XorRelayedAddress};
use turn_types::message::{ALLOCATE, CHANNEL_BIND};
use wimpex_relay::credentials::SharedSecret;

use crate::common::{CHANNEL, Failure, REALM, SECRET};

/// See the module.
pub(crate) struct Relayed {
    pub(crate) socket: UdpSocket,
    /// Where the peer reaches it.
    pub(crate) relayed: SocketAddrV4,
    frame: Vec<u8>,
}

impl Relayed {
    /// Also waits until the relay is there.
    pub(crate) fn new(port: u16, user: usize, peer: &UdpSocket) -> Result<Self, Failure> {
        let client = socket()?;
        client.connect(("127.0.0.1", port))?;
        let hour = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs() + 3600;
        let (username, password) = SharedSecret::new(SECRET).issue(&format!("user{user}"), hour);
        let credentials = LongTermKeyCredentials::new(username, password, REALM.to_owned());
        let start = Instant::now();
        let challenge = loop {
            match request(&client, ALLOCATE, None, |_| {}) {
                Ok(challenge) => break challenge,
                Err(_) if start.elapsed() < Duration::from_secs(10) => {
                    thread::sleep(Duration::from_millis(50));
                }
                Err(error) => return Err(error),
            }
        };
        let challenge = Message::from_bytes(&challenge)?;
        let nonce = challenge.attribute::<Nonce>()?.nonce().to_owned();
        let signed = Some((&credentials, &nonce[..]));
        let answer = request(&client, ALLOCATE, signed, |writer| {
            let _ = writer.add_attribute(&RequestedTransport::new(17));
        })?;
        granted(&answer)?;
        let answer = Message::from_bytes(&answer)?;
        let relayed = answer.attribute::<XorRelayedAddress>()?;
        let SocketAddr::V4(relayed) = relayed.addr(answer.transaction_id()) else {
            return Err("not an IPv4 address".into());
        };
        let address = peer.local_addr()?;
        granted(&request(&client, CHANNEL_BIND, signed, |writer| {
            let _ = writer.add_attribute(&ChannelNumber::new(CHANNEL));
            let transaction = writer.transaction_id();
            let _ = writer.add_attribute(&XorPeerAddress::new(address, transaction));
        })?)?;
        Ok(Self::over(client, relayed))
    }

    /// Of something that relays without being asked to.
    pub(crate) fn unasked(port: u16, relayed: SocketAddrV4) -> Result<Self, Failure> {
        let client = socket()?;
        client.connect(("127.0.0.1", port))?;
        Ok(Self::over(client, relayed))
    }

    fn over(socket: UdpSocket, relayed: SocketAddrV4) -> Self {
        Self {
            socket,
            relayed,
            frame: vec![0; 1500],
        }
    }

    pub(crate) fn send(&mut self, bytes: usize) -> Result<(), Failure> {
        self.frame[..2].copy_from_slice(&CHANNEL.to_be_bytes());
        self.frame[2..4].copy_from_slice(&u16::try_from(bytes)?.to_be_bytes());
        self.socket.send(&self.frame[..4 + bytes])?;
        Ok(())
    }
}

fn request(
    client: &UdpSocket,
    method: Method,
    signed: Option<(&LongTermKeyCredentials, &str)>,
    attributes: impl FnOnce(&mut MessageWriteVec),
) -> Result<Vec<u8>, Failure> {
    let mut writer = Message::builder_request(method, MessageWriteVec::new());
    attributes(&mut writer);
    if let Some((credentials, nonce)) = signed {
        writer.add_attribute(&Username::new(credentials.username())?)?;
        writer.add_attribute(&Realm::new(credentials.realm())?)?;
        writer.add_attribute(&Nonce::new(nonce)?)?;
        let key = credentials.make_key(IntegrityAlgorithm::Sha1);
        writer.add_message_integrity_with_key(&key, IntegrityAlgorithm::Sha1)?;
    }
    client.send(&writer.finish())?;
    let mut buffer = vec![0; 1500];
    let length = client.recv(&mut buffer)?;
    buffer.truncate(length);
    Ok(buffer)
}

fn granted(answer: &[u8]) -> Result<(), Failure> {
    let answer = Message::from_bytes(answer)?;
    if answer.has_class(MessageClass::Success) {
        Ok(())
    } else {
        Err(format!("refused: {answer}").into())
    }
}

pub(crate) fn socket() -> Result<UdpSocket, Failure> {
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    socket.set_read_timeout(Some(Duration::from_secs(2)))?;
    // What is lost here would count as lost by the relay.
    SockRef::from(&socket).set_recv_buffer_size(4 << 20)?;
    Ok(socket)
}

pub(crate) fn free_port() -> Result<u16, Failure> {
    Ok(UdpSocket::bind("127.0.0.1:0")?.local_addr()?.port())
}
