//! What this process need not open, because it is open already: by systemd (sd_listen_fds(3)), or
//! by the process whose place it takes.

use std::fs::File;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};

use listenfd::ListenFd;
use serde::{Deserialize, Serialize};
use tracing::warn;
use wimpex_relay::Sockets;

/// See the module.
#[derive(Debug, Default)]
pub struct Inherited {
    pub(crate) tcp: Vec<(Asked, TcpListener)>,
    pub(crate) udp: Vec<(Asked, UdpSocket)>,
    /// Files that are locked, by path.
    pub(crate) locks: Vec<(PathBuf, File)>,
}

/// What a socket is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Purpose {
    Http,
    Https,
    Redirect,
    Metrics,
    /// STUN and TURN over UDP or TCP.
    Turn,
    Turns,
}

/// What was asked for when a socket was opened. Where it listens may be elsewhere: the system may
/// have chosen the port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Asked {
    /// `None`: for whatever wants that address.
    pub(crate) purpose: Option<Purpose>,
    pub(crate) address: SocketAddr,
}

impl Inherited {
    /// What systemd has opened, if it has started this process by a socket unit.
    pub fn from_system() -> Self {
        let mut inherited = Self::default();
        let mut given = ListenFd::from_env();
        let asked = |address| Asked {
            purpose: None,
            address,
        };
        for index in 0..given.len() {
            if let Ok(Some(listener)) = given.take_tcp_listener(index) {
                let address = listener.local_addr();
                inherited
                    .tcp
                    .extend(address.map(|address| (asked(address), listener)).ok());
            } else if let Ok(Some(socket)) = given.take_udp_socket(index) {
                let address = socket.local_addr();
                inherited
                    .udp
                    .extend(address.map(|address| (asked(address), socket)).ok());
            } else {
                warn!(index, "systemd has opened something that is of no use here");
            }
        }
        inherited
    }

    /// Adds what another has.
    pub(crate) fn extend(&mut self, other: Self) {
        self.tcp.extend(other.tcp);
        self.udp.extend(other.udp);
        self.locks.extend(other.locks);
    }

    pub(crate) fn take_tcp(
        &mut self,
        purpose: Purpose,
        address: SocketAddr,
    ) -> Option<TcpListener> {
        take(&mut self.tcp, purpose, address)
    }

    pub(crate) fn take_lock(&mut self, path: &Path) -> Option<File> {
        let place = self.locks.iter().position(|(own, _)| own == path)?;
        Some(self.locks.swap_remove(place).1)
    }

    /// Those that a relay with this configuration listens on.
    pub(crate) fn take_relays(&mut self, config: &wimpex_relay::Config) -> Sockets {
        let mut sockets = Sockets::default();
        for &address in &config.listen {
            while let Some(socket) = take(&mut self.udp, Purpose::Turn, address) {
                sockets.udp.push((address, socket));
            }
            let listener = take(&mut self.tcp, Purpose::Turn, address);
            sockets.tcp.extend(listener.map(|it| (address, it)));
        }
        for &address in config.tls.iter().flat_map(|tls| &tls.listen) {
            let listener = take(&mut self.tcp, Purpose::Turns, address);
            sockets.tls.extend(listener.map(|it| (address, it)));
        }
        sockets
    }

    /// Adds a relay's.
    pub(crate) fn add_relays(&mut self, sockets: Sockets) {
        let asked = |purpose, address| Asked {
            purpose: Some(purpose),
            address,
        };
        let udp = sockets.udp.into_iter();
        self.udp
            .extend(udp.map(|(address, it)| (asked(Purpose::Turn, address), it)));
        for (purpose, listeners) in [(Purpose::Turn, sockets.tcp), (Purpose::Turns, sockets.tls)] {
            let listeners = listeners.into_iter();
            self.tcp
                .extend(listeners.map(|(address, it)| (asked(purpose, address), it)));
        }
    }

    /// Says what nothing was found for, and closes it.
    pub fn close_rest(self) {
        let tcp = self.tcp.iter().map(|(asked, _)| asked.address);
        for address in tcp.chain(self.udp.iter().map(|(asked, _)| asked.address)) {
            warn!(
                %address,
                "a port is open that nothing is configured to listen on; it is closed"
            );
        }
    }
}

fn take<T>(sockets: &mut Vec<(Asked, T)>, purpose: Purpose, address: SocketAddr) -> Option<T> {
    let fits = |asked: &Asked| {
        asked.address == address && asked.purpose.is_none_or(|other| other == purpose)
    };
    let place = sockets.iter().position(|(asked, _)| fits(asked))?;
    Some(sockets.swap_remove(place).1)
}
