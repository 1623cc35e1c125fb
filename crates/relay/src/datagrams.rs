//! Sending and receiving datagrams, many with one system call: those of a burst that the
//! kernel hands over as one (generic receive offload), and gets as one (generic
//! segmentation offload), where the system has that.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use socket2::SockRef;
use tokio::net::UdpSocket;
use tokio::time::sleep;
use tracing::debug;

/// The bytes that are decided about at once. Less than every bucket holds (`machine::quota`):
/// what is longer would never pass.
const RUN_BYTES: usize = 12 * 1024;
/// Linux takes no more segments at once (`UDP_MAX_SEGMENTS`).
const RUN_DATAGRAMS: usize = 64;
/// System calls in a row before other tasks have their turn.
const TURN: usize = 4;

/// Datagrams of one sender that came in a row, all of the same size but for the last, which
/// may be shorter.
#[derive(Clone, Copy)]
pub(crate) struct Run<'a> {
    bytes: &'a [u8],
    size: usize,
}

impl<'a> Run<'a> {
    /// All bytes, and the size of each datagram but the last.
    pub(crate) fn new(bytes: &'a [u8], size: usize) -> Self {
        // One that is empty is a run of one.
        let size = size.max(1);
        Self { bytes, size }
    }

    /// Each by itself.
    pub(crate) fn datagrams(self) -> impl Iterator<Item = &'a [u8]> {
        let empty = self.bytes.is_empty().then_some(self.bytes);
        empty.into_iter().chain(self.bytes.chunks(self.size))
    }

    /// There are several.
    pub(crate) fn is_long(self) -> bool {
        self.bytes.len() > self.size
    }

    /// The bytes of all of them.
    pub(crate) fn bytes(self) -> &'a [u8] {
        self.bytes
    }

    /// Pieces that are short enough to be decided about at once.
    pub(crate) fn pieces(self) -> impl Iterator<Item = Self> {
        let most = (RUN_BYTES / self.size).clamp(1, RUN_DATAGRAMS) * self.size;
        let empty = self.bytes.is_empty().then_some(self);
        let piece = move |bytes| Self { bytes, ..self };
        empty.into_iter().chain(self.bytes.chunks(most).map(piece))
    }
}

/// Datagrams that will leave as a run: all of one size, but for the last.
#[derive(Default)]
pub(crate) struct Outgoing {
    bytes: Vec<u8>,
    size: usize,
    count: usize,
    is_ended: bool,
}

impl Outgoing {
    /// Adds a datagram in two parts; `false` if it does not fit, and has to begin another run.
    pub(crate) fn push(&mut self, header: &[u8], data: &[u8]) -> bool {
        let length = header.len() + data.len();
        if self.count == 0 {
            self.size = length;
        }
        let is_full = self.count >= RUN_DATAGRAMS || self.bytes.len() + length > RUN_BYTES;
        if self.count > 0 && (self.is_ended || length > self.size || length == 0 || is_full) {
            return false;
        }
        self.bytes.extend_from_slice(header);
        self.bytes.extend_from_slice(data);
        self.count += 1;
        self.is_ended = length < self.size;
        true
    }

    /// What there is.
    pub(crate) fn run(&self) -> Run<'_> {
        Run::new(&self.bytes, self.size)
    }

    /// The next one.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.count = 0;
        self.is_ended = false;
    }
}

/// Receives forever; `handle` gets each run and who sent it.
pub(crate) async fn receive(socket: &UdpSocket, mut handle: impl FnMut(SocketAddr, Run<'_>)) {
    let socket = system::receiver(socket);
    loop {
        if let Err(error) = socket.readable().await {
            rest(&error).await;
            continue;
        }
        for _ in 0..TURN {
            if let Err(error) = system::receive(socket, &mut handle) {
                rest(&error).await;
                break;
            }
        }
        tokio::task::yield_now().await;
    }
}

/// Receives what is there, and no more.
pub(crate) fn receive_rest(socket: &UdpSocket, mut handle: impl FnMut(SocketAddr, Run<'_>)) {
    while system::receive(socket, &mut handle).is_ok() {}
}

/// An error may be about an earlier datagram, and passes; a lasting one must
/// not keep a core busy.
async fn rest(error: &io::Error) {
    if error.kind() != io::ErrorKind::WouldBlock {
        debug!(%error, "receiving");
        sleep(Duration::from_millis(1)).await;
    }
}

/// Sends a datagram now or never. No error counts: neither a full buffer, nor
/// that there is no way to the address (ENETUNREACH), nor that nobody is there
/// (ECONNREFUSED) is the end of anything; peers come and go while ICE looks for
/// a way.
pub(crate) fn send(socket: &UdpSocket, data: &[u8], to: SocketAddr) {
    // Tokio's own try_send_to would first want to hear that the socket is
    // writable, which for a new one takes until its next turn.
    if let Err(error) = SockRef::from(socket).send_to(data, &to.into()) {
        tracing::trace!(%error, "a datagram was not sent");
    }
}

/// The same for a run.
pub(crate) fn send_run(socket: &UdpSocket, run: Run<'_>, to: SocketAddr) {
    if run.is_long() && system::send_run(socket, run, to) {
        return;
    }
    for datagram in run.datagrams() {
        send(socket, datagram, to);
    }
}

#[cfg(target_os = "linux")]
mod system {
    //! `recvmmsg(2)`, `UDP_GRO` and `UDP_SEGMENT` of udp(7).

    use std::cell::RefCell;
    use std::io::{self, IoSlice, IoSliceMut};
    use std::net::SocketAddr;
    use std::os::fd::AsRawFd;

    use nix::errno::Errno;
    use nix::sys::socket::sockopt::UdpGroSegment;
    use nix::sys::socket::{
        ControlMessage, ControlMessageOwned, MsgFlags, MultiHeaders, SockaddrStorage, recvmmsg,
        sendmsg, setsockopt,
    };
    use tokio::io::Interest;
    use tokio::net::UdpSocket;

    use super::Run;

    /// With one system call. Each may be a run.
    const RUNS: usize = 16;
    /// The longest run, and the longest datagram.
    const LARGEST: usize = 65_535;

    thread_local! {
        /// Where everything is received that a thread receives: it is handled before
        /// anything else is. A socket by itself would keep a megabyte.
        static BUFFERS: RefCell<Vec<[Box<[u8]>; 1]>> = RefCell::new(
            (0..RUNS).map(|_| [vec![0; LARGEST].into_boxed_slice()]).collect(),
        );
    }

    pub(super) fn receiver(socket: &UdpSocket) -> &UdpSocket {
        // An older kernel hands each datagram over by itself.
        let _ = setsockopt(socket, UdpGroSegment, &true);
        socket
    }

    /// Receives what is there. `WouldBlock` says that it was all.
    pub(super) fn receive(
        socket: &UdpSocket,
        handle: &mut impl FnMut(SocketAddr, Run<'_>),
    ) -> io::Result<()> {
        BUFFERS.with_borrow_mut(|buffers| {
            let mut slices: Vec<[IoSliceMut<'_>; 1]> = buffers
                .iter_mut()
                .map(|[buffer]| [IoSliceMut::new(buffer)])
                .collect();
            let space = nix::cmsg_space!(i32);
            // The kernel writes lengths into the headers, so that they serve once.
            let mut headers = MultiHeaders::<SockaddrStorage>::preallocate(RUNS, Some(space));
            socket.try_io(Interest::READABLE, || {
                let came = recvmmsg(
                    socket.as_raw_fd(),
                    &mut headers,
                    slices.iter_mut(),
                    MsgFlags::MSG_DONTWAIT,
                    None,
                )?;
                let mut count = 0;
                for message in came {
                    count += 1;
                    let Some(from) = message.address.as_ref().and_then(socket_addr) else {
                        continue;
                    };
                    let size = message.cmsgs()?.find_map(|control| match control {
                        ControlMessageOwned::UdpGroSegments(size) => usize::try_from(size).ok(),
                        _ => None,
                    });
                    let bytes = message.iovs().next().unwrap_or_default();
                    handle(from, Run::new(bytes, size.unwrap_or(bytes.len())));
                }
                // Whoever is told of more later need not ask again now.
                if count < RUNS {
                    return Err(io::ErrorKind::WouldBlock.into());
                }
                Ok(())
            })
        })
    }

    fn socket_addr(address: &SockaddrStorage) -> Option<SocketAddr> {
        let v4 = address
            .as_sockaddr_in()
            .map(|it| SocketAddr::V4((*it).into()));
        v4.or_else(|| {
            address
                .as_sockaddr_in6()
                .map(|it| SocketAddr::V6((*it).into()))
        })
    }

    /// Whether the system took the run.
    pub(super) fn send_run(socket: &UdpSocket, run: Run<'_>, to: SocketAddr) -> bool {
        let Ok(size) = u16::try_from(run.size) else {
            return false;
        };
        let sent = sendmsg(
            socket.as_raw_fd(),
            &[IoSlice::new(run.bytes)],
            &[ControlMessage::UdpGsoSegments(&size)],
            MsgFlags::MSG_DONTWAIT,
            Some(&SockaddrStorage::from(to)),
        );
        match sent {
            // The kernel or the network card cannot, or they are too large for it.
            Err(Errno::EIO | Errno::EINVAL | Errno::EMSGSIZE | Errno::EOPNOTSUPP) => false,
            // As of a single one: now or never.
            Ok(_) | Err(_) => true,
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    //! One by one.

    use std::cell::RefCell;
    use std::io;
    use std::net::SocketAddr;

    use tokio::net::UdpSocket;

    use super::Run;

    thread_local! {
        static BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; 65_535].into_boxed_slice());
    }

    pub(super) fn receiver(socket: &UdpSocket) -> &UdpSocket {
        socket
    }

    pub(super) fn receive(
        socket: &UdpSocket,
        handle: &mut impl FnMut(SocketAddr, Run<'_>),
    ) -> io::Result<()> {
        BUFFER.with_borrow_mut(|buffer| {
            let (length, from) = socket.try_recv_from(buffer)?;
            handle(from, Run::new(&buffer[..length], length));
            Ok(())
        })
    }

    pub(super) fn send_run(_: &UdpSocket, _: Run<'_>, _: SocketAddr) -> bool {
        false
    }
}
