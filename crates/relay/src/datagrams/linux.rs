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
use tracing::trace;

use crate::datagram::{Datagram, Sent};
use crate::wire;

/// With one system call. Each may be a run.
const MESSAGES: usize = 32;
/// The longest run, and the longest datagram.
const LARGEST: usize = 65_535;

thread_local! {
    /// Where everything is received that a thread receives: it is handled before
    /// anything else is. A socket by itself would keep two megabytes.
    static BUFFERS: RefCell<Vec<[Box<[u8]>; 1]>> = RefCell::new(
        (0..MESSAGES).map(|_| [vec![0; LARGEST].into_boxed_slice()]).collect(),
    );
}

pub(super) fn prepare(socket: &UdpSocket) {
    // An older kernel hands each datagram over by itself.
    let _ = setsockopt(socket, UdpGroSegment, &true);
}

/// Receives what is there, for `handle`. `WouldBlock` says that it was all.
pub(super) fn receive(
    socket: &UdpSocket,
    handle: impl FnOnce(&mut [Datagram<'_>]),
) -> io::Result<()> {
    BUFFERS.with_borrow_mut(|buffers| {
        let mut slices: Vec<[IoSliceMut<'_>; 1]> = buffers
            .iter_mut()
            .map(|[buffer]| [IoSliceMut::new(buffer)])
            .collect();
        let space = nix::cmsg_space!(i32);
        // The kernel writes lengths into the headers, so that they serve once.
        let mut headers = MultiHeaders::<SockaddrStorage>::preallocate(MESSAGES, Some(space));
        socket.try_io(Interest::READABLE, || {
            let came = recvmmsg(
                socket.as_raw_fd(),
                &mut headers,
                slices.iter_mut(),
                MsgFlags::MSG_DONTWAIT,
                None,
            )?;
            let mut messages = 0;
            let mut datagrams = Vec::with_capacity(MESSAGES);
            for message in came {
                messages += 1;
                let Some(from) = message.address.as_ref().and_then(socket_addr) else {
                    continue;
                };
                let size = message.cmsgs().ok().and_then(|mut controls| {
                    controls.find_map(|control| match control {
                        ControlMessageOwned::UdpGroSegments(size) => usize::try_from(size).ok(),
                        _ => None,
                    })
                });
                let bytes = message.iovs().next().unwrap_or_default();
                let is_cut = message.flags.contains(MsgFlags::MSG_TRUNC);
                split(from, bytes, size, is_cut, &mut datagrams);
            }
            handle(&mut datagrams);
            // Whoever is told of more later need not ask again now.
            if messages < MESSAGES {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            Ok(())
        })
    })
}

/// The datagrams of a run, each by itself; without the last if that is not whole.
fn split<'a>(
    from: SocketAddr,
    bytes: &'a [u8],
    size: Option<usize>,
    is_cut: bool,
    datagrams: &mut Vec<Datagram<'a>>,
) {
    let before = datagrams.len();
    match size {
        Some(size @ 1..) if !bytes.is_empty() => {
            let each = bytes.chunks(size);
            datagrams.extend(each.map(|bytes| Datagram { from, bytes }));
        }
        Some(_) | None => datagrams.push(Datagram { from, bytes }),
    }
    if is_cut && datagrams.len() > before {
        datagrams.pop();
    }
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

/// Sends several at once.
pub(super) fn send_run(
    socket: &UdpSocket,
    run: &[Datagram<'_>],
    channel: Option<u16>,
    to: SocketAddr,
) -> Sent {
    let (Some(first), Some(last)) = (run.first(), run.last()) else {
        return Sent::Done;
    };
    // All have the same header but for the last.
    let headers = channel.map(|number| {
        [first, last].map(|datagram| wire::channel_header(number, datagram.bytes.len()))
    });
    let mut parts = Vec::with_capacity(2 * run.len());
    for (index, datagram) in run.iter().enumerate() {
        if let Some([each, last]) = &headers {
            let is_last = index + 1 == run.len();
            parts.push(IoSlice::new(if is_last { last } else { each }));
        }
        parts.push(IoSlice::new(datagram.bytes));
    }
    let header = headers.map_or(0, |[each, _]| each.len());
    let Ok(size) = u16::try_from(header + first.bytes.len()) else {
        return Sent::NotThisOne;
    };
    let sent = sendmsg(
        socket.as_raw_fd(),
        &parts,
        &[ControlMessage::UdpGsoSegments(&size)],
        MsgFlags::MSG_DONTWAIT,
        Some(&SockaddrStorage::from(to)),
    );
    match sent {
        // As of a single one: now or never.
        Ok(_) => Sent::Done,
        Err(error) => refused(error),
    }
}

/// What an error says about runs.
fn refused(error: Errno) -> Sent {
    match error {
        // Too large for the way to this receiver, or too many.
        Errno::EINVAL | Errno::EMSGSIZE => Sent::NotThisOne,
        // The device cannot make checksums, the kernel is too old, or something filters it.
        Errno::EIO | Errno::EOPNOTSUPP | Errno::ENOPROTOOPT => Sent::NeverInRuns,
        _ => Sent::Done,
    }
}

/// One datagram of channel data, now or never.
pub(super) fn send_channel_data(socket: &UdpSocket, number: u16, data: &[u8], to: SocketAddr) {
    let header = wire::channel_header(number, data.len());
    let sent = sendmsg(
        socket.as_raw_fd(),
        &[IoSlice::new(&header), IoSlice::new(data)],
        &[],
        MsgFlags::MSG_DONTWAIT,
        Some(&SockaddrStorage::from(to)),
    );
    if let Err(error) = sent {
        trace!(%error, "a datagram was not sent");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lengths that come of so many bytes.
    fn lengths(bytes: usize, size: Option<usize>, is_cut: bool) -> Vec<usize> {
        let (bytes, mut datagrams) = (vec![0; bytes], Vec::new());
        let from = SocketAddr::from(([192, 0, 2, 1], 1));
        split(from, &bytes, size, is_cut, &mut datagrams);
        datagrams.iter().map(|it| it.bytes.len()).collect()
    }

    #[test]
    fn a_run_is_cut_at_its_size() {
        assert_eq!(lengths(30, None, false), [30]);
        assert_eq!(lengths(30, Some(10), false), [10, 10, 10]);
        assert_eq!(lengths(25, Some(10), false), [10, 10, 5]);
        assert_eq!(lengths(5, Some(10), false), [5]);
        assert_eq!(lengths(0, None, false), [0]);
        assert_eq!(lengths(0, Some(10), false), [0]);
        assert_eq!(lengths(7, Some(0), false), [7]);
    }

    #[test]
    fn what_is_not_whole_is_lost() {
        assert_eq!(lengths(25, Some(10), true), [10, 10]);
        assert_eq!(lengths(30, None, true), [0; 0]);
    }

    #[test]
    fn a_socket_gives_runs_up_only_for_what_lasts() {
        assert_eq!(refused(Errno::EIO), Sent::NeverInRuns);
        assert_eq!(refused(Errno::EOPNOTSUPP), Sent::NeverInRuns);
        assert_eq!(refused(Errno::EINVAL), Sent::NotThisOne);
        assert_eq!(refused(Errno::EMSGSIZE), Sent::NotThisOne);
        for passing in [Errno::EAGAIN, Errno::ENETUNREACH, Errno::ECONNREFUSED] {
            assert_eq!(refused(passing), Sent::Done);
        }
    }
}
