//! As much of a STUN and TURN client (RFC 8489, RFC 8656) as shows that there is a server.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use stun_types::attribute::{ErrorCode, Nonce, Realm, Username, XorMappedAddress};
use stun_types::message::{
    BINDING, IntegrityAlgorithm, LongTermKeyCredentials, Message, MessageWriteVec, Method,
};
use stun_types::prelude::{MessageWrite, MessageWriteExt};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::UdpSocket;
use tokio::time::timeout;
use turn_types::attribute::{Lifetime, RequestedTransport, XorRelayedAddress};
use turn_types::message::{ALLOCATE, REFRESH};

/// For one answer: RFC 8489, section 6.2.1, begins to send again after half a second.
const ANSWER: Duration = Duration::from_millis(1500);
const TRIES: usize = 3;
/// UDP (IANA protocol numbers).
const UDP: u8 = 17;

/// A client of one server.
pub(crate) struct TurnClient {
    socket: UdpSocket,
}

/// What the server asks for before it lets anybody in (RFC 8489, section 9.2.1).
struct Challenge {
    credentials: LongTermKeyCredentials,
    nonce: String,
}

impl TurnClient {
    pub(crate) async fn connect(server: SocketAddr) -> io::Result<Self> {
        let own: IpAddr = match server {
            SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        let socket = UdpSocket::bind((own, 0)).await?;
        socket.connect(server).await?;
        Ok(Self { socket })
    }

    /// Where it sees us.
    pub(crate) async fn binding(&self) -> Result<SocketAddr, String> {
        mapped(&self.ask(BINDING, None, None).await?)
    }

    /// Has it give out an address for a moment, and says which.
    pub(crate) async fn allocate(
        &self,
        user: String,
        password: String,
    ) -> Result<SocketAddr, String> {
        let refused = self.ask(ALLOCATE, None, None).await?;
        let refused = parse(&refused)?;
        let (Ok(realm), Ok(nonce)) = (refused.attribute::<Realm>(), refused.attribute::<Nonce>())
        else {
            return Err("what answers is no TURN server".to_owned());
        };
        let challenge = Challenge {
            credentials: LongTermKeyCredentials::new(user, password, realm.realm().to_owned()),
            nonce: nonce.nonce().to_owned(),
        };
        let answer = self.ask(ALLOCATE, Some(&challenge), None).await?;
        let answer = parse(&answer)?;
        if let Ok(error) = answer.attribute::<ErrorCode>() {
            return Err(format!("it refuses: {} {}", error.code(), error.reason()));
        }
        let relayed = answer
            .attribute::<XorRelayedAddress>()
            .map(|it| it.addr(answer.transaction_id()))
            .map_err(|error| error.to_string())?;
        // Nobody needs it any more.
        let _ = self.ask(REFRESH, Some(&challenge), Some(0)).await;
        Ok(relayed)
    }

    async fn ask(
        &self,
        method: Method,
        challenge: Option<&Challenge>,
        lifetime: Option<u32>,
    ) -> Result<Vec<u8>, String> {
        let request = request(method, challenge, lifetime).map_err(|error| error.to_string())?;
        let mut buffer = vec![0; 1500];
        for _ in 0..TRIES {
            let sent = self.socket.send(&request).await;
            sent.map_err(|error| error.to_string())?;
            match timeout(ANSWER, self.socket.recv(&mut buffer)).await {
                Ok(Ok(length)) => {
                    buffer.truncate(length);
                    return Ok(buffer);
                }
                Ok(Err(error)) => return Err(error.to_string()),
                Err(_) => {}
            }
        }
        Err("nothing answers".to_owned())
    }
}

/// Where a server sees us over a connection that stands (RFC 8489, section 6.2.2).
pub(crate) async fn binding_over(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
) -> Result<SocketAddr, String> {
    const HEADER: usize = 20;
    let request = request(BINDING, None, None).map_err(|error| error.to_string())?;
    let answered = async {
        stream.write_all(&request).await?;
        let mut answer = vec![0; HEADER];
        stream.read_exact(&mut answer).await?;
        let length = u16::from_be_bytes([answer[2], answer[3]]);
        answer.resize(HEADER + usize::from(length), 0);
        stream.read_exact(&mut answer[HEADER..]).await?;
        Ok::<_, io::Error>(answer)
    };
    let answer = answered.await.map_err(|error| error.to_string())?;
    mapped(&answer)
}

fn mapped(answer: &[u8]) -> Result<SocketAddr, String> {
    let answer = parse(answer)?;
    match answer.attribute::<XorMappedAddress>() {
        Ok(mapped) => Ok(mapped.addr(answer.transaction_id())),
        Err(_) => Err("what answers is no STUN server".to_owned()),
    }
}

fn request(
    method: Method,
    challenge: Option<&Challenge>,
    lifetime: Option<u32>,
) -> Result<Vec<u8>, stun_types::message::StunWriteError> {
    let mut writer = Message::builder_request(method, MessageWriteVec::new());
    if method == ALLOCATE {
        writer.add_attribute(&RequestedTransport::new(UDP))?;
    }
    if let Some(seconds) = lifetime {
        writer.add_attribute(&Lifetime::new(seconds))?;
    }
    if let Some(Challenge { credentials, nonce }) = challenge {
        writer.add_attribute(&Username::new(credentials.username())?)?;
        writer.add_attribute(&Realm::new(credentials.realm())?)?;
        writer.add_attribute(&Nonce::new(nonce)?)?;
        let key = credentials.make_key(IntegrityAlgorithm::Sha1);
        writer.add_message_integrity_with_key(&key, IntegrityAlgorithm::Sha1)?;
    }
    Ok(writer.finish())
}

fn parse(bytes: &[u8]) -> Result<Message<'_>, String> {
    Message::from_bytes(bytes).map_err(|error| error.to_string())
}
