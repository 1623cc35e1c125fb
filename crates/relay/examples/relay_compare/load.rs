//! What is sent through a relay, and how.

use std::io::{IoSlice, IoSliceMut};
use std::net::UdpSocket;
use std::os::fd::{AsFd, AsRawFd};
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{ControlMessage, MsgFlags, MultiHeaders, SockaddrIn, recvmmsg, sendmsg};

use crate::client::Relayed;
use crate::common::{CHANNEL, Failure};

/// Packets under way at once where as many are sent as it takes; more would only fill the
/// kernel's buffers.
const WINDOW: u64 = 256;
/// What has not arrived after so long is lost.
const LOST: Duration = Duration::from_millis(100);

/// Packets of many flows, each flow's own turn after turn.
pub(crate) struct Load {
    pub(crate) name: &'static str,
    pub(crate) flows: usize,
    pub(crate) bytes: usize,
    /// How many packets of one flow follow each other.
    pub(crate) burst: usize,
    /// Packets a second; none is as many as it takes.
    pub(crate) per_second: Option<u32>,
    /// A burst is one system call, as a picture that comes through a network card is.
    pub(crate) is_offloaded: bool,
    /// From the peer to the clients; else the other way.
    pub(crate) is_back: bool,
}

const LOAD: Load = Load {
    name: "",
    flows: 50,
    bytes: 1_000,
    burst: 1,
    per_second: None,
    is_offloaded: false,
    is_back: false,
};

pub(crate) const LOADS: [Load; 9] = [
    Load {
        name: "1 flow, 1,000 B",
        flows: 1,
        ..LOAD
    },
    Load {
        name: "50 flows, 1,000 B",
        ..LOAD
    },
    Load {
        name: "the same, in fours",
        burst: 4,
        ..LOAD
    },
    Load {
        name: "1 flow, 120 B",
        flows: 1,
        bytes: 120,
        ..LOAD
    },
    Load {
        name: "50 flows, 120 B",
        bytes: 120,
        ..LOAD
    },
    Load {
        name: "50 flows, 1,000 B, 20,000/s in fours",
        burst: 4,
        per_second: Some(20_000),
        ..LOAD
    },
    Load {
        name: "the same, from the peer",
        burst: 4,
        per_second: Some(20_000),
        is_back: true,
        ..LOAD
    },
    Load {
        name: "the same, runs of 8 from the card",
        burst: 8,
        per_second: Some(20_000),
        is_offloaded: true,
        ..LOAD
    },
    Load {
        name: "50 flows, 120 B, 2,500/s",
        bytes: 120,
        per_second: Some(2_500),
        ..LOAD
    },
];

/// Packets that left one side and came to the other.
#[derive(Clone, Copy, Default)]
pub(crate) struct Passed {
    pub(crate) sent: u64,
    pub(crate) arrived: u64,
}

/// Sends a load for so long, and receives it in the same thread: nobody has to be woken for what a
/// relay sends, as when it leaves by a network card.
pub(crate) fn send(
    load: &Load,
    clients: &[Relayed],
    peer: &UdpSocket,
    duration: Duration,
) -> Result<Passed, Failure> {
    let clients = &clients[..load.flows];
    let receivers: Vec<&UdpSocket> = if load.is_back {
        clients.iter().map(|client| &client.socket).collect()
    } else {
        vec![peer]
    };
    let mut passed = Passed::default();
    let mut lost = 0;
    let start = Instant::now();
    let bytes = bytes(load)?;
    for client in clients.iter().cycle() {
        if start.elapsed() >= duration {
            break;
        }
        passed.arrived += take(&receivers)?;
        if let Some(rate) = load.per_second {
            let due = start + Duration::from_secs_f64(passed.sent as f64 / f64::from(rate));
            thread::sleep(due.saturating_duration_since(Instant::now()));
        } else {
            let waited = Instant::now();
            while passed.under_way().saturating_sub(lost) >= WINDOW {
                passed.arrived += take(&receivers)?;
                if waited.elapsed() >= LOST {
                    lost = passed.under_way();
                }
            }
        }
        send_burst(load, client, peer, &bytes)?;
        passed.sent += load.burst as u64;
    }
    let since = Instant::now();
    while passed.under_way() > 0 && since.elapsed() < LOST {
        passed.arrived += take(&receivers)?;
    }
    Ok(passed)
}

/// What goes out with one system call.
fn bytes(load: &Load) -> Result<Vec<u8>, Failure> {
    let mut frame = Vec::new();
    if !load.is_back {
        frame.extend(CHANNEL.to_be_bytes());
        frame.extend(u16::try_from(load.bytes)?.to_be_bytes());
    }
    frame.resize(frame.len() + load.bytes, 0);
    Ok(frame.repeat(if load.is_offloaded { load.burst } else { 1 }))
}

fn send_burst(
    load: &Load,
    client: &Relayed,
    peer: &UdpSocket,
    bytes: &[u8],
) -> Result<(), Failure> {
    let (socket, to) = if load.is_back {
        (peer, Some(SockaddrIn::from(client.relayed)))
    } else {
        (&client.socket, None)
    };
    let (offload, times);
    let size = u16::try_from(bytes.len() / load.burst)?;
    let controls: &[ControlMessage<'_>] = if load.is_offloaded {
        times = 1;
        offload = [ControlMessage::UdpGsoSegments(&size)];
        &offload
    } else {
        times = load.burst;
        &[]
    };
    for _ in 0..times {
        sendmsg(
            socket.as_raw_fd(),
            &[IoSlice::new(bytes)],
            controls,
            MsgFlags::empty(),
            to.as_ref(),
        )?;
    }
    Ok(())
}

/// How many packets have come to these sockets, without waiting for any.
fn take(sockets: &[&UdpSocket]) -> Result<u64, Failure> {
    const AT_ONCE: usize = 64;
    let mut ready: Vec<PollFd<'_>> = sockets
        .iter()
        .map(|socket| PollFd::new(socket.as_fd(), PollFlags::POLLIN))
        .collect();
    if sockets.len() > 1 {
        poll(&mut ready, PollTimeout::ZERO)?;
    }
    let mut buffers = [[0; 16]; AT_ONCE];
    let mut came = 0;
    for (socket, ready) in sockets.iter().zip(&ready) {
        if sockets.len() > 1 && ready.any() != Some(true) {
            continue;
        }
        let mut slices = buffers.each_mut().map(|buffer| [IoSliceMut::new(buffer)]);
        let mut headers = MultiHeaders::<SockaddrIn>::preallocate(AT_ONCE, None);
        let (socket, flags) = (socket.as_raw_fd(), MsgFlags::MSG_DONTWAIT);
        match recvmmsg(socket, &mut headers, slices.iter_mut(), flags, None) {
            Ok(messages) => came += messages.count() as u64,
            Err(Errno::EAGAIN) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(came)
}

impl Passed {
    fn under_way(self) -> u64 {
        self.sent.saturating_sub(self.arrived)
    }
}
