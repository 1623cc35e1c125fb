//! STUN (RFC 8489) and TURN (RFC 8656): tells clients which address they come
//! from, and relays for those who find no direct way to each other.
//!
//! ```text
//!  clients ── udp ──┐             ┌ auth     credentials, nonce: who may
//!             tcp ──┼─ dispatch ──┼ request  from bytes to data and back
//!             tls ──┘     │       └ sink     the way back
//!                         │
//!                      shared ── machine ────┬ peers    where to
//!                         │                  └ allocation
//!                       ports: relay sockets ── peers
//! ```
//!
//! [`machine`] decides and does nothing else; everything that waits is around
//! it. Run it with [`Relay`].
//!
//! This crate must not know what a call is. Addresses are in no log above debug,
//! and secrets in none.

pub mod clock;
pub mod config;
pub mod credentials;
pub mod peers;
pub mod tls;

mod addr;
mod auth;
mod datagram;
mod datagrams;
mod dispatch;
mod kept_clients;
mod machine;
mod moderation;
mod nonce;
mod ports;
mod reflection;
mod request;
mod retirement;
mod shared;
mod sink;
mod sockets;
mod start_error;
mod tcp;
mod udp;
mod wire;

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UdpSocket};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::warn;

pub use config::Config;
pub use machine::Counts;
pub use sockets::Sockets;
pub use start_error::StartError;

use addr::ClientAddr;
use auth::Authenticator;
use config::RelayAddress;
use datagrams::DatagramSocket;
use machine::{Input, Rules, TurnServer};
use peers::PeerFilter;
use ports::UdpPorts;
use shared::Shared;

/// For all tasks to end after a shutdown began.
const SHUTDOWN: Duration = Duration::from_secs(2);
/// How often it is looked whether this host has other addresses.
const OWN_ADDRESSES: Duration = Duration::from_secs(30);
/// How often it is looked whether a relay that has made way is still used.
const UNUSED_EVERY: Duration = Duration::from_millis(500);
/// A relay whose ports are open and which is ready to run.
pub struct Relay {
    shared: Arc<Shared>,
    asked: Asked,
    /// For each address a socket for each shard.
    udp: Vec<Vec<std::net::UdpSocket>>,
    tcp: Vec<std::net::TcpListener>,
    tls: Vec<(std::net::TcpListener, TlsAcceptor)>,
}

/// Where it was to listen, which is not where it does if the system chose a port.
struct Asked {
    listen: Vec<SocketAddr>,
    tls: Vec<SocketAddr>,
}

/// What one thread serves: handing a packet from one thread to another costs more than
/// relaying it. The kernel sends all packets of
/// one client to the same shard (`SO_REUSEPORT`, socket(7)).
#[derive(Default)]
struct Shard {
    udp: Vec<(usize, std::net::UdpSocket)>,
    streams: Vec<(usize, std::net::TcpListener, Option<TlsAcceptor>)>,
}

/// A look at a running relay from outside, for tests and measurements.
#[derive(Clone)]
pub struct Handle {
    shared: Arc<Shared>,
    listeners: usize,
}

impl Relay {
    /// Opens the ports.
    ///
    /// # Errors
    /// See [`StartError`].
    pub fn bind(config: Config) -> Result<Self, StartError> {
        Self::bind_or_take(config, &mut Sockets::default())
    }

    /// Opens those ports that are not among these sockets, which are open already; takes the ones
    /// that it listens on.
    ///
    /// # Errors
    /// See [`StartError`].
    pub fn bind_or_take(config: Config, open: &mut Sockets) -> Result<Self, StartError> {
        let (mut udp, mut tcp, mut tls) = (Vec::new(), Vec::new(), Vec::new());
        for &address in &config.listen {
            let (datagrams, streams) = open.both(address, shards())?;
            udp.push(datagrams);
            tcp.push(streams);
        }
        if let Some(tls_config) = &config.tls {
            for &address in &tls_config.listen {
                let listener = open.tls(address)?;
                tls.push((listener, TlsAcceptor::from(Arc::clone(&tls_config.config))));
            }
        }
        let asked = Asked {
            listen: config.listen.clone(),
            tls: config
                .tls
                .as_ref()
                .map_or(Vec::new(), |tls| tls.listen.clone()),
        };
        let stopping = CancellationToken::new();
        let listeners = tcp.iter().chain(tls.iter().map(|(listener, _)| listener));
        let rules = Rules {
            filter: PeerFilter::allowing(config.allow_peers),
            limits: config.limits.clone(),
            timing: config.timing.clone(),
            advertised: config.relays.iter().map(|relay| relay.public).collect(),
            listening: listeners
                .filter_map(|listener| Some(listener.local_addr().ok()?.port()))
                .collect(),
        };
        let ports = UdpPorts::new(config.relays, config.ports, stopping.clone());
        let mut nonce_key = [0; 32];
        getrandom::fill(&mut nonce_key)?;
        let shared = Shared::new(
            TurnServer::new(rules, ports),
            Authenticator::new(config.realm, config.secret, nonce_key),
            config.limits,
            config.timing,
            stopping,
        );
        look_at_interfaces(&shared);
        Ok(Self {
            shared: Arc::new(shared),
            asked,
            udp,
            tcp,
            tls,
        })
    }

    /// Its sockets once more, for another process that is to listen on them too.
    ///
    /// # Errors
    /// If there can be no more file descriptors.
    pub fn sockets(&self) -> io::Result<Sockets> {
        let mut sockets = Sockets::default();
        for ((address, udp), tcp) in self.asked.listen.iter().zip(&self.udp).zip(&self.tcp) {
            for socket in udp {
                sockets.udp.push((*address, socket.try_clone()?));
            }
            sockets.tcp.push((*address, tcp.try_clone()?));
        }
        for (address, (listener, _)) in self.asked.tls.iter().zip(&self.tls) {
            sockets.tls.push((*address, listener.try_clone()?));
        }
        Ok(sockets)
    }

    /// Where it listens for UDP and TCP.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        addresses(self.tcp.iter())
    }

    /// Where it listens for TLS.
    pub fn tls_addresses(&self) -> Vec<SocketAddr> {
        addresses(self.tls.iter().map(|(listener, _)| listener))
    }

    /// How many tasks serve its listening sockets: they are among [`Counts::tasks`] while it
    /// runs.
    pub fn listeners(&self) -> usize {
        self.udp.iter().map(Vec::len).sum::<usize>() + self.tcp.len() + self.tls.len()
    }

    /// A look at this relay that stays good while it runs.
    pub fn handle(&self) -> Handle {
        Handle {
            shared: Arc::clone(&self.shared),
            listeners: self.listeners(),
        }
    }

    /// Serves, in threads of its own, until `shutdown` completes; then everything ends at once.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        let shared = Arc::clone(&self.shared);
        let ended = TaskTracker::new();
        for shard in self.shards() {
            let (shared, running) = (Arc::clone(&shared), ended.token());
            let started = thread::Builder::new()
                .name("relay".to_owned())
                .spawn(move || {
                    shard.run(&shared);
                    drop(running);
                });
            if let Err(error) = started {
                warn!(%error, "the relay cannot start a thread");
            }
        }
        tokio::select! {
            () = shared.keep_time() => {}
            () = follow_interfaces(&shared) => {}
            () = shutdown => {}
        }
        shared.stopping.cancel();
        // Nothing is said about the end.
        let _ = shared.handle(Input::Shutdown);
        ended.close();
        ended.wait().await;
    }

    fn shards(self) -> Vec<Shard> {
        let mut shards: Vec<Shard> = (0..shards()).map(|_| Shard::default()).collect();
        let count = shards.len();
        let first = self.udp.len();
        for (number, sockets) in self.udp.into_iter().enumerate() {
            // Those of another process may be more, or fewer.
            for (index, socket) in sockets.into_iter().enumerate() {
                shards[index % count].udp.push((number, socket));
            }
        }
        let plain = self.tcp.into_iter().map(|listener| (listener, None));
        let tls = self.tls.into_iter();
        let streams = plain.chain(tls.map(|(listener, tls)| (listener, Some(tls))));
        for (index, (listener, tls)) in streams.enumerate() {
            let stream = (first + index, listener, tls);
            shards[index % count].streams.push(stream);
        }
        shards
    }
}

impl Shard {
    /// Runs until the relay stops.
    fn run(self, shared: &Arc<Shared>) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .on_thread_park(moderation::before_sleep)
            .enable_all()
            .build();
        match runtime {
            Ok(runtime) => runtime.block_on(self.serve(shared)),
            Err(error) => warn!(%error, "the relay cannot serve"),
        }
    }

    async fn serve(self, shared: &Arc<Shared>) {
        for (number, socket) in self.udp {
            match UdpSocket::from_std(socket) {
                Ok(socket) => {
                    let socket = Arc::new(DatagramSocket::new(socket));
                    let inner = Arc::clone(shared);
                    shared.spawn(async move {
                        udp::serve(&inner, &socket, number).await;
                    });
                }
                Err(error) => warn!(%error, "the relay cannot serve UDP"),
            }
        }
        for (number, listener, tls) in self.streams {
            match TcpListener::from_std(listener) {
                Ok(listener) => {
                    let inner = Arc::clone(shared);
                    shared.spawn(async move {
                        tcp::serve(&inner, &listener, number, tls).await;
                    });
                }
                Err(error) => warn!(%error, "the relay cannot serve TCP"),
            }
        }
        shared.stopping.cancelled().await;
        shared.tasks.close();
        if timeout(SHUTDOWN, shared.tasks.wait()).await.is_err() {
            warn!(
                left = shared.tasks.len(),
                "not every relayed connection ended in time"
            );
        }
    }
}

impl Handle {
    /// What the relay holds now. Tasks include one for each listening socket.
    pub fn counts(&self) -> Counts {
        self.shared.counts()
    }

    /// Serves a client over a connection that somebody else has accepted, and has dealt with its
    /// TLS, so that a relay can be behind the same port as something else. Holds `held` until it
    /// ends. Must be called within a Tokio runtime.
    pub fn serve_accepted<T: Send + 'static>(
        &self,
        stream: impl AsyncRead + AsyncWrite + Send + 'static,
        remote: SocketAddr,
        held: T,
    ) {
        tcp::serve_accepted(&self.shared, stream, ClientAddr::new(remote), held);
    }

    /// Where relay sockets are from now on, at most one address of each family. Those that are open
    /// stay where they are: their clients find out, and allocate anew.
    pub fn move_to(&self, relays: Vec<RelayAddress>) {
        // Addresses lead to nothing at once.
        let _ = self.shared.handle(Input::Relays(relays));
    }

    /// Makes way for the relay of another process that listens on the same sockets: from then on
    /// nobody new is served, and who has an allocation keeps it.
    pub async fn retire(&self) {
        self.shared.retirement.begin(self.listeners).await;
    }

    /// The other process has not come after all.
    pub fn cancel_retirement(&self) {
        self.shared.retirement.cancel();
    }

    /// Completes when nobody has an allocation or a connection any more.
    pub async fn unused(&self) {
        loop {
            let counts = self.counts();
            if counts.allocations == 0 && counts.connections == 0 {
                return;
            }
            sleep(UNUSED_EVERY).await;
        }
    }

    /// Packets that were sent out of relay sockets so far.
    pub fn packets_to_peers(&self) -> u64 {
        self.shared.packets_to_peers()
    }

    /// What was sent out of relay sockets so far.
    pub fn bytes_to_peers(&self) -> u64 {
        self.shared.bytes_to_peers()
    }
}

async fn follow_interfaces(shared: &Shared) {
    loop {
        sleep(OWN_ADDRESSES).await;
        look_at_interfaces(shared);
    }
}

fn look_at_interfaces(shared: &Shared) {
    // Addresses lead to nothing at once.
    let _ = shared.handle(Input::OwnAddresses(ports::own_addresses()));
}

/// One thread relays some 250,000 packets a second; a second one, with half of the packets,
/// sleeps and wakes more often, which costs up to half again a packet. So one for every four
/// cores, for hosts that are that large.
fn shards() -> usize {
    // Elsewhere the kernel does not spread what comes.
    if !cfg!(target_os = "linux") {
        return 1;
    }
    thread::available_parallelism().map_or(1, |cores| (cores.get() / 4).max(1))
}

fn addresses<'a>(listeners: impl Iterator<Item = &'a std::net::TcpListener>) -> Vec<SocketAddr> {
    listeners
        .filter_map(|listener| listener.local_addr().ok())
        .collect()
}

/// The address that this host would send from to the public internet, if it has
/// a way there. Nothing is sent to find out.
pub fn outward_address(ipv6: bool) -> Option<IpAddr> {
    // Any public address would do; these are root servers' (a and k).
    let (any, far): (SocketAddr, SocketAddr) = if ipv6 {
        ("[::]:0".parse().ok()?, "[2001:7fd::1]:53".parse().ok()?)
    } else {
        ("0.0.0.0:0".parse().ok()?, "198.41.0.4:53".parse().ok()?)
    };
    let socket = std::net::UdpSocket::bind(any).ok()?;
    socket.connect(far).ok()?;
    let local = socket.local_addr().ok()?.ip();
    (!local.is_unspecified() && !local.is_loopback()).then_some(local)
}
