//! Making way for the relay of another process that listens on the same sockets: nothing new is
//! taken in, and who has an allocation keeps it until it ends.
//!
//! Connections stay with whoever accepted them. For each client over UDP there is a socket of its
//! own from then on, bound to the same port (`SO_REUSEPORT`) and connected to the client: the
//! kernel prefers it to one that is not connected (udp(7), `compute_score` in net/ipv4/udp.c), so
//! that its packets stay here and all others reach the next process. What is sent to the client
//! goes out of the old socket as before.

use std::collections::HashSet;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use socket2::{Protocol, Type};
use tokio::net::UdpSocket;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tracing::warn;

use crate::addr::ClientId;
use crate::datagrams;
use crate::dispatch::client_sent;
use crate::ports;
use crate::shared::Shared;
use crate::sink::Sink;

/// How often it is looked whether a client's allocation has ended.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// For all listeners to make way.
const PATIENCE: Duration = Duration::from_secs(2);

/// See the module.
pub(crate) struct Retirement {
    wanted: watch::Sender<bool>,
    /// How many listeners have made way.
    done: watch::Sender<usize>,
    /// Clients that have a socket of their own.
    kept: Mutex<HashSet<ClientId>>,
}

/// Where a listener learns that it is to make way.
pub(crate) struct Notice {
    wanted: watch::Receiver<bool>,
}

impl Default for Retirement {
    fn default() -> Self {
        Self {
            wanted: watch::Sender::new(false),
            done: watch::Sender::new(0),
            kept: Mutex::default(),
        }
    }
}

impl Retirement {
    pub(crate) fn notice(&self) -> Notice {
        Notice {
            wanted: self.wanted.subscribe(),
        }
    }

    /// Has so many listeners make way.
    pub(crate) async fn begin(&self, listeners: usize) {
        let mut done = self.done.subscribe();
        self.wanted.send_replace(true);
        let all = done.wait_for(|done| *done >= listeners);
        if timeout(PATIENCE, all).await.is_err() {
            warn!("not every port of the relay was given up in time");
        }
    }

    /// Nobody has come: they listen again.
    pub(crate) fn cancel(&self) {
        self.done.send_replace(0);
        self.wanted.send_replace(false);
    }

    pub(crate) fn made_way(&self) {
        self.done.send_modify(|done| *done += 1);
    }

    fn keep(&self, client: ClientId) -> bool {
        self.lock().insert(client)
    }

    fn forget(&self, client: ClientId) {
        self.lock().remove(&client);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashSet<ClientId>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Notice {
    /// Completes when the listener is to make way.
    pub(crate) async fn wanted(&mut self) {
        self.becomes(true).await;
    }

    /// Completes when it is to listen again.
    pub(crate) async fn cancelled(&mut self) {
        self.becomes(false).await;
    }

    async fn becomes(&mut self, wanted: bool) {
        // It is gone with the relay, and everything else with it.
        if self.wanted.wait_for(|now| *now == wanted).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Gives each client of this socket that has an allocation a socket of its own, and deals with
/// what has come for them already. Whoever has none asks again, as UDP must.
pub(crate) fn keep_clients(shared: &Arc<Shared>, socket: &Arc<UdpSocket>, listener: usize) {
    for client in shared.clients_of(listener) {
        if !shared.retirement.keep(client) {
            continue;
        }
        match connected(socket, client) {
            Ok(own) => {
                let task = serve_one(Arc::clone(shared), own, Arc::clone(socket), client);
                shared.spawn(task);
            }
            Err(error) => {
                shared.retirement.forget(client);
                warn!(%error, "a relayed call cannot outlive the change of processes");
            }
        }
    }
    datagrams::receive_rest(socket, |remote, run| {
        let remote = crate::addr::ClientAddr::new(remote);
        let client = ClientId { listener, remote };
        if shared.has_allocation(client) {
            let sink = Sink::Udp(Arc::clone(socket), remote);
            for datagram in run.datagrams() {
                client_sent(shared, client, &sink, datagram);
            }
        }
    });
}

fn connected(socket: &UdpSocket, client: ClientId) -> io::Result<UdpSocket> {
    let local = socket.local_addr()?;
    let own = ports::socket(local, Type::DGRAM, Protocol::UDP)?;
    #[cfg(target_os = "linux")]
    own.set_reuse_port(true)?;
    own.bind(&local.into())?;
    own.connect(&client.remote.socket_addr().into())?;
    UdpSocket::from_std(own.into())
}

/// For as long as the client has its allocation.
async fn serve_one(shared: Arc<Shared>, own: UdpSocket, socket: Arc<UdpSocket>, client: ClientId) {
    let sink = Sink::Udp(socket, client.remote);
    let receive = datagrams::receive(&own, |remote, run| {
        // Between bind and connect others may have found it.
        if crate::addr::ClientAddr::new(remote) == client.remote {
            for datagram in run.datagrams() {
                client_sent(&shared, client, &sink, datagram);
            }
        }
    });
    tokio::select! {
        () = receive => {}
        () = allocation_ends(&shared, client) => {}
    }
    shared.retirement.forget(client);
}

async fn allocation_ends(shared: &Shared, client: ClientId) {
    while shared.has_allocation(client) {
        sleep(LOOK_EVERY).await;
    }
}
