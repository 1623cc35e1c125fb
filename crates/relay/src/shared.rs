//! The machine and what its outputs need, shared by all tasks.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::{Limits, Timing};
use crate::machine::{ClientId, Counts, Machine, Now, Output};
use crate::ports::{Port, UdpPorts};
use crate::sink::{Sink, send_to};
use crate::udp;

/// See the module.
pub(crate) struct Shared {
    machine: Mutex<Machine<UdpPorts, Sink>>,
    pub(crate) limits: Limits,
    pub(crate) timing: Timing,
    pub(crate) tasks: TaskTracker,
    pub(crate) stopping: CancellationToken,
    connections: AtomicUsize,
    by_network: Mutex<HashMap<IpAddr, usize>>,
    /// Sent out of relay sockets.
    bytes_to_peers: AtomicU64,
}

/// A place for a TCP connection, free again when this is dropped.
pub(crate) struct Place {
    shared: Arc<Shared>,
    network: IpAddr,
}

impl Shared {
    pub(crate) fn new(
        machine: Machine<UdpPorts, Sink>,
        limits: Limits,
        timing: Timing,
        stopping: CancellationToken,
    ) -> Self {
        Self {
            machine: Mutex::new(machine),
            limits,
            timing,
            tasks: TaskTracker::new(),
            stopping,
            connections: AtomicUsize::new(0),
            by_network: Mutex::default(),
            bytes_to_peers: AtomicU64::new(0),
        }
    }

    pub(crate) fn machine(&self) -> MutexGuard<'_, Machine<UdpPorts, Sink>> {
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Carries out what a client's message leads to.
    pub(crate) fn client_sent(self: &Arc<Self>, client: ClientId, sink: &Sink, bytes: &[u8]) {
        let output = self.machine().client_sent(client, sink, bytes, now());
        match output {
            Output::Nothing => {}
            Output::Answer(answer) => sink.send(answer),
            Output::Opened { answer, sockets } => {
                for (port, relayed) in sockets {
                    self.read(&port, relayed);
                }
                sink.send(answer);
            }
            Output::ToPeer { socket, peer, data } => {
                send_to(&socket.socket, data, peer);
                self.bytes_to_peers
                    .fetch_add(data.len() as u64, Ordering::Relaxed);
            }
            Output::ToClient(delivery, data) => delivery.send(data),
        }
    }

    fn read(self: &Arc<Self>, port: &Port, relayed: SocketAddr) {
        let (socket, closed) = (Arc::clone(&port.socket), port.closed.clone());
        let shared = Arc::clone(self);
        self.tasks.spawn(async move {
            tokio::select! {
                () = closed.cancelled() => {}
                () = udp::read_peers(&shared, &socket, relayed) => {}
            }
        });
    }

    /// A place for a connection from this address, if there is one.
    pub(crate) fn place(self: &Arc<Self>, remote: IpAddr) -> Option<Place> {
        let (limit, each) = (self.limits.connections, self.limits.connections_per_address);
        let network = network(remote);
        let mut places = self.by_network();
        let taken = places.get(&network).copied().unwrap_or_default();
        let full = (limit != 0 && self.connections.load(Ordering::Relaxed) >= limit)
            || (each != 0 && taken >= each);
        if full {
            return None;
        }
        places.insert(network, taken + 1);
        self.connections.fetch_add(1, Ordering::Relaxed);
        Some(Place {
            shared: Arc::clone(self),
            network,
        })
    }

    pub(crate) fn counts(&self) -> Counts {
        Counts {
            connections: self.connections.load(Ordering::Relaxed),
            tasks: self.tasks.len(),
            ..self.machine().counts()
        }
    }

    pub(crate) fn bytes_to_peers(&self) -> u64 {
        self.bytes_to_peers.load(Ordering::Relaxed)
    }

    fn by_network(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.by_network
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut places = self.shared.by_network();
        self.shared.connections.fetch_sub(1, Ordering::Relaxed);
        if let Some(taken) = places.get_mut(&self.network) {
            *taken -= 1;
            if *taken == 0 {
                places.remove(&self.network);
            }
        }
    }
}

/// Whoever has one IPv6 address has the 2^64 around it too.
fn network(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() & !u128::from(u64::MAX))),
        v4 => v4,
    }
}

/// What all clocks say.
pub(crate) fn now() -> Now {
    Now {
        instant: Instant::now(),
        since_1970: SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default(),
    }
}
