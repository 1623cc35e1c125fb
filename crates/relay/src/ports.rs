//! Relay sockets: each at a random port of the range, so that nobody can guess
//! the next one.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::UdpSocket;
use tokio_util::sync::{CancellationToken, DropGuard};
use tracing::warn;

use crate::addr::{Family, RelayPort};
use crate::config::RelayAddress;
use crate::datagrams::DatagramSocket;
use crate::machine::Ports;

/// In a range that is nearly full, more tries than this are not worth the time.
const TRIES: u32 = 2_000;

/// Bytes that may wait in the kernel, each way.
const BUFFER: usize = 1 << 20;

/// Between two lines in the log about the same.
const COMPLAINTS_EVERY: Duration = Duration::from_secs(60);

/// See the module.
pub(crate) struct UdpPorts {
    relays: Vec<RelayAddress>,
    range: RangeInclusive<u16>,
    stopping: CancellationToken,
    complained: Option<Instant>,
}

/// A relay socket. When the machine forgets it, whoever reads from it stops too,
/// and it closes.
pub(crate) struct RelaySocket {
    pub(crate) socket: Arc<DatagramSocket>,
    pub(crate) closed: CancellationToken,
    _guard: DropGuard,
}

impl UdpPorts {
    /// At most one address of each family is used, the first.
    pub(crate) fn new(
        relays: Vec<RelayAddress>,
        range: RangeInclusive<u16>,
        stopping: CancellationToken,
    ) -> Self {
        Self {
            relays,
            range,
            stopping,
            complained: None,
        }
    }

    /// Requests can be many, so that there is not a line in the log for each.
    fn complain(&mut self, about: &str) {
        let is_due = |at: Instant| at.elapsed() >= COMPLAINTS_EVERY;
        if self.complained.is_none_or(is_due) {
            self.complained = Some(Instant::now());
            warn!("{about}");
        }
    }

    fn relay(&self, family: Family) -> Option<RelayAddress> {
        let fits = |relay: &&RelayAddress| Family::of(relay.public) == family;
        self.relays.iter().find(fits).copied()
    }
}

impl Ports for UdpPorts {
    type Socket = Arc<RelaySocket>;

    fn move_to(&mut self, relays: Vec<RelayAddress>) {
        self.relays = relays;
    }

    fn has(&self, family: Family) -> bool {
        self.relay(family).is_some()
    }

    fn open(&mut self, family: Family, even: bool) -> Option<(Arc<RelaySocket>, RelayPort)> {
        let relay = self.relay(family)?;
        let (first, last) = (u32::from(*self.range.start()), u32::from(*self.range.end()));
        let size = (last + 1).checked_sub(first)?;
        let start = getrandom::u32().ok()? % size;
        for offset in 0..size.min(TRIES) {
            let port = u16::try_from(first + (start + offset) % size).ok()?;
            if port == 0 || (even && !port.is_multiple_of(2)) {
                continue;
            }
            match bind_udp(SocketAddr::new(relay.bind, port)) {
                Ok(socket) => {
                    let closed = self.stopping.child_token();
                    let relay_socket = RelaySocket {
                        socket: Arc::new(DatagramSocket::new(socket)),
                        _guard: closed.clone().drop_guard(),
                        closed,
                    };
                    let local = relay_socket.socket.local_addr().ok()?;
                    let port = SocketAddr::new(relay.public, local.port());
                    return Some((Arc::new(relay_socket), RelayPort::new(port)));
                }
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
                Err(error) => {
                    self.complain(&format!("cannot open a relay socket: {error}"));
                    return None;
                }
            }
        }
        self.complain("every relay port is taken");
        None
    }
}

/// A UDP socket of one family only: IPv4 never comes through an IPv6 socket.
///
/// # Errors
/// The system's, when the address is not ours or the port is taken.
pub(crate) fn bind_udp(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = socket(address, Type::DGRAM, Protocol::UDP)?;
    socket.bind(&address.into())?;
    // A picture's packets come and leave at once; the system may grant less.
    let _ = socket.set_recv_buffer_size(BUFFER);
    let _ = socket.set_send_buffer_size(BUFFER);
    UdpSocket::from_std(socket.into())
}

/// A non-blocking socket for the address's family and no other.
pub(crate) fn socket(address: SocketAddr, kind: Type, protocol: Protocol) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), kind, Some(protocol))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// The addresses of this host's interfaces.
pub(crate) fn own_addresses() -> Vec<IpAddr> {
    match if_addrs::get_if_addrs() {
        Ok(interfaces) => interfaces.iter().map(if_addrs::Interface::ip).collect(),
        Err(error) => {
            warn!(%error, "cannot list this host's addresses");
            Vec::new()
        }
    }
}
