//! A relay for one test.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use wimpex_relay::config::{Limits, RelayAddress, Timing};
use wimpex_relay::credentials::SharedSecret;
use wimpex_relay::{Config, Counts, Handle, Relay};

use crate::basics::{PATIENCE, SECRET, soon, until};
use crate::client::Client;

const V4: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const V6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);

pub(crate) struct TestRelay {
    /// Over IPv4.
    pub(crate) v4: SocketAddr,
    /// Over IPv6.
    pub(crate) v6: SocketAddr,
    pub(crate) tls: Option<SocketAddr>,
    pub(crate) handle: Handle,
    pub(crate) listeners: usize,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl TestRelay {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// With another configuration than the usual one, which lets peers be on
    /// loopback.
    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let mut config = config();
        change(&mut config);
        let relay = Relay::bind(config).unwrap();
        let (addresses, tls) = (relay.addresses(), relay.tls_addresses());
        let (handle, listeners) = (relay.handle(), relay.listeners());
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(relay.run(async {
            // Also when the test just drops the relay.
            let _ = stopped.await;
        }));
        let this = Self {
            v4: addresses[0],
            v6: addresses[1],
            tls: tls.first().copied(),
            listeners,
            handle,
            stop,
            task,
        };
        this.until(|counts| counts.tasks == this.listeners).await;
        this
    }

    /// Somebody whose credentials count, over UDP.
    pub(crate) async fn client(&self, user: &str) -> Client {
        let mut client = Client::udp(self.v4).await;
        client.log_in(user);
        client
    }

    pub(crate) async fn until(&self, fits: impl Fn(Counts) -> bool) {
        until(|| fits(self.handle.counts())).await;
    }

    /// Nobody is left, and nothing of anybody.
    pub(crate) async fn until_empty(&self) {
        let empty = Counts {
            tasks: self.listeners,
            ..Counts::default()
        };
        let look = async {
            while self.handle.counts() != empty {
                sleep(Duration::from_millis(5)).await;
            }
        };
        let waited = timeout(PATIENCE, look).await;
        assert!(waited.is_ok(), "left: {:?}", self.handle.counts());
    }

    /// Ends it, and nothing is left.
    pub(crate) async fn stop(self) {
        let _ = self.stop.send(());
        soon(self.task).await.unwrap();
        assert_eq!(self.handle.counts(), Counts::default());
    }
}

pub(crate) fn config() -> Config {
    Config {
        listen: vec![SocketAddr::new(V4, 0), SocketAddr::new(V6, 0)],
        tls: None,
        relays: [V4, V6]
            .map(|ip| RelayAddress {
                bind: ip,
                public: ip,
            })
            .into(),
        ports: 49152..=65535,
        secret: SharedSecret::new(SECRET),
        realm: "test".to_owned(),
        allow_peers: vec!["127.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()],
        limits: Limits {
            user_kbps: 0,
            // Tests ask more often than anybody.
            unproven_answers_per_second: 0,
            ..Limits::default()
        },
        timing: Timing {
            sweep: Duration::from_millis(20),
            ..Timing::default()
        },
    }
}

/// Somebody out there who knows nothing of TURN.
pub(crate) struct Peer {
    pub(crate) socket: UdpSocket,
    pub(crate) address: SocketAddr,
}

impl Peer {
    pub(crate) async fn v4() -> Self {
        Self::at(V4).await
    }

    pub(crate) async fn v6() -> Self {
        Self::at(V6).await
    }

    async fn at(ip: IpAddr) -> Self {
        let socket = UdpSocket::bind((ip, 0)).await.unwrap();
        let address = socket.local_addr().unwrap();
        Self { socket, address }
    }

    pub(crate) async fn recv(&self) -> (Vec<u8>, SocketAddr) {
        let mut buffer = vec![0; 65_535];
        let (length, from) = soon(self.socket.recv_from(&mut buffer)).await.unwrap();
        buffer.truncate(length);
        (buffer, from)
    }

    /// Nothing has come by now.
    pub(crate) fn has_nothing(&self) -> bool {
        let mut buffer = [0; 16];
        self.socket.try_recv_from(&mut buffer).is_err()
    }
}
